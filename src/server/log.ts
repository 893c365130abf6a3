// One server's hold on the log: the shared store, its own fsynced copy, and the chain that proves both. Invariant: what
// is folded was read whole, in order, and continues the chain; an append counts only when the store and this server's
// copy have it; nothing is taken out of the copy here, and into the store goes only what `mayGoOn` allows at that moment.
// It decides nothing and knows no state.

import {
  encodeRecord,
  Fault,
  isOfOtherFormat,
  isVoid,
  messageOf,
  noRecord,
  parseRecord,
  sha256,
} from '../model/index.ts'
import type { Clock, LogRecord, Logger, Seq, Term } from '../model/index.ts'
import { gather } from './gather.ts'
import { Division, LogDamage, NotSettled, StoreShort } from './log-errors.ts'
import type { AppendResult, LogCopy, LogStore, Promised, StoredRecord } from './ports.ts'

export interface FoldedRecord {
  readonly seq: Seq
  readonly record: LogRecord
}

/** Where a log ends. Of two, the one of the newer term is ahead, then the longer one (Raft, section 5.4.1). */
export interface Tip {
  /** The newest term in it. */
  readonly term: Term
  readonly seq: Seq
  readonly digest: string
}

export type SettledAppend = Exclude<AppendResult, { readonly reason: 'unknown' }>

export interface LogDeps {
  readonly store: LogStore
  readonly copy: LogCopy
  readonly clock: Clock
  readonly logger: Logger
}

const start: Tip = { term: 0, seq: 0, digest: noRecord }

/** Wait before asking a store again that did not answer. */
const retryMs = 250
/** Records of a divided log that are compared with what others have; they say only what their last one is. */
const comparedLimit = 10_000
/** How long a divided store may take to be read; what came until then is compared. */
const readWithinMs = 5000
/** Void records in a row: each took a deposed leader and a store that lost its end. */
const looseInARow = 50

export class Log {
  readonly #deps: LogDeps
  #tip: Tip = start
  /** As it was when the copy was loaded. */
  readonly promised: Promised

  private constructor(deps: LogDeps, promised: Promised) {
    this.#deps = deps
    this.promised = promised
  }

  /** What this server has on its disk. */
  get tip(): Tip {
    return this.#tip
  }

  get last(): Seq {
    return this.#tip.seq
  }

  /** The digest of the last record: what the next one must carry. */
  get digest(): string {
    return this.#tip.digest
  }

  /**
   * Reads the copy, and cuts off what is damaged of it. `fold` is given its records one by one: kept until all were
   * there, a long log would stay in memory for as long as the server runs. With a base, what comes after that.
   */
  static async open(deps: LogDeps, fold: (folded: FoldedRecord) => void, base: Tip = start): Promise<Log> {
    const { records, damage, promised } = await deps.copy.load(base.seq)
    const log = new Log(deps, promised)
    log.#tip = base
    let isCut = damage !== null
    for (const stored of records) {
      const checked = checkAfter(log.#tip, stored)
      if (typeof checked === 'string') {
        if (isOfOtherFormat(stored.bytes)) throw ofOtherVersion(stored.seq, checked)
        deps.logger.warn(
          { seq: stored.seq, problem: checked },
          'the copy of the log is damaged; it is cut before the damage',
        )
        isCut = true
        break
      }
      log.#tip = checked.tip
      fold({ seq: stored.seq, record: checked.record })
    }
    if (damage !== null)
      deps.logger.warn({ damage }, 'the copy of the log ended in a record that is not whole')
    if (isCut) await deps.copy.truncate(log.last)
    return log
  }

  /**
   * Records after the last one, as they come; each is on this server's disk before it is given. What came while the disk
   * was busy goes there, and is given, together: else a server that has much to catch up with syncs for each record.
   * Throws `StoreShort`, `Division`, `LogDamage`, and what the store throws.
   */
  async *follow(signal: AbortSignal): AsyncGenerator<readonly FoldedRecord[], void> {
    const last = await this.#agree(signal)
    if (last < this.last) throw new StoreShort(last, this.last)
    const { store, copy } = this.#deps
    for await (const come of gather((stop) => store.tail(this.last + 1, stop), signal)) {
      let isProved = false
      for (let rest = come; rest.length > 0;) {
        const { stored, records, tip, left, problem } = this.#take(rest, isProved)
        rest = left
        if (stored.length > 0) {
          await copy.append(stored)
          this.#tip = tip
          yield records
        }
        if (left.length === 0) continue
        // The store may have lost its end and have grown again: then what it holds before this record is another one,
        // too. Otherwise what does not continue the log is void, which the next turn takes, or damage.
        const end = await this.#agree(signal)
        if (end < this.last) throw new StoreShort(end, this.last)
        if (problem !== null) throw new LogDamage(problem)
        isProved = true
      }
    }
  }

  /**
   * As many records as continue the log; the first that is left does not, or is loose. One of those is taken only as the
   * first, and when the store was seen just now to hold what this server has before it.
   */
  #take(come: readonly StoredRecord[], isProved: boolean) {
    let tip = this.#tip
    const stored: StoredRecord[] = []
    const records: FoldedRecord[] = []
    for (const [index, each] of come.entries()) {
      if (each.seq <= tip.seq) continue
      const checked = checkAfter(tip, each)
      const left = come.slice(index)
      if (typeof checked === 'string')
        return { stored, records, tip, left, problem: `record ${each.seq} of the log: ${checked}` }
      if (checked.isLoose && !(isProved && each.seq === this.last + 1))
        return { stored, records, tip, left, problem: null }
      tip = checked.tip
      stored.push(each)
      records.push({ seq: each.seq, record: checked.record })
    }
    return { stored, records, tip, left: [], problem: null }
  }

