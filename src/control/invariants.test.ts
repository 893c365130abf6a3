// What must hold whatever happens: random applies, crashes, slow agents and lost nodes against the real rounds.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyChanges, copyState, imageRef, isHealthy, isOnLostNode, isOver, rowsOf } from '../model/index.ts'
import type { Change, ClusterState, MutableState, Service, StackDocument, Task } from '../model/index.ts'
import {
  after,
  afterJob,
  documentOf,
  imageOf,
  jobOf,
  nodeOf,
  rolloutOf,
  serviceOf,
  volumeOf,
} from '../model/testing.ts'
import { allKeys } from './keys.ts'
import { volumesToDelete } from './removal.ts'
import { batchSize } from './rollout.ts'
import { runRound } from './round.ts'
import type { Decide, Round } from './round.ts'
import { volumesUsed } from './task.ts'
import { Toy } from './testing.ts'

interface Wish {
  readonly stack: string
  readonly apiTag: string
  readonly webTag: string
  readonly seedTag: string
  readonly apiReplicas: number
  readonly webReplicas: number
  readonly batch: number
  readonly onFailure: 'rollback' | 'pause'
  readonly webNeeds: readonly string[]
  readonly hasWeb: boolean
  readonly hasVolume: boolean
  readonly reclaim: 'retain' | 'delete'
  readonly cpu: number
}

type Event =
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'work' }
  | { readonly do: 'step'; readonly pick: number }
  | { readonly do: 'crash'; readonly pick: number }
  | { readonly do: 'node'; readonly id: string; readonly status: 'ready' | 'suspect' | 'lost' }
  | { readonly do: 'apply'; readonly wish: Wish }
  | { readonly do: 'destroy'; readonly stack: string; readonly deleteVolumes: boolean }

const stack = fc.constantFrom('shop', 'shop', 'other')
const tag = fc.constantFrom('1', '2', '3', 'bad')
const wish: fc.Arbitrary<Wish> = fc.record({
  stack,
  apiTag: tag,
  webTag: tag,
  seedTag: fc.constantFrom('1', '2', 'bad'),
  apiReplicas: fc.nat(4),
  webReplicas: fc.nat(4),
  batch: fc.integer({ min: 1, max: 3 }),
  onFailure: fc.constantFrom('rollback' as const, 'rollback' as const, 'pause' as const),
  webNeeds: fc.subarray(['api', 'seed']),
  hasWeb: fc.boolean(),
  hasVolume: fc.boolean(),
  reclaim: fc.constantFrom('retain' as const, 'delete' as const),
  cpu: fc.constantFrom(0, 100, 300),
})

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(0, 100, 1000, 5000, 20_000, 400_000),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'work' as const }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('step' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), pick: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('node' as const),
      id: fc.constantFrom('n1', 'n2', 'n3'),
      status: fc.constantFrom('ready' as const, 'ready' as const, 'suspect' as const, 'lost' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('apply' as const), wish }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('destroy' as const), stack, deleteVolumes: fc.boolean() }),
  },
)
const events = fc.array(event, { minLength: 5, maxLength: 50 })

function documentFor(each: Wish): StackDocument {
  const mounts = each.hasVolume ? { '/data': { volume: 'data', readOnly: false } } : {}
  const resources = { cpu: each.cpu, memory: 0 }
  const rollout = { batch: { count: each.batch }, onFailure: each.onFailure }
  return documentOf(
    {
      services: {
        api: serviceOf({
          template: imageOf(each.apiTag, { mounts, resources }),
          replicas: each.apiReplicas,
          rollout: rolloutOf({ ...rollout, order: 'stop-first' }),
          dependsOn: [afterJob('seed')],
        }),
        ...(each.hasWeb
          ? {
              web: serviceOf({
                template: imageOf(each.webTag, { resources }),
                replicas: each.webReplicas,
                rollout: rolloutOf({ ...rollout, order: 'start-first' }),
                dependsOn: each.webNeeds.map((name) => (name === 'seed' ? afterJob(name) : after(name))),
              }),
            }
          : {}),
      },
      jobs: { seed: jobOf({ template: imageOf(each.seedTag, { mounts, resources }), retries: 2 }) },
      volumes: each.hasVolume ? { data: volumeOf({ access: 'shared', reclaim: each.reclaim }) } : {},
    },
    each.stack,
  )
}

function templateOfTask(state: ClusterState, task: Task) {
  return task.kind === 'job'
    ? state.jobs.get(task.owner)?.spec.template
    : state.services.get(task.owner)?.revisions.find(({ number }) => number === task.revision)?.template
}

