// A container engine in memory, with the host around it: images, containers that start, answer probes and exit, and
// published ports. Invariant: it survives its agent, as Docker does; what a container does is decided by its image's name and
// by what a test does to the host, never by the code under test.

import { labels, RuntimeFailure } from '../agent/index.ts'
import type {
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
} from '../agent/index.ts'
import type { Chance } from './chance.ts'
import type { SimClock } from './clock.ts'
import { describeContainer } from './container.ts'
import type { SimContainer } from './container.ts'
import { EngineEvents } from './engine-events.ts'

/** What each host has: thousandths of a core, bytes. */
export const hostCapacity = { cpu: 4000, memory: 8 * 1024 ** 3 } as const

/** Virtual time that the engine takes for things. */
const takes = { call: 1, start: 100, stop: 50, jobRuns: 1000, brokenRuns: 300, becomesReady: 200 }

/**
 * What an image's containers do, by the beginning of its name: `job` exits with 0 after a second, `failing` and
 * `broken` exit with 1 after 0.3 s; `mute` never answers a probe; `absent` is in no registry; `refused` will not start.
 */
export class SimHost implements Runtime, Prober, Publisher {
  readonly #clock: SimClock
  readonly #chance: Chance
  /** Calls and probes take up to so many milliseconds of virtual time. */
  slowness = takes.call
  readonly containers = new Map<string, SimContainer>()
  readonly volumes = new Set<string>()
  /** Stack of each network. */
  readonly networks = new Map<string, string>()
  readonly published = new Map<number, readonly Backend[]>()
  /** Ports that something else on the host holds. */
  readonly busyPorts = new Set<number>()
  /** Whom images run as, where that is not root. */
  readonly imageUsers = new Map<string, string>()
  /** Refuses to remove networks, as an engine under load does. */
  keepsNetworks = false
  /** How often it refused that. */
  networksKept = 0
  /** Calls that never answer, as `start c3`. */
  readonly hanging = new Set<string>()
  /** Share of the calls that fail, from 0 to 1; half of them are carried out all the same. */
  failures = 0
  readonly #events = new EngineEvents()
  readonly #stuck: (() => void)[] = []
  #isStuck = false
  /** Hear of what happens, for invariants; none of them may throw. */
  onCreate: (request: ContainerRequest) => void = () => undefined
  onStart: (container: SimContainer) => void = () => undefined
  onVolumeGone: (volume: string) => void = () => undefined
  /** Every start of a container there ever was, for invariants. */
  readonly starts: { readonly task: string; readonly container: string; readonly at: number }[] = []
  /** Every end of a container there ever was. */
  readonly ends: { readonly task: string; readonly container: string; readonly exitCode: number }[] = []
  /** What the engine was asked to do, in order; without looks. */
  readonly deeds: string[] = []
  /** Hears of each deed. */
  onDeed: (deed: string) => void = () => undefined
  #isUp = true
  #serial = 0

  constructor(clock: SimClock, chance: Chance) {
    this.#clock = clock
    this.#chance = chance
  }

  // --- what a test does to it ---------------------------------------------------------------------------------

  /** Ends a container, as a crash does. */
  exit(id: string, exitCode: number): void {
    const container = this.containers.get(id)
    if (container?.state !== 'running') return
    container.state = 'exited'
    container.exitCode = exitCode
    container.finishedAt = this.#clock.now()
    this.onDeed(`${container.request.name} ends with ${exitCode}`)
    this.ends.push({ task: container.request.labels[labels.task] ?? '', container: id, exitCode })
    this.#tell({ kind: 'exited', id })
  }

  /** Removes a container behind the agent's back. */
  wipe(id: string): void {
    if (this.containers.delete(id)) this.#tell({ kind: 'removed', id })
  }

  /** The engine dies, and its containers with it, as with dockerd without live-restore. */
  down(): void {
    this.#isUp = false
    this.#events.breakOff()
    for (const { id } of this.containers.values()) this.exit(id, 137)
  }

  up(): void {
    this.#isUp = true
  }

  /** Answers no call, and carries none out, until it is let go. */
  stick(): void {
    this.#isStuck = true
  }

