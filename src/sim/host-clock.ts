// The clock of one host: it may be set to another time of day, and may run a little fast or slow. Invariant: its
// monotonic time never goes back, and what is set on it fires by its own rate. The world's time is clock.ts's.

import type { Duration, Instant } from '../model/index.ts'
import { sleepOn } from './clock.ts'
import type { SimClock, Timer, VirtualClock } from './clock.ts'

export class HostClock implements SimClock {
  readonly #world: VirtualClock
  /** How far its time of day is off what it has measured. */
  #offset = 0
  /** Where its rate was changed last: the world's time, and its own. */
  #since = { world: 0, own: 0 }
  #rate = 1

  constructor(world: VirtualClock) {
    this.#world = world
  }

  now(): Instant {
    // A clock that is right says exactly what the world's says.
    return this.#world.now() + (this.monotonic() - this.#world.monotonic()) + this.#offset
  }

  monotonic(): number {
    return this.#since.own + (this.#world.monotonic() - this.#since.world) * this.#rate
  }

  sleep(ms: Duration, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal)
  }

  after(ms: Duration, fire: () => void): Timer {
    return this.#world.after(ms / this.#rate, fire)
  }

  /** Somebody sets it, or it is set right by another one. */
  jump(ms: Duration): void {
    this.#offset += ms
  }

  /** It gains or loses from now on: 1.01 is one percent fast. */
  drift(rate: number): void {
    this.#since = { world: this.#world.monotonic(), own: this.monotonic() }
    this.#rate = rate
  }
}