function isBad(state: ClusterState, task: Task): boolean {
  const template = templateOfTask(state, task)
  return template !== undefined && imageRef(task.stack, template.image).endsWith('bad')
}

function start(): Toy {
  const toy = new Toy(...['n1', 'n2', 'n3'].map((id) => nodeOf(id, { capacity: { cpu: 600, memory: 600 } })))
  toy.isGood = (task) => !isBad(toy.state, task)
  return toy
}

function pickFrom<Item>(items: readonly Item[], pick: number): Item | undefined {
  return items[pick % Math.max(1, items.length)]
}

function happen(toy: Toy, each: Event): void {
  const placed = () => [...toy.state.tasks.values()].filter(({ node }) => node !== null)
  switch (each.do) {
    case 'pass':
      toy.now += each.ms
      toy.round()
      return
    case 'work':
      toy.work()
      return
    case 'step': {
      const task = pickFrom(placed(), each.pick)
      if (task) toy.step(task)
      return
    }
    case 'crash': {
      const running = placed().filter(
        (task) => task.status.phase === 'running' && !isOnLostNode(toy.state, task),
      )
      const task = pickFrom(running, each.pick)
      if (task) toy.crash(task)
      return
    }
    case 'node':
      toy.setNode(each.id, each.status)
      return
    case 'apply':
      toy.apply(documentFor(each.wish))
      return
    case 'destroy':
      toy.destroy(
        each.stack,
        each.deleteVolumes && toy.state.volumes.has(`${each.stack}/volume:data`) ? ['data'] : [],
      )
      return
  }
}

/** The rows, without the words in which a pending task says why no node takes it: they are of when it was last tried. */
function contentOf(state: ClusterState): string {
  return JSON.stringify(
    rowsOf(state).map((row) =>
      row.table === 'tasks' && row.value?.unplaceable != null
        ? { ...row, value: { ...row.value, unplaceable: 'some reason' } }
        : row,
    ),
  )
}

test('looking at what was touched comes to the same as looking at everything', () =>
  fc.assert(
    fc.property(events, (all) => {
      const toy = start()
      toy.beforeRound = (given: readonly Decide[], due) => {
        const touched = copyState(toy.state)
        runRound(touched, given, due, toy.now)
        const everything = copyState(toy.state)
        runRound(everything, given, allKeys(toy.state), toy.now)
        expect(contentOf(touched)).toBe(contentOf(everything))
      }
      for (const each of all) happen(toy, each)
    }),
    { numRuns: 150 },
  ))

test('a round can be taken back, followed from its record, and decided again from a snapshot', () =>
  fc.assert(
    fc.property(events, (all) => {
      const toy = start()
      const follower = copyState(toy.state)
      let before = contentOf(toy.state)
      let given: readonly Decide[] = []
      let shuffled: MutableState = copyState(toy.state)
      toy.beforeRound = (decides, due) => {
        given = decides
        // A state with the same rows, put in another order.
        shuffled = copyState(toy.state)
        const rows = rowsOf(shuffled)
        applyChanges(
          shuffled,
          rows.map((row): Change => ({ ...row, value: null })),
        )
        applyChanges(shuffled, rows.reverse())
        runRound(shuffled, given, due, toy.now)
      }
      toy.onRound = ({ parts, undo }) => {
        expect(contentOf(shuffled)).toBe(contentOf(toy.state))
        const back = copyState(toy.state)
        applyChanges(back, undo)
        expect(contentOf(back)).toBe(before)
        const record = JSON.parse(JSON.stringify(parts)) as Round['parts']
        for (const { changes } of record) applyChanges(follower, changes)
        expect(rowsOf(follower)).toStrictEqual(rowsOf(toy.state))
        before = contentOf(toy.state)
      }
      for (const each of all) happen(toy, each)
    }),
    { numRuns: 60 },
  ))

interface Slots {
  readonly service: Service
  /** Slots, up to the replicas, in which a task serves. */
  readonly served: ReadonlySet<number>
}

function slotsOf(state: ClusterState, service: Service): Slots {
  const served = [...state.tasks.values()].filter(
    (task) =>
      task.owner === service.address &&
      task.desired === 'run' &&
      task.slot <= service.spec.replicas &&
      isHealthy(task) &&
      !isOnLostNode(state, task),
  )
  return { service, served: new Set(served.map(({ slot }) => slot)) }
}

