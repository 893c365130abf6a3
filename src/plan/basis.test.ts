import { expect, test } from 'vitest'
import {
  compiled,
  job,
  node,
  service,
  stackDocument,
  TestCluster,
  volume,
} from '../../test/support/documents.ts'
import { setSecret } from '../control/index.ts'
import { applyChanges, takeSnapshot } from '../model/index.ts'
import type { CompiledStack, StackDocument, StateSnapshot } from '../model/index.ts'
import { checkFresh, makeDestroyPlan, makePlan } from './index.ts'
import type { Plan } from './index.ts'

const document = (given: Partial<StackDocument> = {}) =>
  stackDocument('shop', {
    services: { web: service({ mounts: { '/data': { volume: 'data', readOnly: false } } }) },
    jobs: { seed: job() },
    volumes: { data: volume() },
    secrets: { token: { generateBytes: 24 } },
    ...given,
  })

/** A stack that runs, and a plan that adds a service. */
function planned(): { cluster: TestCluster; plan: Plan; stack: CompiledStack } {
  const cluster = new TestCluster([node('h1'), node('h2')])
  cluster.applyToTheEnd(compiled(document()))
  const stack = compiled(document({ services: { ...document().services, api: service() } }))
  return { cluster, stack, plan: planFor(cluster, stack) }
}

function planFor(cluster: TestCluster, stack: CompiledStack): Plan {
  return makePlan({ compiled: stack, snapshot: snapshotOf(cluster), now: cluster.now, planId: 'plan-0001' })
}

function snapshotOf(cluster: TestCluster): StateSnapshot {
  return takeSnapshot(cluster.state, cluster.now)
}

test('a plan stays fresh while only agents and rollouts go on', () => {
  const cluster = new TestCluster([node('h1'), node('h2')])
  cluster.apply(compiled(document()))
  const stack = compiled(document({ jobs: {} }))
  const plan = planFor(cluster, stack)
  cluster.report()
  cluster.report(undefined, 10_000)
  applyChanges(cluster.state, [{ table: 'nodes', key: 'h1', value: node('h1', { status: 'suspect' }) }])
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([])
  expect(checkFresh(plan, snapshotOf(cluster), stack)).toEqual([])
})

test('another apply is what moved, with what it changed', () => {
  const { cluster, plan } = planned()
  cluster.applyToTheEnd(
    compiled(document({ services: { web: service({ image: { ref: 'app:2' } }) }, jobs: {} })),
  )
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([
    'shop was at version 1, and is at version 2 now',
    'shop/web was revision 1, and is revision 2 now',
    'shop/seed was run 1, and is absent now',
  ])
})

test('a stack that went, and one that came', () => {
  const { cluster, plan } = planned()
  cluster.destroyToTheEnd('shop', ['data'])
  expect(checkFresh(plan, snapshotOf(cluster))[0]).toBe('shop was at version 1, and is not there now')
  const first = planFor(cluster, compiled(document()))
  cluster.applyToTheEnd(compiled(document()))
  expect(checkFresh(first, snapshotOf(cluster))).toContain('shop was not there, and is at version 3 now')
})

test('a plan that has been applied is spent, also when its stack has gone since', () => {
  const cluster = new TestCluster()
  const stack = compiled(document())
  const plan = planFor(cluster, stack)
  cluster.apply(stack, plan.id)
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([
    'this plan has been applied already, as version 1 of shop',
  ])
  cluster.destroyToTheEnd('shop', ['data'])
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([
    'this plan has been applied already, to an earlier shop',
  ])
})

test('a secret that was set meanwhile, and a volume that was filled', () => {
  const cluster = new TestCluster([])
  cluster.apply(compiled(document({ secrets: {} })))
  const plan = planFor(cluster, compiled(document()))
  expect(plan.steps).toMatchObject([{ address: 'shop/secret:token', op: 'generate' }])
  const wish = { stack: 'shop', name: 'token', value: { dataKey: 'k', ciphertext: 'c' }, by: 'tester' }
  applyChanges(cluster.state, setSecret(cluster.state, wish, cluster.now).changes)
  applyChanges(cluster.state, [{ table: 'nodes', key: 'h1', value: node('h1') }])
  cluster.round()
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([
    'shop/volume:data was empty, and is on h1 now',
    'shop/secret:token was absent, and is version 1 now',
  ])
})

test.each([
  { name: 'is lost', given: { status: 'lost' as const }, moved: 'was ready, and is lost now' },
  { name: 'is drained', given: { availability: 'drain' as const }, moved: 'was ready, and is drain now' },
  { name: 'has other labels', given: { labels: { disk: 'ssd' } }, moved: 'has changed (ready)' },
])('a node that a task was to land on $name', ({ given, moved }) => {
  const { cluster, plan } = planned()
  const [landing] = plan.forecast?.landings ?? []
  expect(landing?.task).toBe('shop/api.1')
  const id = landing?.node.id ?? ''
  const other = id === 'h1' ? 'h2' : 'h1'
  applyChanges(cluster.state, [{ table: 'nodes', key: other, value: node(other, given) }])
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([])
  applyChanges(cluster.state, [{ table: 'nodes', key: id, value: node(id, given) }])
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([`node:${id} ${moved}`])
})

test('a plan of another cluster is not fresh', () => {
  const { cluster, plan } = planned()
  const other = new TestCluster()
  const { cluster: row } = other.state
  if (row) applyChanges(other.state, [{ table: 'cluster', key: 'cluster', value: { ...row, id: 'c2' } }])
  expect(checkFresh(plan, snapshotOf(other))).toEqual([
    'the plan was made for the cluster c1, and this is c2',
  ])
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([])
})

test('a plan that shows one thing and carries another is found out', () => {
  const { cluster, plan, stack } = planned()
  expect(checkFresh(plan, snapshotOf(cluster), stack)).toEqual([])
  const harmless = { ...plan, steps: [] }
  expect(checkFresh(harmless, snapshotOf(cluster), stack)).toEqual(['shop/api is not what the plan shows'])
  const worse = compiled(document({ services: { ...document().services, evil: service() } }))
  expect(checkFresh(plan, snapshotOf(cluster), worse)).toEqual([
    'shop/evil is not what the plan shows',
    'shop/api is not what the plan shows',
  ])
})

test('a destroy is fresh until the stack moves', () => {
  const { cluster } = planned()
  const plan = makeDestroyPlan({
    stack: 'shop',
    snapshot: snapshotOf(cluster),
    now: cluster.now,
    planId: 'plan-0002',
    deleteVolumes: [],
  })
  expect(checkFresh(plan, snapshotOf(cluster))).toEqual([])
  cluster.apply(compiled(document({ services: {} })))
  expect(checkFresh(plan, snapshotOf(cluster))[0]).toBe('shop was at version 1, and is at version 2 now')
})
