// A cluster in one process: real servers and agents on a virtual clock, with a bus, a log and hosts that a test can
// hurt. Invariant: the same seed and the same steps give the same run; what a kill leaves behind (log, copies, hosts)
// is what a real one leaves. It asserts nothing by itself but that no process dies of its own.

import { startAgent } from '../agent/index.ts'
import type { AgentOptions } from '../agent/index.ts'
import { messageOf, viewOf } from '../model/index.ts'
import type { ApiOperation, ClusterState, ClusterView, Duration, Logger, LogRecord } from '../model/index.ts'
import { startServer } from '../server/index.ts'
import type { ServerOptions } from '../server/index.ts'
import { SimBus } from './bus.ts'
import type { Cut, SimConnection } from './bus.ts'
import { Caller } from './caller.ts'
import type { SimReader } from './caller.ts'
import { Chance } from './chance.ts'
import { VirtualClock } from './clock.ts'
import { SimDisk } from './disk.ts'
import { History } from './history.ts'
import { SimGuard } from './guard.ts'
import { HostClock } from './host-clock.ts'
import { SimSecrets, simVault } from './keys.ts'
import { SimCopy, SimLog } from './log.ts'
import type { Running, SimNode, SimServer, WorldOptions } from './members.ts'
import type { Observer } from './observer.ts'
import { SimProcess } from './process.ts'
import { SimHost } from './runtime.ts'
import { Trace } from './trace.ts'

/** How long whoever supervises processes waits before one that ended is started again. */
const restartMs = 1000

export class World {
  readonly clock = new VirtualClock()
  readonly chance: Chance
  readonly bus: SimBus
  readonly log: SimLog
  readonly servers: readonly SimServer[]
  readonly nodes: readonly SimNode[]
  readonly trace: Trace
  readonly observers: Observer[] = []
  readonly #caller: Caller
  readonly #history: History
  readonly #options: WorldOptions
  #failure: { readonly error: unknown } | null = null
  /** Looked at after every step of virtual time; throws when something is not as it must always be. */
  invariant: (() => void) | null = null