/** What one decision of the leader may do to the service it is about. */
function checkDecision(before: ClusterState, after: ClusterState, address: string): void {
  const was = before.services.get(address)
  const is = after.services.get(address)
  if (!was || !is || is.removing || was.spec !== is.spec) return
  const { served } = slotsOf(before, was)
  const still = slotsOf(after, is).served
  const lost = [...served].filter((slot) => !still.has(slot))
  if (is.spec.rollout.order === 'start-first') expect(lost).toEqual([])
  else if (lost.length > 0)
    expect(is.spec.replicas - still.size).toBeLessThanOrEqual(batchSize(is.spec.rollout, is.spec.replicas))
}

function checkState(state: ClusterState, wasOnLostNode: ReadonlySet<string>): void {
  for (const [id, reserved] of state.reservedByNode)
    expect(reserved.cpu).toBeLessThanOrEqual(state.nodes.get(id)?.capacity.cpu ?? 0)
  const running = new Map<string, Task[]>()
  for (const task of state.tasks.values()) {
    if (task.node === null || isOver(task)) continue
    const place = task.kind === 'job' ? task.owner : `${task.owner}.${task.slot}`
    running.set(place, [...(running.get(place) ?? []), task])
  }
  for (const [place, tasks] of running) {
    const order = state.services.get(tasks[0]?.owner ?? '')?.spec.rollout.order
    // A task whose node was lost was replaced, and is stopped when the node is back.
    const known = tasks.filter(({ id }) => !wasOnLostNode.has(id))
    if (order === 'stop-first') expect([place, known.length <= 1]).toEqual([place, true])
    // A job is never run twice, whatever is lost.
    if (tasks[0]?.kind === 'job') expect([place, tasks.length]).toEqual([place, 1])
  }
  for (const node of state.nodes.keys())
    for (const volume of volumesToDelete(state, node))
      for (const task of state.tasks.values()) {
        const template = templateOfTask(state, task)
        const isThere = task.node !== null && task.status.phase !== 'stopped'
        if (template && isThere) expect(volumesUsed(task.stack, template)).not.toContain(volume)
      }
}

test(
  'rounds keep their promises, and all comes to rest once nothing happens any more',
  () =>
    fc.assert(
      fc.property(events, (all) => {
        const toy = start()
        const wasOnLostNode = new Set<string>()
        const completed = new Map<string, number>()
        toy.onRound = ({ parts, undo }) => {
          const at = copyState(toy.state)
          applyChanges(at, undo)
          for (const { cause, changes } of parts) {
            const before = copyState(at)
            applyChanges(at, changes)
            if (cause.by === 'leader') checkDecision(before, at, cause.what.split(':')[0] ?? '')
            for (const task of at.tasks.values()) if (isOnLostNode(at, task)) wasOnLostNode.add(task.id)
          }
          checkState(toy.state, wasOnLostNode)
          for (const address of completed.keys()) if (!toy.state.jobs.has(address)) completed.delete(address)
          for (const job of toy.state.jobs.values()) {
            if (completed.get(job.address) === job.run) expect(job.status).toBe('complete')
            if (job.status === 'complete') completed.set(job.address, job.run)
          }
        }
        for (const each of all) happen(toy, each)

        for (const id of ['n1', 'n2', 'n3']) toy.setNode(id, 'ready')
        toy.isGood = () => true
        toy.pass(7_200_000)
        const atRest = contentOf(toy.state)
        toy.unrest()
        expect(contentOf(toy.state)).toBe(atRest)
        toy.pass(86_400_000)
        toy.unrest()
        expect(contentOf(toy.state)).toBe(atRest)
        for (const service of toy.state.services.values()) {
          const tasks = toy.tasks(service.address)
          const isWhole = service.rollout.status !== 'failed' && tasks.every(({ node }) => node !== null)
          if (!isWhole) continue
          expect(service.rollout.status).toMatch(/^(?:done|rolled-back)$/)
          expect(tasks.map(({ slot, revision }) => [slot, revision])).toEqual(
            Array.from({ length: service.spec.replicas }, (_, index) => [index + 1, service.target]),
          )
          expect(slotsOf(toy.state, service).served.size).toBe(service.spec.replicas)
        }
        // Nothing that is on its way out is still there.
        for (const row of [
          ...toy.state.services.values(),
          ...toy.state.jobs.values(),
          ...toy.state.stacks.values(),
        ])
          expect(row.removing).toBe(false)
      }),
      { numRuns: 200 },
    ),
  60_000,
)
