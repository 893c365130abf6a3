// Virtual time: it stands still while code runs and jumps to the next timer when nothing is left to do. Invariant:
// timers fire in the order of their moment, then of their setting, so a run is the same every time. Promises settle
// between two timers; nothing here waits in real time.

import { setImmediate as turn } from 'node:timers'
import type { Clock, Duration, Instant } from '../model/index.ts'

export interface Timer {
  readonly at: number
  readonly fire: () => void
  isCancelled: boolean
}

/** 2026-01-01 UTC; any fixed moment will do. */
const epoch: Instant = 1_767_225_600_000

const stepsPerTurn = 1000

/** A clock on which things can be set, as those are that the simulated world runs by. */
export interface SimClock extends Clock {
  after(ms: Duration, fire: () => void): Timer
}

export class VirtualClock implements SimClock {
  #elapsed = 0
  /** The next one is the last. */
  readonly #timers: Timer[] = []
  /** Timers that have fired. */
  steps = 0

  now(): Instant {
    return epoch + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  sleep(ms: Duration, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal)
  }

  after(ms: Duration, fire: () => void): Timer {
    const timer = { at: this.#elapsed + Math.max(0, ms), fire, isCancelled: false }
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#timers[middle]
      // Of two at one moment the one that was set first comes first, so it stands behind.
      if (other && other.at > timer.at) low = middle + 1
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
  passUntil(condition: () => boolean, limitMs: Duration): Promise<void> {
    const end = this.#elapsed + limitMs
    return new Promise((resolve, reject) => {
      let isLast = false
      let taken = 0
      // Ticks come when every promise that can has settled, without a round of the event loop, which costs more than
      // the step; now and then there is one all the same, for signals and limits of whoever waits for the run.
      const settle = () => {
        taken += 1
        if (taken % stepsPerTurn === 0) turn(step)
        else queueMicrotask(tick)
      }
      const tick = () => process.nextTick(step)
      const step = () => {
        try {
          if (condition()) {
            resolve()
            return
          }
          if (isLast) throw new Error(`not within ${limitMs} ms of virtual time`)
          const next = this.#next()
          if (!next || next.at > end) {
            this.#elapsed = end
            isLast = true
          } else {
            this.#timers.pop()
            this.#elapsed = Math.max(this.#elapsed, next.at)
            this.steps += 1
            next.fire()
          }
          settle()
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      }
      settle()
    })
  }

  #next(): Timer | undefined {
    for (;;) {
      const next = this.#timers.at(-1)
      if (!next?.isCancelled) return next
      this.#timers.pop()
    }
  }
}

/** What every simulated clock's `sleep` is. */
export function sleepOn(clock: SimClock, ms: Duration, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    if (!signal) {
      clock.after(ms, resolve)
      return
    }
    const abort = () => {
      timer.isCancelled = true
      reject(signal.reason as Error)
    }
    const timer = clock.after(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })
}
