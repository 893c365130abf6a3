import { expect, test } from 'vitest'
import {
  afterJob,
  compiled,
  job,
  node,
  service,
  stackDocument,
  TestCluster,
  volume,
} from '../../test/support/documents.ts'
import type { Behaviour } from '../../test/support/documents.ts'
import { applyChanges, takeSnapshot, viewOf } from '../model/index.ts'
import type { StackDocument } from '../model/index.ts'
import { makeDestroyPlan, makePlan, progressOf, renderProgress } from './index.ts'
import type { Plan, Progress } from './index.ts'

class Apply {
  readonly cluster: TestCluster
  readonly plan: Plan
  readonly version: number

  constructor(cluster: TestCluster, document: StackDocument, planId = 'plan-0001') {
    this.cluster = cluster
    const stack = compiled(document)
    this.plan = makePlan({
      compiled: stack,
      snapshot: takeSnapshot(cluster.state, cluster.now),
      now: cluster.now,
      planId,
    })
    this.version = cluster.apply(stack, planId)
  }

  progress(): Progress {
    return progressOf(viewOf(this.cluster.state, this.cluster.now), this.plan, this.version)
  }

  /** Lets agents report until it is over, and gives the outcomes on the way. */
  follow(behave?: Behaviour, ms = 2000): Progress[] {
    const seen = [this.progress()]
    for (let round = 0; round < 400 && seen.at(-1)?.done !== true; round++) {
      this.cluster.report(behave, ms)
      seen.push(this.progress())
    }
    return seen
  }

  end(behave?: Behaviour, ms?: number): Progress {
    const last = this.follow(behave, ms).at(-1)
    if (!last) throw new Error('there was no progress at all')
    return last
  }
}

const web = (tag: string, replicas = 2) => service({ image: { ref: `web:${tag}` } }, { replicas })
const shop = (given: Partial<StackDocument>) => stackDocument('shop', given)

const crashing =
  (owner: string, revision = 1): Behaviour =>
  (task) => {
    if (task.desired === 'stop') return { phase: 'stopped' }
    if (task.owner !== owner || task.revision !== revision)
      return task.kind === 'job' ? { phase: 'complete' } : { phase: 'running', health: 'healthy' }
    return task.kind === 'job'
      ? { phase: 'failed', exitCode: 3, message: 'no such table' }
      : { phase: 'backoff', restarts: 1, exitCode: 3 }
  }

test('a first apply progresses until every replica counts, and is then done', () => {
  const seen = new Apply(new TestCluster(), shop({ services: { web: web('1') } })).follow()
  expect(seen[0]).toMatchObject({
    outcome: 'progressing',
    done: false,
    lines: [{ address: 'shop/web', text: '0 of 2 healthy, revision 1; web.1, web.2: assigned' }],
  })
  expect(seen.at(-1)).toEqual({
    outcome: 'done',
    done: true,
    ok: true,
    summary: 'shop version 1 is up',
    lines: [{ address: 'shop/web', state: 'done', text: '2 of 2 healthy, revision 1' }],
  })
  expect(new Set(seen.map(({ outcome }) => outcome))).toEqual(new Set(['progressing', 'done']))
})

test('a rollout that goes back is followed until everything is back, and then rolled back', () => {
  const cluster = new TestCluster()
  cluster.applyToTheEnd(compiled(shop({ services: { web: web('1') } })))
  const seen = new Apply(cluster, shop({ services: { web: web('2') } })).follow(crashing('shop/web', 2))
  expect(seen.map(({ lines }) => lines[0]?.state)).toContain('rolling-back')
  expect(seen.at(-1)).toMatchObject({ outcome: 'rolled-back', ok: false })
  expect(seen.at(-1)?.summary).toContain('web 2 of 2 healthy, revision 1; shop/web.1 ended with exit code 3')
})

test('an apply after one that was rolled back is not judged by it', () => {
  const cluster = new TestCluster()
  const both = (tag: string, other: string) => shop({ services: { api: web(other), web: web(tag) } })
  cluster.applyToTheEnd(compiled(both('1', '1')))
  expect(new Apply(cluster, both('2', '1')).end(crashing('shop/web', 2)).outcome).toBe('rolled-back')
  cluster.now += 1000
  const next = new Apply(cluster, both('1', '2'), 'plan-0002')
  const end = next.end()
  expect(end.outcome).toBe('done')
  expect(end.lines.map(({ address }) => address)).toEqual(['shop/api'])
})

