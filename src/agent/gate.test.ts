import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

const open = new AbortController().signal

/** A piece of work that ends when it is told to. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let begun = false
  return {
    run: () => {
      begun = true
      return promise
    },
    end: resolve,
    fail: reject,
    hasBegun: () => begun,
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('no more than the limit run at once, in the order they came, also when one fails', async () => {
  const gate = new Gate(1)
  const [first, second, third] = [work(), work(), work()]
  const running = [first, second, third].map(({ run }) => gate.run(open, run))
  await settle()
  expect([first, second, third].map(({ hasBegun }) => hasBegun())).toEqual([true, false, false])
  first.fail(new Error('no'))
  await expect(running[0]).rejects.toThrow('no')
  expect([second, third].map(({ hasBegun }) => hasBegun())).toEqual([true, false])
  second.end('2')
  third.end('3')
  expect(await Promise.all(running.slice(1))).toEqual(['2', '3'])
})

test('who is aborted while waiting takes no place', async () => {
  const gate = new Gate(1)
  const [first, second, third] = [work(), work(), work()]
  const stop = new AbortController()
  const a = gate.run(open, first.run)
  const b = gate.run(stop.signal, second.run)
  const c = gate.run(open, third.run)
  stop.abort(new Error('stopped'))
  await expect(b).rejects.toThrow('stopped')
  first.end('1')
  third.end('3')
  expect(await Promise.all([a, c])).toEqual(['1', '3'])
  expect(second.hasBegun()).toBe(false)
})
