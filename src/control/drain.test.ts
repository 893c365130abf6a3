// Nodes that tasks are to leave: drained ones, and those with taints. What holds a drain up is said, and a drain never
// takes more out of service than it may.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOver, tasksOn } from '../model/index.ts'
import type { Declared } from '../model/testing.ts'
import type { Node, NodeUpdateRequest, ServiceSpec } from '../model/index.ts'
import {
  documentOf,
  imageOf,
  jobOf,
  nodeOf,
  rolloutOf,
  serviceOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { holdupsOf } from './drain.ts'
import { updateNode } from './nodes.ts'
import { Toy } from './testing.ts'

const update = (toy: Toy, wish: NodeUpdateRequest) => toy.decide((state) => updateNode(state, wish, toy.now))
const drain = (toy: Toy, node: string, deadlineMs?: number) =>
  update(toy, { node, availability: 'drain', ...(deadlineMs === undefined ? {} : { deadlineMs }) })
const left = (toy: Toy, node: string) => tasksOn(toy.state, node).filter((task) => !isOver(task)).length
const whys = (toy: Toy, node: string) => {
  const row = toy.state.nodes.get(node)
  return row ? holdupsOf(toy.state, row).map(({ why }) => why) : []
}

/** Everything comes up on n1, before the others join. */
function allOnOne(declared: Declared, ...others: readonly Node[]): Toy {
  const toy = new Toy(nodeOf('n1'))
  toy.apply(documentOf(declared))
  toy.pass(60_000)
  for (const node of others)
    toy.round(() => ({
      cause: { by: 'node', what: 'hello' },
      changes: [{ table: 'nodes', key: node.id, value: node }],
    }))
  return toy
}

const api = (over: Partial<ServiceSpec> = {}): Declared => ({ services: { api: serviceOf(over) } })
const stopFirst = rolloutOf({ order: 'stop-first' })

/** The lowest number of healthy tasks, and the most on their way, while a node is emptied. */
function watched(toy: Toy, ms: number): { least: number; most: number } {
  const seen = { least: Infinity, most: 0 }
  toy.onRound = () => {
    seen.least = Math.min(seen.least, toy.serving())
    seen.most = Math.max(seen.most, toy.tasks().filter((task) => task.desired === 'run').length)
  }
  toy.pass(ms)
  toy.onRound = () => undefined
  return seen
}

describe('a drain', () => {
  test.each([1, 4])('with start-first takes none of %i out of service, and moves one by one', (replicas) => {
    const toy = allOnOne(api({ replicas }), nodeOf('n2'))
    drain(toy, 'n1')
    expect(watched(toy, 600_000)).toEqual({ least: replicas, most: replicas + 1 })
    expect(left(toy, 'n1')).toBe(0)
    expect(toy.unrest()).toEqual([])
  })

  test('with stop-first takes out one at a time', () => {
    const toy = allOnOne(api({ replicas: 4, rollout: stopFirst }), nodeOf('n2'))
    drain(toy, 'n1')
    expect(watched(toy, 600_000)).toEqual({ least: 3, most: 4 })
    expect(left(toy, 'n1')).toBe(0)
  })

  test('puts nothing new on the node, and activating it takes the drain back', () => {
    const toy = new Toy(nodeOf('n1'))
    drain(toy, 'n1')
    toy.apply(documentOf(api()))
    toy.pass(1000)
    expect(toy.task()).toMatchObject({ node: null, unplaceable: 'no node fits: of 1, 1 taking no new tasks' })
    update(toy, { node: 'n1', availability: 'active' })
    expect(toy.task().node).toBe('n1')
    expect(toy.state.nodes.get('n1')).not.toHaveProperty('drain')
  })

  test('that is taken back half-way leaves tasks where they are then', () => {
    const toy = allOnOne(api({ replicas: 4 }), nodeOf('n2'))
    drain(toy, 'n1')
    toy.pass(6000)
    update(toy, { node: 'n1', availability: 'active' })
    toy.pass(600_000)
    expect(left(toy, 'n1')).toBeGreaterThan(0)
    expect(toy.serving()).toBe(4)
    expect(toy.tasks()).toHaveLength(4)
  })

  test('that finds no room keeps what runs, and says what holds it up', () => {
    const template = templateOf({ resources: { cpu: 0, memory: 1000 } })
    const toy = allOnOne(api({ template }), nodeOf('n2', { capacity: { cpu: 1000, memory: 500 } }))
    drain(toy, 'n1')
    expect(watched(toy, 600_000).least).toBe(1)
    expect(whys(toy, 'n1')).toEqual([
      'no node fits: of 2, 1 taking no new tasks, 1 with too little memory (needs 1000B, the freest has 500B)',
    ])
  })

  test('does not stop a task whose data is on the node, and says so', () => {
    const template = templateOf({ mounts: { '/data': { volume: 'data', readOnly: false } } })
    const declared = {
      ...api({ template, rollout: stopFirst, onLost: 'fence' }),
      volumes: { data: volumeOf() },
    }
    const toy = allOnOne(declared, nodeOf('n2'))
    drain(toy, 'n1')
    toy.pass(600_000)
    expect(toy.serving()).toBe(1)
    expect(whys(toy, 'n1')[0]).toBe(
      'it would not come up again: no node fits: of 2, 1 taking no new tasks, 1 without the data of shop/volume:data',
    )
    drain(toy, 'n1', 0)
    toy.pass(60_000)
    expect(left(toy, 'n1')).toBe(0)
    update(toy, { node: 'n1', availability: 'active' })
    toy.pass(60_000)
    expect(toy.serving()).toBe(1)
  })

  test('lets a job run to its end, or to the deadline', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(documentOf({ jobs: { seed: jobOf() } }))
    const [task] = toy.tasks('shop/seed')
    if (task) toy.report(task, { phase: 'running', health: 'unknown' })
    drain(toy, 'n1')
    expect(whys(toy, 'n1')).toEqual(['a job runs to its end'])
    expect(toy.task('shop/seed').desired).toBe('run')
    drain(toy, 'n1', 5000)
    toy.now += 5000
    toy.round()
    expect(toy.task('shop/seed').desired).toBe('stop')
  })

  test('moves the tasks of a service whose rollout has failed, but no older ones', () => {
    const toy = allOnOne(api({ replicas: 2, rollout: rolloutOf({ onFailure: 'pause' }) }), nodeOf('n2'))
    toy.isGood = (task) => task.revision === 1
    toy.apply(
      documentOf(api({ replicas: 2, template: imageOf('2'), rollout: rolloutOf({ onFailure: 'pause' }) })),
    )
    toy.pass(600_000)
    expect(toy.state.services.get('shop/api')?.rollout.status).toBe('failed')
    const serving = toy.serving()
    drain(toy, 'n1')
    toy.pass(600_000)
    expect(toy.serving()).toBe(serving)
    expect(whys(toy, 'n1').some((why) => why?.includes('has failed'))).toBe(true)
  })
})

