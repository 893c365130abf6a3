import { describe, expect, test } from 'vitest'
import { applyChanges } from '../model/index.ts'
import type { Job, MutableState, Service, Task } from '../model/index.ts'
import {
  clusterOf,
  jobOf,
  nodeOf,
  serviceOf,
  statusOf,
  taskOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { isVolumeInUse, reconcileVolume, volumesToDelete } from './removal.ts'

const mounting = templateOf({ mounts: { '/data': { volume: 'data', readOnly: true } } })
const volume = {
  address: 'shop/volume:data',
  stack: 'shop',
  name: 'data',
  spec: volumeOf(),
  node: 'n1',
  declared: false,
  deleting: true,
}

/** Revision 1 mounts the volume, revision 2 does not and is what runs. */
const service = (over: Partial<Service> = {}): Service => ({
  address: 'shop/api',
  stack: 'shop',
  name: 'api',
  spec: serviceOf(),
  revisions: [
    { number: 1, hash: 'a', template: mounting, verdict: 'good' },
    { number: 2, hash: 'b', template: templateOf(), verdict: 'good' },
  ],
  target: 2,
  rollout: { from: 1, to: 2, status: 'done', startedAt: 0, endedAt: 1, reason: null },
  removing: false,
  ...over,
})

const job = (over: Partial<Job> = {}): Job => ({
  address: 'shop/seed',
  stack: 'shop',
  name: 'seed',
  spec: jobOf({ template: mounting }),
  run: 1,
  hash: '',
  status: 'complete',
  failures: 0,
  nextTryAt: null,
  endedAt: 1,
  removing: false,
  ...over,
})

function stateWith(rows: {
  services?: Service[]
  jobs?: Job[]
  tasks?: Task[]
  node?: string | null
}): MutableState {
  const state = clusterOf(nodeOf('n1'))
  applyChanges(state, [
    {
      table: 'volumes',
      key: volume.address,
      value: { ...volume, node: rows.node === undefined ? volume.node : rows.node },
    },
    ...(rows.services ?? []).map((value) => ({ table: 'services' as const, key: value.address, value })),
    ...(rows.jobs ?? []).map((value) => ({ table: 'jobs' as const, key: value.address, value })),
    ...(rows.tasks ?? []).map((value) => ({ table: 'tasks' as const, key: value.id, value })),
  ])
  return state
}

const phase = (each: Task['status']['phase']) => ({ status: statusOf({ phase: each }) })
const ofSeed = (over: Partial<Task>) => taskOf('t', { owner: 'shop/seed', kind: 'job', ...over })
const rollingTo = (status: Service['rollout']['status']) => ({ ...service().rollout, status })

describe('a volume that is to be deleted', () => {
  test.each<[string, Parameters<typeof stateWith>[0]]>([
    ['nobody mounts it', {}],
    [
      'what runs does not mount it any more',
      { services: [service()], tasks: [taskOf('t', { revision: 2 })] },
    ],
    ['what mounted it has stopped', { services: [service()], tasks: [taskOf('t', phase('stopped'))] }],
    ['what would mount it has no node', { services: [service()], tasks: [taskOf('t', { node: null })] }],
    ['its stack is going, and its tasks are gone', { services: [service({ target: 1, removing: true })] }],
    ['the job that mounted it has nothing left', { jobs: [job()] }],
    [
      'it is of another stack',
      {
        services: [service({ address: 'other/api', stack: 'other' })],
        tasks: [taskOf('t', { owner: 'other/api', stack: 'other' })],
      },
    ],
  ])('is deleted when %s', (_, rows) => {
    const state = stateWith(rows)
    expect(isVolumeInUse(state, volume)).toBe(false)
    expect(volumesToDelete(state, 'n1')).toEqual([volume.address])
    expect(volumesToDelete(state, 'n2')).toEqual([])
  })

  test.each<[string, Parameters<typeof stateWith>[0]]>([
    ['a task of an old revision runs', { services: [service()], tasks: [taskOf('t')] }],
    [
      'a task of an old revision is being stopped',
      { services: [service()], tasks: [taskOf('t', { ...phase('stopping'), desired: 'stop' })] },
    ],
    [
      'a task of a stack that is going runs',
      { services: [service({ removing: true })], tasks: [taskOf('t', { desired: 'stop' })] },
    ],
    ['a rollout may yet go back', { services: [service({ rollout: rollingTo('progressing') })] }],
    ['a rollout is going back', { services: [service({ target: 1, rollout: rollingTo('rolling-back') })] }],
    ['a rollout has gone back', { services: [service({ target: 1, rollout: rollingTo('rolled-back') })] }],
    ['a rollout is paused', { services: [service({ rollout: rollingTo('failed') })] }],
    ['a job that mounts it has an ended container', { jobs: [job()], tasks: [ofSeed(phase('complete'))] }],
    [
      'a try of an earlier run of a job may mount it',
      { jobs: [job({ run: 2, spec: jobOf() })], tasks: [ofSeed({ revision: 1, ...phase('failed') })] },
    ],
  ])('is kept while %s', (_, rows) => {
    const state = stateWith(rows)
    expect(isVolumeInUse(state, volume)).toBe(true)
    expect(volumesToDelete(state, 'n1')).toEqual([])
    const placeless = stateWith({ ...rows, node: null })
    expect(reconcileVolume(placeless, { ...volume, node: null }).changes).toEqual([])
  })

  test('that never had a place goes at once', () =>
    expect(reconcileVolume(stateWith({ node: null }), { ...volume, node: null }).changes).toEqual([
      { table: 'volumes', key: volume.address, value: null },
    ]))

  test('that has one goes when its node says so', () =>
    expect(reconcileVolume(stateWith({}), volume).changes).toEqual([]))
})

test('a volume that is not to be deleted never is', () => {
  const state = stateWith({})
  applyChanges(state, [{ table: 'volumes', key: volume.address, value: { ...volume, deleting: false } }])
  expect(volumesToDelete(state, 'n1')).toEqual([])
  expect(reconcileVolume(state, { ...volume, deleting: false, node: null }).changes).toEqual([])
})
