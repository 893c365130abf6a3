import { describe, expect, test } from 'vitest'
import { applyChanges } from '../model/index.ts'
import type { Change, MutableState, Node, Task } from '../model/index.ts'
import {
  after,
  clusterOf,
  documentOf,
  jobOf,
  nodeOf,
  serviceOf,
  statusOf,
  taskOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { allKeys, touchedKeys } from './keys.ts'
import { Toy } from './testing.ts'

// That the feed is complete is shown by invariants.test.ts; here it is shown that it names no more than it must.

/** `shop/api` runs on n1, `shop/web` depends on it and waits, `other/big` finds no room. */
function someState(): MutableState {
  const toy = new Toy(nodeOf('n1'))
  toy.apply(documentOf({ services: { api: serviceOf(), web: serviceOf({ dependsOn: [after('api')] }) } }))
  toy.apply(
    documentOf(
      { services: { big: serviceOf({ template: templateOf({ resources: { cpu: 9000, memory: 0 } }) }) } },
      'other',
    ),
  )
  return toy.state
}

function touched(state: MutableState, change: Change): string[] {
  const [before] = applyChanges(state, [change])
  return before ? [...touchedKeys(state, change, before)].sort() : []
}

const put = (state: MutableState, id: string, over: Partial<Task>): string[] => {
  const task = state.tasks.get(id)
  return task ? touched(state, { table: 'tasks', key: id, value: { ...task, ...over } }) : []
}

const healthy = statusOf({ health: 'healthy', healthySince: 1 })

describe('a change of a task names', () => {
  const idOf = (state: MutableState, owner: string) => [...(state.tasksByOwner.get(owner) ?? [])][0] ?? ''

  test('its owner only, when nobody else can care', () => {
    const state = someState()
    const id = idOf(state, 'shop/api')
    expect(put(state, id, { status: statusOf({ phase: 'starting' }) })).toEqual(['service:shop/api'])
    expect(put(state, id, { desired: 'stop' })).toEqual(['service:shop/api'])
  })

  test('those who depend on its owner, when it begins or ceases to serve', () => {
    const state = someState()
    const id = idOf(state, 'shop/api')
    expect(put(state, id, { status: healthy })).toEqual(['service:shop/api', 'service:shop/web'])
    expect(put(state, id, { status: { ...healthy, message: 'x' } })).toEqual(['service:shop/api'])
    expect(put(state, id, { desired: 'stop' })).toEqual(['service:shop/api', 'service:shop/web'])
  })

  test('those who wait for room, when it gives some back', () => {
    const state = someState()
    const id = idOf(state, 'shop/api')
    expect(put(state, id, { status: statusOf({ phase: 'stopped' }) })).toEqual([
      'service:other/big',
      'service:shop/api',
      'service:shop/web',
    ])
    expect(touched(state, { table: 'tasks', key: id, value: null })).toEqual(['service:shop/api'])
  })

  test('volumes that wait for it, when its container is gone', () => {
    const state = someState()
    applyChanges(state, [
      {
        table: 'volumes',
        key: 'shop/volume:data',
        value: {
          address: 'shop/volume:data',
          stack: 'shop',
          name: 'data',
          spec: volumeOf(),
          node: 'n1',
          declared: false,
          deleting: true,
        },
      },
    ])
    const job = taskOf('j', { owner: 'shop/seed', kind: 'job', status: statusOf({ phase: 'complete' }) })
    expect(touched(state, { table: 'tasks', key: 'j', value: job })).toEqual(['job:shop/seed'])
    expect(touched(state, { table: 'tasks', key: 'j', value: null })).toEqual([
      'job:shop/seed',
      'volume:shop/volume:data',
    ])
  })
})

describe('a change of a node names', () => {
  const on = (state: MutableState, over: Partial<Node>) =>
    touched(state, { table: 'nodes', key: 'n1', value: { ...nodeOf('n1'), ...over } })

  test('nothing, when nothing that placing looks at has changed', () => {
    const state = someState()
    expect(on(state, { engine: 'podman', agent: '9', sealKey: 'x', statusSince: 9, labels: {} })).toEqual([])
  })

  test.each<[string, Partial<Node>]>([
    ['status', { status: 'suspect' }],
    ['availability', { availability: 'pause' }],
    ['capacity', { capacity: { cpu: 1, memory: 1 } }],
    ['labels', { labels: { disk: 'ssd' } }],
    ['name', { name: 'alpha' }],
    ['platform', { platform: { os: 'linux', arch: 'arm64' } }],
  ])('its tasks and all that wait for a place, when its %s has', (_, over) =>
    expect(on(someState(), over)).toEqual(['service:other/big', 'service:shop/api', 'service:shop/web']),
  )
})

test('a change of a stack names it while it is there', () => {
  const state = someState()
  const stack = state.stacks.get('shop') ?? null
  expect(
    touched(state, { table: 'stacks', key: 'shop', value: stack && { ...stack, removing: true } }),
  ).toEqual(['stack:shop'])
  expect(touched(state, { table: 'stacks', key: 'shop', value: null })).toEqual([])
})

test('a volume that was not there and is not there names nothing', () =>
  expect(touched(someState(), { table: 'volumes', key: 'shop/volume:x', value: null })).toEqual([]))

test('what nobody decides by names nothing', () => {
  const state = someState()
  expect(touched(state, { table: 'cluster', key: 'cluster', value: state.cluster })).toEqual([])
  expect(touched(state, { table: 'secrets', key: 'shop/secret:x', value: null })).toEqual([])
  expect(touched(state, { table: 'pasts', key: 'shop', value: null })).toEqual([])
})

test('all keys are the keys of everything there is', () => {
  const toy = new Toy(nodeOf('n1'))
  toy.apply(
    documentOf({ services: { api: serviceOf() }, jobs: { seed: jobOf() }, volumes: { data: volumeOf() } }),
  )
  expect([...allKeys(toy.state)].sort()).toEqual([
    'job:shop/seed',
    'service:shop/api',
    'stack:shop',
    'volume:shop/volume:data',
  ])
  expect(allKeys(clusterOf()).size).toBe(0)
})
