// The watch over one running container: its vital signs, since when it is healthy, and the loop that probes it.
// Invariant: one watch is for one container, from its start (or its adoption) to its end; what it sees afterwards is not
// heard. It decides nothing.

import type { Duration, TaskTemplate } from '../model/index.ts'
import { firstVital, watchHealth } from './health.ts'
import type { Vital } from './health.ts'
import type { ContainerInfo } from './ports.ts'
import type { Shop } from './shop.ts'

export class Watch {
  readonly container: string
  readonly #shop: Shop
  readonly #since: number
  readonly #over = new AbortController()
  #vital: Vital
  /** By the monotonic clock; null while it has not been healthy. */
  #healthySince: number | null

  /** `wasProven`: it was healthy before this process of the agent saw it. `onVital` hears of each outcome. */
  constructor(
    shop: Shop,
    info: ContainerInfo,
    template: TaskTemplate,
    wasProven: boolean,
    onVital: (before: Vital, after: Vital) => void,
  ) {
    const { clock, engine, prober, crew } = shop
    this.#shop = shop
    this.container = info.id
    this.#since = clock.monotonic()
    this.#vital = firstVital(template.health, wasProven)
    const ran = Math.max(0, clock.now() - (info.startedAt ?? clock.now()))
    this.#healthySince = this.#vital.isHealthy ? this.#since - ran : null
    const probe = template.health
    if (!probe) return
    const hear = (vital: Vital) => {
      if (this.#over.signal.aborted) return
      const before = this.#vital
      this.#vital = vital
      if (vital.isHealthy && !before.isHealthy) this.#healthySince = clock.monotonic()
      onVital(before, vital)
    }
    crew.run(async (signal) => {
      const end = () => this.#over.abort(signal.reason)
      signal.addEventListener('abort', end, { once: true })
      try {
        const watched = { container: info, template, engine, prober, clock }
        await watchHealth(watched, probe, this.#vital, hear, this.#over.signal)
      } catch (error) {
        if (!this.#over.signal.aborted) throw error
      } finally {
        signal.removeEventListener('abort', end)
      }
    })
  }

  get vital(): Vital {
    return this.#vital
  }

  /** How long the container has been watched. */
  get watchedMs(): Duration {
    return this.#shop.clock.monotonic() - this.#since
  }

  /** How long it has been healthy; for one that was adopted, as long as it ran. */
  get healthyMs(): Duration {
    return this.#healthySince === null ? 0 : this.#shop.clock.monotonic() - this.#healthySince
  }

  end(): void {
    this.#over.abort()
  }
}
