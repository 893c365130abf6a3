// When a container that ended is followed by another one: back-off 1 s doubling to 5 min, from the start again after
// ten healthy minutes. Pure arithmetic. Invariant: the wait never exceeds its limit, whatever clocks say.

import type { Duration, Instant } from '../model/index.ts'

const base = 1000
const limit = 300_000
const resetAfter = 600_000

/** Ends in a row, this one included, without ten healthy minutes between them. */
export function streakAfter(streakBefore: number, healthyMs: Duration): number {
  return healthyMs >= resetAfter ? 1 : streakBefore + 1
}

export function restartDelay(streak: number): Duration {
  return Math.min(limit, base * 2 ** Math.min(30, Math.max(0, streak - 1)))
}

/** What is left of a wait that began at `since`; a clock that was set back does not make it longer than it is. */
export function waitLeft(since: Instant, delay: Duration, now: Instant): Duration {
  return Math.min(delay, Math.max(0, since + delay - now))
}

/** Wait before a call that failed is tried again; `failures` in a row. */
export function retryDelay(failures: number, limitMs: Duration): Duration {
  return Math.min(limitMs, 250 * 2 ** Math.min(20, Math.max(0, failures - 1)))
}
