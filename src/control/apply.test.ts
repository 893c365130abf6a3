import { describe, expect, test } from 'vitest'
import type { ServiceSpec, StackDocument } from '../model/index.ts'
import {
  after,
  afterJob,
  documentOf,
  imageOf,
  jobOf,
  nodeOf,
  rolloutOf,
  serviceOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { compareStack, hasWork } from './compare.ts'
import { Toy } from './testing.ts'

const api = (tag: string, over: Partial<ServiceSpec> = {}): StackDocument =>
  documentOf({ services: { api: serviceOf({ template: imageOf(tag), replicas: 2, ...over }) } })

const revisionOf = (toy: Toy) => toy.state.services.get('shop/api')?.target
const rolloutState = (toy: Toy) => toy.state.services.get('shop/api')?.rollout

/** A toy that has settled on the document. */
function settledOn(document: StackDocument): Toy {
  const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
  expect(toy.apply(document)).toMatchObject({ ok: true })
  toy.pass(60_000)
  expect(toy.unrest()).toEqual([])
  return toy
}

const everything = documentOf({
  services: {
    db: serviceOf({
      template: templateOf({
        mounts: { '/data': { volume: 'data', readOnly: false } },
        secretFiles: ['token'],
        ports: { pg: { container: 5432, protocol: 'tcp' } },
      }),
      rollout: rolloutOf({ order: 'stop-first' }),
      onLost: 'fence',
    }),
    api: serviceOf({
      replicas: 3,
      dependsOn: [after('db'), afterJob('seed')],
      template: templateOf({
        env: { DB: { text: ['db:', { endpoint: { service: 'db', port: 'pg', container: 5432 } }] } },
        ports: { http: { container: 80, protocol: 'http', published: 8080 } },
      }),
    }),
  },
  jobs: { seed: jobOf({ dependsOn: [after('db')] }) },
  volumes: { data: volumeOf() },
  secrets: { token: { generateBytes: 24 } },
})

describe('applying', () => {
  test('brings everything up in the order of its dependencies', () => {
    const toy = settledOn(everything)
    expect(toy.serving('shop/db')).toBe(1)
    expect(toy.serving('shop/api')).toBe(3)
    expect(toy.state.jobs.get('shop/seed')?.status).toBe('complete')
    const placed = (owner: string) => toy.tasks(owner)[0]?.createdAt ?? 0
    expect(placed('shop/db')).toBeLessThanOrEqual(placed('shop/seed'))
    expect(toy.state.volumes.get('shop/volume:data')?.node).toBe(toy.task('shop/db').node)
    expect(toy.state.secrets.get('shop/secret:token')?.versions).toHaveLength(1)
    expect(toy.state.stacks.get('shop')).toMatchObject({ version: 1, removing: false })
  })

  test('the same document a second time has no work and touches nothing that runs', () => {
    const toy = settledOn(everything)
    expect(hasWork(compareStack(everything, toy.state))).toBe(false)
    const before = new Map(toy.state.tasks)
    const services = new Map(toy.state.services)
    const secrets = new Map(toy.state.secrets)
    expect(toy.apply(everything)).toMatchObject({ ok: true, version: 2 })
    toy.pass(600_000)
    expect(toy.state.tasks).toEqual(before)
    expect(toy.state.services).toEqual(services)
    expect(toy.state.secrets).toEqual(secrets)
  })

  test('what touches no template changes no task', () => {
    const toy = settledOn(api('1'))
    const before = toy.tasks()
    toy.apply(api('1', { rollout: rolloutOf({ minHealthyMs: 1000 }), placement: { require: [] } }))
    toy.pass(60_000)
    expect(toy.tasks()).toEqual(before)
    expect(revisionOf(toy)).toBe(1)
    expect(toy.state.services.get('shop/api')?.spec.rollout.minHealthyMs).toBe(1000)
  })

  test('more replicas start only the missing ones, fewer stop only the last ones', () => {
    const toy = settledOn(api('1'))
    const before = toy.tasks()
    toy.apply(api('1', { replicas: 4 }))
    toy.pass(60_000)
    expect(toy.tasks().slice(0, 2)).toEqual(before)
    expect(toy.serving()).toBe(4)
    toy.apply(api('1', { replicas: 1 }))
    toy.pass(60_000)
    expect(toy.tasks()).toEqual(before.slice(0, 1))
  })

  test('a changed template is a new revision, and an older one is used again', () => {
    const toy = settledOn(api('1'))
    toy.apply(api('2'))
    toy.pass(60_000)
    expect(revisionOf(toy)).toBe(2)
    expect(rolloutState(toy)).toMatchObject({ from: 1, to: 2, status: 'done' })
    toy.apply(api('1'))
    toy.pass(60_000)
    expect(revisionOf(toy)).toBe(1)
    expect(rolloutState(toy)).toMatchObject({ from: 2, to: 1, status: 'done' })
    expect(toy.state.services.get('shop/api')?.revisions.map(({ number }) => number)).toEqual([2, 1])
    expect(toy.tasks().map(({ revision }) => revision)).toEqual([1, 1])
  })

  test('no number of a revision is given twice, however many there were', () => {
    const toy = settledOn(api('0'))
    const numbers = new Map<string, number>()
    for (let round = 1; round <= 40; round += 1) {
      const tag = String(round % 13 === 0 ? 0 : round)
      toy.apply(api(tag))
      toy.pass(60_000)
      const service = toy.state.services.get('shop/api')
      for (const { number, hash } of service?.revisions ?? []) {
        const key = String(number)
        const known = [...numbers].find(([, value]) => String(value) === key)?.[0]
        expect(known ?? hash).toBe(hash)
        numbers.set(hash, number)
      }
      expect(service?.revisions.length).toBeLessThanOrEqual(12)
    }
  })

  test('the revision of a task that is still there is kept, however many come after it', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.isGood = () => false
    for (let tag = 1; tag <= 15; tag += 1) toy.apply(api(String(tag)))
    const known = new Set(toy.state.services.get('shop/api')?.revisions.map(({ number }) => number))
    for (const task of toy.tasks()) expect(known).toContain(task.revision)
  })

  test('a service that is taken out stops, and its row goes last', () => {
    const toy = settledOn(api('1'))
    toy.apply(documentOf())
    expect(toy.state.services.get('shop/api')?.removing).toBe(true)
    expect(toy.tasks().every((task) => task.desired === 'stop')).toBe(true)
    expect(compareStack(documentOf(), toy.state).steps).toEqual([])
    toy.pass(1000)
    expect(toy.state.services.size + toy.state.tasks.size).toBe(0)
    expect(toy.state.stacks.has('shop')).toBe(true)
  })

  test('a service taken out and declared again before it is gone starts anew beside what stops', () => {
    const toy = settledOn(api('1'))
    toy.apply(documentOf())
    const stopping = toy.tasks().map(({ id }) => id)
    const step = compareStack(api('1'), toy.state).steps[0]
    expect(step).toMatchObject({ action: 'create', revision: 1 })
    toy.apply(api('1'))
    expect(rolloutState(toy)).toMatchObject({ from: 0, status: 'progressing' })
    toy.pass(60_000)
    expect(toy.serving()).toBe(2)
    expect(toy.tasks().some(({ id }) => stopping.includes(id))).toBe(false)
    expect(toy.state.services.get('shop/api')?.removing).toBe(false)
  })

  test('a service cannot become a job of the same name in one apply', () => {
    const toy = settledOn(api('1'))
    expect(toy.apply(documentOf({ jobs: { api: jobOf() } }))).toMatchObject({
      ok: false,
      what: 'shop/api is still there as a service',
    })
    toy.apply(documentOf())
    toy.pass(1000)
    expect(toy.apply(documentOf({ jobs: { api: jobOf() } }))).toMatchObject({ ok: true })
    toy.pass(1000)
    expect(toy.state.jobs.get('shop/api')?.status).toBe('complete')
  })
})

