import { expect, test } from 'vitest'
import { applyChanges, stateFromSnapshot, takeSnapshot } from './fold.ts'
import type { Secret, Service } from './state.ts'
import { viewOf, withoutSecretValues } from './view.ts'
import { clusterOf, imageOf, nodeOf, serviceOf, statusOf, taskOf } from './testing.ts'

const healthy = statusOf({ health: 'healthy', healthySince: 1 })

const service: Service = {
  address: 'shop/api',
  stack: 'shop',
  name: 'api',
  // The document asks for revision 2; a rollback went back to 1.
  spec: serviceOf({
    replicas: 2,
    template: imageOf('2', { ports: { http: { container: 80, protocol: 'http', published: 9090 } } }),
  }),
  revisions: [
    {
      number: 1,
      hash: 'h1',
      template: imageOf('1', { ports: { http: { container: 80, protocol: 'http', published: 8080 } } }),
      verdict: 'good',
    },
    { number: 2, hash: 'h2', template: imageOf('2'), verdict: 'bad' },
  ],
  target: 1,
  rollout: { from: 2, to: 1, status: 'rolled-back', startedAt: 0, endedAt: 5, reason: 'crashed' },
  removing: false,
}

const secret: Secret = {
  address: 'shop/secret:token',
  stack: 'shop',
  name: 'token',
  spec: {},
  versions: [
    {
      version: 1,
      createdAt: 1,
      createdBy: 'admin',
      value: { dataKey: 'SEALED-KEY', ciphertext: 'SEALED-TEXT' },
    },
    {
      version: 2,
      createdAt: 2,
      createdBy: 'admin',
      value: { dataKey: 'SEALED-KEY', ciphertext: 'SEALED-TEXT' },
    },
  ],
  declared: true,
}

const state = clusterOf(
  nodeOf('n2', { name: 'zeta' }),
  nodeOf('n1', { name: 'alpha' }),
  nodeOf('n3', { status: 'lost' }),
)
applyChanges(state, [
  { table: 'services', key: service.address, value: service },
  { table: 'secrets', key: secret.address, value: secret },
  { table: 'tasks', key: 'b', value: taskOf('b', { slot: 2, status: healthy }) },
  { table: 'tasks', key: 'a', value: taskOf('a', { slot: 1, status: healthy, desired: 'stop' }) },
  { table: 'tasks', key: 'c', value: taskOf('c', { slot: 1, status: healthy, node: 'n3' }) },
  {
    table: 'tasks',
    key: 'd',
    value: taskOf('d', {
      slot: 1,
      node: null,
      status: statusOf({ phase: 'pending' }),
      unplaceable: 'no room',
    }),
  },
])

test('only tasks that are to run on a node that is not lost count as healthy', () =>
  expect(viewOf(state, 9).services[0]).toMatchObject({ replicas: 2, healthy: 1 }))

test('published ports are those of the revision that runs', () =>
  expect(viewOf(state, 9).services[0]?.published).toEqual([8080]))

test('rows come sorted, and a pending task says why it has no node', () => {
  const view = viewOf(state, 9)
  expect(view.nodes.map((node) => node.name)).toEqual(['alpha', 'n3', 'zeta'])
  expect(view.tasks.map((task) => [task.id, task.address, task.message])).toEqual([
    ['a', 'shop/api.1', null],
    ['b', 'shop/api.2', null],
    ['c', 'shop/api.1', null],
    ['d', 'shop/api.1', 'no room'],
  ])
})

test('nothing of a secret but its name and versions leaves the cluster', () => {
  expect(JSON.stringify(viewOf(state, 9))).not.toContain('SEALED')
  const snapshot = takeSnapshot(state, 9)
  expect(JSON.stringify(snapshot)).toContain('SEALED')
  const shown = withoutSecretValues(snapshot)
  expect(JSON.stringify(shown)).not.toContain('SEALED')
  const again = stateFromSnapshot(shown)
  expect(again.secrets.get(secret.address)?.versions.map(({ version }) => version)).toEqual([1, 2])
  expect(again.tasks).toEqual(state.tasks)
  expect(state.secrets.get(secret.address)).toBe(secret)
})