  letGo(): void {
    this.#isStuck = false
    for (const resume of this.#stuck.splice(0)) resume()
  }

  running(task?: string): SimContainer[] {
    return [...this.containers.values()].filter(
      ({ state, request }) =>
        state === 'running' && (task === undefined || request.labels[labels.task] === task),
    )
  }

  // --- Runtime ------------------------------------------------------------------------------------------------

  async info(): Promise<RuntimeInfo> {
    await this.#call('info')
    return { engine: 'sim', os: 'linux', arch: 'x64', ...hostCapacity }
  }

  async list(cluster: string): Promise<ContainerInfo[]> {
    await this.#call('list')
    return [...this.containers.values()]
      .filter((container) => container.request.labels[labels.cluster] === cluster)
      .map((container) => describeContainer(container))
  }

  async inspect(id: string): Promise<ContainerInfo> {
    await this.#call(`inspect ${id}`)
    return describeContainer(this.#get(id))
  }

  async hasImage(image: string): Promise<boolean> {
    await this.#call(`hasImage ${image}`)
    return !image.startsWith('absent')
  }

  async imageUser(image: string): Promise<string | null> {
    await this.#call(`imageUser ${image}`)
    return this.imageUsers.get(image) ?? null
  }

  async pullImage(image: string, signal: AbortSignal): Promise<void> {
    await this.#call(`pull ${image}`)
    await this.#clock.sleep(takes.start, signal)
    throw new RuntimeFailure('image', `no registry has the image ${image}`)
  }

  async ensureNetwork(name: string, given: Readonly<Record<string, string>>): Promise<void> {
    await this.#call(`ensureNetwork ${name}`)
    this.networks.set(name, given[labels.stack] ?? '')
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#call(`removeNetwork ${name}`)
    if (this.keepsNetworks) {
      this.networksKept += 1
      throw new RuntimeFailure('refused', `network ${name} has active endpoints`)
    }
    if (this.#isNetworkUsed(name)) throw new RuntimeFailure('refused', `network ${name} has active endpoints`)
    this.networks.delete(name)
  }

  async listNetworks(): Promise<{ name: string; stack: string; inUse: boolean }[]> {
    await this.#call('listNetworks')
    return [...this.networks].map(([name, stack]) => ({ name, stack, inUse: this.#isNetworkUsed(name) }))
  }

  async ensureVolume(name: string): Promise<void> {
    await this.#call(`ensureVolume ${name}`)
    this.volumes.add(name)
  }

  async removeVolume(name: string): Promise<void> {
    await this.#call(`removeVolume ${name}`)
    for (const { request } of this.containers.values())
      if (request.mounts.some((mount) => mount.kind === 'volume' && mount.volume === name))
        throw new RuntimeFailure('refused', `volume ${name} is in use by ${request.name}`)
    if (!this.volumes.delete(name)) throw new RuntimeFailure('gone', `no volume ${name}`)
    this.onVolumeGone(name)
    this.#failLate()
  }

  async create(request: ContainerRequest): Promise<string> {
    this.onCreate(request)
    await this.#call(`create ${request.name}`)
    for (const container of this.containers.values())
      if (container.request.name === request.name) return container.id
    if (!this.networks.has(request.network))
      throw new RuntimeFailure('refused', `network ${request.network} not found`)
    this.#serial += 1
    const id = `c${this.#serial}`
    this.containers.set(id, {
      id,
      request,
      ip: `172.18.${this.#serial >> 8}.${this.#serial & 255}`,
      state: 'created',
      exitCode: null,
      startedAt: null,
      readyAt: Infinity,
      finishedAt: null,
      isSick: request.image.startsWith('mute'),
    })
    this.#note(`create ${request.name}`)
    this.#failLate()
    return id
  }

  async start(id: string): Promise<void> {
    await this.#call(`start ${id}`)
    await this.#clock.sleep(takes.start)
    this.#requireUp()
    const container = this.#get(id)
    if (container.state === 'running') return
    const { image, name } = container.request
    if (image.startsWith('refused'))
      throw new RuntimeFailure('refused', `exec: "${name}": executable file not found`)
    container.state = 'running'
    container.startedAt = this.#clock.now()
    container.readyAt = this.#clock.monotonic() + takes.becomesReady
    container.exitCode = null
    this.starts.push({
      task: container.request.labels[labels.task] ?? '',
      container: id,
      at: this.#clock.monotonic(),
    })
    this.#note(`start ${name}`)
    this.onStart(container)
    this.#tell({ kind: 'started', id })
    if (image.startsWith('job')) this.#clock.after(takes.jobRuns, () => this.exit(id, 0))
    if (image.startsWith('broken') || image.startsWith('failing'))
      this.#clock.after(takes.brokenRuns, () => this.exit(id, 1))
    this.#failLate()
  }

  async stop(id: string): Promise<void> {
    await this.#call(`stop ${id}`)
    await this.#clock.sleep(takes.stop)
    this.#requireUp()
    const container = this.#get(id)
    if (container.state === 'running') this.#note(`stop ${container.request.name}`)
    this.exit(id, 143)
    this.#failLate()
  }

  async remove(id: string): Promise<void> {
    await this.#call(`remove ${id}`)
    const container = this.#get(id)
    if (container.state === 'running')
      throw new RuntimeFailure('refused', `container ${container.request.name} is running`)
    this.#note(`remove ${container.request.name}`)
    this.wipe(id)
    this.#failLate()
  }

  async exec(id: string): Promise<{ exitCode: number; output: string }> {
    await this.#call(`exec ${id}`)
    const container = this.#get(id)
    if (container.state !== 'running') throw new RuntimeFailure('gone', `container ${id} is not running`)
    return this.#isReady(container) ? { exitCode: 0, output: '' } : { exitCode: 1, output: 'not ready' }
  }

  /** One line when it started and one when it ended. */
  async *logs(
    id: string,
    { follow, signal }: { follow: boolean; signal: AbortSignal },
  ): AsyncGenerator<readonly LogLine[], void> {
    const container = this.#get(id)
    const line = (at: number, text: string): LogLine => ({
      at: new Date(at).toISOString(),
      source: 'stdout',
      text,
    })
    if (container.startedAt !== null) yield [line(container.startedAt, `${container.request.name} started`)]
    while (follow && container.state === 'running' && !signal.aborted)
      await this.#clock.sleep(takes.call, signal)
    if (container.finishedAt !== null) yield [line(container.finishedAt, `${container.request.name} ended`)]
  }

  async *events(_: string, signal: AbortSignal): AsyncGenerator<RuntimeEvent, void> {
    this.#requireUp()
    yield* this.#events.listen(signal)
  }

  // --- Prober, Publisher --------------------------------------------------------------------------

  async http(target: { ip: string }): Promise<ProbeOutcome> {
    return this.tcp(target)
  }

  async grpc(target: { ip: string }): Promise<ProbeOutcome> {
    return this.tcp(target)
  }

  async tcp(target: { ip: string }): Promise<ProbeOutcome> {
    await this.#take()
    const container = this.#at(target.ip)
    return container && this.#isReady(container)
      ? { ok: true, message: null }
      : { ok: false, message: 'connection refused' }
  }

  async set(ports: ReadonlyMap<number, readonly Backend[]>): Promise<ReadonlyMap<number, string>> {
    await this.#clock.sleep(takes.call)
    this.published.clear()
    const failed = new Map<number, string>()
    for (const [port, backends] of ports)
      if (this.busyPorts.has(port)) failed.set(port, 'address already in use')
      else this.published.set(port, backends)
    return failed
  }

  async drain(task: string): Promise<void> {
    await this.#clock.sleep(takes.call)
    this.#note(`drain ${task}`)
  }

  async close(): Promise<void> {
    this.published.clear()
  }

  // --- within -------------------------------------------------------------------------------------------------

  async #call(what: string): Promise<void> {
    if (this.hanging.has(what)) await new Promise(() => undefined)
    while (this.#isStuck) await new Promise<void>((resolve) => this.#stuck.push(resolve))
    this.#requireUp()
    await this.#take()
    this.#requireUp()
    if (this.#isUnlucky()) throw new RuntimeFailure('unavailable', `${what} failed`)
  }

  /** The answer to what was carried out is lost. */
  #failLate(): void {
    if (this.#isUnlucky()) throw new RuntimeFailure('unavailable', 'the answer was lost')
  }

  #isUnlucky(): boolean {
    return this.failures > 0 && this.#chance.fraction() < this.failures / 2
  }

  #take(): Promise<void> {
    return this.#clock.sleep(this.#chance.between(takes.call, this.slowness))
  }

  #note(deed: string): void {
    this.deeds.push(deed)
    this.onDeed(deed)
  }

  #requireUp(): void {
    if (!this.#isUp) throw new RuntimeFailure('unavailable', 'cannot connect to the engine')
  }

  #isReady(container: SimContainer): boolean {
    return container.state === 'running' && !container.isSick && this.#clock.monotonic() >= container.readyAt
  }

  #isNetworkUsed(name: string): boolean {
    return [...this.containers.values()].some(
      ({ request, state }) => request.network === name && state === 'running',
    )
  }

  #at(ip: string): SimContainer | undefined {
    for (const container of this.containers.values()) if (container.ip === ip) return container
    return undefined
  }

  #get(id: string): SimContainer {
    const container = this.containers.get(id)
    if (!container) throw new RuntimeFailure('gone', `no container ${id}`)
    return container
  }

  #tell(event: RuntimeEvent): void {
    if (this.#isUp) this.#events.tell(event)
  }
}