test('a first deployment that never gets healthy fails at its deadline', () => {
  const end = new Apply(new TestCluster(), shop({ services: { web: web('1') } })).end(crashing('shop/web'))
  expect(end).toMatchObject({ outcome: 'failed', done: true, ok: false })
})

test('a job in the apply: while it runs there is progress, and when it is complete the apply is done', () => {
  const apply = new Apply(new TestCluster(), shop({ jobs: { seed: job() } }))
  apply.cluster.report(() => ({ phase: 'running', health: 'healthy' }))
  expect(apply.progress()).toMatchObject({
    outcome: 'progressing',
    lines: [{ address: 'shop/seed', text: 'run 1 is running' }],
  })
  expect(apply.end()).toMatchObject({ outcome: 'done', lines: [{ text: 'run 1 is complete' }] })
})

test('a job that fails for good fails the apply at once, though what depends on it would wait for ever', () => {
  const document = shop({
    services: { web: service({}, { dependsOn: [afterJob('seed')] }) },
    jobs: { seed: job({}, { retries: 1 }) },
  })
  const seen = new Apply(new TestCluster(), document).follow(crashing('shop/seed'))
  expect(seen.at(-2)).toMatchObject({ outcome: 'progressing' })
  expect(seen.at(-1)?.outcome).toBe('failed')
  expect(seen.at(-1)?.summary).toBe(
    'shop version 1 failed: seed run 1 failed, 2 of 2 tries failed, the last one ended with exit code 3 (no such table)',
  )
})

test('a job that had failed before does not fail an apply that leaves it alone', () => {
  const cluster = new TestCluster()
  const document = (tag: string) =>
    shop({ services: { web: web(tag) }, jobs: { seed: job({}, { retries: 0 }) } })
  cluster.applyToTheEnd(compiled(document('1')), crashing('shop/seed'))
  cluster.now += 1000
  expect(new Apply(cluster, document('2')).end().outcome).toBe('done')
})

test('a job that runs again is waited for, not taken for its last run', () => {
  const cluster = new TestCluster()
  const document = (tag: string) => shop({ jobs: { seed: job({ image: { ref: `seed:${tag}` } }) } })
  cluster.applyToTheEnd(compiled(document('1')))
  const seen = new Apply(cluster, document('2')).follow()
  expect(seen[0]?.outcome).toBe('progressing')
  expect(seen.at(-1)).toMatchObject({ outcome: 'done', lines: [{ text: 'run 2 is complete' }] })
})

test('more replicas are waited for, and so is the end of those that go', () => {
  const cluster = new TestCluster()
  cluster.applyToTheEnd(compiled(shop({ services: { web: web('1', 2) } })))
  const up = new Apply(cluster, shop({ services: { web: web('1', 4) } }))
  expect(up.progress()).toMatchObject({ outcome: 'progressing', lines: [{ state: 'progressing' }] })
  expect(up.end()).toMatchObject({ outcome: 'done', lines: [{ text: '4 of 4 healthy, revision 1' }] })
  const down = new Apply(cluster, shop({ services: { web: web('1', 1) } }), 'plan-0002')
  expect(down.progress().outcome).toBe('progressing')
  expect(down.end().outcome).toBe('done')
  expect(cluster.state.tasks.size).toBe(1)
})

test('a service that is removed is waited for until it is gone', () => {
  const cluster = new TestCluster()
  cluster.applyToTheEnd(compiled(shop({ services: { web: web('1'), old: web('1') } })))
  const apply = new Apply(cluster, shop({ services: { web: web('1') } }))
  expect(apply.progress()).toMatchObject({
    outcome: 'progressing',
    lines: [{ address: 'shop/old', text: 'is being removed, 2 tasks left' }],
  })
  expect(apply.end()).toMatchObject({ outcome: 'done', lines: [] })
})

