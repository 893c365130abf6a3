// Virtual time: it stands still while code runs and jumps to the next timer when nothing is left to do. Invariant:
// timers fire in the order of their moment, then of their setting, so a run is the same every time. Promises settle
// between two timers; nothing here waits in real time.

import { setImmediate as turn } from 'node:timers/promises'
import type { Clock, Duration, Instant } from '../model/index.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
}

/** 2026-01-01 UTC; any fixed moment will do. */
const epoch: Instant = 1_767_225_600_000

export class VirtualClock implements Clock {
  #elapsed = 0
  #order = 0
  #timers: Timer[] = []

  now(): Instant {
    return epoch + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  sleep(ms: Duration, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error)
        return
      }
      const abort = () => {
        this.#timers = this.#timers.filter((each) => each !== timer)
        reject(signal?.reason as Error)
      }
      const timer = this.after(ms, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  after(ms: Duration, fire: () => void): Timer {
    const timer = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, fire }
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#timers[middle]
      if (other && other.at <= timer.at) low = middle + 1
      else high = middle
    }
    this.#timers.splice(low, 0, timer)
    return timer
  }

  /** Lets `ms` of virtual time pass. */
  async pass(ms: Duration): Promise<void> {
    const end = this.#elapsed + ms
    await this.passUntil(() => this.#elapsed >= end, ms)
  }

  /** Lets time pass until the condition holds, checked after every step; throws after `limitMs` of virtual time. */
  async passUntil(condition: () => boolean, limitMs: Duration): Promise<void> {
    const end = this.#elapsed + limitMs
    for (;;) {
      await turn()
      if (condition()) return
      const next = this.#timers[0]
      if (!next || next.at > end) {
        this.#elapsed = end
        await turn()
        if (condition()) return
        throw new Error(`not within ${limitMs} ms of virtual time`)
      }
      this.#timers.shift()
      this.#elapsed = Math.max(this.#elapsed, next.at)
      next.fire()
    }
  }
}
