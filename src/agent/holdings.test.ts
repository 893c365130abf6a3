import { expect, test } from 'vitest'
import type { AssignmentSet } from '../model/index.ts'
import { emptyHoldings, readHoldings, storeHoldings, takeSet } from './holdings.ts'
import type { Holdings } from './holdings.ts'
import { assignmentOf } from './testing.ts'

const a = assignmentOf({ task: 'hello.web.1.a' })
const b = assignmentOf({ task: 'hello.web.2.b' })

const held: Holdings = {
  ...emptyHoldings('cluster1'),
  term: 3,
  version: 20,
  tasks: new Map([
    [a.task, a],
    [b.task, b],
  ]),
  jobs: new Map([[a.task, { end: null }]]),
  proven: new Map([[b.task, 'c2']]),
}

const set = (changes: Partial<AssignmentSet>): AssignmentSet => ({
  term: 3,
  base: null,
  version: 21,
  set: [],
  remove: [],
  deleteVolumes: [],
  ...changes,
})

test('a whole set replaces what is held, and what was known of tasks that left', () => {
  const taking = takeSet(held, set({ set: [b] }))
  expect(taking).toMatchObject({ ok: true, holdings: { term: 3, version: 21 } })
  if (!taking.ok) return
  expect([...taking.holdings.tasks.keys()]).toEqual([b.task])
  expect(taking.holdings.jobs.size).toBe(0)
  expect([...taking.holdings.proven]).toEqual([[b.task, 'c2']])
})

test('a partial set on the held version changes what it names', () => {
  const stopped = { ...b, desired: 'stop' as const }
  const taking = takeSet(held, set({ base: 20, set: [stopped], remove: [a.task] }))
  expect(taking.ok && [...taking.holdings.tasks.values()]).toEqual([stopped])
})

test.each([
  { name: 'of an older term', given: set({ term: 2, version: 30 }), reason: 'old-term' },
  { name: 'older than what is held', given: set({ version: 19 }), reason: 'old' },
  { name: 'made for an older version', given: set({ base: 19 }), reason: 'gap' },
  { name: 'made for a newer version', given: set({ base: 21, version: 22 }), reason: 'gap' },
])('a set $name is not taken', ({ given, reason }) => {
  expect(takeSet(held, given)).toEqual({ ok: false, reason })
})

test('taking the same set twice changes nothing', () => {
  const once = takeSet(held, set({ base: 20, version: 20, set: [a] }))
  expect(once.ok && once.holdings).toEqual(held)
})

test('a newer term is kept even if nothing else is new', () => {
  expect(takeSet(held, set({ term: 9, set: [a, b] }))).toMatchObject({ ok: true, holdings: { term: 9 } })
})

test('what is written is read back', () => {
  const stored: unknown = JSON.parse(JSON.stringify(storeHoldings(held)))
  expect(readHoldings(stored)).toEqual({ holdings: held })
})

test.each([{}, { format: 2 }, 'x', [], { ...storeHoldings(held), term: -1 }])(
  'what is not a file of ours says so: %j',
  (value) => {
    expect(readHoldings(value)).toHaveProperty('problem')
  },
)
