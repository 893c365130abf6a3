import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RolloutState, Task, TaskStatus } from '../model/index.ts'
import { rolloutOf, statusOf, taskOf } from '../model/testing.ts'
import { batchSize, counts, deadlineOf, failureOf, isDone, stepSlots } from './rollout.ts'
import type { Slot } from './rollout.ts'

const now = 100_000
const rules = rolloutOf({ batch: { count: 1 }, minHealthyMs: 5000, deadlineMs: 60_000 })
const state = (over: Partial<RolloutState> = {}): RolloutState => ({
  from: 1,
  to: 2,
  status: 'progressing',
  startedAt: 90_000,
  endedAt: null,
  reason: null,
  ...over,
})

const healthyFor = (ms: number): Partial<TaskStatus> => ({ health: 'healthy', healthySince: now - ms })
const task = (id: string, status: Partial<TaskStatus>, over: Partial<Task> = {}): Task =>
  taskOf(id, { createdAt: 90_000, placedAt: 90_000, status: statusOf({ since: 95_000, ...status }), ...over })

const proved = task('new', healthyFor(5000))
const fresh = task('new', healthyFor(4999))
const starting = task('new', { phase: 'starting' })
const well = task('old', healthyFor(50_000))
const sick = task('old', { phase: 'backoff' })

/** Slots in order, each with tasks of its own. */
const slotsOf = (...all: readonly Partial<Slot>[]): Slot[] =>
  all.map(({ current, old, isStopping }, index) => ({
    number: index + 1,
    current: current && { ...current },
    old: old && { ...old },
    isStopping: isStopping ?? false,
  }))

describe('the size of a batch', () => {
  test.each([
    [{ count: 3 }, 10, 3],
    [{ count: 3 }, 1, 3],
    [{ percent: 25 }, 10, 3],
    [{ percent: 25 }, 4, 1],
    [{ percent: 25 }, 1, 1],
    [{ percent: 0.1 }, 10, 1],
    [{ percent: 100 }, 7, 7],
    [{ percent: 25 }, 0, 1],
  ])('%o of %i is %i', (batch, replicas, size) =>
    expect(batchSize(rolloutOf({ batch }), replicas)).toBe(size),
  )
})

test.each([
  ['healthy for long enough', proved, true],
  ['healthy for a moment less', fresh, false],
  ['starting', starting, false],
  ['unhealthy', task('a', { health: 'unhealthy', healthySince: null }), false],
  [
    'healthy once, in back-off now',
    task('a', { phase: 'backoff', health: 'healthy', healthySince: 1 }),
    false,
  ],
])('a task that is %s: counts is %s', (_, each, expected) => expect(counts(each, rules, now)).toBe(expected))

