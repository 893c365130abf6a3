// The agent's `Runtime` over the Docker engine's API (1.41 and newer), spoken by dockerode. Invariant: every call ends within its limit and
// fails with a `RuntimeFailure`; nothing that belongs to somebody else (by its labels) is used or removed. It decides
// nothing: no retry, no back-off, no state of containers.

import { statfs } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'
import { Gate, labels as labelOf, RuntimeFailure } from '../../agent/index.ts'
import type {
  ContainerInfo,
  ContainerRequest,
  DiskSpace,
  LogLine,
  Runtime,
  RuntimeEvent,
  RuntimeInfo,
  Shelf,
} from '../../agent/index.ts'
import type { Duration, Logger } from '../../model/index.ts'
import {
  containerAnswer,
  containerInfo,
  createdAnswer,
  eventAnswer,
  infoAnswer,
  listAnswer,
  runtimeEvent,
} from './answers.ts'
import { EngineError, missing, orMissing } from './engine-error.ts'
import { escapePath, inBody, inQuery, parseAnswer } from './engine.ts'
import type { Engine } from './engine.ts'
import { runCommand } from './exec.ts'
import { failureOf } from './failure.ts'
import { imageAnswer, userOfImage } from './image-user.ts'
import { isImageReference, pullImage } from './images.ts'
import { jsonLines } from './lines.ts'
import { batches, LogSplitter, openLog } from './logs.ts'
import type { DockerConcurrency, DockerLimits } from './limits.ts'
import { createBody } from './request.ts'
import { Resources } from './resources.ts'
import type { NetworkInfo } from './resources.ts'

/** Between two attempts to create a container whose name is neither free nor somebody's. */
const nameRetryMs = 50

/** Inspections at once while a list is made. */
const inspectionsAtOnce = 8

/** Two containers with the same name are the same one when all of these agree. */
const identityLabels = [labelOf.cluster, labelOf.node, labelOf.task, labelOf.attempt]

export class DockerRuntime implements Runtime, Shelf {
  readonly #engine: Engine
  readonly #limits: DockerLimits
  readonly #logger: Logger
  readonly #creating: Gate
  readonly #starting: Gate
  readonly #listing = new Gate(inspectionsAtOnce)
  readonly #resources: Resources

  constructor(engine: Engine, limits: DockerLimits, concurrency: DockerConcurrency, logger: Logger) {
    this.#engine = engine
    this.#limits = limits
    this.#logger = logger
    this.#creating = new Gate(concurrency.create)
    this.#starting = new Gate(concurrency.start)
    this.#resources = new Resources(engine, limits)
  }

