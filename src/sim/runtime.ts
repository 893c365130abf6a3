// A container engine in memory, with the host around it: images, containers that start, answer probes and exit, ports
// and disk. Invariant: it survives its agent, as Docker does; what a container does is decided by its image's name
// (`job` exits with 0 after a second, `broken` exits with 1), never by the code under test.

import { RuntimeFailure } from '../agent/index.ts'
import type {
  AgentStore,
  Backend,
  ContainerInfo,
  ContainerRequest,
  LogLine,
  Prober,
  ProbeOutcome,
  Publisher,
  Runtime,
  RuntimeEvent,
  RuntimeInfo,
  SecretFiles,
} from '../agent/index.ts'
import type { VirtualClock } from './clock.ts'

interface SimContainer {
  readonly id: string
  readonly request: ContainerRequest
  readonly ip: string
  state: ContainerInfo['state']
  exitCode: number | null
  startedAt: number | null
  finishedAt: number | null
}

/** Virtual time that the engine takes for things. */
const takes = { call: 1, start: 100, stop: 50, jobRuns: 1000, brokenRuns: 300, becomesReady: 200 }

export class SimHost implements Runtime, Prober, Publisher, AgentStore {
  readonly #clock: VirtualClock
  readonly containers = new Map<string, SimContainer>()
  readonly volumes = new Set<string>()
  readonly networks = new Map<string, string>()
  readonly published = new Map<number, readonly Backend[]>()
  readonly #files = new Map<string, string>()
  readonly #listeners = new Set<(event: RuntimeEvent) => void>()
  /** Every container that was ever started, for invariants. */
  readonly starts: { readonly task: string; readonly at: number }[] = []
  #serial = 0

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  async info(): Promise<RuntimeInfo> {
    return { engine: 'sim', os: 'linux', arch: 'x64', cpu: 4000, memory: 8 * 1024 ** 3 }
  }

