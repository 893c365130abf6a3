import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultRestart } from '../model/index.ts'
import { decide, leftOvers, newestOf, observe, refuse, restartsOf } from './decide.ts'
import type { Life, Situation, Step } from './decide.ts'
import type { Owned } from './naming.ts'
import { created, exited, ownedOf, running } from './testing.ts'

const situation = (changes: Partial<Situation>): Situation => ({
  lease: null,
  wish: 'run',
  kind: 'service',
  containers: [],
  life: null,
  now: 100_000,
  sick: null,
  restart: defaultRestart,
  job: null,
  isOver: false,
  ...changes,
})

/** Observes and decides in one, as a worker does. */
function next(changes: Partial<Situation> & { healthyMs?: number | null }): Step {
  const given = situation(changes)
  const { containers, now, sick, restart } = given
  const life = observe(given.life, { containers, now, sick, restart, healthyMs: changes.healthyMs ?? null })
  return decide({ ...given, life })
}

describe('a service', () => {
  const alive: Life = { number: 2, streak: 2, ended: null }

  test.each<{ name: string; given: Parameters<typeof next>[0]; expect: Step }>([
    {
      name: 'without any container gets its first',
      given: {},
      expect: { do: 'create', attempt: 0, streak: 0 },
    },
    {
      name: 'whose container is made gets it started',
      given: { containers: [created(0)] },
      expect: { do: 'start', container: created(0) },
    },
    {
      name: 'that runs is watched',
      given: { containers: [running(1), exited(0, 1, 90_000)] },
      expect: { do: 'watch', container: running(1) },
    },
    {
      name: 'that just ended waits a second',
      given: { containers: [exited(0, 1, 99_700)] },
      expect: { do: 'wait', end: { at: 99_700, exitCode: 1, message: null, streak: 1 }, ms: 700 },
    },
    {
      name: 'that ended a while ago is followed at once',
      given: { containers: [exited(0, 1, 90_000)] },
      expect: { do: 'create', attempt: 1, streak: 1 },
    },
    {
      name: 'whose third container in a row ended waits four seconds',
      given: { containers: [exited(2, 1, 100_000, 2)] },
      expect: { do: 'wait', end: { at: 100_000, exitCode: 1, message: null, streak: 3 }, ms: 4000 },
    },
    {
      name: 'that was healthy for ten minutes waits a second again',
      given: { containers: [exited(5, 1, 100_000, 5)], life: alive, healthyMs: 600_000 },
      expect: { do: 'wait', end: { at: 100_000, exitCode: 1, message: null, streak: 1 }, ms: 1000 },
    },
    {
      name: 'that was not watched counts as healthy while it ran',
      given: {
        containers: [ownedOf(5, { state: 'exited', exitCode: 1, startedAt: 0, finishedAt: 700_000 })],
        now: 700_000,
      },
      expect: { do: 'wait', end: { at: 700_000, exitCode: 1, message: null, streak: 1 }, ms: 1000 },
    },
    {
      name: 'whose container was removed while it ran is followed after its back-off',
      given: { life: alive, healthyMs: 0 },
      expect: {
        do: 'wait',
        end: { at: 100_000, exitCode: null, message: 'its container was removed', streak: 3 },
        ms: 4000,
      },
    },
    {
      name: 'that is sick is killed',
      given: { containers: [running(0)], sick: 'unhealthy: refused' },
      expect: { do: 'kill', containers: [running(0)] },
    },
    {
      name: 'that was sick says so when it has ended',
      given: { containers: [exited(0, 143, 100_000)], sick: 'unhealthy: refused' },
      expect: {
        do: 'wait',
        end: { at: 100_000, exitCode: 143, message: 'unhealthy: refused', streak: 1 },
        ms: 1000,
      },
    },
    {
      name: 'of which two run loses the older before anything else',
      given: { containers: [running(0), created(1)] },
      expect: { do: 'kill', containers: [running(0)] },
    },
    {
      name: 'whose container was started by hand is watched again',
      given: {
        containers: [running(0)],
        life: { number: 0, streak: 0, ended: { at: 1, exitCode: 1, message: null, streak: 1 } },
      },
      expect: { do: 'watch', container: running(0) },
    },
    {
      name: 'that would not start is tried in a new container after its back-off',
      given: {
        containers: [created(0)],
        life: refuse({ number: 0, streak: 0 }, 'no such file', 90_000),
      },
      expect: { do: 'create', attempt: 1, streak: 1 },
    },
  ])('$name', ({ given, expect: step }) => {
    expect(next(given)).toEqual(step)
  })
})

