import { expect, test } from 'vitest'
import {
  after,
  afterJob,
  compiled,
  job,
  node,
  service,
  stackDocument,
  TestCluster,
  volume,
} from '../../test/support/documents.ts'
import { applyStack } from '../control/index.ts'
import { applyChanges, copyState, emptySources, takeSnapshot } from '../model/index.ts'
import type { ClusterState, ServiceSpec, StackDocument } from '../model/index.ts'
import { runForecast } from './forecast.ts'
import { makePlan } from './index.ts'
import type { Forecast } from './index.ts'

function forecastIn(cluster: TestCluster, document: StackDocument): Forecast {
  const { forecast } = makePlan({
    compiled: compiled(document),
    snapshot: takeSnapshot(cluster.state, cluster.now),
    now: cluster.now,
    planId: 'plan-0001',
  })
  if (!forecast) throw new Error('there is no forecast')
  return forecast
}

const shop = (given: Partial<StackDocument>) => stackDocument('shop', given)
const web = (tag: string, rest: Partial<Omit<ServiceSpec, 'template'>> = {}) =>
  service(
    { image: { ref: `web:${tag}` }, resources: { cpu: 100, memory: 1024 ** 2 } },
    { replicas: 2, ...rest },
  )
const { rollout } = service()
const probed = service({
  ports: { http: { container: 80, protocol: 'http' } },
  health: { check: { kind: 'tcp', port: 'http' }, intervalMs: 10_000, timeoutMs: 1000, failures: 3 },
})

test('what depends on nothing starts first, the rest in waves when that is healthy or complete', () => {
  const forecast = forecastIn(
    new TestCluster(),
    shop({
      services: {
        db: probed,
        api: service({}, { dependsOn: [after('db')] }),
        web: service({}, { dependsOn: [after('api'), afterJob('migrate')] }),
        docs: service(),
      },
      jobs: { migrate: job({}, { dependsOn: [after('db')] }) },
    }),
  )
  expect(forecast.waves).toEqual([
    { atMs: 0, owners: ['shop/db', 'shop/docs'] },
    { atMs: 1500, owners: ['shop/api', 'shop/migrate'] },
    { atMs: 12_500, owners: ['shop/web'] },
  ])
  // Started and healthy (1 s), and healthy for another 5 s.
  expect(forecast).toMatchObject({ settles: true, outcome: 'done', durationMs: 18_500 })
})

test('tasks land where the leader then puts them', () => {
  const nodes = [node('h1'), node('h2', { capacity: { cpu: 2000, memory: 1024 ** 3 } }), node('h3')]
  const cluster = new TestCluster(nodes)
  cluster.applyToTheEnd(compiled(stackDocument('other', { services: { big: web('1', { replicas: 3 }) } })))
  const document = shop({ services: { api: web('1', { replicas: 4 }), web: web('1', { replicas: 3 }) } })
  const { landings } = forecastIn(cluster, document)
  cluster.apply(compiled(document))
  expect(landings.map(({ task, node }) => [task, node.id])).toEqual(
    [...cluster.state.tasks.values()]
      .filter((task) => task.stack === 'shop')
      .map((task) => [`${task.owner}.${task.slot}`, task.node])
      .sort(),
  )
})

test.each([
  {
    order: 'start-first' as const,
    healthy: 2,
    peak: 200,
    name: 'starting first keeps all healthy and takes more',
  },
  {
    order: 'stop-first' as const,
    healthy: 1,
    peak: 0,
    name: 'stopping first has one less and takes no more',
  },
])('$name', ({ order, healthy, peak }) => {
  const cluster = new TestCluster()
  const spec = (tag: string) => web(tag, { rollout: { ...rollout, order } })
  cluster.applyToTheEnd(compiled(shop({ services: { web: spec('1') } })))
  const forecast = forecastIn(cluster, shop({ services: { web: spec('2') } }))
  expect(forecast.lowestHealthy).toEqual([{ address: 'shop/web', healthy, of: 2 }])
  expect(forecast.extra.peak.cpu).toBe(peak)
  expect(forecast.extra.end).toEqual({ cpu: 0, memory: 0 })
  expect(forecast.outcome).toBe('done')
})

test('going to more or fewer replicas is not being short of any', () => {
  const cluster = new TestCluster()
  cluster.applyToTheEnd(compiled(shop({ services: { web: web('1') } })))
  for (const [replicas, of] of [
    [4, 2],
    [1, 1],
    [0, 0],
  ] as const) {
    const forecast = forecastIn(cluster, shop({ services: { web: web('1', { replicas }) } }))
    expect(forecast.lowestHealthy).toEqual([{ address: 'shop/web', healthy: of, of }])
    expect(forecast.extra.end.cpu).toBe((replicas - 2) * 100)
  }
})

test('an update that no node can take is seen to be rolled back, with the nodes each filter turned away', () => {
  const cluster = new TestCluster([node('h1'), node('h2', { labels: { disk: 'ssd' } })])
  cluster.applyToTheEnd(compiled(shop({ services: { web: web('1') } })))
  const huge = service(
    { image: { ref: 'web:2' }, resources: { cpu: 100, memory: 1024 ** 4 } },
    {
      replicas: 2,
      placement: { require: [{ attribute: 'node.labels.disk', operator: '==', value: 'ssd' }] },
    },
  )
  const forecast = forecastIn(cluster, shop({ services: { web: huge } }))
  expect(forecast).toMatchObject({
    settles: true,
    outcome: 'rolled-back',
    durationMs: 300_000,
    landings: [],
    lowestHealthy: [{ healthy: 2, of: 2 }],
    unplaceable: [
      {
        address: 'shop/web',
        tasks: ['shop/web.1'],
        nodes: 2,
        turnedAway: [
          { filter: 'constraints', nodes: 1, why: '1 without node.labels.disk == "ssd"' },
          { filter: 'memory', nodes: 1, why: '1 with too little memory (needs 1Ti, the freest has 4Gi)' },
        ],
      },
    ],
    endings: [{ address: 'shop/web', ending: 'rolled-back' }],
  })
})

