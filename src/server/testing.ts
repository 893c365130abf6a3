// One leader on a bench, for tests: the real loop, log, sessions and API on virtual time, with a store that a test can
// make refuse, lose or delay what is appended, and with nodes that say what the test tells them to. It is imported by
// tests only, and directly: it is not behind the folder's door.

import {
  apiReply,
  assignmentSet,
  BusError,
  decodeJson,
  emptyState,
  encodeJson,
  encodeRecord,
  foldRecord,
  parseRecord,
  protocolVersion,
  recordFormat,
  subjects,
} from '../model/index.ts'
import type {
  ApiOperation,
  ApiReply,
  AssignmentSet,
  HelloRequest,
  Logger,
  LogRecord,
  MutableState,
  NodeMessage,
  Role,
  StackDocument,
  TaskReport,
  Term,
} from '../model/index.ts'
import { emptySources } from '../model/index.ts'
import { Chance, SimBus, SimCopy, simVault, VirtualClock } from '../sim/index.ts'
import type { SimConnection } from '../sim/bus.ts'
import { fakeAuthority, userKey } from './testing-authority.ts'
import type { Desk } from './desk.ts'
import { lead } from './leader.ts'
import { Log } from './log.ts'
import { SnapshotKeeper } from './snapshots.ts'
import { Standing } from './standing.ts'
import type { AppendResult, LogCopy, LogStore, StoredRecord } from './ports.ts'

/** A log store that does as JetStream does, unless a test has something else in mind. */
export class BenchStore implements LogStore {
  records: StoredRecord[] = []
  appends = 0
  /** What becomes of the next appends, one each; after the last they are answered as they should be. */
  readonly fates: ('lost' | 'stored without an answer' | 'wrong sequence')[] = []
  /** Larger records are refused. */
  limit = Number.POSITIVE_INFINITY
  /** While set, appends wait for it before they come to the store. */
  gate: Promise<void> | null = null
  /** Questions that fail before the store answers again. */
  silences = 0
  readonly #waiting = new Set<() => void>()

  get recordLimit(): number {
    return this.limit
  }

  async append(bytes: Uint8Array, expectedLast: number): Promise<AppendResult> {
    this.appends += 1
    await this.gate
    if (bytes.length > this.limit)
      return { ok: false, reason: 'too-large', message: `${bytes.length} bytes, at most ${this.limit}` }
    const fate = this.fates.shift()
    const lost: AppendResult = { ok: false, reason: 'unknown', message: 'no answer' }
    if (fate === 'lost') return lost
    if (this.records.length !== expectedLast) return { ok: false, reason: 'conflict' }
    this.put(bytes)
    if (fate === 'wrong sequence') return { ok: true, seq: expectedLast + 5 }
    return fate === 'stored without an answer' ? lost : { ok: true, seq: expectedLast + 1 }
  }

  /** As by another server. */
  put(bytes: Uint8Array): void {
    this.records.push({ seq: this.records.length + 1, bytes })
    for (const wake of this.#waiting) wake()
  }

  async bounds(): Promise<{ first: number; last: number }> {
    if (this.silences > 0) {
      this.silences -= 1
      throw new Error('the store does not answer')
    }
    return { first: Math.min(1, this.records.length), last: this.records.length }
  }

  async *tail(from: number, signal: AbortSignal): AsyncGenerator<StoredRecord, void> {
    for (let seq = from; !signal.aborted;) {
      const record = this.records[seq - 1]
      if (record) {
        seq += 1
        yield record
        continue
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    }
  }
}

export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
}

export { userKey }

export class Bench {
  readonly clock = new VirtualClock()
  readonly chance = new Chance(1)
  readonly bus = new SimBus(this.clock, this.chance)
  readonly store = new BenchStore()
  readonly copy: LogCopy = new SimCopy()
  /** The servers of a new log; this one alone when there are none. */
  founders: readonly string[] = []
  readonly lines: Line[] = []
  /** Makes the vault fail, as a bug would. */
  failSealing = false
  /** What NATS was told last: the keys that it is not to believe. */
  revoked: readonly string[] = []
  /** Makes NATS unreachable for those who would tell it. */
  failTelling = false
  readonly authority = fakeAuthority(this)
  readonly stop = new AbortController()
  readonly #client = this.bus.connect()