  constructor(options: WorldOptions = {}) {
    const { seed = 1, servers = 1, nodes = 1, trace, labelsOf = () => ({}) } = options
    this.#options = options
    this.trace = new Trace(() => this.clock.monotonic(), trace)
    this.chance = new Chance(seed)
    this.bus = new SimBus(this.clock, this.chance.fork())
    this.log = new SimLog(this.clock, this.chance.fork())
    this.#caller = new Caller(this.bus, this.chance)
    this.#history = new History(this.log, {
      record: (committed) => {
        this.trace.addRecord(committed.seq, committed.record)
        this.#tell((observer) => observer.record?.(committed))
      },
      rewritten: (left) => {
        this.trace.add('log', `holds other records after ${left}`)
        this.#tell((observer) => observer.rewritten?.(left, this.#history.state))
      },
    })
    this.bus.onMessage = (message) => this.#tell((observer) => observer.sent?.(message))
    this.servers = Array.from({ length: servers }, (_, index) => {
      const id = `s${index + 1}`
      return {
        id,
        clock: new HostClock(this.clock),
        copy: new SimCopy(),
        store: this.log.connect(id),
        role: 'dead',
        running: null,
      }
    })
    this.nodes = Array.from({ length: nodes }, (_, index) => this.#makeNode(`n${index + 1}`, labelsOf(index)))
    for (const server of this.servers) this.startServer(server)
    for (const node of this.nodes) this.startAgent(node)
  }

  #makeNode(id: string, labels: SimNode['labels']): SimNode {
    const clock = new HostClock(this.clock)
    const host = new SimHost(clock, this.chance.fork())
    const disk = new SimDisk(clock)
    const secrets = new SimSecrets(id)
    const guard = new SimGuard(clock, host)
    const node: SimNode = { id, clock, labels, host, disk, secrets, guard, running: null }
    host.onDeed = (deed) => this.trace.add(id, deed)
    host.onCreate = (request) => this.#tell((observer) => observer.created?.(node, request))
    host.onStart = (container) => this.#tell((observer) => observer.started?.(node, container))
    host.onVolumeGone = (volume) => this.#tell((observer) => observer.volumeGone?.(node, volume))
    disk.onSave = (name, text) => this.#tell((observer) => observer.saved?.(node, name, text))
    secrets.onWrite = (task, files) => this.#tell((observer) => observer.wroteSecrets?.(node, task, files))
    return node
  }

  /** The cluster's state as it is in the log. */
  get state(): ClusterState {
    this.#history.follow()
    return this.#history.state
  }

  /** Whether `state` is as of all that is in the log: a damaged record may stand in the way. */
  get isWhole(): boolean {
    this.#history.follow()
    return this.#history.isWhole
  }

  /** The records of the log, as they were folded. */
  get history(): readonly LogRecord[] {
    return this.#history.records
  }

  /** What an observer throws ends the run, and not the process that it observes. */
  #tell(tell: (observer: Observer) => void): void {
    for (const observer of this.observers)
      try {
        tell(observer)
      } catch (error) {
        this.#failure ??= { error }
      }
  }

  get view(): ClusterView {
    return viewOf(this.state, this.clock.now())
  }

  get leader(): SimServer | undefined {
    return this.servers.find((server) => server.role === 'leader')
  }

  // --- processes ----------------------------------------------------------------------------------------------

  startServer(server: SimServer): void {
    if (server.running) return
    server.role = 'follower'
    const doctor = this.#options.doctorServer ?? ((options: ServerOptions) => options)
    server.running = this.#start(server, (process, connection, signal) =>
      startServer(
        doctor({
          id: server.id,
          founders: this.servers.map(({ id }) => ({ id, name: id, address: null })),
          store: process.hold(server.store),
          copy: process.hold(server.copy),
          bus: process.hold(connection),
          clock: process.holdClock(server.clock),
          entropy: this.chance.fork(),
          vault: simVault,
          logger: this.#logger(server.id),
          signal,
          onRole: (role) => {
            if (process.isAlive) server.role = role
          },
          onFold: (state) => this.#tell((observer) => observer.folded?.(server.id, state)),
        }),
      ),
    )
  }

  startAgent(node: SimNode): void {
    if (node.running) return
    const doctor = this.#options.doctorAgent ?? ((options: AgentOptions) => options)
    node.running = this.#start(node, (process, connection, signal) => {
      const host = process.hold(node.host)
      return startAgent(
        doctor({
          node: node.id,
          name: node.id,
          labels: node.labels,
          version: '0.0.0',
          bus: process.hold(connection),
          clock: process.holdClock(node.clock),
          entropy: this.chance.fork(),
          runtime: host,
          prober: host,
          publisher: host,
          store: process.hold(node.disk),
          secretFiles: process.hold(node.secrets),
          guard: process.hold(node.guard),
          logger: this.#logger(node.id),
          signal,
        }),
      )
    })
  }

  /** Dead at this instant, wherever it is. */
  killServer(server: SimServer): void {
    this.trace.add(server.id, 'is killed')
    this.#kill(server)
    server.role = 'dead'
  }

  /** Dead at this instant; the ports it published close, its containers run on. */
  killAgent(node: SimNode): void {
    if (!node.running) return
    this.trace.add(node.id, 'is killed')
    this.#kill(node)
    node.host.published.clear()
  }

  /** Asks a process to stop, and waits until it has. */
  async stop(process: SimServer | SimNode): Promise<void> {
    const { running } = process
    if (!running) return
    running.stop.abort(new Error('stopped'))
    await this.wait(running.done)
    running.connection.close()
    process.running = null
    if ('role' in process) process.role = 'dead'
  }

  /** Its connection to the bus goes; it runs on. A server loses its way to the log with it. */
  sever(process: SimServer | SimNode): void {
    this.trace.add(process.id, 'is cut off')
    if (process.running) process.running.connection.isCut = true
    if ('store' in process) process.store.isCut = true
  }

  heal(process: SimServer | SimNode): void {
    this.trace.add(process.id, 'is connected')
    if (process.running) process.running.connection.isCut = false
    if ('store' in process) process.store.isCut = false
  }

  /** Dead at the `calls`th call from now of anything it has, which is still carried out (`isDone`) or is not. */
  killAt(process: SimServer | SimNode, calls: number, isDone: boolean): void {
    process.running?.process.killAt(calls, isDone, () => {
      if ('role' in process) this.killServer(process)
      else this.killAgent(process)
    })
  }

  /** Whoever was to be killed at a call is not. */
  spareAll(): void {
    for (const { running } of [...this.servers, ...this.nodes]) running?.process.spare()
  }

  /** Tells observers that whoever applied this plan was told so. */
  noteAcknowledged(planId: string): void {
    this.trace.add('user', `is told that ${planId} is applied`)
    this.#tell((observer) => observer.acknowledged?.(planId))
  }

  /** Cuts places off from all others: ids of servers and nodes, `store` and `client`. */
  cut(cut: Cut): void {
    this.trace.add('net', `cut (${cut.ways}): ${[...cut.places].join(' ')}`)
    this.bus.cuts.add(cut)
    this.#cutStores()
  }

  mend(cut: Cut): void {
    this.trace.add('net', `mended: ${[...cut.places].join(' ')}`)
    this.bus.cuts.delete(cut)
    this.#cutStores()
  }

  #cutStores(): void {
    for (const { id, store } of this.servers)
      store.isCut = !this.bus.isOpen(id, 'store') || !this.bus.isOpen('store', id)
  }

  #kill(process: SimServer | SimNode): void {
    process.running?.process.kill()
    process.running?.connection.close()
    process.running = null
  }

  #start(
    owner: SimServer | SimNode,
    run: (process: SimProcess, connection: SimConnection, signal: AbortSignal) => Promise<void>,
  ): Running {
    this.trace.add(owner.id, 'starts')
    const process = new SimProcess()
    const connection = this.bus.connect(owner.id)
    const stop = new AbortController()
    const done = run(process, connection, stop.signal).then(
      () => {
        if (process.isAlive && !stop.signal.aborted)
          this.#failure ??= { error: new Error(`${owner.id} ended`) }
      },
      (error: unknown) => {
        if (!process.isAlive) return
        if (this.#options.forgives?.(error)) this.#restart(owner, error)
        else this.#failure ??= { error }
      },
    )
    return { process, connection, stop, done }
  }

  #restart(owner: SimServer | SimNode, error: unknown): void {
    this.trace.add(owner.id, `ends: ${messageOf(error)}`)
    this.#kill(owner)
    if ('role' in owner) owner.role = 'dead'
    else owner.host.published.clear()
    this.clock.after(restartMs, () => {
      if ('role' in owner) this.startServer(owner)
      else this.startAgent(owner)
    })
  }

  #logger(process: string): Logger {
    const at = (level: string) => (fields: object, message: string) =>
      this.trace.addLog(process, level, fields, message)
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  // --- time ---------------------------------------------------------------------------------------------------

  async pass(ms: Duration): Promise<void> {
    const end = this.clock.monotonic() + ms
    await this.clock.passUntil(() => this.#isOver() || this.clock.monotonic() >= end, ms)
    this.#throwFailure()
  }

  /** Lets time pass until the condition holds; throws when it does not within `limitMs` of virtual time. */
  async until(what: string, condition: () => boolean, limitMs: Duration = 60_000): Promise<void> {
    try {
      await this.clock.passUntil(() => this.#isOver() || condition(), limitMs)
    } catch (error) {
      throw new Error(`${what}: not within ${limitMs} ms of virtual time`, { cause: error })
    }
    this.#throwFailure()
  }

  /** Lets time pass until the promise has settled. */
  async wait<Result>(promise: Promise<Result>, limitMs: Duration = 60_000): Promise<Result> {
    let isSettled = false
    const settle = () => (isSettled = true)
    promise.then(settle, settle)
    await this.until('an answer', () => isSettled, limitMs)
    return promise
  }

  #isOver(): boolean {
    try {
      this.#history.follow()
      this.invariant?.()
    } catch (error) {
      this.#failure ??= { error }
    }
    return this.#failure !== null
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  // --- the API ------------------------------------------------------------------------------------------------

  /** Asks the leader, as the command line does. Throws a `Fault` when it refuses, `BusError` when nobody answers. */
  async ask(operation: ApiOperation, request: unknown, timeoutMs: Duration = 5000): Promise<unknown> {
    return this.wait(this.send(operation, request, timeoutMs))
  }

  /** As `ask`, without letting time pass. */
  send(operation: ApiOperation, request: unknown, timeoutMs: Duration = 5000): Promise<unknown> {
    return this.#caller.send(operation, request, timeoutMs)
  }

  /** Reads a task's logs, as the command line does; time has to pass for it to get anything. */
  readLogs(
    task: string,
    { follow = false, tail = null }: { follow?: boolean; tail?: number | null } = {},
  ): SimReader {
    return this.#caller.readLogs(task, this.state.tasks.get(task)?.node ?? '', { follow, tail })
  }
}