describe('an apply is refused, and changes nothing,', () => {
  const refused = (toy: Toy, apply: () => unknown) => {
    const before = JSON.stringify([...toy.state.tasks, ...toy.state.services, ...toy.state.stacks])
    const decision = apply()
    expect(JSON.stringify([...toy.state.tasks, ...toy.state.services, ...toy.state.stacks])).toBe(before)
    return decision
  }

  test('when another apply came first', () => {
    const toy = settledOn(api('1'))
    expect(refused(toy, () => toy.apply(api('2'), { baseVersion: 0 }))).toMatchObject({
      ok: false,
      exit: 4,
      what: 'the plan is stale: shop was not there when it was made, and is at version 1 now',
    })
    toy.apply(api('2'))
    expect(refused(toy, () => toy.apply(api('3'), { baseVersion: 1 }))).toMatchObject({
      ok: false,
      exit: 4,
      what: 'the plan is stale: shop was at version 1 when it was made, and is at version 2 now',
    })
  })

  test('when the stack it was made for is gone', () => {
    const toy = settledOn(api('1'))
    toy.destroy()
    toy.pass(60_000)
    expect(refused(toy, () => toy.apply(api('1'), { baseVersion: 1 }))).toMatchObject({
      ok: false,
      exit: 4,
      what: 'the plan is stale: shop was at version 1 when it was made, and is gone now',
    })
  })

  test('when the same plan was applied before', () => {
    const toy = settledOn(documentOf())
    toy.apply(api('1'), { planId: 'plan-once' })
    expect(refused(toy, () => toy.apply(api('1'), { planId: 'plan-once' }))).toMatchObject({
      ok: false,
      exit: 4,
      what: 'this plan has been applied to shop already',
    })
  })

  test('when the same plan made the stack in an earlier life', () => {
    const toy = new Toy(nodeOf('n1'))
    for (const planId of ['plan-life-1', 'plan-life-2']) {
      expect(toy.apply(api('1'), { planId })).toMatchObject({ ok: true })
      toy.pass(60_000)
      toy.destroy()
      toy.pass(60_000)
      expect(toy.state.stacks.size).toBe(0)
    }
    for (const planId of ['plan-life-1', 'plan-life-2'])
      expect(refused(toy, () => toy.apply(api('1'), { planId, baseVersion: 0 }))).toMatchObject({
        ok: false,
        exit: 4,
      })
  })

  test('when the stack has lived another life at the same version', () => {
    const toy = settledOn(api('1'))
    toy.destroy()
    toy.pass(60_000)
    expect(toy.apply(api('1'))).toMatchObject({ ok: true, version: 3 })
    expect(refused(toy, () => toy.apply(api('2'), { baseVersion: 1 }))).toMatchObject({ ok: false, exit: 4 })
  })

  test('while the stack is being destroyed', () => {
    const toy = settledOn(api('1'))
    toy.destroy()
    expect(refused(toy, () => toy.apply(api('2')))).toMatchObject({
      ok: false,
      exit: 1,
      what: 'the stack shop is being destroyed',
    })
  })

  test('when the document does not hold together', () => {
    const toy = settledOn(api('1'))
    expect(refused(toy, () => toy.apply(api('2', { dependsOn: [after('nobody')] })))).toMatchObject({
      ok: false,
      exit: 1,
      what: 'shop/api depends on nobody, which is not declared',
    })
  })

  test('and names ten of very many reasons', () => {
    const toy = new Toy(nodeOf('n1'))
    const decision = toy.apply(
      api('1', { dependsOn: Array.from({ length: 200 }, (_, index) => after(`nobody-${index}`)) }),
    )
    expect(decision).toMatchObject({ ok: false })
    expect(decision.what).toMatch(/; and 190 more$/)
  })

  test('when another stack publishes the port', () => {
    const published = (port: number) =>
      templateOf({ ports: { http: { container: 80, protocol: 'http', published: port } } })
    const toy = settledOn(
      documentOf({ services: { web: serviceOf({ template: published(8080) }) } }, 'other'),
    )
    const document = documentOf({ services: { api: serviceOf({ template: published(8080) }) } })
    expect(toy.apply(document)).toMatchObject({
      ok: false,
      what: 'shop/api publishes port 8080, which other/web publishes already',
      fix: 'publish it on another port',
    })
    toy.destroy('other')
    expect(toy.apply(document)).toMatchObject({ ok: false, fix: 'apply again once that is gone' })
    toy.pass(1000)
    expect(toy.apply(document)).toMatchObject({ ok: true })
  })

  test('when a secret it uses has no value yet', () => {
    const toy = new Toy(nodeOf('n1'))
    const document = documentOf({
      services: { api: serviceOf({ template: templateOf({ secretFiles: ['token'] }) }) },
      secrets: { token: {} },
    })
    expect(toy.apply(document)).toMatchObject({
      ok: false,
      what: 'shop/api uses the secret shop/secret:token, which has no value yet',
      fix: 'set it: gantry secret set shop/token',
    })
  })
})

