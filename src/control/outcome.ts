// What a controller says: what changes, why, and when time alone will make work again.

import type { Change, Instant } from '../model/index.ts'

export interface Outcome {
  readonly changes: readonly Change[]
  /** For the log: "roll shop/api to revision 3", in words. */
  readonly what: string
  /** The next moment at which the same state would be decided otherwise; null when only a change can do that. */
  readonly wakeAt: Instant | null
}

/** Collects the earliest of several moments. */
export class Alarm {
  #at: Instant | null = null
  set(at: Instant): void {
    if (this.#at === null || at < this.#at) this.#at = at
  }
  get at(): Instant | null {
    return this.#at
  }
}
