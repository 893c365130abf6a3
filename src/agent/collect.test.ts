// What of a host's disk may go.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  containersToRemove,
  diskTrouble,
  imagesToRemove,
  isUnderPressure,
  keptForMs,
  noteUses,
} from './collect.ts'
import { assignmentOf, exited, running } from './testing.ts'

const minute = 60_000
const day = keptForMs

describe('images', () => {
  const db = assignmentOf({ task: 'a', image: 'db:1' })

  test.each([
    { name: 'stay for a day', ago: day - 1, isPressed: false, goes: false },
    { name: 'go after that', ago: day, isPressed: false, goes: true },
    { name: 'go sooner when the disk fills up', ago: 11 * minute, isPressed: true, goes: true },
    { name: 'stay for ten minutes even then', ago: 9 * minute, isPressed: true, goes: false },
  ])('that nothing needs $name', ({ ago, isPressed, goes }) => {
    expect(imagesToRemove({ 'web:1': 1e12 - ago }, [db], 1e12, isPressed)).toEqual(goes ? ['web:1'] : [])
  })

  test('that are assigned are never named, and built ones are not remembered', () => {
    const built = assignmentOf({ task: 'b', image: 'gantry/x:1', built: true })
    const uses = noteUses({ 'gantry/x:1': 5, 'db:1': 5, 'future:1': 99 }, [db, built], 10)
    expect(uses).toEqual({ 'db:1': 10, 'future:1': 10 })
    expect(imagesToRemove({ 'db:1': 0 }, [db], 1e12, true)).toEqual([])
  })

  test('whatever the clock does, what is assigned now stays', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.integer()),
        fc.integer(),
        fc.boolean(),
        (uses, now, isPressed) => {
          const after = noteUses(uses, [db], now)
          expect(imagesToRemove(after, [db], now, isPressed)).not.toContain('db:1')
          for (const at of Object.values(after)) expect(at).toBeLessThanOrEqual(now)
        },
      ),
    )
  })
})

describe('dead containers', () => {
  const task = 'hello.web.1.a'
  const held = (changes: Parameters<typeof assignmentOf>[0], end = false) => ({
    tasks: new Map([[task, assignmentOf(changes)]]),
    jobs: new Map(end ? [[task, { end: { exitCode: 0, message: null } }]] : [[task, { end: null }]]),
  })
  const now = 10 * day

  test.each([
    { name: 'of a service go after a day', given: held({}), age: day, goes: true },
    { name: 'stay for a day for their logs', given: held({}), age: day - 1, goes: false },
    {
      name: 'of a job stay until its end is written down',
      given: held({ kind: 'job' }),
      age: day,
      goes: false,
    },
    { name: 'of a job go then', given: held({ kind: 'job' }, true), age: day, goes: true },
    { name: 'that are to stop go by themselves', given: held({ desired: 'stop' }), age: day, goes: false },
  ])('$name', ({ given, age, goes }) => {
    expect(containersToRemove([exited(0, 1, now - age)], given, now, false)).toHaveLength(goes ? 1 : 0)
  })

  test('go sooner when the disk fills up, and what runs never does', () => {
    expect(
      containersToRemove([exited(0, 1, now - 11 * minute), running(1)], held({}), now, true),
    ).toMatchObject([{ attempt: 0 }])
  })
})

test('a disk is under pressure from 85% on, and its host says so from 95% on', () => {
  const disk = (used: number) => ({ size: 100, free: 100 - used })
  expect([84, 86].map((used) => isUnderPressure(disk(used)))).toEqual([false, true])
  expect([94, 97].map((used) => diskTrouble(disk(used)))).toEqual([
    undefined,
    'the disk of the container engine is 97% full',
  ])
  expect(isUnderPressure(null)).toBe(false)
})
