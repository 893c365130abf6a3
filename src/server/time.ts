// The leader's time, which all records carry and all deadlines are measured in. Invariant: it grows as the monotonic
// clock does, and begins no earlier than the last record of the log, so neither a wall clock that jumps nor a new leader
// with a slow one makes time go back, stand still, or run out at once.

import type { Clock, Instant } from '../model/index.ts'

export class LeaderTime {
  readonly #clock: Clock
  readonly #start: Instant
  readonly #startedAt: number

  /** `last` is the time of the newest record. */
  constructor(clock: Clock, last: Instant) {
    this.#clock = clock
    this.#start = Math.max(clock.now(), last)
    this.#startedAt = clock.monotonic()
  }

  /** Whole milliseconds. */
  now(): Instant {
    return this.#start + Math.floor(this.#clock.monotonic() - this.#startedAt)
  }
}
