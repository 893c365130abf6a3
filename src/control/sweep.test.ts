import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WorkKey } from './keys.ts'
import { Sweeps } from './sweep.ts'

const key = fc
  .integer({ min: 0, max: 30 })
  .map((number): WorkKey => `service:${String(number).padStart(2, '0')}`)

describe('keys come', () => {
  test('in order, each once', () =>
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        const sweeps = new Sweeps(keys)
        const taken: WorkKey[] = []
        for (let next = sweeps.take(); next !== undefined; next = sweeps.take()) taken.push(next)
        expect(taken).toEqual([...new Set(keys)].sort())
        expect(sweeps.number).toBe(1)
        expect(sweeps.left().size).toBe(0)
      }),
    ))

  test('once a sweep, touched ones in this sweep while their turn is to come and in the next otherwise', () =>
    fc.assert(
      fc.property(
        fc.array(key),
        fc.array(fc.array(key, { maxLength: 4 }), { maxLength: 60 }),
        (keys, touched) => {
          // The same with sorted lists, as slow as it is plain.
          const model = { sweep: 1, now: [...new Set(keys)].sort(), next: new Set<WorkKey>(), last: '' }
          const takeFromModel = () => {
            if (model.now.length === 0 && model.next.size > 0) {
              model.now = [...model.next].sort()
              model.next = new Set()
              model.sweep += 1
            }
            const first = model.now.shift()
            if (first !== undefined) model.last = first
            return first
          }
          const sweeps = new Sweeps(keys)
          for (const these of [...touched, [], [], []]) {
            const taken = sweeps.take()
            expect(taken).toBe(takeFromModel())
            if (taken === undefined) break
            for (const each of these) {
              sweeps.add(each)
              if (each <= model.last) model.next.add(each)
              else if (!model.now.includes(each)) model.now = [...model.now, each].sort()
            }
            expect(sweeps.number).toBe(model.sweep)
            expect([...sweeps.left()].sort()).toEqual([...new Set([...model.now, ...model.next])].sort())
          }
        },
      ),
    ))
})