describe('a budget says how many tasks may be missing at a time', () => {
  const rows: [string, ServiceSpec['budget'], number][] = [
    ['at least 3', { minAvailable: { count: 3 } }, 3],
    ['at least half', { minAvailable: { percent: 50 } }, 2],
    ['two may be missing', { maxUnavailable: { count: 2 } }, 2],
    ['none', undefined, 0],
  ]
  test.each(rows)('in a rollout of all at once: %s', (_, budget, least) => {
    const rollout = rolloutOf({ order: 'stop-first', batch: { percent: 100 } })
    const spec = { replicas: 4, rollout, ...(budget ? { budget } : {}) }
    const toy = allOnOne(api(spec))
    toy.apply(documentOf(api({ ...spec, template: imageOf('2') })))
    expect(watched(toy, 600_000).least).toBe(least)
    expect(toy.tasks().every((task) => task.revision === 2)).toBe(true)
  })

  test('in a drain, which moves as many at a time', () => {
    const toy = allOnOne(
      api({ replicas: 4, rollout: stopFirst, budget: { maxUnavailable: { count: 2 } } }),
      nodeOf('n2'),
    )
    drain(toy, 'n1')
    expect(watched(toy, 600_000)).toEqual({ least: 2, most: 4 })
  })

  test('and a drain waits while it is used up', () => {
    const toy = allOnOne(
      api({ replicas: 2, rollout: stopFirst, budget: { minAvailable: { count: 2 } } }),
      nodeOf('n2'),
    )
    drain(toy, 'n1')
    toy.pass(600_000)
    expect(toy.serving()).toBe(2)
    expect(whys(toy, 'n1')[0]).toBe('its budget wants 2 healthy tasks, and there are 2')
  })
})

describe('a taint keeps tasks away that do not tolerate it', () => {
  const gpu = { key: 'gpu', value: 'a100', effect: 'noschedule' as const }

  test.each([
    [undefined, false],
    [['gpu'], true],
    [['gpu=a100'], true],
    [['gpu=h100'], false],
  ])('tolerating %j: %s', (tolerate, fits) => {
    const toy = new Toy(nodeOf('n1', { taints: [gpu] }))
    toy.apply(documentOf(api({ placement: { require: [], ...(tolerate ? { tolerate } : {}) } })))
    toy.pass(60_000)
    expect(toy.task().node).toBe(fits ? 'n1' : null)
    if (!fits) expect(toy.task().unplaceable).toBe('no node fits: of 1, 1 with the taint gpu=a100')
  })

  test('and lets those stay that are there, unless its effect is noexecute', () => {
    const toy = allOnOne(api(), nodeOf('n2'))
    update(toy, { node: 'n1', taint: gpu })
    toy.pass(60_000)
    expect(toy.task().node).toBe('n1')
    update(toy, { node: 'n1', taint: { ...gpu, effect: 'noexecute' } })
    expect(watched(toy, 60_000).least).toBe(1)
    expect(toy.task().node).toBe('n2')
    update(toy, { node: 'n1', untaint: ['gpu'] })
    expect(toy.state.nodes.get('n1')).not.toHaveProperty('taints')
  })
})

test('whatever is drained, paused and lost, a start-first service loses no healthy task by it, and all comes to rest', () => {
  const step = fc.record({
    node: fc.integer({ min: 1, max: 3 }).map((number) => `n${number}`),
    what: fc.constantFrom('active' as const, 'pause' as const, 'drain' as const),
    ms: fc.constantFrom(0, 1, 3000, 60_000),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const toy = new Toy(nodeOf('n1'), nodeOf('n2'), nodeOf('n3'))
      toy.apply(documentOf(api({ replicas: 3 })))
      toy.pass(60_000)
      toy.onRound = () => expect(toy.serving()).toBeGreaterThanOrEqual(3)
      for (const { node, what, ms } of steps) {
        update(toy, { node, availability: what })
        toy.pass(ms)
      }
      for (const node of ['n1', 'n2', 'n3']) update(toy, { node, availability: 'active' })
      toy.pass(600_000)
      expect(toy.tasks()).toHaveLength(3)
      expect(toy.unrest()).toEqual([])
    }),
    { numRuns: 100 },
  )
})
