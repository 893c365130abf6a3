import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Timers } from './timers.ts'

type Command =
  | { readonly do: 'set'; readonly key: string; readonly at: number | null }
  | { readonly do: 'take'; readonly now: number }
  | { readonly do: 'next' }

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      at: fc.option(fc.nat(50)),
    }),
  },
  fc.record({ do: fc.constant('take' as const), now: fc.nat(50) }),
  fc.constant({ do: 'next' as const }),
)

test('it does as a plain table of moments does', () =>
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const timers = new Timers<string>()
      const model = new Map<string, number>()
      for (const each of commands)
        if (each.do === 'set') {
          timers.set(each.key, each.at)
          if (each.at === null) model.delete(each.key)
          else model.set(each.key, each.at)
        } else if (each.do === 'next')
          expect(timers.next()).toBe(model.size === 0 ? null : Math.min(...model.values()))
        else {
          const due = [...model].filter(([, at]) => at <= each.now).map(([key]) => key)
          for (const key of due) model.delete(key)
          const taken = timers.takeDue(each.now)
          expect(taken.toSorted()).toEqual(due.toSorted())
        }
    }),
    { numRuns: 500 },
  ))

test('keys come out in the order of their moments', () =>
  fc.assert(
    fc.property(fc.array(fc.nat(100)), (moments) => {
      const timers = new Timers<number>()
      for (const [key, at] of moments.entries()) timers.set(key, at)
      const taken = timers.takeDue(100).map((key) => moments[key])
      expect(taken).toEqual(moments.toSorted((a, b) => a - b))
      expect(timers.next()).toBeNull()
    }),
  ))

test('a key that is set again and again does not make it grow', () => {
  const timers = new Timers<string>()
  timers.set('first', 1)
  for (let index = 0; index < 100_000; index += 1) timers.set('key', 1_000_000 + index)
  expect(timers.size).toBeLessThan(200)
  expect(timers.takeDue(2_000_000)).toEqual(['first', 'key'])
})