  /** How store and copy differ; null when they do not, as far as both go. */
  async compare(signal: AbortSignal): Promise<Division | null> {
    try {
      await this.#agree(signal)
      return null
    } catch (error) {
      if (error instanceof Division) return error
      throw error
    }
  }

  /**
   * Makes the store hold all that the copy does. False when it holds more, which is to be folded first. Only for who has
   * the word of a majority: then no other log that anybody was answered from is longer, and what is put back is the truth.
   * Two that do it at once do no harm: each record goes in at its own place or not at all. Throws `NotSettled` when
   * `mayGoOn` says no, and `Division`.
   */
  async restore(mayGoOn: () => boolean, signal: AbortSignal): Promise<boolean> {
    const { copy, logger } = this.#deps
    for (let from: Seq | null = null; ;) {
      const last = await this.#agree(signal)
      if (last >= this.last) {
        if (from !== null)
          logger.warn({ from, to: this.last }, 'the store came back short; its missing records were put back')
        return last === this.last
      }
      from = Math.min(from ?? last + 1, last + 1)
      for (const { seq, bytes } of await copy.read(last + 1, this.last)) {
        const result = await this.#settle(bytes, seq - 1, mayGoOn, signal)
        if (!result.ok && result.reason === 'too-large')
          throw new LogDamage(`record ${seq}, missing in the store, could not be put back: ${result.message}`)
        // Another one is there, or those before are gone again: what the store holds is looked at anew.
        if (!result.ok) break
      }
    }
  }

  /**
   * Appends right after the last record. Throws `LogDamage` when the store does not do as it says, `NotSettled`, and
   * what the copy or the store throws; then nobody knows more than what the next `follow` will show.
   */
  async append(record: LogRecord, mayGoOn: () => boolean, signal: AbortSignal): Promise<SettledAppend> {
    const { bytes, digest } = encodeRecord(record)
    const result = await this.#settle(bytes, this.last, mayGoOn, signal)
    if (!result.ok) return result
    await this.#deps.copy.append([{ seq: result.seq, bytes }])
    this.#tip = { term: Math.max(this.#tip.term, record.term), seq: result.seq, digest }
    return result
  }

