import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoff } from './task.ts'

test.each([
  [0, 10_000],
  [1, 10_000],
  [2, 20_000],
  [3, 40_000],
  [7, 600_000],
  [1000, 600_000],
])('after %i failures the wait is %i ms', (failures, wait) =>
  expect(backoff(failures, 10_000, 600_000)).toBe(wait),
)

test('the wait grows with the failures, and never over its limit', () =>
  fc.assert(
    fc.property(
      fc.nat(5000),
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 1e9 }),
      (n, base, limit) => {
        const wait = backoff(n, base, limit)
        expect(wait).toBeLessThanOrEqual(limit)
        expect(backoff(n + 1, base, limit)).toBeGreaterThanOrEqual(wait)
      },
    ),
  ))
