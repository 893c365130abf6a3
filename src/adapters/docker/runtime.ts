// The agent's `Runtime` over the Docker engine's API (1.41 and newer). Invariant: every call ends within its limit and
// fails with a `RuntimeFailure`; nothing that belongs to somebody else (by its labels) is used or removed. It decides
// nothing: no retry, no back-off, no state of containers.

import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { labels as labelOf, RuntimeFailure } from '../../agent/index.ts'
import type {
  ContainerInfo,
  ContainerRequest,
  LogLine,
  Runtime,
  RuntimeEvent,
  RuntimeInfo,
} from '../../agent/index.ts'
import type { Duration, Logger } from '../../model/index.ts'
import {
  containerAnswer,
  containerInfo,
  createdAnswer,
  eventAnswer,
  infoAnswer,
  listAnswer,
  networkListAnswer,
  runtimeEvent,
  volumeAnswer,
} from './answers.ts'
import { EngineError, escapePath, parseAnswer } from './engine.ts'
import type { Call, Engine } from './engine.ts'
import { runCommand } from './exec.ts'
import { failureOf } from './failure.ts'
import { Gate } from './gate.ts'
import { isImageReference, pullImage } from './images.ts'
import { jsonLines } from './lines.ts'
import { batches, LogSplitter } from './logs.ts'
import { createBody } from './request.ts'

/** Milliseconds; the wait for a place at the engine counts in. */
export interface DockerLimits {
  /** `info`, `list`, `inspect`, `hasImage`, networks, volumes; and until a stream of logs or events begins. */
  readonly readMs: Duration
  readonly createMs: Duration
  readonly startMs: Duration
  /** On top of the grace. */
  readonly stopMs: Duration
  readonly removeMs: Duration
  /** Without any progress. */
  readonly pullIdleMs: Duration
  /** On top of the timeout: for the engine's own part of an exec. */
  readonly execMs: Duration
}

export const dockerLimits: DockerLimits = {
  readMs: 30_000,
  createMs: 60_000,
  startMs: 120_000,
  stopMs: 30_000,
  removeMs: 60_000,
  pullIdleMs: 120_000,
  execMs: 400,
}

/** Calls at once. See the figures beside `connectDocker`. */
export interface DockerConcurrency {
  readonly create: number
  readonly start: number
}

/** Between two attempts to create a container whose name is neither free nor somebody's. */
const nameRetryMs = 50

/** Inspections at once while a list is made. */
const inspectionsAtOnce = 8

/** Two containers with the same name are the same one when all of these agree. */
const identityLabels = [labelOf.cluster, labelOf.node, labelOf.task, labelOf.attempt]

export class DockerRuntime implements Runtime {
  readonly #engine: Engine
  readonly #limits: DockerLimits
  readonly #logger: Logger
  readonly #creating: Gate
  readonly #starting: Gate
  readonly #listing = new Gate(inspectionsAtOnce)
  /** Networks that are being made: the engine would make two of one name. */
  readonly #networks = new Map<string, Promise<void>>()

  constructor(engine: Engine, limits: DockerLimits, concurrency: DockerConcurrency, logger: Logger) {
    this.#engine = engine
    this.#limits = limits
    this.#logger = logger
    this.#creating = new Gate(concurrency.create)
    this.#starting = new Gate(concurrency.start)
  }