  readonly logger: Logger = {
    debug: (_, message) => void this.lines.push({ level: 'debug', message }),
    info: (_, message) => void this.lines.push({ level: 'info', message }),
    warn: (_, message) => void this.lines.push({ level: 'warn', message }),
    error: (_, message) => void this.lines.push({ level: 'error', message }),
  }

  get logDeps() {
    return { store: this.store, copy: this.copy, clock: this.clock, logger: this.logger }
  }

  /** Becomes leader by the next term, and leads until told to stop. */
  async lead(onDesk?: (desk: Desk) => void): Promise<Led> {
    const signal = this.stop.signal
    const state = emptyState()
    const log = await Log.open(this.logDeps, ({ seq, record }) => foldRecord(state, record, seq))
    const term = state.term + 1
    const record: LogRecord = {
      format: recordFormat,
      prev: log.digest,
      kind: 'term',
      term,
      server: 's1',
      at: Math.max(state.at, Math.floor(this.clock.now())),
    }
    const appended = await log.append(record, () => true, signal)
    if (!appended.ok) throw new Error(`no term: ${appended.reason}`)
    foldRecord(state, record, appended.seq)
    const connection = this.bus.connect()
    const options = {
      id: 's1',
      ...(this.founders.length === 0
        ? {}
        : { founders: this.founders.map((id) => ({ id, name: id, address: null })) }),
      bus: connection,
      entropy: this.chance.fork(),
      vault: {
        ...simVault,
        seal: (plain: Uint8Array) => {
          if (this.failSealing) throw new Error('sealing failed')
          return simVault.seal(plain)
        },
        sealTo: (key: string, plain: Uint8Array) => {
          if (this.failSealing) throw new Error('sealing failed')
          return simVault.sealTo(key, plain)
        },
      },
      authority: this.authority,
      signal,
      ...this.logDeps,
    }
    const standing = new Standing(options, log)
    standing.serve()
    const led: Led = { state, log, term, standing, connection, ended: null, done: Promise.resolve() }
    const done = lead(
      { ...options, log, state, term, standing, keeper: new SnapshotKeeper(options, 0) },
      onDesk,
    ).then(
      (reason) => (led.ended = reason),
      (error: unknown) => (led.ended = error),
    )
    led.done = done.then(() => undefined)
    await this.settle()
    return led
  }

  /** Lets everything that needs no time happen. */
  async settle(ms = 20): Promise<void> {
    await this.clock.pass(ms)
  }

  /** The answer of the API; undefined while there is none. */
  ask(operation: ApiOperation, body: unknown, caller = 'admin'): Asked {
    const asked: Asked = { reply: undefined, error: undefined }
    this.#client.request(subjects.api(caller, operation), encodeJson(body), { timeoutMs: 60_000 }).then(
      (bytes) => (asked.reply = apiReply.parse(decodeJson(bytes))),
      (error: unknown) => (asked.error = error),
    )
    return asked
  }

  async answer(operation: ApiOperation, body: unknown, caller = 'admin'): Promise<ApiReply> {
    const asked = this.ask(operation, body, caller)
    await this.clock.passUntil(() => asked.reply !== undefined || asked.error !== undefined, 60_000)
    if (asked.reply === undefined) throw asked.error
    return asked.reply
  }

  /** Makes a user, as an admin does. */
  async user(name: string, role: Role, stacks: readonly string[] | null = null): Promise<void> {
    const wish = { name, role, stacks, publicKey: userKey(name), ttlMs: null }
    const reply = await this.answer('userCreate', wish)
    if (!reply.ok) throw new Error(reply.error.what)
  }

  async apply(document: StackDocument, baseVersion = 0, planId = `plan-${document.stack}-${baseVersion}`) {
    return this.answer('apply', { document, sources: emptySources, planId, baseVersion })
  }

  node(id: string): BenchNode {
    return new BenchNode(id, this)
  }

  /** The state that the log says. */
  folded(): MutableState {
    const state = emptyState()
    for (const { seq, bytes } of this.store.records) {
      const parsed = parseRecord(bytes)
      if (!parsed.ok) throw new Error(parsed.reason)
      foldRecord(state, parsed.record, seq)
    }
    return state
  }

