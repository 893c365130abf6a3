// One server's hold on the log: the shared store, its own fsynced copy, and the chain that proves both. Invariant:
// what is folded was read whole, in order, and continues the chain; an append counts only when the store and this
// server's copy have it. It decides nothing and knows no state.

import { encodeRecord, Fault, isOfOtherFormat, messageOf, noRecord, parseRecord } from '../model/index.ts'
import type { Clock, LogRecord, Logger, Seq } from '../model/index.ts'
import { gather } from './gather.ts'
import type { AppendResult, LogCopy, LogStore, StoredRecord } from './ports.ts'

/** The log is not what this server knows it to be, or cannot be read: it neither leads nor follows. */
export class LogDamage extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LogDamage'
  }
}

export interface FoldedRecord {
  readonly seq: Seq
  readonly record: LogRecord
}

export type SettledAppend = Exclude<AppendResult, { readonly reason: 'unknown' }>

export interface LogDeps {
  readonly store: LogStore
  readonly copy: LogCopy
  readonly clock: Clock
  readonly logger: Logger
}

/** Wait before asking a store again that did not answer. */
const retryMs = 250

export class Log {
  readonly #deps: LogDeps
  #last: Seq = 0
  #digest: string = noRecord

  private constructor(deps: LogDeps) {
    this.#deps = deps
  }

  get last(): Seq {
    return this.#last
  }

  /** The digest of the last record: what the next one must carry. */
  get digest(): string {
    return this.#digest
  }