  async info(): Promise<RuntimeInfo> {
    return this.#say('describe the engine', async () => {
      const { engine, os, arch } = await this.#engine.version(this.#limits.readMs)
      const found = parseAnswer(infoAnswer, await this.#read((docker) => docker.info()))
      return {
        engine,
        os,
        arch,
        cpu: found.NCPU * 1000,
        memory: found.MemTotal,
        ...(found.KernelVersion == null ? {} : { kernel: found.KernelVersion }),
        gpus: 'nvidia' in (found.Runtimes ?? {}) ? ['gpu:nvidia'] : [],
      }
    })
  }

  async list(cluster: string): Promise<ContainerInfo[]> {
    return this.#say('list the containers', async () => {
      const deadline = performance.now() + this.#limits.readMs
      const filters = { label: [`${labelOf.cluster}=${cluster}`] }
      const listed = parseAnswer(
        listAnswer,
        await this.#read((docker) => docker.listContainers({ all: true, filters })),
      )
      const limitMs = Math.max(1, deadline - performance.now())
      const found = await Promise.all(
        listed.map(({ Id }) =>
          this.#pass(this.#listing, limitMs, (signal) => orMissing(this.#inspect(Id, signal))),
        ),
      )
      return found.filter((each) => each !== missing) // those that were removed in the meantime
    })
  }

  async inspect(id: string): Promise<ContainerInfo> {
    return this.#say(`look at the container ${short(id)}`, () => this.#inspect(id))
  }

  async hasImage(image: string): Promise<boolean> {
    return this.#say(`look for the image ${image}`, async () => {
      if (!isImageReference(image)) throw notAnImage(image)
      const found = await orMissing(this.#read((docker) => docker.getImage(escapePath(image)).inspect()))
      return found !== missing
    })
  }

  async imageUser(image: string): Promise<string | null> {
    return this.#say(`look at the image ${image}`, async () => {
      if (!isImageReference(image)) throw notAnImage(image)
      const found = await this.#read((docker) => docker.getImage(escapePath(image)).inspect())
      return userOfImage(parseAnswer(imageAnswer, found))
    })
  }

  async disk(): Promise<DiskSpace | null> {
    return this.#say('look at the disk of the engine', async () => {
      const { DockerRootDir } = parseAnswer(infoAnswer, await this.#read((docker) => docker.info()))
      return DockerRootDir == null ? null : spaceOf(DockerRootDir)
    })
  }

  async removeImage(image: string): Promise<void> {
    const limitMs = this.#limits.removeMs
    await this.#say(`remove the image ${image}`, async () => {
      if (!isImageReference(image)) throw notAnImage(image)
      await this.#engine.ask({ limitMs }, (docker) => docker.getImage(escapePath(image)).remove())
    })
  }

  async pullImage(image: string, signal: AbortSignal): Promise<void> {
    if (!isImageReference(image)) throw notAnImage(image)
    await pullImage(this.#engine, image, this.#limits.pullIdleMs, signal)
  }

  async ensureNetwork(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#say(`make the network ${name}`, () => this.#resources.ensureNetwork(name, labels))
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#say(`remove the network ${name}`, () => this.#resources.removeNetwork(name))
  }

  async listNetworks(cluster: string): Promise<NetworkInfo[]> {
    return this.#say('list the networks', () => this.#resources.listNetworks(cluster))
  }

  async ensureVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#say(`make the volume ${name}`, () => this.#resources.ensureVolume(name, labels))
  }

  async removeVolume(name: string): Promise<void> {
    await this.#say(`remove the volume ${name}`, () => this.#resources.removeVolume(name))
  }

  async create(request: ContainerRequest): Promise<string> {
    const { name } = request
    return this.#say(`create the container ${name}`, async () => {
      if (!isImageReference(request.image)) throw notAnImage(request.image)
      const deadline = performance.now() + this.#limits.createMs
      for (;;) {
        const limitMs = Math.max(1, deadline - performance.now())
        try {
          const container = await this.#pass(this.#creating, limitMs, (signal) =>
            this.#engine.ask({ limitMs, signal }, (docker) =>
              docker.createContainer(inBody(createBody(request), { name })),
            ),
          )
          return parseAnswer(createdAnswer, container).id
        } catch (error) {
          if (!(error instanceof EngineError && error.status === 409)) throw error
          const found = await this.#sameContainer(request)
          if (found !== null) return found
          // The name is taken a moment before its container can be seen, and free a moment after it has gone.
          if (performance.now() + nameRetryMs > deadline) throw error
          await sleep(nameRetryMs)
        }
      }
    })
  }

  async start(id: string): Promise<void> {
    const limitMs = this.#limits.startMs
    await this.#say(`start the container ${short(id)}`, () =>
      this.#pass(this.#starting, limitMs, (signal) =>
        this.#engine.ask({ limitMs, signal }, (docker) => containerOf(docker, id).start()),
      ),
    )
  }

  async stop(id: string, graceMs: Duration): Promise<void> {
    const t = Math.ceil(graceMs / 1000) // the engine counts in seconds
    await this.#say(`stop the container ${short(id)}`, () =>
      this.#engine.ask({ limitMs: t * 1000 + this.#limits.stopMs }, (docker) =>
        containerOf(docker, id).stop(inQuery({ t })),
      ),
    )
  }

  async remove(id: string): Promise<void> {
    const limitMs = this.#limits.removeMs
    await this.#say(`remove the container ${short(id)}`, async () => {
      const deadline = performance.now() + limitMs
      try {
        // `v` takes the volumes without a name along that the image declares.
        const options = { force: true, v: true }
        await orMissing(this.#engine.ask({ limitMs }, (docker) => containerOf(docker, id).remove(options)))
      } catch (error) {
        if (!(
          error instanceof EngineError &&
          error.status === 409 &&
          /already in progress/i.test(error.message)
        ))
          throw error
        await this.#untilGone(id, deadline)
      }
    })
  }

  async exec(
    id: string,
    command: readonly string[],
    timeoutMs: Duration,
  ): Promise<{ exitCode: number; output: string }> {
    return this.#say(`run a command in the container ${short(id)}`, () =>
      runCommand(this.#engine, id, command, timeoutMs, this.#limits.execMs, this.#logger),
    )
  }

  async *logs(
    id: string,
    { follow, tail, signal }: { follow: boolean; tail: number | null; signal: AbortSignal },
  ): AsyncGenerator<readonly LogLine[], void> {
    const doing = `read the log of the container ${short(id)}`
    const stream = await this.#open(doing, signal, (docker) =>
      openLog(docker, escapePath(id), { follow, tail: tail ?? 'all' }),
    )
    if (stream === null) return
    const splitter = new LogSplitter()
    try {
      for await (const part of this.#parts(stream, doing, signal)) yield* batches(splitter.push(part))
      yield* batches(splitter.end())
    } finally {
      stream.destroy()
    }
  }

  async *events(cluster: string, signal: AbortSignal): AsyncGenerator<RuntimeEvent, void> {
    const doing = 'follow the events of the engine'
    const filters = {
      type: ['container' as const],
      event: ['start', 'die', 'destroy'],
      label: [`${labelOf.cluster}=${cluster}`],
    }
    // What happens from this moment on is told, though the connection is only made now.
    const since = Date.now() / 1000
    const stream = await this.#open(doing, signal, (docker) => docker.getEvents({ filters, since }))
    if (stream === null) return
    try {
      for await (const line of jsonLines(this.#parts(stream, doing, signal))) {
        const event = runtimeEvent(parseAnswer(eventAnswer, line))
        if (event) yield event
      }
    } catch (error) {
      if (signal.aborted) return // in the middle of a line
      throw failureOf(error, this.#engine, doing)
    } finally {
      stream.destroy()
    }
    if (!signal.aborted)
      throw new RuntimeFailure('unavailable', `${this.#engine.name} ended the stream of events`)
  }

  // --- parts ----------------------------------------------------------------------------------------------------

  /** Every failure leaves through here, with the words for what was being done. */
  async #say<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw failureOf(error, this.#engine, doing)
    }
  }

  async #read(call: (docker: Docker) => Promise<unknown>, signal?: AbortSignal): Promise<unknown> {
    return this.#engine.ask({ limitMs: this.#limits.readMs, signal }, call)
  }

  /** Work behind a gate, with one limit for waiting and working. */
  async #pass<Result>(
    gate: Gate,
    limitMs: Duration,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const over = new AbortController()
    const timer = setTimeout(
      () => over.abort(new EngineError(null, `has not come to it within ${limitMs / 1000} s`)),
      limitMs,
    )
    try {
      return await gate.run(over.signal, () => work(over.signal))
    } finally {
      clearTimeout(timer)
    }
  }

  async #inspect(id: string, signal?: AbortSignal): Promise<ContainerInfo> {
    const answer = await this.#read((docker) => containerOf(docker, id).inspect(), signal)
    return containerInfo(parseAnswer(containerAnswer, answer))
  }

  /** Who has the name: fine when it is this very container, asked for before; null when nobody has it yet, or any more. */
  async #sameContainer(request: ContainerRequest): Promise<string | null> {
    const found = await orMissing(this.#inspect(request.name))
    if (found === missing) return null
    const other = identityLabels.find((label) => found.labels[label] !== request.labels[label])
    if (other === undefined) return found.id
    throw new RuntimeFailure(
      'refused',
      `the name ${request.name} is taken by the container ${short(found.id)}, which ${
        found.labels[labelOf.cluster] === undefined
          ? 'gantry did not make'
          : `has ${other}=${found.labels[other] ?? ''} and not ${request.labels[other] ?? ''}`
      }; rename or remove it`,
    )
  }

  async #untilGone(id: string, deadline: number): Promise<void> {
    for (let waitMs = 20; performance.now() < deadline; waitMs = Math.min(500, waitMs * 2)) {
      if ((await orMissing(this.#inspect(id))) === missing) return
      await sleep(waitMs)
    }
    throw new EngineError(null, `has not removed a container within ${this.#limits.removeMs / 1000} s`)
  }

  /** Null when the signal came first. */
  async #open(
    doing: string,
    signal: AbortSignal,
    call: (docker: Docker) => Promise<unknown>,
  ): Promise<Readable | null> {
    try {
      return await this.#engine.open({ limitMs: this.#limits.readMs, signal }, call)
    } catch (error) {
      if (signal.aborted) return null
      throw failureOf(error, this.#engine, doing)
    }
  }

  /** The stream's parts until its end or the signal's. */
  async *#parts(stream: Readable, doing: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const part of stream as AsyncIterable<Buffer>) yield part // no encoding is set: the parts are buffers
    } catch (error) {
      if (signal.aborted) return
      throw failureOf(this.#engine.broken(error), this.#engine, doing)
    }
  }
}

/** Null where the engine's folder is not on this host, as with one in a virtual machine. */
async function spaceOf(folder: string): Promise<DiskSpace | null> {
  try {
    const { bsize, blocks, bavail } = await statfs(folder)
    return { size: bsize * blocks, free: bsize * bavail }
  } catch {
    return null
  }
}

function containerOf(docker: Docker, id: string): Docker.Container {
  return docker.getContainer(escapePath(id))
}

function notAnImage(image: string): RuntimeFailure {
  return new RuntimeFailure('image', `${JSON.stringify(image.slice(0, 200))} is not the name of an image`)
}

function short(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id
}