  /** Another server takes the next term. */
  depose(): void {
    const last = this.store.records.at(-1)
    const state = this.folded()
    const prev = last ? parseRecord(last.bytes) : null
    this.store.put(
      encodeRecord({
        format: recordFormat,
        prev: prev?.ok ? prev.digest : '0'.repeat(64),
        kind: 'term',
        term: state.term + 1,
        server: 's2',
        at: state.at,
      }).bytes,
    )
  }
}

export interface Led {
  readonly state: MutableState
  readonly log: Log
  readonly term: Term
  readonly standing: Standing
  readonly connection: SimConnection
  /** Why the leadership ended: the reason it gave, or the error it died of; null while it goes on. */
  ended: unknown
  done: Promise<void>
}

export interface Asked {
  reply: ApiReply | undefined
  error: unknown
}

/** An agent that does nothing by itself. */
export class BenchNode {
  readonly id: string
  readonly bench: Bench
  readonly bus: SimConnection
  term = 0
  version = 0
  session = ''
  /** What came by `assign`. */
  readonly sets: AssignmentSet[] = []
  /** How it answers `assign`: with the version it then holds, or not at all. */
  takes: (set: AssignmentSet) => number | null = (set) => {
    this.version = set.version
    return set.version
  }

  constructor(id: string, bench: Bench) {
    this.id = id
    this.bench = bench
    this.bus = bench.bus.connect()
    this.bus.serve(subjects.node(id, 'assign'), async ({ data }) => {
      const set = assignmentSet.parse(decodeJson(data))
      this.sets.push(set)
      const version = this.takes(set)
      return version === null ? null : encodeJson({ term: set.term, version })
    })
  }

  get greeting(): HelloRequest {
    return {
      protocol: protocolVersion,
      boot: 'boot-1',
      name: this.id,
      term: this.term,
      version: this.version,
      platform: { os: 'linux', arch: 'amd64' },
      engine: 'docker',
      agent: '0.1.0',
      capacity: { cpu: 4000, memory: 2 ** 30 },
      labels: {},
      sealKey: `key-of-${this.id}`,
    }
  }

  /** What the leader answers; null when it does not. */
  async say(message: NodeMessage, body: unknown, timeoutMs = 3000): Promise<Record<string, unknown> | null> {
    const asked: { isOver: boolean; answer: unknown; bug: unknown } = {
      isOver: false,
      answer: null,
      bug: null,
    }
    this.bus.request(subjects.node(this.id, message), encodeJson(body), { timeoutMs }).then(
      (bytes) => Object.assign(asked, { isOver: true, answer: decodeJson(bytes) }),
      (error: unknown) =>
        Object.assign(asked, { isOver: true, bug: error instanceof BusError ? null : error }),
    )
    await this.bench.clock.passUntil(() => asked.isOver, timeoutMs + 10)
    if (asked.bug instanceof Error) throw asked.bug
    return asked.answer as Record<string, unknown> | null
  }

  async hello(over: Partial<HelloRequest> = {}): Promise<AssignmentSet> {
    const reply = await this.say('hello', { ...this.greeting, ...over })
    if (reply?.['ok'] !== true) throw new Error(`refused: ${JSON.stringify(reply)}`)
    const set = assignmentSet.parse(reply['assignments'])
    this.session = String(reply['session'])
    this.term = set.term
    this.version = set.version
    return set
  }

  heartbeat(over: object = {}): Promise<Record<string, unknown> | null> {
    return this.say('heartbeat', { session: this.session, term: this.term, version: this.version, ...over })
  }

  report(tasks: readonly Partial<TaskReport>[], over: object = {}): Promise<Record<string, unknown> | null> {
    return this.say('report', {
      session: this.session,
      term: this.term,
      deletedVolumes: [],
      tasks: tasks.map((task) => ({
        task: '',
        phase: 'running',
        health: 'healthy',
        restarts: 0,
        exitCode: null,
        message: null,
        containerId: null,
        ip: null,
        ...task,
      })),
      ...over,
    })
  }
}
