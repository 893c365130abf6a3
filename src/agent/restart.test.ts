import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultRestart } from '../model/index.ts'
import { restartDelay, retryDelay, streakAfter, waitLeft } from './restart.ts'

test('the back-off doubles from 1 s to 5 min', () => {
  expect([1, 2, 3, 8, 9, 10, 1000].map((streak) => restartDelay(streak, defaultRestart))).toEqual([
    1000, 2000, 4000, 128_000, 256_000, 300_000, 300_000,
  ])
})

test('ten healthy minutes begin a new streak', () => {
  expect(streakAfter(7, 599_999, defaultRestart)).toBe(8)
  expect(streakAfter(7, 600_000, defaultRestart)).toBe(1)
})

test('a service may say how long the waits are, and after how much health they begin anew', () => {
  const restart = { ...defaultRestart, delayMs: 500, maxDelayMs: 3000, resetAfterMs: 60_000 }
  expect([1, 2, 3, 4, 1000].map((streak) => restartDelay(streak, restart))).toEqual([
    500, 1000, 2000, 3000, 3000,
  ])
  expect(streakAfter(7, 59_999, restart)).toBe(8)
  expect(streakAfter(7, 60_000, restart)).toBe(1)
})

test('a retry waits at least 250 ms and never longer than its limit', () => {
  expect([1, 2, 3, 30].map((failures) => retryDelay(failures, 10_000))).toEqual([250, 500, 1000, 10_000])
})

test('whatever the clock does, no wait is longer than its delay or shorter than nothing', () => {
  const moment = fc.integer({ min: -1e12, max: 1e12 })
  fc.assert(
    fc.property(moment, moment, fc.integer({ min: 0, max: 300_000 }), (since, now, delay) => {
      const left = waitLeft(since, delay, now)
      expect(left).toBeGreaterThanOrEqual(0)
      expect(left).toBeLessThanOrEqual(delay)
    }),
  )
})
