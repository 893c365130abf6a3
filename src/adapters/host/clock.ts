// Real time. Invariant: a sleep never ends before its time by the monotonic clock, however long it is, and leaves no
// timer and no listener behind. `monotonic` does not count the time a machine is suspended; nothing here corrects it.

import { assert } from '../../model/index.ts'
import type { Clock, Duration } from '../../model/index.ts'

/** What one timer of the platform can wait at most (2^31 - 1 ms, about 25 days); longer ones fire at once. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep,
}

function sleep(ms: Duration, signal?: AbortSignal): Promise<void> {
  assert(!Number.isNaN(ms), () => 'a sleep of NaN ms')
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error) // whatever the caller aborted with, as the port says
      return
    }
    const until = performance.now() + ms
    let timer: NodeJS.Timeout
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error) // as above
    }
    const wait = () => {
      const left = until - performance.now()
      if (left > 0) {
        timer = setTimeout(wait, Math.min(left, longestTimerMs))
        return
      }
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    signal?.addEventListener('abort', abort, { once: true })
    // Even a sleep of no time lets others run first.
    timer = setTimeout(wait, Math.min(Math.max(ms, 0), longestTimerMs))
  })
}
