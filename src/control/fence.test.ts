// Leases: a fenced task is replaced only when its agent has stopped it for certain, whatever happens to nodes and leaders.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOver } from '../model/index.ts'
import type { Instant, ServiceSpec, Task } from '../model/index.ts'
import { documentOf, imageOf, nodeOf, rolloutOf, serviceOf } from '../model/testing.ts'
import { assumeLeases, leasesOf } from './fence.ts'
import { releaseHold } from './hold.ts'
import { Toy } from './testing.ts'

const fenced = (tag = '1', over: Partial<ServiceSpec> = {}) =>
  documentOf({
    services: {
      api: serviceOf({
        template: imageOf(tag),
        rollout: rolloutOf({ order: 'stop-first' }),
        onLost: 'fence',
        fenceAfterMs: 15_000,
        ...over,
      }),
    },
  })

/** A fenced service of one task, whose node is lost. */
function lostOne() {
  const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
  toy.apply(fenced())
  toy.pass(60_000)
  const task = toy.task()
  const node = task.node ?? ''
  toy.setNode(node, 'lost')
  return { toy, task, node }
}

const newLeader = (toy: Toy) =>
  toy.round((state) => ({
    cause: { by: 'leader', what: 'begin a term' },
    changes: assumeLeases(state, toy.now),
  }))

/** 15 s of the slowest clock by the fastest, and a second. */
const certainMs = 16_300

test('a fenced task is replaced once its lease has run out for certain, and not before', () => {
  const { toy, task, node } = lostOne()
  toy.pass(certainMs - 1)
  expect(toy.tasks()).toEqual([task])
  expect(toy.unrest()).toEqual([])
  toy.pass(1)
  const [old, successor] = [...toy.tasks()].sort((a, b) => a.createdAt - b.createdAt)
  expect(old).toMatchObject({ id: task.id, node, desired: 'stop', givenUp: true })
  expect(successor?.node).not.toBe(node)
  toy.pass(10_000)
  expect(toy.serving()).toBe(1)
})

test('what was given up is stopped when its node comes back, though it says that it is healthy', () => {
  const { toy, task, node } = lostOne()
  toy.pass(60_000)
  const successor = toy.tasks().find(({ id }) => id !== task.id)
  toy.setNode(node, 'ready')
  expect(leasesOf(toy.state, node)).toEqual([])
  toy.pass(1000)
  expect(toy.task().id).toBe(successor?.id)
})

test('a node that comes back in time keeps its fenced task', () => {
  const { toy, task, node } = lostOne()
  toy.pass(certainMs - 1)
  toy.setNode(node, 'ready')
  toy.pass(60_000)
  expect(toy.task()).toMatchObject({ id: task.id, desired: 'run' })
  expect(leasesOf(toy.state, node)).toEqual([task.id])
})

test('a new leader counts every lease as renewed at the beginning of its term', () => {
  const { toy, task } = lostOne()
  toy.pass(certainMs - 1)
  newLeader(toy)
  toy.pass(certainMs - 1)
  expect(toy.tasks().map(({ id }) => id)).toEqual([task.id])
  toy.pass(1)
  expect(toy.tasks()).toHaveLength(2)
})

test('a new leader does not take back what the last one has given up', () => {
  const { toy, node } = lostOne()
  toy.pass(60_000)
  const before = toy.tasks()
  newLeader(toy)
  expect(toy.state.nodes.get(node)?.silentSince).toBeLessThan(toy.now)
  toy.pass(1000)
  expect(toy.tasks()).toEqual(before)
})

test('a service that becomes fenced, or gets another lease, gets new tasks that know it', () => {
  const toy = new Toy(nodeOf('n1'))
  toy.apply(fenced('1', { onLost: 'replace' }))
  toy.pass(60_000)
  expect(toy.task()).not.toHaveProperty('fenceMs')
  toy.apply(fenced())
  toy.pass(60_000)
  expect(toy.task()).toMatchObject({ revision: 2, fenceMs: 15_000 })
  toy.apply(fenced('1', { fenceAfterMs: 3000 }))
  toy.pass(60_000)
  expect(toy.task()).toMatchObject({ revision: 3, fenceMs: 3000 })
})

