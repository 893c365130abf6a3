import { describe, expect, test } from 'vitest'
import type { JobSpec } from '../model/index.ts'
import {
  after,
  documentOf,
  imageOf,
  jobOf,
  nodeOf,
  serviceOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { Toy } from './testing.ts'

const seed = (over: Partial<JobSpec> = {}) => documentOf({ jobs: { seed: jobOf(over) } })
const job = (toy: Toy) => toy.state.jobs.get('shop/seed')
const tries = (toy: Toy) => toy.tasks('shop/seed').map(({ slot, status }) => [slot, status.phase])

function withJob(over: Partial<JobSpec> = {}): Toy {
  const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
  toy.apply(seed(over))
  return toy
}

test('it runs once, and never again', () => {
  const toy = withJob()
  toy.pass(1000)
  expect(job(toy)).toMatchObject({ status: 'complete', run: 1, failures: 0, endedAt: toy.now - 1000 })
  expect(tries(toy)).toEqual([[1, 'complete']])
  toy.pass(86_400_000)
  toy.setNode('n1', 'lost')
  toy.setNode('n2', 'lost')
  toy.pass(86_400_000)
  expect(tries(toy)).toEqual([[1, 'complete']])
})

test('it is tried again after 10 s, 20 s, 40 s, and then has failed', () => {
  const toy = withJob({ retries: 3 })
  toy.isGood = () => false
  const starts: number[] = []
  toy.onRound = ({ parts }) => {
    for (const { changes } of parts)
      for (const change of changes)
        if (change.table === 'tasks' && change.value?.status.phase === 'assigned')
          starts.push(change.value.createdAt)
  }
  const began = toy.now
  toy.pass(3_600_000)
  expect(starts.map((at) => at - began)).toEqual([10_000, 30_000, 70_000])
  expect(job(toy)).toMatchObject({ status: 'failed', failures: 4, nextTryAt: null, endedAt: began + 70_000 })
  expect(toy.unrest()).toEqual([])
})

test('it says when it is tried next', () => {
  const toy = withJob()
  toy.isGood = () => false
  toy.work()
  expect(job(toy)).toMatchObject({ status: 'waiting', failures: 1, nextTryAt: toy.now + 10_000 })
})

test('one that fails and then completes is complete', () => {
  const toy = withJob()
  toy.isGood = (task) => task.slot === 3
  toy.pass(3_600_000)
  expect(job(toy)).toMatchObject({ status: 'complete', failures: 2 })
  expect(tries(toy)).toEqual([
    [1, 'failed'],
    [2, 'failed'],
    [3, 'complete'],
  ])
})

test('the last three tries that failed are kept for their logs', () => {
  const toy = withJob({ retries: 6 })
  toy.isGood = (task) => task.slot === 6
  toy.pass(7_200_000)
  expect(tries(toy)).toEqual([
    [3, 'failed'],
    [4, 'failed'],
    [5, 'failed'],
    [6, 'complete'],
  ])
})

test('on a lost node it counts as running until the node says how it ended', () => {
  const toy = withJob()
  const task = toy.task('shop/seed')
  toy.step(task)
  toy.setNode(task.node ?? '', 'lost')
  toy.pass(86_400_000)
  expect(job(toy)).toMatchObject({ status: 'running' })
  expect(tries(toy)).toEqual([[1, 'starting']])
  toy.setNode(task.node ?? '', 'ready')
  toy.work()
  expect(job(toy)).toMatchObject({ status: 'complete' })
})

test('a try that is gone though nobody stopped it has failed', () => {
  const toy = withJob({ retries: 1 })
  for (let count = 0; count < 2; count += 1) {
    const task = toy.tasks('shop/seed').at(-1)
    if (task) toy.report(task, { phase: 'stopped', health: 'unknown' })
    toy.now += 20_000
    toy.round()
  }
  expect(job(toy)).toMatchObject({ status: 'failed', failures: 2 })
})

describe('a changed template', () => {
  test('is a new run, which waits until the old one has stopped', () => {
    const toy = withJob()
    const first = toy.task('shop/seed')
    toy.step(first)
    toy.apply(seed({ template: imageOf('2') }))
    expect(toy.state.tasks.get(first.id)?.desired).toBe('stop')
    expect(toy.tasks('shop/seed')).toHaveLength(1)
    expect(job(toy)).toMatchObject({ run: 2, status: 'waiting' })
    toy.work()
    expect(job(toy)).toMatchObject({ run: 2, status: 'complete' })
  })

  test('waits for ever for a lost node that may still run the old one', () => {
    const toy = withJob()
    const first = toy.task('shop/seed')
    toy.step(first)
    toy.setNode(first.node ?? '', 'lost')
    toy.apply(seed({ template: imageOf('2') }))
    toy.pass(86_400_000)
    expect(toy.tasks('shop/seed').map(({ revision }) => revision)).toEqual([1])
    expect(job(toy)).toMatchObject({ run: 2, status: 'waiting' })
  })

  test('after all tries failed begins with new ones', () => {
    const toy = withJob({ retries: 0 })
    toy.isGood = (task) => task.revision === 2
    toy.pass(1000)
    expect(job(toy)).toMatchObject({ status: 'failed' })
    toy.apply(seed({ retries: 0, template: imageOf('2') }))
    toy.pass(1000)
    expect(job(toy)).toMatchObject({ run: 2, status: 'complete', failures: 0 })
  })
})

test('it waits for what it depends on, and says so', () => {
  const toy = new Toy(nodeOf('n1'))
  toy.apply(
    documentOf({ services: { db: serviceOf() }, jobs: { seed: jobOf({ dependsOn: [after('db')] }) } }),
  )
  expect(toy.task('shop/seed')).toMatchObject({
    node: null,
    unplaceable: null,
    status: { message: 'waits for shop/db to be healthy (0 of 1)' },
  })
  toy.work()
  expect(job(toy)).toMatchObject({ status: 'complete' })
})

test('taken out of its stack it is stopped, and leaves nothing behind', () => {
  const toy = withJob()
  toy.step(toy.task('shop/seed'))
  toy.apply(documentOf())
  expect(job(toy)?.removing).toBe(true)
  toy.work()
  expect(toy.state.jobs.size + toy.state.tasks.size).toBe(0)
})

test('an ended try of an earlier run lets go of a volume that is to be deleted', () => {
  const mounts = { '/data': { volume: 'data', readOnly: false } }
  const volumes = { data: volumeOf({ access: 'shared', reclaim: 'delete' }) }
  const toy = new Toy(nodeOf('n1'))
  toy.apply(documentOf({ jobs: { seed: jobOf({ template: templateOf({ mounts }) }) }, volumes }))
  toy.pass(1000)
  toy.apply(documentOf({ jobs: { seed: jobOf({ template: imageOf('2') }) }, volumes }))
  toy.pass(1000)
  expect(tries(toy)).toHaveLength(2)
  toy.apply(documentOf({ jobs: { seed: jobOf({ template: imageOf('2') }) } }))
  toy.pass(1000)
  expect(toy.state.volumes.size).toBe(0)
  expect(job(toy)).toMatchObject({ run: 2, status: 'complete' })
})

test('it waits as long as its back-off says', () => {
  const toy = withJob({ backoff: { delayMs: 500, maxDelayMs: 700 } })
  toy.isGood = () => false
  toy.work()
  expect(job(toy)).toMatchObject({ failures: 1, nextTryAt: toy.now + 500 })
  toy.pass(500)
  expect(job(toy)).toMatchObject({ failures: 2, nextTryAt: toy.now + 700 })
})

describe('exit codes', () => {
  const ending = (exitCode: number, exitCodes: JobSpec['exitCodes']) => {
    const toy = withJob({ retries: 3, exitCodes })
    toy.report(toy.task('shop/seed'), { phase: 'failed', exitCode })
    return job(toy)
  }

  test('that mean success complete the job', () => {
    expect(ending(3, { fail: [], succeed: [3], retry: [] })).toMatchObject({ status: 'complete' })
    expect(ending(4, { fail: [], succeed: [3], retry: [] })).toMatchObject({ status: 'waiting', failures: 1 })
  })

  test('that mean failure end the job, whatever tries are left', () => {
    expect(ending(5, { fail: [5], succeed: [], retry: [] })).toMatchObject({ status: 'failed', failures: 1 })
    expect(ending(4, { fail: [5], succeed: [], retry: [] })).toMatchObject({ status: 'waiting' })
  })
})
