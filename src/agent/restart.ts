// When a container that ended is followed by another one: a wait that doubles up to a limit (by default 1 s to 5 min),
// from the start again after enough health (ten minutes). Pure arithmetic. Invariant: the wait never exceeds its limit, whatever clocks say.

import type { Duration, Instant, Restart } from '../model/index.ts'

/** Ends in a row, this one included, without as much health between them as begins the count anew. */
export function streakAfter(streakBefore: number, healthyMs: Duration, { resetAfterMs }: Restart): number {
  return healthyMs >= resetAfterMs ? 1 : streakBefore + 1
}

export function restartDelay(streak: number, { delayMs, maxDelayMs }: Restart): Duration {
  return Math.min(maxDelayMs, delayMs * 2 ** Math.min(30, Math.max(0, streak - 1)))
}

/** What is left of a wait that began at `since`; a clock that was set back does not make it longer than it is. */
export function waitLeft(since: Instant, delay: Duration, now: Instant): Duration {
  return Math.min(delay, Math.max(0, since + delay - now))
}

/** Wait before a call that failed is tried again; `failures` in a row. */
export function retryDelay(failures: number, limitMs: Duration): Duration {
  return Math.min(limitMs, 250 * 2 ** Math.min(20, Math.max(0, failures - 1)))
}