describe('volumes', () => {
  const withVolume = (reclaim: 'retain' | 'delete', isDeclared = true) =>
    documentOf({
      services: {
        db: serviceOf({
          template: templateOf({
            mounts: isDeclared ? { '/data': { volume: 'data', readOnly: false } } : {},
          }),
          rollout: rolloutOf({ order: 'stop-first' }),
          onLost: 'fence',
        }),
      },
      volumes: isDeclared ? { data: volumeOf({ reclaim }) } : {},
    })
  const data = (toy: Toy) => toy.state.volumes.get('shop/volume:data')

  test('that are not declared any more stay, and are found again where they were', () => {
    const toy = settledOn(withVolume('retain'))
    const { node } = toy.task('shop/db')
    toy.apply(withVolume('retain', false))
    toy.pass(60_000)
    expect(data(toy)).toMatchObject({ declared: false, deleting: false, node })
    expect(compareStack(withVolume('retain'), toy.state).steps).toContainEqual(
      expect.objectContaining({ address: 'shop/volume:data', action: 'restore' }),
    )
    toy.apply(withVolume('retain'))
    toy.pass(60_000)
    expect(data(toy)).toMatchObject({ declared: true, node })
    expect(toy.task('shop/db').node).toBe(node)
  })

  test('with reclaim delete go once nothing can need them any more, and not before', () => {
    const toy = settledOn(withVolume('delete'))
    toy.apply(withVolume('delete', false))
    expect(data(toy)).toMatchObject({ declared: false, deleting: true })
    toy.work()
    // The new revision is not proved yet, so a rollback may still need the data.
    expect(data(toy)).toBeDefined()
    toy.pass(60_000)
    expect(data(toy)).toBeUndefined()
    expect(toy.unrest()).toEqual([])
  })

  test('are still there for a rollback, and can then be declared again', () => {
    const toy = settledOn(withVolume('delete'))
    const { node } = toy.task('shop/db')
    toy.isGood = (task) => task.revision !== 2
    toy.apply(withVolume('delete', false))
    toy.pass(600_000)
    expect(toy.state.services.get('shop/db')?.rollout.status).toBe('rolled-back')
    expect(data(toy)).toMatchObject({ deleting: true, node })
    expect(toy.serving('shop/db')).toBe(1)
    expect(toy.apply(withVolume('delete'))).toMatchObject({ ok: true })
    toy.pass(60_000)
    expect(data(toy)).toMatchObject({ declared: true, deleting: false, node })
  })

  test('that are being deleted cannot be declared before they are gone', () => {
    const toy = settledOn(withVolume('delete'))
    toy.apply(documentOf())
    for (const task of toy.tasks('shop/db')) toy.report(task, { phase: 'stopped', health: 'unknown' })
    expect(toy.apply(withVolume('delete'))).toMatchObject({
      ok: false,
      what: 'shop/volume:data is being deleted',
    })
    toy.work()
    expect(toy.apply(withVolume('delete'))).toMatchObject({ ok: true })
  })

  test('that never held data go at once', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(documentOf({ volumes: { data: volumeOf({ reclaim: 'delete' }) } }))
    toy.apply(documentOf())
    expect(data(toy)).toBeUndefined()
  })
})