  /**
   * Reads the copy, and makes store and copy agree: a store that came back short gets the missing records back from
   * the copy. Throws `LogDamage` when one does not continue the other. `fold` is given the records of the copy one by
   * one: kept until all were there, a long log would stay in memory for as long as the server runs.
   */
  static async open(deps: LogDeps, fold: (folded: FoldedRecord) => void, signal: AbortSignal): Promise<Log> {
    const log = new Log(deps)
    const { records: copied, damage } = await deps.copy.load()
    let intact = copied.length
    for (const [index, stored] of copied.entries()) {
      const problem = checkAfter({ last: log.#last, digest: log.#digest }, stored)
      if (typeof problem === 'string') {
        if (isOfOtherFormat(stored.bytes)) throw ofOtherVersion(stored.seq, problem)
        deps.logger.warn(
          { seq: stored.seq, problem },
          'the copy of the log is damaged; it is cut before the damage',
        )
        intact = index
        break
      }
      log.#advance(stored.seq, problem.digest)
      fold({ seq: stored.seq, record: problem.record })
    }
    if (damage !== null)
      deps.logger.warn({ damage }, 'the copy of the log ended in a record that is not whole')
    if (damage !== null || intact < copied.length) await deps.copy.truncate(log.last)
    await log.#agreeWithStore(copied.slice(0, intact), signal)
    return log
  }

  async #agreeWithStore(copied: readonly StoredRecord[], signal: AbortSignal): Promise<void> {
    const { store, logger } = this.#deps
    const { last } = await this.#ask(() => store.bounds(), signal)
    const shared = Math.min(last, this.#last)
    const mine = copied[shared - 1]
    if (shared > 0 && mine) {
      const theirs = await this.#recordAt(shared, signal)
      if (theirs === null || !sameBytes(theirs.bytes, mine.bytes))
        throw new LogDamage(
          `the store's record ${shared} is not the one this server has a copy of; nobody leads on a divided log`,
        )
    }
    for (const record of copied.slice(last)) {
      const result = await this.#settle(record.bytes, record.seq - 1, signal)
      if (!result.ok)
        throw new LogDamage(
          `record ${record.seq}, missing in the store, could not be put back: ${result.reason === 'conflict' ? 'another one is there' : result.message}`,
        )
    }
    if (last < this.#last)
      logger.warn(
        { from: last + 1, to: this.#last },
        'the store came back short; its missing records were put back',
      )
  }

  /**
   * Records after the last one, as they come; each is on this server's disk before it is given. What came while the disk
   * was busy goes there, and is given, together: else a server that has much to catch up with syncs for each record.
   */
  async *follow(signal: AbortSignal): AsyncGenerator<readonly FoldedRecord[], void> {
    await this.#mendIfShort(signal)
    const { store, copy } = this.#deps
    for await (const come of gather((stop) => store.tail(this.#last + 1, stop), signal)) {
      const tip = { last: this.#last, digest: this.#digest }
      const stored: StoredRecord[] = []
      const records: FoldedRecord[] = []
      let damage: LogDamage | null = null
      for (const each of come) {
        if (each.seq <= tip.last) continue
        const checked = checkAfter(tip, each)
        if (typeof checked === 'string') {
          damage = new LogDamage(`record ${each.seq} of the log: ${checked}`)
          break
        }
        tip.last = each.seq
        tip.digest = checked.digest
        stored.push(each)
        records.push({ seq: each.seq, record: checked.record })
      }
      if (stored.length > 0) {
        await copy.append(stored)
        this.#advance(tip.last, tip.digest)
        yield records
      }
      if (damage) throw damage
    }
  }

  /** A store may lose its data while servers run: then no append fits any more, and this is where they end up. */
  async #mendIfShort(signal: AbortSignal): Promise<void> {
    const { last } = await this.#ask(() => this.#deps.store.bounds(), signal)
    if (last >= this.#last) return
    const { records } = await this.#deps.copy.load()
    await this.#agreeWithStore(records, signal)
  }

  /**
   * Appends right after the last record. Throws `LogDamage` when the store does not do as it says, and what the copy or
   * the store throws; then nobody knows more than what the next `follow` will show.
   */
  async append(record: LogRecord, signal: AbortSignal): Promise<SettledAppend> {
    const { bytes, digest } = encodeRecord(record)
    const result = await this.#settle(bytes, this.#last, signal)
    if (!result.ok) return result
    await this.#deps.copy.append([{ seq: result.seq, bytes }])
    this.#advance(result.seq, digest)
    return result
  }

  /**
   * An append without an answer is settled before this returns: it is tried again with the same expectation, which can
   * succeed only once; when a record has come first, it may be this very one.
   */
  async #settle(bytes: Uint8Array, expected: Seq, signal: AbortSignal): Promise<SettledAppend> {
    for (;;) {
      const result = await this.#deps.store.append(bytes, expected)
      if (result.ok) {
        if (result.seq !== expected + 1)
          throw new LogDamage(`the store put a record at ${result.seq} that was to be ${expected + 1}`)
        return result
      }
      if (result.reason === 'too-large') return result
      if (result.reason === 'conflict') {
        const there = await this.#recordAt(expected + 1, signal)
        return there !== null && sameBytes(there.bytes, bytes) ? { ok: true, seq: expected + 1 } : result
      }
      this.#deps.logger.warn(
        { reason: result.message },
        'an append had no answer; it is settled before anything else',
      )
      await this.#deps.clock.sleep(retryMs, signal)
    }
  }

  #advance(seq: Seq, digest: string): void {
    this.#last = seq
    this.#digest = digest
  }

  async #recordAt(seq: Seq, signal: AbortSignal): Promise<StoredRecord | null> {
    return this.#ask(async () => {
      const { first, last } = await this.#deps.store.bounds()
      if (seq < first || seq > last) return null
      const over = new AbortController()
      try {
        for await (const stored of this.#deps.store.tail(seq, AbortSignal.any([signal, over.signal])))
          return stored.seq === seq ? stored : null
        return null
      } finally {
        over.abort()
      }
    }, signal)
  }

  /** Asks the store until it answers. */
  async #ask<Answer>(question: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    for (;;) {
      signal.throwIfAborted()
      try {
        return await question()
      } catch (error) {
        if (error instanceof LogDamage || signal.aborted) throw error
        this.#deps.logger.warn({ reason: messageOf(error) }, 'the log store does not answer')
        await this.#deps.clock.sleep(retryMs, signal)
      }
    }
  }
}

function ofOtherVersion(seq: Seq, why: string): Fault {
  return new Fault({
    what: `record ${seq} of the cluster's log was written by another version of gantry`,
    why,
    fix: 'start the cluster with that version; or begin anew, without what the cluster knows: gantry down --purge',
  })
}

/** The record, when it continues the chain that ends there; else what is wrong. */
function checkAfter(
  { last, digest }: { readonly last: Seq; readonly digest: string },
  stored: StoredRecord,
): string | { readonly record: LogRecord; readonly digest: string } {
  if (stored.seq !== last + 1) return `record ${last + 1} is missing`
  const parsed = parseRecord(stored.bytes)
  if (!parsed.ok) return parsed.reason
  if (parsed.record.prev !== digest) return 'it does not continue the record before it'
  return parsed
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