describe('a job', () => {
  const job = (changes: Parameters<typeof next>[0]) => next({ kind: 'job', ...changes })

  test.each<{ name: string; given: Parameters<typeof next>[0]; expect: Partial<Step> }>([
    { name: 'that never began begins', given: {}, expect: { do: 'create', attempt: 0 } },
    {
      name: 'that ended well is complete',
      given: { containers: [exited(0, 0, 1)], job: { end: null } },
      expect: { do: 'rest', phase: 'complete', exitCode: 0 },
    },
    {
      name: 'that ended badly has failed, and is not begun again',
      given: { containers: [exited(0, 3, 1)], job: { end: null } },
      expect: { do: 'rest', phase: 'failed', exitCode: 3 },
    },
    {
      name: 'that began and has no container has failed',
      given: { job: { end: null } },
      expect: { do: 'rest', phase: 'failed', message: 'its container is gone; how it ended is not known' },
    },
    {
      name: 'whose end is written down stays ended, whatever containers there are',
      given: { containers: [created(0)], job: { end: { exitCode: 0, message: null } } },
      expect: { do: 'rest', phase: 'complete' },
    },
    {
      name: 'that the leader knows as ended never runs, though this host has forgotten it',
      given: { isOver: true },
      expect: { do: 'keep' },
    },
    {
      name: 'that is over and was started by hand is stopped',
      given: { isOver: true, containers: [running(0)] },
      expect: { do: 'kill', containers: [running(0)] },
    },
    {
      name: 'that would not start has failed',
      given: { containers: [created(0)], life: refuse({ number: 0, streak: 0 }, 'no such file', 1) },
      expect: { do: 'rest', phase: 'failed', message: 'no such file' },
    },
  ])('$name', ({ given, expect: step }) => {
    expect(job(given)).toMatchObject(step)
  })
})

describe('on the way out', () => {
  test.each<{ name: string; containers: Owned[]; expect: Step['do'] }>([
    { name: 'what runs leaves', containers: [running(1), exited(0, 1, 1)], expect: 'leave' },
    {
      name: 'what is dead or never ran is removed',
      containers: [created(1), exited(0, 1, 1)],
      expect: 'remove',
    },
    { name: 'nothing is left', containers: [], expect: 'over' },
  ])('$name', ({ containers, expect: step }) => {
    for (const wish of ['stop', 'forget'] as const) expect(next({ wish, containers }).do).toBe(step)
  })
})

test('only the last dead container is kept', () => {
  const ids = (containers: Owned[]) => leftOvers(containers).map(({ attempt }) => attempt)
  expect(ids([exited(0, 1, 1), exited(1, 1, 2), running(2)])).toEqual([0])
  expect(ids([exited(0, 1, 1), exited(1, 1, 2)])).toEqual([0])
  expect(ids([exited(1, 1, 2), created(2)])).toEqual([])
  expect(ids([])).toEqual([])
})

test('restarts are the containers that ended', () => {
  expect(restartsOf(null, 'service')).toBe(0)
  expect(restartsOf({ number: 2, streak: 1, ended: null }, 'service')).toBe(2)
  expect(restartsOf(refuse({ number: 2, streak: 1 }, '', 0), 'service')).toBe(3)
  expect(restartsOf(refuse({ number: 0, streak: 0 }, '', 0), 'job')).toBe(0)
})

describe('whatever is there', () => {
  const containers = fc
    .uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 4 })
    .chain((attempts) =>
      fc.tuple(
        ...attempts.map((attempt) =>
          fc.constantFrom(running(attempt), created(attempt), exited(attempt, 1, 50_000)),
        ),
      ),
    )
  const given = fc.record({
    kind: fc.constantFrom('service' as const, 'job' as const),
    wish: fc.constantFrom('run' as const, 'stop' as const, 'forget' as const),
    containers,
    job: fc.constantFrom(null, { end: null }, { end: { exitCode: 0, message: null } }),
  })

  test('a new container is asked for only when none of the task runs or is about to', () => {
    fc.assert(
      fc.property(given, (some) => {
        const step = next(some)
        if (step.do === 'create' || step.do === 'start')
          expect(some.containers.some(({ info }) => info.state === 'running')).toBe(false)
        if (step.do === 'create') {
          expect(some.wish).toBe('run')
          expect(some.containers.every(({ attempt }) => attempt < step.attempt)).toBe(true)
        }
      }),
    )
  })

  test('a job that has begun is never given a second container', () => {
    fc.assert(
      fc.property(given, (some) => {
        if (some.kind === 'job' && (some.job || some.containers.length > 0))
          expect(next(some).do).not.toBe('create')
      }),
    )
  })

  test('observing twice is observing once', () => {
    fc.assert(
      fc.property(given, ({ containers: there }) => {
        const sight = { containers: there, now: 60_000, healthyMs: null, sick: null, restart: defaultRestart }
        const once = observe(null, sight)
        expect(observe(once, { ...sight, now: 70_000 })).toEqual(once)
        expect(once?.number ?? -1).toBe(newestOf(there)?.attempt ?? -1)
      }),
    )
  })
})