describe('the next steps', () => {
  /** `stop` names the slot whose old task is stopped; below zero it is the new one. */
  const stepsOf = (slots: Slot[], over: Partial<RolloutState> = {}, changed = rules) => {
    const { start, stop } = stepSlots(slots, changed, state(over), now)
    const which = (task: Task) => {
      const slot = slots.find(({ current, old }) => current === task || old === task)
      return slot?.old === task ? slot.number : -(slot?.number ?? 0)
    }
    return { start, stop: stop.map(which) }
  }
  const stopFirst = { ...rules, order: 'stop-first' as const }
  const two = { ...rules, batch: { count: 2 } }

  test.each([
    ['start what is missing, all at once', slotsOf({}, {}, {}), {}, rules, { start: [1, 2, 3], stop: [] }],
    [
      'replace one of a batch of one',
      slotsOf({ old: well }, { old: well }),
      {},
      rules,
      { start: [1], stop: [] },
    ],
    [
      'replace two of a batch of two',
      slotsOf({ old: well }, { old: well }, { old: well }),
      {},
      two,
      { start: [1, 2], stop: [] },
    ],
    [
      'replace what is sick first',
      slotsOf({ old: well }, { old: sick }),
      {},
      rules,
      { start: [2], stop: [] },
    ],
    [
      'wait while the batch is not yet healthy',
      slotsOf({ current: starting, old: well }, { old: well }),
      {},
      rules,
      { start: [], stop: [] },
    ],
    [
      'wait until it has been healthy for long enough',
      slotsOf({ current: fresh, old: well }, { old: well }),
      {},
      rules,
      { start: [], stop: [] },
    ],
    [
      'stop the old one once the new one counts, and go on',
      slotsOf({ current: proved, old: well }, { old: well }),
      {},
      rules,
      { start: [2], stop: [1] },
    ],
    ['count what is missing into the batch', slotsOf({}, { old: well }), {}, rules, { start: [1], stop: [] }],
    [
      'do not replace more while a settled task is down',
      slotsOf({ current: starting }, { old: well }),
      {},
      rules,
      { start: [], stop: [] },
    ],
    [
      'stop first, of a batch of one',
      slotsOf({ old: well }, { old: well }),
      {},
      stopFirst,
      { start: [], stop: [1] },
    ],
    [
      'start only after the old one has ended',
      slotsOf({ isStopping: true }, { old: well }),
      {},
      stopFirst,
      { start: [], stop: [] },
    ],
    ['start when it has', slotsOf({}, { old: well }), {}, stopFirst, { start: [1], stop: [] }],
    [
      'start beside one that is stopping, when that may be',
      slotsOf({ isStopping: true }),
      {},
      rules,
      { start: [1], stop: [] },
    ],
    [
      'let of two that may not stand together the one stay that serves',
      slotsOf(
        { current: starting, old: well },
        { current: fresh, old: well },
        { current: starting, old: sick },
      ),
      {},
      stopFirst,
      { start: [], stop: [-1, 2, 3] },
    ],
    [
      'do nothing more once it has failed',
      slotsOf({ current: starting, old: well }, { old: well }),
      { status: 'failed' },
      rules,
      { start: [], stop: [] },
    ],
    [
      'keep the slots filled though it has failed',
      slotsOf({}, { old: well }),
      { status: 'failed' },
      rules,
      { start: [1], stop: [] },
    ],
    [
      'go back at once where nothing serves',
      slotsOf({ old: sick }, { old: sick }, { old: sick }),
      { status: 'rolling-back' },
      rules,
      { start: [1, 2, 3], stop: [] },
    ],
    [
      'go back in batches where something serves',
      slotsOf({ old: well }, { old: well }, { old: well }),
      { status: 'rolling-back' },
      stopFirst,
      { start: [], stop: [1] },
    ],
    [
      'first what does not serve',
      slotsOf({ old: well }, { old: sick }),
      { status: 'rolling-back' },
      stopFirst,
      { start: [], stop: [2] },
    ],
    [
      'nothing when all is as it should be',
      slotsOf({ current: proved }, { current: proved }),
      { status: 'done' },
      rules,
      { start: [], stop: [] },
    ],
    ['nothing without replicas', slotsOf(), {}, rules, { start: [], stop: [] }],
  ] as const)('%s', (_, slots, over, changed, expected) =>
    expect(stepsOf([...slots], over, changed)).toEqual(expected),
  )

  const taskIn = fc.constantFrom(undefined, proved, fresh, starting, sick, well)
  const slot = fc.record({ current: taskIn, old: taskIn, isStopping: fc.boolean() })

  test('never take more out of service than a batch, nor start more than a batch beside what runs', () =>
    fc.assert(
      fc.property(
        fc.array(slot, { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('start-first' as const, 'stop-first' as const),
        fc.constantFrom('progressing' as const, 'rolling-back' as const, 'failed' as const, 'done' as const),
        (given, count, order, status) => {
          const slots = slotsOf(...given)
          const changed = rolloutOf({ batch: { count }, order })
          const { start, stop } = stepSlots(slots, changed, state({ status }), now)
          const isWell = (each: Task | undefined) => each?.status.health === 'healthy'
          const serves = (each: Slot) =>
            isWell(each.current) || (isWell(each.old) && !(each.old && stop.includes(each.old)))
          for (const number of start) {
            const filled = slots[number - 1]
            expect(filled?.current).toBeUndefined()
            if (order === 'stop-first') expect([filled?.old, filled?.isStopping]).toEqual([undefined, false])
          }
          if (order === 'start-first')
            for (const each of slots) expect(serves(each)).toBe(isWell(each.current) || isWell(each.old))
          const isTurnedOff = slots.some(
            (each) => !each.current && isWell(each.old) && each.old && stop.includes(each.old),
          )
          if (isTurnedOff) expect(slots.filter((each) => !serves(each)).length).toBeLessThanOrEqual(count)
          const beside = start.filter((number) => isWell(slots[number - 1]?.old)).length
          expect(beside).toBeLessThanOrEqual(count)
        },
      ),
    ))
})

describe('a rollout has failed', () => {
  const fails = (current: Task, over: Partial<RolloutState> = {}, isBlocked = false) =>
    failureOf(slotsOf({ current }), rules, state(over), isBlocked, now)
  const crashed = task('new', { phase: 'backoff', restarts: 1, exitCode: 3, message: 'no such file' })

  test.each([
    [
      'when a new task ends',
      fails(crashed),
      'shop/api.1 ended with exit code 3 before it had been healthy for 5s (no such file)',
    ],
    [
      'when a new task has ended and runs again',
      fails(task('new', { restarts: 1 })),
      'shop/api.1 ended before it had been healthy for 5s',
    ],
    [
      'when a new task becomes unhealthy',
      fails(task('new', { health: 'unhealthy', message: 'status 500' })),
      'shop/api.1 became unhealthy: status 500',
    ],
    [
      'when a new task is not healthy in time',
      fails(
        task('new', { phase: 'starting', message: 'connection refused' }, { createdAt: 0, placedAt: 40_000 }),
        { startedAt: 0 },
      ),
      'shop/api.1 was not healthy within 1m (connection refused)',
    ],
    [
      'when a new task finds no node in time',
      fails(
        task(
          'new',
          { phase: 'pending', since: 40_000 },
          { node: null, placedAt: null, unplaceable: 'the cluster has no nodes' },
        ),
        { startedAt: 0 },
      ),
      'shop/api.1 could not be placed within 1m: the cluster has no nodes',
    ],
    [
      'when a first deployment is not there in time',
      fails(task('new', { phase: 'backoff', restarts: 7 }, { createdAt: 0, placedAt: 40_000 }), {
        from: 0,
        startedAt: 0,
      }),
      'shop/api.1 was not healthy within 1m',
    ],
  ])('%s', (_, reason, expected) => expect(reason).toBe(expected))

  test.each([
    ['while a new task starts', fails(starting)],
    ['when a first deployment crashes before its time is over', fails(crashed, { from: 0 })],
    ['when a task that had counted ends', fails(task('new', { ...healthyFor(6000), restarts: 2 }))],
    ['when it is over already', fails(crashed, { status: 'done' })],
    ['when it goes back already', fails(crashed, { status: 'rolling-back' })],
    ['when it is paused already', fails(crashed, { status: 'failed' })],
    [
      'for what an older task did before it began',
      fails(task('new', { restarts: 4, since: 80_000 }, { createdAt: 1 })),
    ],
    [
      'for what an older task did long ago, though it has just become healthy',
      fails(task('new', { ...healthyFor(100), restarts: 4, since: 99_900 }, { createdAt: 1 })),
    ],
    [
      'while the service waits for others',
      fails(
        task('new', { phase: 'pending', since: 0 }, { node: null, placedAt: null, createdAt: 0 }),
        { startedAt: 0 },
        true,
      ),
    ],
    [
      'at the moment the others are there',
      fails(task('new', { phase: 'pending', since: 0 }, { node: null, placedAt: null, createdAt: 0 }), {
        startedAt: 0,
      }),
    ],
  ])('not %s', (_, reason) => expect(reason).toBeNull())
})

test('the time of a task begins when it was placed, when no node was found, or when the rollout began, whichever is last', () => {
  const at = (over: Partial<Task>, since = 0) =>
    deadlineOf(taskOf('a', { status: statusOf({ since }), ...over }), rules, state({ startedAt: 10_000 }))
  expect(at({ placedAt: 30_000 })).toBe(90_000)
  expect(at({ placedAt: 5000 })).toBe(70_000)
  expect(at({ node: null, placedAt: null, unplaceable: 'full' }, 20_000)).toBe(80_000)
  expect(at({ node: null, placedAt: null, unplaceable: null })).toBeNull()
})

test.each([
  ['every slot has a task that counts', slotsOf({ current: proved }, { current: proved }), true],
  ['there is no slot', slotsOf(), true],
  ['one is not there', slotsOf({ current: proved }, {}), false],
  ['one does not count yet', slotsOf({ current: proved }, { current: fresh }), false],
  ['an old one is still there', slotsOf({ current: proved, old: well }), false],
])('done: %s', (_, slots, expected) => expect(isDone(slots, rules, now)).toBe(expected))