  /**
   * An append without an answer is settled before this returns: it is tried again with the same expectation, which can
   * succeed only once; when a record has come first, it may be this very one. It is not tried again in two cases:
   *
   * - `mayGoOn` says no, because this server has given its word for a newer term. Whoever leads in that term may have
   *   been elected by servers that know nothing of this record. Should the store lose what the new leader writes, a try
   *   of ours would fit again, and the store would hold our record where a majority has copied another one.
   * - The store ends before what this record is to follow. It has lost its end, and is about to grow another one from
   *   the longest copy. Our numbers would fit that one day, what they stand for need not be the same.
   *
   * What was sent once and is on its way may still arrive in either case: then its term is over, and it is void, or it
   * follows what it was made to follow, and is as true as any.
   */
  async #settle(
    bytes: Uint8Array,
    expected: Seq,
    mayGoOn: () => boolean,
    signal: AbortSignal,
  ): Promise<SettledAppend> {
    const { store, clock, logger } = this.#deps
    for (;;) {
      if (!mayGoOn()) throw new NotSettled('this server has given its word for a newer term')
      const result = await store.append(bytes, expected)
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
      logger.warn({ reason: result.message }, 'an append had no answer; it is settled before anything else')
      await clock.sleep(retryMs, signal)
      const { last } = await this.#ask(() => store.bounds(), signal)
      if (last < expected) throw new NotSettled(new StoreShort(last, expected).message)
    }
  }

  /** The store's last sequence, once its records are known to be those of the copy as far as both go. */
  async #agree(signal: AbortSignal): Promise<Seq> {
    for (;;) {
      const { first, last } = await this.#ask(() => this.#deps.store.bounds(), signal)
      const shared = Math.min(last, this.last)
      if (shared === 0) return last
      if (shared < first)
        throw new LogDamage(
          `the log in the store begins at ${first}; this server's copy ends at ${this.last}`,
        )
      const isSame = await this.#isSameAt(shared, signal)
      if (isSame === null) continue // it has become shorter meanwhile
      if (!isSame) throw await this.#division(first, shared, last, signal)
      return last
    }
  }

  /** Looks for the first record that differs: those before it are the same in both, because each carries its forerunner. */
  async #division(first: Seq, differs: Seq, last: Seq, signal: AbortSignal): Promise<Division> {
    let same = first - 1
    for (let high = differs; high - same > 1;) {
      const middle = (same + high) >> 1
      if (await this.#isSameAt(middle, signal)) same = middle
      else high = middle
    }
    const theirs = await this.#storedDigests(Math.max(same + 1, last - comparedLimit), last, signal)
    const mine = new Map<Seq, string>()
    const from = Math.max(same + 1, this.last - comparedLimit)
    for (let seq = from; seq <= this.last;) {
      const records = await this.#deps.copy.read(seq, this.last)
      if (records.length === 0) break
      for (const record of records) mine.set(record.seq, sha256(record.bytes))
      seq += records.length
    }
    return new Division(same, theirs, mine)
  }

  /**
   * Whether store and copy hold the same records up to here; null when the store does not hold so many. A record that
   * carries the digest of the one before it stands for all before it; one that does not (a void one) for itself only.
   */
  async #isSameAt(seq: Seq, signal: AbortSignal): Promise<boolean | null> {
    const copied = await this.#deps.copy.read(Math.max(1, seq - looseInARow), seq)
    const chained = copied.findLastIndex(({ bytes }, index) => {
      const before = copied[index - 1]
      const parsed = parseRecord(bytes)
      return before !== undefined && parsed.ok && parsed.record.prev === sha256(before.bytes)
    })
    for (const mine of copied.slice(Math.max(0, chained))) {
      const theirs = await this.#recordAt(mine.seq, signal)
      if (theirs === null) return null
      if (!sameBytes(theirs.bytes, mine.bytes)) return false
    }
    return copied.length > 0
  }

  async #storedDigests(from: Seq, to: Seq, signal: AbortSignal): Promise<Map<Seq, string>> {
    return this.#ask(async () => {
      const digests = new Map<Seq, string>()
      const over = new AbortController()
      const until = AbortSignal.any([signal, over.signal])
      // A store that has become shorter meanwhile gives no more.
      void this.#deps.clock.sleep(readWithinMs, until).then(
        () => over.abort(),
        () => undefined,
      )
      try {
        for await (const { seq, bytes } of this.#deps.store.tail(from, until)) {
          digests.set(seq, sha256(bytes))
          if (seq >= to) break
        }
        return digests
      } finally {
        over.abort()
      }
    }, signal)
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

interface Checked {
  readonly record: LogRecord
  /** Where the log then ends. Its digest stands for all that is in it. */
  readonly tip: Tip
  /** It is void and was made to follow another record than the one it does. */
  readonly isLoose: boolean
}

/** The record, when it continues the log that ends there; else what is wrong. What is void need not continue it. */
function checkAfter(tip: Tip, stored: StoredRecord): string | Checked {
  if (stored.seq !== tip.seq + 1) return `record ${tip.seq + 1} is missing`
  const parsed = parseRecord(stored.bytes)
  if (!parsed.ok) return parsed.reason
  const { record } = parsed
  const isLoose = record.prev !== tip.digest
  if (isLoose && !isVoid(record, tip.term)) return 'it does not continue the record before it'
  const digest = isLoose ? sha256(`${tip.digest}${parsed.digest}`) : parsed.digest
  return { record, isLoose, tip: { term: Math.max(tip.term, record.term), seq: stored.seq, digest } }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
