// Waiting for "something to do" without losing a call that comes before the wait. Invariant: after `open`, the next
// `wait` returns at once. One waiter at a time. The leader's loop and the agent's loops wait by it.

import type { Duration } from './duration.ts'
import type { Clock } from './ports.ts'

export class Latch {
  #isOpen = false
  #wake: (() => void) | null = null

  open(): void {
    this.#isOpen = true
    this.#wake?.()
  }

  /** Returns once opened, after `ms` (null: no limit), or when the signal is aborted; closes the latch again. */
  async wait(clock: Clock, ms: Duration | null, signal: AbortSignal): Promise<void> {
    if (!this.#isOpen && !signal.aborted) {
      const over = new AbortController()
      const end = () => over.abort()
      signal.addEventListener('abort', end, { once: true })
      try {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          over.signal.addEventListener('abort', () => resolve(), { once: true })
          if (ms !== null) clock.sleep(ms, over.signal).then(resolve, () => resolve())
        })
      } finally {
        this.#wake = null
        signal.removeEventListener('abort', end)
        over.abort()
      }
    }
    this.#isOpen = false
  }
}
