import { expect, test } from 'vitest'
import type { Clock } from '../model/index.ts'
import { LeaderTime } from './time.ts'

/** A wall clock that a test can set, beside one that only ever grows. */
function clockAt(wall: number): Clock & { wall: number; passed: number } {
  return {
    wall,
    passed: 0,
    now() {
      return this.wall
    },
    monotonic() {
      return this.passed
    },
    sleep: () => Promise.resolve(),
  }
}

test('it begins with the wall clock and grows with the monotonic one', () => {
  const clock = clockAt(1_000_000)
  clock.passed = 77.5
  const time = new LeaderTime(clock, 0)
  expect(time.now()).toBe(1_000_000)
  clock.passed += 1500.7
  expect(time.now()).toBe(1_001_500)
})

test('it begins no earlier than the last record', () => {
  expect(new LeaderTime(clockAt(1_000_000), 2_000_000).now()).toBe(2_000_000)
})

test.each([-3_600_000, 3_600_000])('a wall clock that jumps by %i ms moves it not at all', (jump) => {
  const clock = clockAt(1_000_000)
  const time = new LeaderTime(clock, 0)
  clock.wall += jump
  expect(time.now()).toBe(1_000_000)
  clock.passed += 10
  expect(time.now()).toBe(1_000_010)
})
