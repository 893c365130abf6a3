// What ends containers whose lease has run out, in a process of its own, so that it does so when the agent is dead too.
// Invariant: from the moment a lease ends until its container cannot start any more, whatever runs of it is killed
// again and again; a lease that was replaced by a later one is not acted upon. It renews nothing.

import { messageOf } from '../model/index.ts'
import type { Clock, Duration, Logger } from '../model/index.ts'
import type { GuardedLease } from './ports.ts'

export interface GuardianDeps {
  /** Milliseconds since the host booted, those that it slept included. */
  readonly now: () => number
  readonly sleep: Clock['sleep']
  /** Kills what runs of a container; false when nothing did. */
  readonly kill: (container: string) => Promise<boolean>
  readonly logger: Logger
}

/** Between two looks, also because a host that slept wakes later than its timers. */
const lookMs: Duration = 250
/** A start that was asked for before the lease ended takes effect no later than this after it; the engine's own limit is less. */
const lateStartMs: Duration = 150_000

export class Guardian {
  readonly #deps: GuardianDeps
  #leases: readonly GuardedLease[] = []

  constructor(deps: GuardianDeps) {
    this.#deps = deps
  }

  /** Those that have not ended, and those whose container might still start. */
  get leases(): readonly GuardedLease[] {
    return this.#leases
  }

  /** In force at once; what is not among them is none of its business any more. */
  set(leases: readonly GuardedLease[]): void {
    this.#leases = leases
  }

  async run(signal: AbortSignal): Promise<void> {
    const { sleep } = this.#deps
    while (!signal.aborted) {
      await this.#look()
      await sleep(this.#wait(), signal).catch(() => undefined)
    }
  }

  #wait(): Duration {
    const now = this.#deps.now()
    const next = Math.min(...this.#leases.map(({ until }) => until - now))
    return Math.max(1, Math.min(lookMs, next <= 0 ? lookMs : next))
  }

  async #look(): Promise<void> {
    const { now, kill, logger } = this.#deps
    const at = now()
    const due = this.#leases.filter(({ until }) => until <= at)
    await Promise.all(
      due.map(async ({ task, container }) => {
        try {
          if (await kill(container)) logger.warn({ task, container }, 'its lease ran out: killed')
        } catch (error) {
          logger.error({ task, container, reason: messageOf(error) }, 'what has no lease cannot be killed')
        }
      }),
    )
    // The set may have been replaced meanwhile.
    this.#leases = this.#leases.filter(({ until }) => until > at - lateStartMs)
  }
}
