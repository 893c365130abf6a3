import { describe, expect, test } from 'vitest'
import {
  after,
  afterJob,
  documentOf,
  imageOf,
  jobOf,
  nodeOf,
  rolloutOf,
  serviceOf,
} from '../model/testing.ts'
import { explainPending } from './pending.ts'
import { waitsFor } from './dependencies.ts'
import { Toy } from './testing.ts'

const stack = (over: { replicas?: number; tag?: string } = {}) =>
  documentOf({
    services: {
      db: serviceOf({ replicas: over.replicas ?? 2, template: imageOf(over.tag ?? '1') }),
      api: serviceOf({
        dependsOn: [after('db'), afterJob('seed')],
        rollout: rolloutOf({ deadlineMs: 60_000 }),
      }),
    },
    jobs: { seed: jobOf() },
  })

const waits = (toy: Toy, ...on: string[]) =>
  waitsFor(
    toy.state,
    'shop',
    on.map((name) => (name === 'seed' ? afterJob(name) : after(name))),
  )

describe('what depends on others', () => {
  test('waits until every replica is healthy and the job is complete, and says what for', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(stack())
    expect(waits(toy, 'db')).toBe('waits for shop/db to be healthy (0 of 2)')
    expect(waits(toy, 'seed')).toBe('waits for the job shop/seed to complete (running)')
    expect(waits(toy, 'nobody')).toBe('waits for shop/nobody, which is not there')
    expect(waits(toy)).toBeNull()
    const said = () => toy.task().status.message
    expect(said()).toBe('waits for shop/db to be healthy (0 of 2)')
    for (const task of toy.tasks('shop/db')) {
      expect(toy.task().node).toBeNull()
      toy.report(task, { phase: 'running', health: 'healthy' })
    }
    expect(said()).toBe('waits for the job shop/seed to complete (running)')
    toy.report(toy.task('shop/seed'), { phase: 'complete', exitCode: 0 })
    expect(toy.task()).toMatchObject({ node: 'n1', status: { phase: 'assigned', message: null } })
    expect(waits(toy, 'db', 'seed')).toBeNull()
  })

  test('does not wait for replicas that nobody asked for', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(stack({ replicas: 0 }))
    expect(waits(toy, 'db')).toBeNull()
  })

  test('does not take a lost node at its last word', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(stack())
    toy.work()
    expect(waits(toy, 'db')).toBeNull()
    toy.setNode('n1', 'lost')
    expect(waits(toy, 'db')).toBe('waits for shop/db to be healthy (0 of 2)')
  })

  test('waits before its first task only', () => {
    const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
    toy.apply(stack())
    toy.pass(60_000)
    const before = toy.task()
    for (const task of toy.tasks('shop/db')) toy.crash(task)
    toy.crash(before)
    toy.setNode('n2', 'lost')
    expect(toy.serving()).toBe(0)
    toy.pass(60_000)
    expect(toy.serving()).toBe(1)
  })

  test('has all its time from the moment when it could start', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.isGood = (task) => task.owner !== 'shop/db'
    toy.apply(stack())
    // Far longer than its own deadline.
    toy.pass(600_000)
    expect(toy.state.services.get('shop/api')?.rollout.status).toBe('progressing')
    toy.isGood = (task) => task.owner !== 'shop/api'
    toy.pass(59_000)
    expect(toy.serving('shop/db')).toBe(2)
    expect(toy.state.services.get('shop/api')?.rollout.status).toBe('progressing')
    toy.pass(2000)
    expect(toy.state.services.get('shop/api')?.rollout.status).toBe('failed')
  })

  test('has all its time from the moment when no node took it', () => {
    const toy = new Toy()
    toy.apply(stack())
    toy.pass(600_000)
    expect(toy.state.services.get('shop/db')?.rollout).toMatchObject({
      status: 'failed',
      reason: 'shop/db.1 could not be placed within 5m: the cluster has no nodes',
    })
    expect(toy.state.services.get('shop/api')?.rollout.status).toBe('progressing')
  })
})

test('why a task has no node is answered as it was decided', () => {
  const toy = new Toy(nodeOf('n1', { capacity: { cpu: 100, memory: 100 } }))
  toy.apply(
    documentOf({
      services: {
        big: serviceOf({ template: imageOf('1', { resources: { cpu: 500, memory: 0 } }) }),
        late: serviceOf({ dependsOn: [after('big')] }),
      },
    }),
  )
  for (const [owner, why] of [
    ['shop/big', 'no-node'],
    ['shop/late', 'waits'],
  ] as const) {
    const task = toy.task(owner)
    const pending = explainPending(toy.state, task)
    expect(pending).toMatchObject({ why, reason: task.unplaceable ?? task.status.message })
  }
})

test('who waits for a start does not wait for health, and is looked at when it has come', () => {
  const toy = new Toy(nodeOf('n1'))
  toy.apply(
    documentOf({
      services: {
        db: serviceOf({ replicas: 2 }),
        api: serviceOf({ dependsOn: [{ on: 'db', until: 'started' }] }),
      },
    }),
  )
  expect(toy.task().status.message).toBe('waits for shop/db to be started (0 of 2)')
  for (const task of toy.tasks('shop/db')) {
    expect(toy.task().node).toBeNull()
    toy.report(task, { phase: 'starting' })
  }
  expect(toy.task().node).toBe('n1')
})