test('a task that no node takes is progress with its reason', () => {
  const cluster = new TestCluster([node('h1', { capacity: { cpu: 100, memory: 1024 ** 2 } })])
  const big = service({ resources: { cpu: 0, memory: 1024 ** 3 } })
  const { outcome, lines } = new Apply(cluster, shop({ services: { web: big } })).progress()
  expect(outcome).toBe('progressing')
  expect(lines[0]?.text).toBe(
    '0 of 1 healthy, revision 1; web.1: no node fits: of 1, 1 with too little memory (needs 1Gi, the freest has 1Mi)',
  )
})

test('another apply of the stack supersedes this one, whoever made it', () => {
  const cluster = new TestCluster()
  const apply = new Apply(cluster, shop({ services: { web: web('1') } }))
  cluster.apply(compiled(shop({ services: { web: web('2') } })), 'plan-0002')
  expect(apply.progress()).toMatchObject({
    outcome: 'superseded',
    done: true,
    ok: false,
    summary: 'another apply (by tester) made version 2 of shop',
  })
})

test('a destroy of the stack supersedes an apply, before and after it is over', () => {
  const cluster = new TestCluster()
  const apply = new Apply(cluster, shop({ services: { web: web('1') } }))
  cluster.destroy('shop')
  expect(apply.progress()).toMatchObject({ outcome: 'superseded', summary: 'shop is being destroyed' })
  cluster.settle()
  expect(apply.progress()).toMatchObject({ outcome: 'superseded', summary: 'shop was destroyed meanwhile' })
})

test('a version with the identity of another plan is not this one', () => {
  const apply = new Apply(new TestCluster(), shop({ services: { web: web('1') } }))
  const view = viewOf(apply.cluster.state, apply.cluster.now)
  expect(progressOf(view, { ...apply.plan, id: 'plan-other' }, apply.version).outcome).toBe('superseded')
  expect(progressOf(view, apply.plan, apply.version + 1)).toMatchObject({ outcome: 'progressing', lines: [] })
})

test('a destroy is done when nothing of the stack is left, its deleted data included', () => {
  const cluster = new TestCluster()
  const document = shop({
    services: { web: service({ mounts: { '/data': { volume: 'data', readOnly: false } } }) },
    volumes: { data: volume() },
  })
  cluster.applyToTheEnd(compiled(document))
  const plan = makeDestroyPlan({
    stack: 'shop',
    snapshot: takeSnapshot(cluster.state, cluster.now),
    now: cluster.now,
    planId: 'plan-0009',
    deleteVolumes: ['data'],
  })
  const version = cluster.destroy('shop', ['data'])
  const progress = () => progressOf(viewOf(cluster.state, cluster.now), plan, version)
  expect(progress()).toMatchObject({
    outcome: 'progressing',
    lines: [
      { address: 'shop/web', text: 'is being removed, 1 task left' },
      { address: 'shop/volume:data', text: 'its data on h1 is being deleted' },
    ],
  })
  cluster.report()
  expect(progress().outcome).toBe('progressing')
  cluster.settle()
  expect(progress()).toMatchObject({ outcome: 'done', ok: true, summary: 'shop is gone' })
})

test('a task on a node that is lost is named while its service is being removed', () => {
  const cluster = new TestCluster([node('h1')])
  cluster.applyToTheEnd(compiled(shop({ services: { web: web('1', 1), old: web('1', 1) } })))
  applyChanges(cluster.state, [{ table: 'nodes', key: 'h1', value: node('h1', { status: 'lost' }) }])
  const apply = new Apply(cluster, shop({ services: { web: web('1', 1) } }))
  expect(apply.progress().lines.find(({ address }) => address === 'shop/old')?.text).toBe(
    'is being removed, 1 task left; old.1 is on h1, which is lost',
  )
})

test('progress is one line a thing, as wide as the terminal, the same for the same progress', () => {
  const apply = new Apply(new TestCluster(), shop({ services: { web: web('1'), api: web('1') } }))
  const lines = renderProgress(apply.progress(), { width: 60, color: false })
  expect(lines).toEqual([
    '… shop/api  0 of 2 healthy, revision 1; api.1, api.2:',
    '      assigned',
    '… shop/web  0 of 2 healthy, revision 1; web.1, web.2:',
    '      assigned',
  ])
  expect(renderProgress(apply.progress(), { width: 60, color: false })).toEqual(lines)
})