describe('secrets', () => {
  const withSecret = documentOf({ secrets: { token: { generateBytes: 24 } } })
  const token = (toy: Toy) => toy.state.secrets.get('shop/secret:token')

  test('get one value, which stays when they are declared again', () => {
    const toy = settledOn(withSecret)
    const versions = token(toy)?.versions
    expect(versions).toMatchObject([{ version: 1, createdBy: 'admin' }])
    toy.apply(documentOf())
    expect(token(toy)).toMatchObject({ declared: false, versions })
    toy.apply(withSecret)
    expect(token(toy)).toMatchObject({ declared: true, versions })
  })

  test('that are set by hand are not generated', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(documentOf({ secrets: { token: {} } }))
    expect(token(toy)?.versions).toEqual([])
  })
})

describe('jobs', () => {
  const seed = (tag: string, retries = 3) =>
    documentOf({ jobs: { seed: jobOf({ template: imageOf(tag), retries }) } })
  const job = (toy: Toy) => toy.state.jobs.get('shop/seed')

  test('run again only when their template changes', () => {
    const toy = settledOn(seed('1'))
    toy.apply(seed('1', 5))
    toy.pass(60_000)
    expect(job(toy)).toMatchObject({ run: 1, status: 'complete', spec: { retries: 5 } })
    toy.apply(seed('2'))
    toy.pass(60_000)
    expect(job(toy)).toMatchObject({ run: 2, status: 'complete' })
  })

  test('that have used up their tries go on when they are given more', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.isGood = () => false
    toy.apply(seed('1', 1))
    toy.pass(3_600_000)
    expect(job(toy)).toMatchObject({ status: 'failed', failures: 2 })
    toy.apply(seed('1', 2))
    toy.pass(3_600_000)
    expect(job(toy)).toMatchObject({ run: 1, status: 'failed', failures: 3 })
  })
})