test('a task that waits for room and then gets it is not called unplaceable', () => {
  const cluster = new TestCluster([node('h1', { capacity: { cpu: 250, memory: 1024 ** 3 } })])
  cluster.applyToTheEnd(compiled(shop({ services: { old: web('1') } })))
  const forecast = forecastIn(cluster, shop({ services: { web: web('1') } }))
  expect(forecast).toMatchObject({ outcome: 'done', unplaceable: [] })
  expect(forecast.landings.map(({ task }) => task)).toEqual(['shop/web.1', 'shop/web.2'])
})

test('what fails now goes on failing, and what depends on it does not get there', () => {
  const cluster = new TestCluster()
  cluster.applyToTheEnd(compiled(shop({ services: { db: web('1', { replicas: 1 }) } })))
  cluster.report(() => ({ phase: 'backoff', restarts: 7, exitCode: 1 }))
  const forecast = forecastIn(
    cluster,
    shop({ services: { db: web('1', { replicas: 1 }), api: web('1', { dependsOn: [after('db')] }) } }),
  )
  expect(forecast).toMatchObject({
    settles: true,
    outcome: 'unfinished',
    endings: [
      {
        address: 'shop/api',
        ending: 'unfinished',
        reason: 'shop/api.1: waits for shop/db to be healthy (0 of 1)',
      },
    ],
  })
})

test('a host that does not answer holds up what is to stop on it', () => {
  const cluster = new TestCluster()
  cluster.applyToTheEnd(compiled(shop({ services: { old: web('1', { replicas: 1 }) } })))
  applyChanges(cluster.state, [{ table: 'nodes', key: 'h1', value: node('h1', { status: 'suspect' }) }])
  expect(forecastIn(cluster, shop({}))).toMatchObject({
    settles: true,
    outcome: 'unfinished',
    endings: [{ address: 'shop/old', ending: 'unfinished', reason: 'shop/old.1 is on h1, which is suspect' }],
  })
})

test('data goes, stays and comes back as its volume says', () => {
  const cluster = new TestCluster([node('h1')])
  const mounting = (...names: readonly string[]) =>
    service({
      mounts: Object.fromEntries(names.map((name) => [`/${name}`, { volume: name, readOnly: false }])),
    })
  const kept = volume()
  const lost = volume({ reclaim: 'delete' })
  cluster.applyToTheEnd(
    compiled(shop({ services: { db: mounting('kept', 'lost') }, volumes: { kept, lost } })),
  )
  const without = shop({ services: { db: mounting('fresh') }, volumes: { fresh: kept } })
  const h1 = { id: 'h1', name: 'h1' }
  const forecast = forecastIn(cluster, without)
  expect(forecast.outcome).toBe('done')
  expect(forecast.data).toEqual([
    { address: 'shop/volume:fresh', effect: 'created', node: h1 },
    { address: 'shop/volume:kept', effect: 'retained', node: h1 },
    { address: 'shop/volume:lost', effect: 'deleted', node: h1 },
  ])
  cluster.applyToTheEnd(compiled(without))
  expect([...cluster.state.volumes.keys()]).toEqual(['shop/volume:kept', 'shop/volume:fresh'])
  const again = shop({ services: { db: mounting('kept') }, volumes: { kept } })
  expect(forecastIn(cluster, again).data).toEqual([
    { address: 'shop/volume:fresh', effect: 'retained', node: h1 },
    { address: 'shop/volume:kept', effect: 'restored', node: h1 },
  ])
})

test('a volume declared earlier gets its place when something mounts it', () => {
  const cluster = new TestCluster([node('h1')])
  const volumes = { data: volume() }
  cluster.applyToTheEnd(compiled(shop({ volumes })))
  const using = service({ mounts: { '/data': { volume: 'data', readOnly: false } } })
  expect(forecastIn(cluster, shop({ volumes, services: { db: using } })).data).toEqual([
    { address: 'shop/volume:data', effect: 'created', node: { id: 'h1', name: 'h1' } },
  ])
})

test.each([
  { name: 'rounds', limits: { rounds: 20, work: 1_000_000 } },
  { name: 'work', limits: { rounds: 1_000_000, work: 2000 } },
])('a forecast that takes more $name than it may stops, and says that it has not settled', ({ limits }) => {
  const cluster = new TestCluster()
  const many = (tag: string) => web(tag, { replicas: 30, rollout: { ...rollout, batch: { count: 1 } } })
  cluster.applyToTheEnd(compiled(shop({ services: { web: many('1') } })))
  const document = shop({ services: { web: many('2') } })
  const decide = (state: ClusterState) => {
    const wish = { document, sources: emptySources, planId: 'plan-0001', baseVersion: 1, by: 'plan' }
    const decision = applyStack(state, { ...wish, generated: new Map() }, cluster.now)
    if (!decision.ok) throw new Error(decision.what)
    return { cause: { by: 'plan', what: decision.what }, changes: decision.changes }
  }
  const forecast = runForecast(copyState(cluster.state), 'shop', [], decide, cluster.now, limits)
  expect(forecast).toMatchObject({ settles: false, outcome: 'unfinished' })
  expect(forecast.rounds).toBeLessThanOrEqual(60)
  expect(forecastIn(cluster, document)).toMatchObject({ settles: true, outcome: 'done' })
})
