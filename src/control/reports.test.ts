import { describe, expect, test } from 'vitest'
import { applyChanges } from '../model/index.ts'
import type { HelloRequest, Task, TaskReport } from '../model/index.ts'
import { clusterOf, nodeOf, statusOf, taskOf, volumeOf } from '../model/testing.ts'
import {
  recordDeletedVolumes,
  recordHello,
  recordNodeStatus,
  recordReports,
  statusAfterSilence,
} from './reports.ts'

const report = (over: Partial<TaskReport> = {}): TaskReport => ({
  task: 't',
  phase: 'running',
  health: 'healthy',
  restarts: 0,
  exitCode: null,
  message: null,
  containerId: 'c1',
  ip: '172.18.0.2',
  ...over,
})

/** The status after the report, or null when the report changed nothing. */
function after(task: Partial<Task>, over: Partial<TaskReport>, node = 'n1', now = 50) {
  const state = clusterOf(nodeOf('n1'), nodeOf('n2'))
  applyChanges(state, [{ table: 'tasks', key: 't', value: taskOf('t', task) }])
  const [change, ...others] = recordReports(state, node, [report(over)], now)
  expect(others).toEqual([])
  return change?.table === 'tasks' ? change.value?.status : null
}

const running = statusOf({
  health: 'healthy',
  since: 10,
  healthySince: 10,
  containerId: 'c1',
  ip: '172.18.0.2',
})

describe('a report', () => {
  test('is believed of the tasks of its node only', () => {
    expect(after({}, {})).toMatchObject({ health: 'healthy', since: 50, healthySince: 50, ip: '172.18.0.2' })
    expect(after({}, {}, 'n2')).toBeNull()
    expect(after({}, { task: 'other' })).toBeNull()
    expect(after({ node: null }, {})).toBeNull()
  })

  test('that says nothing new changes nothing', () => {
    expect(after({ status: running }, {})).toBeNull()
    // A health that means nothing in its phase is not news either.
    const starting = statusOf({ phase: 'starting', containerId: 'c1', ip: '172.18.0.2' })
    expect(after({ status: starting }, { phase: 'starting', health: 'unhealthy' })).toBeNull()
  })

  test.each([
    [
      'another phase',
      { phase: 'backoff' as const, health: 'unknown' as const },
      { since: 50, healthySince: null },
    ],
    ['another health', { health: 'unhealthy' as const }, { since: 50, healthySince: null }],
    ['a restart', { restarts: 1 }, { since: 10, healthySince: 50, restarts: 1 }],
    ['another message', { message: 'x' }, { since: 10, healthySince: 10, message: 'x' }],
    ['another container', { containerId: 'c2' }, { since: 10, healthySince: 10, containerId: 'c2' }],
    ['another address', { ip: '172.18.0.9' }, { since: 10, healthySince: 10, ip: '172.18.0.9' }],
    ['an exit code', { exitCode: 3 }, { since: 10, healthySince: 10, exitCode: 3 }],
  ])('of %s is news', (_, over, expected) => expect(after({ status: running }, over)).toMatchObject(expected))

  test('of health counts while it runs only', () =>
    expect(after({}, { phase: 'starting', health: 'healthy' })).toMatchObject({
      health: 'unknown',
      healthySince: null,
    }))

  test.each(['complete', 'failed', 'stopped'] as const)('of a job that is %s comes too late', (phase) => {
    const job = { kind: 'job' as const, owner: 'shop/seed', status: statusOf({ phase }) }
    expect(after(job, {})).toBeNull()
    expect(after(job, { phase: 'stopped' })).toBeNull()
    expect(after(job, { phase: 'complete' })).toBeNull()
  })

  test('of a stopped service task cannot bring it back', () =>
    expect(after({ status: statusOf({ phase: 'stopped' }) }, {})).toBeNull())

  test('that a try of a job is gone means that it failed, unless it was told to stop', () => {
    const job = { kind: 'job' as const, owner: 'shop/seed' }
    const gone = { phase: 'stopped' as const, health: 'unknown' as const }
    expect(after(job, gone)).toMatchObject({ phase: 'failed', message: 'its container is gone' })
    expect(after({ ...job, desired: 'stop' }, gone)).toMatchObject({ phase: 'stopped' })
  })
})

