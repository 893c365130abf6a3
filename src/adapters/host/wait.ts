// Waiting for the outside to become so. Invariant: every wait has a deadline and says what it waited for when that has
// passed. It does not swallow what the condition throws.

import { Fault } from '../../model/index.ts'
import type { Clock, Duration } from '../../model/index.ts'
import { systemClock } from './clock.ts'

export interface WaitOptions {
  readonly timeoutMs: Duration
  /** Default 25 ms. */
  readonly everyMs?: Duration
  /** What is waited for, as it reads after "waited 10 s for": `nats-server to listen on port 4222`. */
  readonly what: string
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

const defaultEveryMs = 25

/** Resolves with the first result that is neither null, undefined nor false; a `Fault` when there was none in time. */
export async function waitFor<Result>(
  condition: () => Result | Promise<Result>,
  { timeoutMs, everyMs = defaultEveryMs, what, signal, clock = systemClock }: WaitOptions,
): Promise<Exclude<Result, null | undefined | false>> {
  const until = clock.monotonic() + timeoutMs
  for (;;) {
    const result = await condition()
    if (result !== null && result !== undefined && result !== false)
      return result as Exclude<Result, null | undefined | false> // the compiler cannot narrow a type parameter
    if (clock.monotonic() >= until) throw new Fault({ what: `waited ${timeoutMs / 1000} s for ${what}` })
    await clock.sleep(everyMs, signal)
  }
}