// --- whatever happens ------------------------------------------------------------------------------------------

type Event =
  | { readonly do: 'lose' | 'return' | 'suspect' | 'drain' | 'activate'; readonly node: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'apply'; readonly tag: number }
  | { readonly do: 'new leader' | 'release' | 'crash' }

const node = fc.integer({ min: 1, max: 4 })
const events = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom('lose', 'return', 'suspect', 'drain', 'activate'), node }),
    fc.record({ do: fc.constant('pass'), ms: fc.integer({ min: 1, max: 20_000 }) }),
    fc.record({ do: fc.constant('apply'), tag: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ do: fc.constantFrom('new leader', 'release', 'crash') }),
  ),
  { maxLength: 30 },
)

/** Whether a container of it may run at that moment, at an agent whose clock is as slow as may be. */
function mayRun(toy: Toy, task: Task, at: Instant): boolean {
  if (task.node === null || isOver(task)) return false
  // No lease of it is ever renewed again, also when its node is back.
  if (ended.has(task.id)) return false
  const row = toy.state.nodes.get(task.node)
  if (row?.status !== 'lost') return !task.givenUp
  const heard = lastHeard.get(task.node) ?? row.statusSince
  const runs = at < heard + (task.fenceMs ?? Infinity) * 1.01
  if (!runs && task.givenUp) ended.add(task.id)
  return runs
}
const lastHeard = new Map<string, Instant>()
const ended = new Set<string>()

function happen(toy: Toy, event: Event): void {
  const id = 'node' in event ? `n${event.node}` : ''
  const row = toy.state.nodes.get(id)
  switch (event.do) {
    case 'lose':
      if (row && row.status !== 'lost') lastHeard.set(id, toy.now)
      toy.setNode(id, 'lost')
      return
    case 'return':
      toy.setNode(id, 'ready')
      return
    case 'suspect':
      if (row?.status === 'ready') toy.setNode(id, 'suspect')
      return
    case 'drain':
    case 'activate': {
      if (!row) return
      const value = { ...row, availability: event.do === 'drain' ? ('drain' as const) : ('active' as const) }
      toy.round(() => ({ cause: { by: 'admin', what: '' }, changes: [{ table: 'nodes', key: id, value }] }))
      return
    }
    case 'pass':
      toy.pass(event.ms)
      return
    case 'apply':
      toy.apply(fenced(String(event.tag), { replicas: 2 }))
      return
    case 'new leader':
      newLeader(toy)
      return
    case 'release':
      if (toy.state.cluster?.hold) toy.decide(releaseHold)
      return
    case 'crash': {
      const task = toy.tasks().find((each) => each.status.phase === 'running' && each.desired === 'run')
      if (task && toy.state.nodes.get(task.node ?? '')?.status === 'ready') toy.crash(task)
    }
  }
}

describe('whatever happens', () => {
  test('a fenced task never runs twice, and in the end each slot has one', () => {
    fc.assert(
      fc.property(events, (history) => {
        lastHeard.clear()
        ended.clear()
        const toy = new Toy(nodeOf('n1'), nodeOf('n2'), nodeOf('n3'), nodeOf('n4'))
        const check = () => {
          for (const [slot, mine] of Map.groupBy(toy.tasks(), (task) => task.slot))
            expect(mine.filter((task) => mayRun(toy, task, toy.now)).length, `slot ${slot}`).toBeLessThan(2)
        }
        toy.onRound = check
        toy.apply(fenced('1', { replicas: 2 }))
        for (const event of history) happen(toy, event)
        for (const id of ['n1', 'n2', 'n3', 'n4']) {
          happen(toy, { do: 'return', node: Number(id.slice(1)) })
          happen(toy, { do: 'activate', node: Number(id.slice(1)) })
        }
        toy.pass(3_600_000)
        expect(toy.tasks().map(({ slot }) => slot)).toEqual([1, 2])
        expect(toy.serving()).toBe(2)
        expect(toy.unrest()).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