  async info(): Promise<RuntimeInfo> {
    return this.#say('describe the engine', async () => {
      const { engine, os, arch } = await this.#engine.version(this.#limits.readMs)
      const { NCPU, MemTotal } = parseAnswer(infoAnswer, await this.#read('/info'))
      return { engine, os, arch, cpu: NCPU * 1000, memory: MemTotal }
    })
  }

  async list(cluster: string): Promise<ContainerInfo[]> {
    return this.#say('list the containers', async () => {
      const signal = AbortSignal.timeout(this.#limits.readMs)
      const filters = { label: [`${labelOf.cluster}=${cluster}`] }
      const listed = parseAnswer(listAnswer, await this.#read('/containers/json', { all: true, filters }))
      const found = await Promise.all(
        listed.map(({ Id }) =>
          this.#listing
            .run(signal, () => this.#inspect(Id))
            .catch((error: unknown) => {
              if (error instanceof EngineError && error.status === 404) return null // removed in the meantime
              throw error
            }),
        ),
      )
      return found.filter((each) => each !== null)
    })
  }

  async inspect(id: string): Promise<ContainerInfo> {
    return this.#say(`look at the container ${short(id)}`, () => this.#inspect(id))
  }

  async hasImage(image: string): Promise<boolean> {
    return this.#say(`look for the image ${image}`, async () => {
      if (!isImageReference(image)) throw notAnImage(image)
      const found = await orMissing(this.#read(`/images/${escapePath(image)}/json`))
      return found !== missing
    })
  }

  async pullImage(image: string, signal: AbortSignal): Promise<void> {
    if (!isImageReference(image)) throw notAnImage(image)
    await pullImage(this.#engine, image, this.#limits.pullIdleMs, signal)
  }

  async ensureNetwork(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const under = this.#networks.get(name)
    if (under) return under
    const made = this.#say(`make the network ${name}`, () => this.#makeNetwork(name, labels)).finally(() =>
      this.#networks.delete(name),
    )
    this.#networks.set(name, made)
    return made
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#say(`remove the network ${name}`, async () => {
      for (const { Id } of await this.#networksNamed(name))
        await orMissing(this.#call('DELETE', `/networks/${Id}`, this.#limits.removeMs))
    })
  }

  async listNetworks(cluster: string): Promise<{ name: string; stack: string; inUse: boolean }[]> {
    return this.#say('list the networks', async () => {
      const filters = { label: [`${labelOf.cluster}=${cluster}`] }
      const networks = parseAnswer(networkListAnswer, await this.#read('/networks', { filters }))
      const containers = parseAnswer(listAnswer, await this.#read('/containers/json', { all: true }))
      const used = new Set(containers.flatMap((each) => Object.keys(each.NetworkSettings?.Networks ?? {})))
      return networks.map(({ Name, Labels }) => ({
        name: Name,
        stack: Labels?.[labelOf.stack] ?? '',
        inUse: used.has(Name),
      }))
    })
  }

  async ensureVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#say(`make the volume ${name}`, async () => {
      const body = { Name: name, Driver: 'local', Labels: labels }
      // Gives the volume that is there when there is one.
      const { Labels } = parseAnswer(
        volumeAnswer,
        await this.#call('POST', '/volumes/create', this.#limits.createMs, { body }),
      )
      requireSameCluster('volume', name, labels, Labels ?? {})
    })
  }

  async removeVolume(name: string): Promise<void> {
    await this.#say(`remove the volume ${name}`, () =>
      orMissing(this.#call('DELETE', `/volumes/${escapePath(name)}`, this.#limits.removeMs)),
    )
  }

  async create(request: ContainerRequest): Promise<string> {
    const { name } = request
    return this.#say(`create the container ${name}`, async () => {
      if (!isImageReference(request.image)) throw notAnImage(request.image)
      const deadline = performance.now() + this.#limits.createMs
      for (;;) {
        const limitMs = Math.max(1, deadline - performance.now())
        try {
          const answer = await this.#pass(this.#creating, limitMs, (signal) =>
            this.#call('POST', '/containers/create', limitMs, {
              query: { name },
              body: createBody(request),
              signal,
            }),
          )
          return parseAnswer(createdAnswer, answer).Id
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
    await this.#say(`start the container ${short(id)}`, () =>
      this.#pass(this.#starting, this.#limits.startMs, (signal) =>
        this.#call('POST', `/containers/${escapePath(id)}/start`, this.#limits.startMs, { signal }),
      ),
    )
  }

  async stop(id: string, graceMs: Duration): Promise<void> {
    const t = Math.ceil(graceMs / 1000) // the engine counts in seconds
    await this.#say(`stop the container ${short(id)}`, () =>
      this.#call('POST', `/containers/${escapePath(id)}/stop`, t * 1000 + this.#limits.stopMs, {
        query: { t },
      }),
    )
  }

  async remove(id: string): Promise<void> {
    await this.#say(`remove the container ${short(id)}`, async () => {
      const deadline = performance.now() + this.#limits.removeMs
      try {
        // `v` takes the volumes without a name along that the image declares.
        const query = { force: true, v: true }
        await orMissing(
          this.#call('DELETE', `/containers/${escapePath(id)}`, this.#limits.removeMs, { query }),
        )
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
    const query = { stdout: true, stderr: true, timestamps: true, follow, tail: tail ?? 'all' }
    const stream = await this.#open(doing, { path: `/containers/${escapePath(id)}/logs`, query, signal })
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
      type: ['container'],
      event: ['start', 'die', 'destroy'],
      label: [`${labelOf.cluster}=${cluster}`],
    }
    // What happens from this moment on is told, though the connection is only made now.
    const since = (Date.now() / 1000).toFixed(3)
    const stream = await this.#open(doing, { path: '/events', query: { filters, since }, signal })
    if (stream === null) return
    try {
      const lines = jsonLines(this.#parts(stream, doing, signal))
      for (;;) {
        const next = await this.#say(doing, () => lines.next())
        if (next.done === true) break
        const event = runtimeEvent(await this.#say(doing, async () => parseAnswer(eventAnswer, next.value)))
        if (event) yield event
      }
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

  async #read(path: string, query: NonNullable<Call['query']> = {}): Promise<unknown> {
    return this.#engine.json({ method: 'GET', path, query, limitMs: this.#limits.readMs })
  }

  async #call(
    method: 'POST' | 'DELETE',
    path: string,
    limitMs: Duration,
    rest: Pick<Call, 'query' | 'body' | 'signal'> = {},
  ): Promise<unknown> {
    return this.#engine.json({ method, path, limitMs, ...rest })
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

  async #inspect(id: string): Promise<ContainerInfo> {
    return containerInfo(parseAnswer(containerAnswer, await this.#read(`/containers/${escapePath(id)}/json`)))
  }

  async #networksNamed(name: string) {
    const filters = { name: [name] } // the engine's filter finds parts of names, too
    const found = parseAnswer(networkListAnswer, await this.#read('/networks', { filters }))
    return found.filter((network) => network.Name === name)
  }

  async #makeNetwork(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const check = async (): Promise<boolean> => {
      const [found] = await this.#networksNamed(name)
      if (found) requireSameCluster('network', name, labels, found.Labels ?? {})
      return found !== undefined
    }
    if (await check()) return
    const body = { Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: labels }
    try {
      await this.#call('POST', '/networks/create', this.#limits.createMs, { body })
    } catch (error) {
      const isTaken = error instanceof EngineError && error.status === 409
      if (!(isTaken && (await check()))) throw error
    }
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
    call: Required<Pick<Call, 'path' | 'query' | 'signal'>>,
  ): Promise<IncomingMessage | null> {
    try {
      return await this.#engine.open({ method: 'GET', limitMs: this.#limits.readMs, ...call })
    } catch (error) {
      if (call.signal.aborted) return null
      throw failureOf(error, this.#engine, doing)
    }
  }

  /** The stream's parts until its end or the signal's. */
  async *#parts(
    stream: IncomingMessage,
    doing: string,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const part of stream as AsyncIterable<Buffer>) yield part // no encoding is set: the parts are buffers
    } catch (error) {
      if (signal.aborted) return
      throw failureOf(this.#engine.broken(error), this.#engine, doing)
    }
  }
}

const missing = Symbol('no such thing')

/** What is not there need not be removed. */
async function orMissing<Result>(work: Promise<Result>): Promise<Result | typeof missing> {
  try {
    return await work
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return missing
    throw error
  }
}

function requireSameCluster(
  kind: string,
  name: string,
  wanted: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): void {
  if (found[labelOf.cluster] === wanted[labelOf.cluster]) return
  const owner = found[labelOf.cluster]
  throw new RuntimeFailure(
    'refused',
    `the ${kind} ${name} is there already and ${owner === undefined ? 'was not made by gantry' : `belongs to the cluster ${owner}`}; rename or remove it`,
  )
}

function notAnImage(image: string): RuntimeFailure {
  return new RuntimeFailure('image', `${JSON.stringify(image.slice(0, 200))} is not the name of an image`)
}

function short(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id
}