test('a volume is gone only when it was to be deleted there', () => {
  const state = clusterOf(nodeOf('n1'))
  const volume = (name: string, node: string | null, deleting: boolean) => {
    const address = `shop/volume:${name}`
    return {
      table: 'volumes' as const,
      key: address,
      value: { address, stack: 'shop', name, spec: volumeOf(), node, declared: !deleting, deleting },
    }
  }
  applyChanges(state, [volume('a', 'n1', true), volume('b', 'n1', false), volume('c', 'n2', true)])
  const all = ['shop/volume:a', 'shop/volume:b', 'shop/volume:c', 'shop/volume:d']
  expect(recordDeletedVolumes(state, 'n1', all)).toEqual([
    { table: 'volumes', key: 'shop/volume:a', value: null },
  ])
})

describe('a hello', () => {
  const hello: HelloRequest = {
    protocol: 1,
    boot: 'b1',
    name: 'n1',
    term: 0,
    version: 0,
    platform: { os: 'linux', arch: 'amd64' },
    engine: 'docker 20.10.24',
    agent: '0.1.0',
    capacity: { cpu: 4000, memory: 4096 },
    labels: {},
    sealKey: 'key-of-n1',
  }
  const rowAfter = (state = clusterOf(), over: Partial<HelloRequest> = {}, now = 70) => {
    const [change] = recordHello(state, 'n1', { ...hello, ...over }, now)
    return change?.table === 'nodes' ? change.value : null
  }

  test('of a new node makes its row', () =>
    expect(rowAfter()).toEqual(nodeOf('n1', { statusSince: 70, joinedAt: 70 })))

  test('of a node that is as it was changes nothing', () =>
    expect(rowAfter(clusterOf(nodeOf('n1')))).toBeNull())

  test('of a node that was lost makes it ready, since now', () => {
    const state = clusterOf(
      nodeOf('n1', { status: 'lost', statusSince: 5, joinedAt: 3, availability: 'drain' }),
    )
    expect(rowAfter(state)).toMatchObject({
      status: 'ready',
      statusSince: 70,
      joinedAt: 3,
      availability: 'drain',
    })
  })

  test('of a node that came back with another engine, size or key says so', () => {
    const state = clusterOf(nodeOf('n1', { statusSince: 5 }))
    const row = rowAfter(state, {
      engine: 'podman 5.0',
      capacity: { cpu: 100, memory: 100 },
      sealKey: 'new-key',
      labels: { disk: 'ssd' },
    })
    expect(row).toMatchObject({
      engine: 'podman 5.0',
      capacity: { cpu: 100, memory: 100 },
      sealKey: 'new-key',
      labels: { disk: 'ssd' },
      status: 'ready',
      statusSince: 5,
    })
  })
})

test('a status is recorded once, and of nodes that are there', () => {
  const state = clusterOf(nodeOf('n1'))
  expect(recordNodeStatus(state, 'n1', 'ready', 9)).toEqual([])
  expect(recordNodeStatus(state, 'n9', 'lost', 9)).toEqual([])
  expect(recordNodeStatus(state, 'n1', 'lost', 9)).toMatchObject([
    { value: { status: 'lost', statusSince: 9 } },
  ])
})

test.each([
  [0, 'ready'],
  [5999, 'ready'],
  [6000, 'suspect'],
  [9999, 'suspect'],
  [10_000, 'lost'],
])('after %i ms of silence a node is %s', (silence, status) =>
  expect(statusAfterSilence(silence, { suspectMs: 6000, lostMs: 10_000 })).toBe(status),
)
