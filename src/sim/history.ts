// The log as a run has seen it grow, and its fold: what tests call the state of the cluster. Invariant: what a store
// loses is not forgotten here until other records stand in its place; a record that does not continue the chain is
// not folded.

import { emptyState, foldRecord, noRecord, parseRecord } from '../model/index.ts'
import type { LogRecord, MutableState, Task, TaskId } from '../model/index.ts'
import type { SimLog } from './log.ts'
import type { Committed } from './observer.ts'

interface Known {
  readonly bytes: Uint8Array
  readonly record: LogRecord
  readonly digest: string
}

export interface HistoryHooks {
  record(committed: Committed): void
  rewritten(left: number): void
}

export class History {
  readonly #log: SimLog
  readonly #hooks: HistoryHooks
  readonly #known: Known[] = []
  /** Who was the first to append a record, by its digest: others put back what a store has lost. */
  readonly #authors = new Map<string, string>()
  readonly records: LogRecord[] = []
  state: MutableState = emptyState()
  #damages = 0
  /** The log may not be what it was. */
  #isDoubted = false

  constructor(log: SimLog, hooks: HistoryHooks) {
    this.#log = log
    this.#hooks = hooks
  }

  /** Takes in what is new. */
  follow(): void {
    const { records, damages } = this.#log
    if (damages !== this.#damages) {
      this.#damages = damages
      this.#isDoubted = true
    }
    if (this.#isDoubted && !this.#isSettled()) return
    while (this.#known.length < records.length) if (!this.#takeNext()) return
  }

  /** Whether the log holds again all that is known, after what does not hold any more has been forgotten. */
  #isSettled(): boolean {
    const { records } = this.#log
    const shared = Math.min(this.#known.length, records.length)
    for (let index = 0; index < shared; index += 1) {
      const mine = this.#known[index]
      const theirs = records[index]
      // What it was before it was flipped is known, and servers have it in their copies.
      if (!mine || !theirs || this.#log.flipped.has(theirs.bytes)) continue
      if (sameBytes(mine.bytes, theirs.bytes)) continue
      if (this.#read(theirs.bytes, index) === null) return false
      this.#forgetFrom(index)
      break
    }
    this.#isDoubted = records.length < this.#known.length
    return !this.#isDoubted
  }

  /** Whether nothing that was damaged stands in the way of what came last. */
  get isWhole(): boolean {
    return !this.#isDoubted && this.#known.length === this.#log.records.length
  }

  /** The record, when it is one that was written and continues those before it. */
  #read(bytes: Uint8Array, index: number): Known | null {
    if (this.#log.flipped.has(bytes)) return null
    const parsed = parseRecord(bytes)
    if (!parsed.ok || parsed.record.prev !== (this.#known[index - 1]?.digest ?? noRecord)) return null
    return { bytes, record: parsed.record, digest: parsed.digest }
  }

  #forgetFrom(index: number): void {
    this.#known.splice(index)
    this.records.splice(index)
    this.state = emptyState()
    for (const [at, { record }] of this.#known.entries()) foldRecord(this.state, record, at + 1)
    this.#hooks.rewritten(index)
  }

  #takeNext(): boolean {
    const index = this.#known.length
    const bytes = this.#log.records[index]?.bytes
    const known = bytes && this.#read(bytes, index)
    if (!known) {
      // It was damaged, and whoever leads next has to mend it.
      if (this.#damages > 0) return false
      throw new Error(`record ${index + 1} of the log does not continue it`)
    }
    const { record } = known
    const { state } = this
    const { term: termBefore, leader: leaderBefore } = state
    const before = new Map<TaskId, Task | undefined>()
    if (record.kind === 'commit')
      for (const { changes } of record.parts)
        for (const { table, key } of changes) if (table === 'tasks') before.set(key, state.tasks.get(key))
    foldRecord(state, record, index + 1)
    const by = this.#authors.get(known.digest) ?? this.#log.authors.get(known.bytes) ?? ''
    this.#authors.set(known.digest, by)
    this.#known.push(known)
    this.records.push(record)
    this.#hooks.record({
      seq: index + 1,
      record,
      by,
      before,
      termBefore,
      leaderBefore,
      state,
    })
    return true
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || Buffer.compare(a, b) === 0
}
