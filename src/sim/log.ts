// The log in memory: one store that all servers share, each server's connection to it, and each server's copy. Invariant:
// the store behaves as JetStream does with an expected last sequence: of two appends with the same expectation one
// succeeds; and an answer may be lost though the record is stored.

import type {
  AppendResult,
  LoadedCopy,
  LogCopy,
  LogStore,
  Promised,
  Snapshots,
  StoredRecord,
} from '../server/index.ts'
import type { Chance } from './chance.ts'
import type { VirtualClock } from './clock.ts'

/** Virtual time. */
const takes = { append: 0.2, bounds: 0.2, silence: 2000 }

export class SimLog {
  readonly records: StoredRecord[] = []
  readonly clock: VirtualClock
  readonly #chance: Chance
  readonly waiting = new Set<() => void>()
  /** Share of the appends that have no answer, from 0 to 1; of those, half are stored. */
  silence = 0
  /** What one record may hold. */
  limit = 8 * 1024 * 1024
  /** Answers nobody. */
  isDown = false
  /** Counts the times that records were lost or changed behind everybody's back. */
  damages = 0
  /** Who appended each record, by its bytes. */
  readonly authors = new WeakMap<Uint8Array, string>()
  /** Bytes that nobody wrote. */
  readonly flipped = new WeakSet<Uint8Array>()

  constructor(clock: VirtualClock, chance: Chance) {
    this.clock = clock
    this.#chance = chance
  }

  connect(owner = ''): SimLogConnection {
    return new SimLogConnection(this, owner)
  }

  // --- what a test does to it ---------------------------------------------------------------------------------

  /** As after a crash of a store that had not synced its last `count` records, or that was given an older copy. */
  loseTail(count: number): void {
    this.damages += 1
    this.records.splice(Math.max(0, this.records.length - count))
    this.wake()
  }

  /** One bit of a record is not what was written. */
  flip(seq: number): void {
    const record = this.records[seq - 1]
    if (!record) return
    this.damages += 1
    const bytes = Uint8Array.from(record.bytes, (byte, index) =>
      index === record.bytes.length >> 1 ? byte ^ 1 : byte,
    )
    this.records[seq - 1] = { seq, bytes }
    this.flipped.add(bytes)
  }

  // --- what it does -------------------------------------------------------------------------------------------

  /** What becomes of an append's message and of its answer. */
  fate(): { readonly isStored: boolean; readonly isAnswered: boolean } {
    const isAnswered = this.silence === 0 || this.#chance.fraction() >= this.silence
    return { isAnswered, isStored: isAnswered || this.#chance.fraction() < 0.5 }
  }

  wake(): void {
    for (const wake of this.waiting) wake()
  }
}

export class SimLogConnection implements LogStore {
  readonly #log: SimLog
  readonly #owner: string
  #isCut = false

  constructor(log: SimLog, owner: string) {
    this.#log = log
    this.#owner = owner
  }

  get recordLimit(): number {
    return this.#log.limit
  }

  get isCut(): boolean {
    return this.#isCut || this.#log.isDown
  }

  set isCut(isCut: boolean) {
    this.#isCut = isCut
    this.#log.wake()
  }

  async append(bytes: Uint8Array, expectedLast: number): Promise<AppendResult> {
    const { clock, records, limit } = this.#log
    if (bytes.length > limit)
      return { ok: false, reason: 'too-large', message: `${bytes.length} bytes, at most ${limit}` }
    const { isStored, isAnswered } = this.#log.fate()
    await clock.sleep(takes.append)
    let result: AppendResult = { ok: false, reason: 'conflict' }
    if (isStored && !this.isCut && records.length === expectedLast) {
      records.push({ seq: expectedLast + 1, bytes })
      this.#log.authors.set(bytes, this.#owner)
      this.#log.wake()
      result = { ok: true, seq: expectedLast + 1 }
    }
    if (isAnswered && !this.isCut) return result
    await clock.sleep(takes.silence)
    return { ok: false, reason: 'unknown', message: 'the log store did not answer' }
  }

  async bounds(): Promise<{ first: number; last: number }> {
    const { clock, records } = this.#log
    await clock.sleep(takes.bounds)
    await this.#requireConnection()
    return { first: records.length > 0 ? 1 : 0, last: records.length }
  }

  async *tail(from: number, signal: AbortSignal): AsyncGenerator<StoredRecord, void> {
    for (let seq = from; !signal.aborted;) {
      await this.#requireConnection()
      const record = this.#log.records[seq - 1]
      if (record) {
        seq += 1
        yield record
        continue
      }
      await this.#news(signal)
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    const { waiting } = this.#log
    return new Promise((resolve) => {
      const wake = () => {
        waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  async #requireConnection(): Promise<void> {
    if (!this.isCut) return
    await this.#log.clock.sleep(takes.silence)
    throw new Error('the log store did not answer')
  }
}

/** The snapshots on a server's disk. */
export class SimSnapshots implements Snapshots {
  readonly files = new Map<number, Uint8Array>()

  async list(): Promise<readonly number[]> {
    return [...this.files.keys()].sort((a, b) => b - a)
  }

  async read(seq: number): Promise<Uint8Array | null> {
    return this.files.get(seq) ?? null
  }

  async write(seq: number, bytes: Uint8Array): Promise<void> {
    this.files.set(seq, bytes)
  }

  async remove(seq: number): Promise<void> {
    this.files.delete(seq)
  }
}

/** What survives of a server when its process is killed. */
export class SimCopy implements LogCopy {
  #records: StoredRecord[] = []
  #promised: Promised = { term: 0, candidate: '' }
  /** What was set aside, newest last. */
  readonly aside: (readonly StoredRecord[])[] = []
  /** Nothing can be written while it is. */
  isFull = false

  /** Whether it has taken bytes from the store that nobody wrote. */
  holdsAny(bytes: WeakSet<Uint8Array>): boolean {
    return this.#records.some((record) => bytes.has(record.bytes))
  }

  /** What is on the disk, as a test sees it. */
  get records(): readonly StoredRecord[] {
    return this.#records
  }

  async load(after = 0): Promise<LoadedCopy> {
    return { records: this.#records.filter(({ seq }) => seq > after), damage: null, promised: this.#promised }
  }

  async read(from: number, to: number): Promise<readonly StoredRecord[]> {
    return this.#records.filter(({ seq }) => seq >= from && seq <= to)
  }

  async promise(promised: Promised): Promise<void> {
    if (this.isFull) throw new Error('no space left on device')
    this.#promised = promised
  }

  async setAside(last: number): Promise<string> {
    this.aside.push(this.#records.filter((record) => record.seq > last))
    await this.truncate(last)
    return `set aside ${this.aside.length}`
  }

  async append(records: readonly StoredRecord[]): Promise<void> {
    if (this.isFull) throw new Error('no space left on device')
    this.#records.push(...records)
  }

  async truncate(last: number): Promise<void> {
    this.#records = this.#records.filter((record) => record.seq <= last)
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