  async list(cluster: string): Promise<ContainerInfo[]> {
    await this.#clock.sleep(takes.call)
    return [...this.containers.values()]
      .filter((container) => container.request.labels['gantry.cluster'] === cluster)
      .map((container) => this.#describe(container))
  }

  async inspect(id: string): Promise<ContainerInfo> {
    await this.#clock.sleep(takes.call)
    return this.#describe(this.#get(id))
  }

  async hasImage(): Promise<boolean> {
    await this.#clock.sleep(takes.call)
    return true
  }

  async pullImage(): Promise<void> {
    await this.#clock.sleep(takes.start)
  }

  async ensureNetwork(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#clock.sleep(takes.call)
    this.networks.set(name, labels['gantry.stack'] ?? '')
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#clock.sleep(takes.call)
    this.networks.delete(name)
  }

  async listNetworks(): Promise<{ name: string; stack: string; inUse: boolean }[]> {
    await this.#clock.sleep(takes.call)
    return [...this.networks].map(([name, stack]) => ({
      name,
      stack,
      inUse: [...this.containers.values()].some((container) => container.request.network === name),
    }))
  }

  async ensureVolume(name: string): Promise<void> {
    await this.#clock.sleep(takes.call)
    this.volumes.add(name)
  }

  async removeVolume(name: string): Promise<void> {
    await this.#clock.sleep(takes.call)
    this.volumes.delete(name)
  }

  async create(request: ContainerRequest): Promise<string> {
    await this.#clock.sleep(takes.call)
    for (const container of this.containers.values())
      if (container.request.name === request.name) return container.id
    this.#serial += 1
    const id = `c${this.#serial}`
    this.containers.set(id, {
      id,
      request,
      ip: `172.18.${this.#serial >> 8}.${this.#serial & 255}`,
      state: 'created',
      exitCode: null,
      startedAt: null,
      finishedAt: null,
    })
    return id
  }

  async start(id: string): Promise<void> {
    await this.#clock.sleep(takes.start)
    const container = this.#get(id)
    if (container.state === 'running') return
    container.state = 'running'
    container.startedAt = this.#clock.now()
    container.exitCode = null
    this.starts.push({ task: container.request.labels['gantry.task'] ?? '', at: this.#clock.monotonic() })
    this.#tell({ kind: 'started', id })
    const { image } = container.request
    if (image.startsWith('job')) this.#clock.after(takes.jobRuns, () => this.exit(id, 0))
    if (image.startsWith('broken')) this.#clock.after(takes.brokenRuns, () => this.exit(id, 1))
  }

  async stop(id: string): Promise<void> {
    await this.#clock.sleep(takes.stop)
    this.exit(id, 143)
  }

  async remove(id: string): Promise<void> {
    await this.#clock.sleep(takes.call)
    if (this.containers.delete(id)) this.#tell({ kind: 'removed', id })
  }

  async exec(): Promise<{ exitCode: number; output: string }> {
    await this.#clock.sleep(takes.call)
    return { exitCode: 0, output: '' }
  }

  async *logs(): AsyncGenerator<readonly LogLine[], void> {
    yield [{ at: new Date(this.#clock.now()).toISOString(), source: 'stdout', text: 'a line' }]
  }

  async *events(_: string, signal: AbortSignal): AsyncGenerator<RuntimeEvent, void> {
    const waiting: RuntimeEvent[] = []
    let wake: () => void = () => undefined
    const listen = (event: RuntimeEvent) => {
      waiting.push(event)
      wake()
    }
    const end = () => wake()
    this.#listeners.add(listen)
    signal.addEventListener('abort', end)
    try {
      while (!signal.aborted) {
        const event = waiting.shift()
        if (event) yield event
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      this.#listeners.delete(listen)
      signal.removeEventListener('abort', end)
    }
  }

  /** Ends a container, as a crash does. */
  exit(id: string, exitCode: number): void {
    const container = this.containers.get(id)
    if (container?.state !== 'running') return
    container.state = 'exited'
    container.exitCode = exitCode
    container.finishedAt = this.#clock.now()
    this.#tell({ kind: 'exited', id })
  }

  async http(target: { ip: string }): Promise<ProbeOutcome> {
    return this.tcp(target)
  }

  async tcp(target: { ip: string }): Promise<ProbeOutcome> {
    await this.#clock.sleep(takes.call)
    const container = [...this.containers.values()].find((each) => each.ip === target.ip)
    const isReady =
      container?.state === 'running' &&
      container.startedAt !== null &&
      this.#clock.now() - container.startedAt >= takes.becomesReady
    return isReady ? { ok: true, message: null } : { ok: false, message: 'connection refused' }
  }

  async set(ports: ReadonlyMap<number, readonly Backend[]>): Promise<ReadonlyMap<number, string>> {
    this.published.clear()
    for (const [port, backends] of ports) this.published.set(port, backends)
    return new Map()
  }

  async drain(): Promise<void> {
    await this.#clock.sleep(takes.call)
  }

  async close(): Promise<void> {
    this.published.clear()
  }

  async load(name: string): Promise<unknown> {
    const text = this.#files.get(name)
    return text === undefined ? undefined : (JSON.parse(text) as unknown)
  }

  async save(name: string, value: unknown): Promise<void> {
    this.#files.set(name, JSON.stringify(value))
  }

  #get(id: string): SimContainer {
    const container = this.containers.get(id)
    if (!container) throw new RuntimeFailure('gone', `no container ${id}`)
    return container
  }

  #describe(container: SimContainer): ContainerInfo {
    return {
      id: container.id,
      name: container.request.name,
      labels: container.request.labels,
      state: container.state,
      exitCode: container.exitCode,
      oomKilled: false,
      ip: container.state === 'running' ? container.ip : null,
      startedAt: container.startedAt,
      finishedAt: container.finishedAt,
    }
  }

  #tell(event: RuntimeEvent): void {
    for (const listen of this.#listeners) listen(event)
  }
}

/** Secrets in memory; "sealed to a node" is the node's key and the value, so that a test can see who was given what. */
export class SimSecrets implements SecretFiles {
  readonly sealKey: string
  readonly files = new Map<string, ReadonlyMap<string, string>>()

  constructor(node: string) {
    this.sealKey = `key-of-${node}`
  }

  open(sealed: string): string {
    const [key, value] = sealed.split('|')
    if (key !== this.sealKey || value === undefined) throw new Error('sealed to another node')
    return Buffer.from(value, 'base64').toString()
  }

  async write(task: string, files: ReadonlyMap<string, string>): Promise<string> {
    this.files.set(task, files)
    return `/run/gantry/${task}`
  }

  async remove(task: string): Promise<void> {
    this.files.delete(task)
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()]
  }
}
