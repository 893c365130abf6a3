// The guard of one simulated host: it outlives the agent, and kills what runs when a lease ends. Invariant: as the real
// one it acts upon the newest set only, and goes on killing what is started late. It has the host's clock.

import type { Guard, GuardedLease } from '../agent/index.ts'
import type { SimClock } from './clock.ts'
import type { SimHost } from './runtime.ts'

/** Virtual time between a question and its answer, and between two looks at what must not run. */
const takesMs = 1
const lookMs = 250
const lateStartMs = 150_000

export class SimGuard implements Guard {
  readonly #clock: SimClock
  readonly #host: SimHost
  #leases: readonly GuardedLease[] = []
  /** Answers nothing, and kills nothing, while it is. */
  isDead = false

  constructor(clock: SimClock, host: SimHost) {
    this.#clock = clock
    this.#host = host
  }

  now(): number {
    return this.#clock.monotonic()
  }

  async held(): Promise<readonly GuardedLease[]> {
    await this.#clock.sleep(takesMs)
    if (this.isDead) throw new Error('the guard does not answer')
    return this.#leases
  }

  async hold(leases: readonly GuardedLease[]): Promise<void> {
    await this.#clock.sleep(takesMs)
    if (this.isDead) throw new Error('the guard does not answer')
    this.#leases = leases
    for (const lease of leases) this.#watch(lease, lease.until)
    await this.#clock.sleep(takesMs)
  }

  #watch(lease: GuardedLease, at: number): void {
    this.#clock.after(at - this.#clock.monotonic(), () => {
      const { container, until } = lease
      if (this.isDead || !this.#leases.includes(lease)) return
      this.#host.exit(container, 137)
      const now = this.#clock.monotonic()
      if (now < until + lateStartMs) this.#watch(lease, now + lookMs)
    })
  }

  /** The host has booted: nothing runs, and nothing is held. */
  reset(): void {
    this.#leases = []
  }
}
