import { describe, expect, test } from 'vitest'
import { rowsOf } from '../model/index.ts'
import type { MutableState } from '../model/index.ts'
import {
  afterJob,
  clusterOf,
  documentOf,
  imageOf,
  jobOf,
  nodeOf,
  rolloutOf,
  serviceOf,
} from '../model/testing.ts'
import { applyStack } from './apply.ts'
import { allKeys } from './keys.ts'
import type { WorkKey } from './keys.ts'
import { runRound } from './round.ts'
import type { Decide } from './round.ts'
import { recordReports } from './reports.ts'
import { Toy, wishOf } from './testing.ts'

const rows = (state: MutableState) => JSON.stringify(rowsOf(state))

const addNode: Decide = () => ({
  cause: { by: 'node', what: 'hello' },
  changes: [{ table: 'nodes', key: 'n9', value: nodeOf('n9') }],
})

describe('a round', () => {
  test('lets each decide on what those before it changed', () => {
    const state = clusterOf()
    const seen: number[] = []
    const { parts } = runRound(
      state,
      [
        addNode,
        (current) => {
          seen.push(current.nodes.size)
          return null
        },
      ],
      [],
      1,
    )
    expect(seen).toEqual([1])
    expect(parts).toHaveLength(1)
  })

  test('that throws has changed nothing, whoever threw', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(documentOf({ services: { api: serviceOf({ replicas: 3 }) } }))
    const before = rows(toy.state)
    const bug: Decide = () => {
      throw new Error('a bug')
    }
    expect(() => runRound(toy.state, [addNode, bug], allKeys(toy.state), 1)).toThrow('a bug')
    expect(rows(toy.state)).toBe(before)
    // A controller that meets what cannot be: a service whose target revision is gone.
    const service = toy.state.services.get('shop/api')
    const breakIt: Decide = () => ({
      cause: { by: 'x', what: 'x' },
      changes: [
        { table: 'services', key: 'shop/api', value: service ? { ...service, revisions: [] } : null },
      ],
    })
    expect(() => runRound(toy.state, [addNode, breakIt], [], 1)).toThrow('has no revision 1')
    expect(rows(toy.state)).toBe(before)
  })

  test('leaves a cause out that changed nothing', () => {
    const state = clusterOf()
    expect(runRound(state, [() => ({ cause: { by: 'x', what: 'x' }, changes: [] })], [], 1)).toMatchObject({
      parts: [],
      undo: [],
    })
  })

  test('of keys that are gone says that nothing wakes them', () => {
    const { parts, wakes } = runRound(
      clusterOf(),
      [],
      ['service:a/b', 'job:a/b', 'stack:a', 'stack:', 'volume:a/volume:b'],
      1,
    )
    expect(parts).toEqual([])
    expect([...wakes.values()]).toEqual([null, null, null, null, null])
  })

  test('looks at a key once, however many inputs touched it', () => {
    const toy = new Toy(nodeOf('n1', { capacity: { cpu: 1e9, memory: 1e9 } }))
    toy.apply(documentOf({ services: { api: serviceOf({ replicas: 1000 }) } }))
    const reports = toy.tasks().map((task): Decide => (state) => ({
      cause: { by: 'node', what: 'report' },
      changes: recordReports(
        state,
        'n1',
        [
          {
            task: task.id,
            phase: 'running',
            health: 'healthy',
            restarts: 0,
            exitCode: null,
            message: null,
            containerId: null,
            ip: null,
          },
        ],
        toy.now,
      ),
    }))
    const { parts, wakes, left } = runRound(toy.state, reports, [], toy.now)
    expect(parts).toHaveLength(1000)
    expect(wakes.get('service:shop/api')).toBe(toy.now + 5000)
    expect(left.size).toBe(0)
  })
})

describe('a limit of changes', () => {
  test('splits the work into rounds that come to the same', () => {
    const document = documentOf({
      services: {
        api: serviceOf({ replicas: 40, template: imageOf('1'), dependsOn: [afterJob('seed')] }),
        web: serviceOf({ replicas: 30, template: imageOf('1'), rollout: rolloutOf({ batch: { count: 7 } }) }),
      },
      jobs: { seed: jobOf() },
    })
    const decide: Decide = (state) => {
      const decision = applyStack(state, wishOf(state, document), 1)
      return decision.ok ? { cause: { by: 'admin', what: 'apply' }, changes: decision.changes } : null
    }
    const nodes = [nodeOf('n1'), nodeOf('n2')]
    const whole = clusterOf(...nodes)
    expect(runRound(whole, [decide], [], 1).left.size).toBe(0)
    expect(whole.tasks.size).toBe(71)
    const split = clusterOf(...nodes)
    let rounds = 0
    let given = [decide]
    for (let dirty: ReadonlySet<WorkKey> | null = null; dirty?.size !== 0; given = []) {
      dirty = runRound(split, given, dirty ?? [], 1, 1).left
      rounds += 1
    }
    expect(rounds).toBeGreaterThan(3)
    expect(rows(split)).toBe(rows(whole))
  })

  test('hands back what it did not come to', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(documentOf({ services: { a: serviceOf(), b: serviceOf(), c: serviceOf() } }))
    const before = rows(toy.state)
    const everything = allKeys(toy.state)
    const { parts, left } = runRound(toy.state, [], everything, toy.now, 0)
    expect(parts).toEqual([])
    expect(left).toEqual(everything)
    expect(rows(toy.state)).toBe(before)
  })
})

test('the largest service there may be settles in one round, in parts of a bounded size', () => {
  const toy = new Toy(nodeOf('n1'))
  const sizes: number[] = []
  toy.onRound = ({ parts }) => sizes.push(...parts.map(({ changes }) => changes.length))
  toy.apply(documentOf({ services: { api: serviceOf({ replicas: 20_000 }) } }))
  expect(toy.tasks()).toHaveLength(20_000)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(502)
  toy.apply(documentOf({ services: { api: serviceOf({ replicas: 1 }) } }))
  for (const task of toy.tasks().slice(1)) expect(task.desired).toBe('stop')
  expect(Math.max(...sizes)).toBeLessThanOrEqual(502)
}, 30_000)

test('a task of another service that gives room back lets a waiting one in, in the same round', () => {
  const full = (tag: string) => imageOf(tag, { resources: { cpu: 4000, memory: 0 } })
  const toy = new Toy(nodeOf('n1'))
  toy.apply(documentOf({ services: { api: serviceOf({ template: full('1') }) } }))
  toy.apply(documentOf({ services: { web: serviceOf({ template: full('2') }) } }, 'other'))
  expect(toy.task('other/web').node).toBeNull()
  toy.work()
  toy.report(toy.task('shop/api'), { phase: 'stopped', health: 'unknown' })
  const nodes = ['shop/api', 'other/web'].map((owner) => toy.task(owner).node)
  expect(nodes.filter((node) => node !== null)).toHaveLength(1)
})
