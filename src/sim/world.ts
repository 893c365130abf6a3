// A cluster in one process: real servers and agents on a virtual clock, with a bus, a log and hosts that a test can
// hurt. Invariant: the same seed and the same steps give the same run; what a kill leaves behind (log, copies, hosts)
// is what a real one leaves. It asserts nothing by itself but that no process dies of its own.

import { startAgent } from '../agent/index.ts'
import {
  apiReply,
  decodeJson,
  emptyState,
  encodeJson,
  Fault,
  foldRecord,
  logChunk,
  parseRecord,
  subjects,
  viewOf,
} from '../model/index.ts'
import type { ApiOperation, ClusterState, ClusterView, Duration, Logger, LogRecord } from '../model/index.ts'
import { startServer } from '../server/index.ts'
import { SimBus } from './bus.ts'
import type { SimConnection } from './bus.ts'
import { Chance } from './chance.ts'
import { VirtualClock } from './clock.ts'
import { SimDisk } from './disk.ts'
import { SimSecrets, simVault } from './keys.ts'
import { SimCopy, SimLog } from './log.ts'
import type { SimLogConnection } from './log.ts'
import { SimProcess } from './process.ts'
import { SimHost } from './runtime.ts'
import { Trace } from './trace.ts'

interface Running {
  readonly process: SimProcess
  readonly connection: SimConnection
  readonly stop: AbortController
  readonly done: Promise<void>
}

export interface SimServer {
  readonly id: string
  readonly copy: SimCopy
  readonly store: SimLogConnection
  role: 'follower' | 'leader' | 'dead'
  running: Running | null
}

export interface SimNode {
  readonly id: string
  readonly host: SimHost
  readonly disk: SimDisk
  readonly secrets: SimSecrets
  running: Running | null
}

export interface SimReader {
  readonly lines: string[]
  chunks: number
  end: { readonly error: string | null } | null
  readonly close: () => void
}

export interface WorldOptions {
  readonly seed?: number
  readonly servers?: number
  readonly nodes?: number
}

export class World {
  readonly clock = new VirtualClock()
  readonly chance: Chance
  readonly bus: SimBus
  readonly log: SimLog
  readonly servers: readonly SimServer[]
  readonly nodes: readonly SimNode[]
  readonly trace: Trace
  readonly #client: SimConnection
  readonly #state = emptyState()
  /** The records of the log, as they were folded. */
  readonly history: LogRecord[] = []
  #failure: { readonly error: unknown } | null = null
  /** Looked at after every step of virtual time; throws when something is not as it must always be. */
  invariant: (() => void) | null = null

  constructor({ seed = 1, servers = 1, nodes = 1 }: WorldOptions = {}) {
    this.trace = new Trace(() => this.clock.monotonic())
    this.chance = new Chance(seed)
    this.bus = new SimBus(this.clock, this.chance.fork())
    this.log = new SimLog(this.clock, this.chance.fork())
    this.#client = this.bus.connect()
    this.servers = Array.from({ length: servers }, (_, index) => ({
      id: `s${index + 1}`,
      copy: new SimCopy(),
      store: this.log.connect(),
      role: 'dead',
      running: null,
    }))
    this.nodes = Array.from({ length: nodes }, (_, index) => {
      const id = `n${index + 1}`
      const host = new SimHost(this.clock, this.chance.fork())
      host.onDeed = (deed) => this.trace.add(id, deed)
      return { id, host, disk: new SimDisk(this.clock), secrets: new SimSecrets(id), running: null }
    })
    for (const server of this.servers) this.startServer(server)
    for (const node of this.nodes) this.startAgent(node)
  }

  /** The cluster's state as it is in the log. */
  get state(): ClusterState {
    this.#fold()
    return this.#state
  }

  #fold(): void {
    for (let seq = this.#state.seq + 1; seq <= this.log.records.length; seq += 1) {
      const parsed = parseRecord(this.log.records[seq - 1]?.bytes ?? new Uint8Array())
      if (!parsed.ok) throw new Error(`record ${seq} of the log: ${parsed.reason}`)
      foldRecord(this.#state, parsed.record, seq)
      this.history.push(parsed.record)
      this.trace.addRecord(seq, parsed.record)
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
    server.running = this.#start(server.id, (process, connection, signal) =>
      startServer({
        id: server.id,
        store: process.hold(server.store),
        copy: process.hold(server.copy),
        bus: process.hold(connection),
        clock: process.holdClock(this.clock),
        entropy: this.chance.fork(),
        vault: simVault,
        logger: this.#logger(server.id),
        signal,
        onRole: (role) => {
          if (process.isAlive) server.role = role
        },
      }),
    )
  }

  startAgent(node: SimNode): void {
    if (node.running) return
    node.running = this.#start(node.id, (process, connection, signal) => {
      const host = process.hold(node.host)
      return startAgent({
        node: node.id,
        name: node.id,
        labels: {},
        version: '0.0.0',
        bus: process.hold(connection),
        clock: process.holdClock(this.clock),
        entropy: this.chance.fork(),
        runtime: host,
        prober: host,
        publisher: host,
        store: process.hold(node.disk),
        secretFiles: process.hold(node.secrets),
        logger: this.#logger(node.id),
        signal,
      })
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

  #kill(process: SimServer | SimNode): void {
    process.running?.process.kill()
    process.running?.connection.close()
    process.running = null
  }

  #start(
    id: string,
    run: (process: SimProcess, connection: SimConnection, signal: AbortSignal) => Promise<void>,
  ): Running {
    this.trace.add(id, 'starts')
    const process = new SimProcess()
    const connection = this.bus.connect()
    const stop = new AbortController()
    const done = run(process, connection, stop.signal).then(
      () => {
        if (process.isAlive && !stop.signal.aborted) this.#failure ??= { error: new Error(`${id} ended`) }
      },
      (error: unknown) => {
        if (process.isAlive) this.#failure ??= { error }
      },
    )
    return { process, connection, stop, done }
  }

  #logger(process: string): Logger {
    const at = (level: string) => (fields: object, message: string) =>
      this.trace.add(process, `${level}: ${message} ${JSON.stringify(fields)}`)
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
      this.#fold()
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
  async send(operation: ApiOperation, request: unknown, timeoutMs: Duration = 5000): Promise<unknown> {
    const answer = await this.#client.request(subjects.api('admin', operation), encodeJson(request), {
      timeoutMs,
    })
    const reply = apiReply.parse(decodeJson(answer))
    if (reply.ok) return reply.value
    const { what, why, fix } = reply.error
    throw new Fault({
      what,
      ...(why === undefined ? {} : { why }),
      ...(fix === undefined ? {} : { fix }),
    })
  }

  /** Reads a task's logs, as the command line does; time has to pass for it to get anything. */
  readLogs(
    task: string,
    { follow = false, tail = null }: { follow?: boolean; tail?: number | null } = {},
  ): SimReader {
    const node = this.state.tasks.get(task)?.node ?? ''
    const stream = `stream${this.chance.between(1e6, 9e6)}`
    const connection = this.bus.connect()
    const reader: SimReader = { lines: [], chunks: 0, end: null, close: () => connection.close() }
    connection.serve(subjects.stream(node, stream), async ({ data }) => {
      const chunk = logChunk.parse(decodeJson(data))
      reader.chunks += 1
      reader.lines.push(...chunk.lines.map((line) => line.text))
      reader.end ??= chunk.end
      return encodeJson({ ok: true })
    })
    void this.send('logs', { task, stream, follow, tail })
    return reader
  }
}