describe('a rollout that went wrong', () => {
  test('of a service that was made anew goes nowhere, whatever was good in its earlier life', () => {
    const toy = settledOn(api('1'))
    toy.apply(documentOf())
    toy.isGood = (task) => task.revision === 1
    toy.apply(api('2'))
    toy.pass(600_000)
    expect(rolloutState(toy)).toMatchObject({ from: 0, to: 2, status: 'failed' })
    expect(toy.tasks().map(({ revision }) => revision)).toEqual([2, 2])
  })

  test('for the first time is mended by the next apply', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.isGood = (task) => task.revision !== 1
    toy.apply(api('bad'))
    toy.pass(3_600_000)
    expect(rolloutState(toy)).toMatchObject({ from: 0, status: 'failed' })
    toy.apply(api('good'))
    expect(rolloutState(toy)).toMatchObject({ from: 0, to: 2, status: 'progressing' })
    toy.pass(600_000)
    expect(rolloutState(toy)).toMatchObject({ status: 'done' })
    expect(toy.tasks().map(({ revision }) => revision)).toEqual([2, 2])
  })

  test('is tried again when its rules change', () => {
    const toy = settledOn(api('1', { rollout: rolloutOf({ onFailure: 'pause' }) }))
    toy.isGood = (task) => task.revision !== 2
    toy.apply(api('2', { rollout: rolloutOf({ onFailure: 'pause' }) }))
    toy.pass(600_000)
    expect(rolloutState(toy)).toMatchObject({ status: 'failed', to: 2, from: 1 })
    expect(toy.serving()).toBe(2)
    toy.isGood = () => true
    toy.apply(api('2', { rollout: rolloutOf({ onFailure: 'pause', minHealthyMs: 1000 }) }))
    expect(rolloutState(toy)).toMatchObject({ status: 'progressing', from: 1, to: 2 })
    toy.pass(600_000)
    expect(rolloutState(toy)).toMatchObject({ status: 'done' })
    expect(toy.tasks().map(({ revision }) => revision)).toEqual([2, 2])
  })

  test('of nothing proves nothing: a revision without replicas is no place to go back to', () => {
    const toy = settledOn(api('1', { replicas: 0 }))
    expect(rolloutState(toy)).toMatchObject({ status: 'done' })
    expect(toy.state.services.get('shop/api')?.revisions[0]?.verdict).toBe('unproven')
    toy.apply(api('1', { replicas: 2 }))
    expect(rolloutState(toy)).toMatchObject({ status: 'progressing', from: 0 })
    toy.pass(60_000)
    expect(toy.state.services.get('shop/api')?.revisions[0]?.verdict).toBe('good')
  })

  test('ends at zero replicas too', () => {
    const toy = settledOn(api('1'))
    toy.apply(api('2', { replicas: 0 }))
    toy.pass(60_000)
    expect(rolloutState(toy)).toMatchObject({ status: 'done', to: 2 })
    expect(toy.tasks()).toEqual([])
    expect(toy.unrest()).toEqual([])
  })
})
