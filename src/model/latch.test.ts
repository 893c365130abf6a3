import { expect, test } from 'vitest'
import { VirtualClock } from '../sim/clock.ts'
import { Latch } from './latch.ts'

const never = new AbortController().signal

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))])) !== pending
}

test('opened before the wait, it does not wait', async () => {
  const latch = new Latch()
  latch.open()
  await latch.wait(new VirtualClock(), null, never)
})

test('one opening ends one wait', async () => {
  const clock = new VirtualClock()
  const latch = new Latch()
  latch.open()
  latch.open()
  await latch.wait(clock, null, never)
  const second = latch.wait(clock, null, never)
  expect(await isSettled(second)).toBe(false)
  latch.open()
  await second
})

test('it opens after the time, and not before', async () => {
  const clock = new VirtualClock()
  const latch = new Latch()
  const wait = latch.wait(clock, 100, never)
  await clock.pass(99)
  expect(await isSettled(wait)).toBe(false)
  await clock.pass(1)
  await wait
})

test('it ends when the signal is aborted, before and during the wait', async () => {
  const clock = new VirtualClock()
  const latch = new Latch()
  const stop = new AbortController()
  const wait = latch.wait(clock, null, stop.signal)
  stop.abort()
  await wait
  await latch.wait(clock, null, stop.signal)
})

test('it leaves no timer behind', async () => {
  const clock = new VirtualClock()
  const latch = new Latch()
  const wait = latch.wait(clock, 1000, never)
  latch.open()
  await wait
  let isOver = false
  await expect(clock.passUntil(() => isOver, 500)).rejects.toThrow('not within')
  isOver = true
  const before = clock.monotonic()
  await clock.passUntil(() => isOver, 10_000)
  expect(clock.monotonic()).toBe(before)
})

test('an opening during the wait is not lost', async () => {
  const clock = new VirtualClock()
  const latch = new Latch()
  const seen: number[] = []
  let given = 0
  const loop = (async () => {
    while (seen.length < 50) {
      await latch.wait(clock, 7, never)
      if (given > (seen.at(-1) ?? 0)) seen.push(given)
    }
  })()
  for (let index = 0; index < 50; index += 1) {
    given = index + 1
    latch.open()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await loop
  expect(seen).toHaveLength(50)
})
