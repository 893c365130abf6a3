// The log in memory: one store that all servers share, and each server's copy. Invariant: the store behaves as
// JetStream does with an expected last sequence: of two appends with the same expectation one succeeds.

import type { AppendResult, LogCopy, LogStore, StoredRecord } from '../server/index.ts'
import type { VirtualClock } from './clock.ts'

export class SimLog implements LogStore {
  readonly records: StoredRecord[] = []
  readonly #clock: VirtualClock
  readonly #waiting = new Set<() => void>()

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  async append(bytes: Uint8Array, expectedLast: number): Promise<AppendResult> {
    await this.#clock.sleep(0.2)
    if (this.records.length !== expectedLast) return { ok: false, reason: 'conflict' }
    this.records.push({ seq: expectedLast + 1, bytes })
    for (const wake of this.#waiting) wake()
    return { ok: true, seq: expectedLast + 1 }
  }

  async bounds(): Promise<{ first: number; last: number }> {
    await this.#clock.sleep(0.2)
    return { first: this.records.length > 0 ? 1 : 0, last: this.records.length }
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

/** What survives of a server when its process is killed. */
export class SimCopy implements LogCopy {
  #records: StoredRecord[] = []

  async load(): Promise<{ records: readonly StoredRecord[]; damage: string | null }> {
    return { records: [...this.#records], damage: null }
  }

  async append(records: readonly StoredRecord[]): Promise<void> {
    this.#records.push(...records)
  }

  async truncate(last: number): Promise<void> {
    this.#records = this.#records.filter((record) => record.seq <= last)
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
