import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyChanges } from '../model/index.ts'
import type { Condition, Node, Placement } from '../model/index.ts'
import { clusterOf, nodeOf, taskOf, volumeOf } from '../model/testing.ts'
import { Draft } from './draft.ts'
import { placeTask } from './placement.ts'
import type { PlacementRequest } from './placement.ts'

const request = (over: Partial<PlacementRequest> = {}): PlacementRequest => ({
  owner: 'shop/api',
  reserve: { cpu: 0, memory: 0 },
  placement: { require: [] },
  volumes: [],
  ...over,
})

const need = (attribute: string, operator: '==' | '!=', value: string) => ({ attribute, operator, value })

function volume(name: string, node: string | null) {
  const address = `shop/volume:${name}`
  return {
    table: 'volumes' as const,
    key: address,
    value: { address, stack: 'shop', name, spec: volumeOf(), node, declared: true, deleting: false },
  }
}

describe('a node is turned away', () => {
  const small = nodeOf('small', { capacity: { cpu: 500, memory: 512 * 1024 ** 2 } })
  const cases: readonly [string, readonly Node[], Partial<PlacementRequest>, string][] = [
    ['when there is none', [], {}, 'the cluster has no nodes'],
    [
      'that is not ready',
      [nodeOf('a', { status: 'suspect' }), nodeOf('b', { status: 'lost' })],
      {},
      'no node fits: of 2, 2 not ready',
    ],
    [
      'that takes no tasks',
      [nodeOf('a', { availability: 'drain' })],
      {},
      'no node fits: of 1, 1 taking no new tasks',
    ],
    [
      'either way',
      [nodeOf('a', { availability: 'pause' }), nodeOf('b', { status: 'lost' })],
      {},
      'no node fits: of 2, 2 not ready or taking no new tasks',
    ],
    [
      'with too little memory',
      [small],
      { reserve: { cpu: 0, memory: 1024 ** 3 } },
      'no node fits: of 1, 1 with too little memory (needs 1Gi, the freest has 512Mi)',
    ],
    [
      'with too little cpu',
      [small],
      { reserve: { cpu: 1500, memory: 0 } },
      'no node fits: of 1, 1 with too little cpu (needs 1500m, the freest has 500m)',
    ],
    [
      'without the label',
      [nodeOf('a', { labels: { disk: 'hdd' } }), nodeOf('b')],
      { placement: { require: [need('node.labels.disk', '==', 'ssd')] } },
      'no node fits: of 2, 2 without node.labels.disk == "ssd"',
    ],
    [
      'for one reason after the other',
      [nodeOf('a', { status: 'lost' }), nodeOf('b'), small],
      { placement: { require: [need('node.name', '==', 'small')] }, reserve: { cpu: 0, memory: 1024 ** 3 } },
      'no node fits: of 3, 1 not ready, 1 without node.name == "small", 1 with too little memory (needs 1Gi, the freest has 512Mi)',
    ],
  ]
  test.each(cases)('%s', (_, nodes, over, reason) => {
    const result = placeTask(new Draft(clusterOf(...nodes)), request(over))
    expect(result).toMatchObject({ ok: false, reason, nodes: nodes.length })
    if (!result.ok && nodes.length > 0)
      expect(result.turnedAway.reduce((sum, each) => sum + each.nodes, 0)).toBe(nodes.length)
  })

  test('where the data is not', () => {
    const state = clusterOf(nodeOf('a'), nodeOf('b'))
    applyChanges(state, [volume('x', 'a'), volume('y', 'b'), volume('z', null)])
    const place = (...names: string[]) =>
      placeTask(new Draft(state), request({ volumes: names.map((name) => `shop/volume:${name}`) }))
    expect(place('x', 'z')).toMatchObject({ ok: true, node: { id: 'a' } })
    expect(place('y')).toMatchObject({ ok: true, node: { id: 'b' } })
    expect(place('x', 'y')).toMatchObject({
      ok: false,
      reason: 'no node fits: of 2, 2 without the data of shop/volume:x and shop/volume:y',
    })
  })
})

test.each([
  ['node.id', '==', 'a', true],
  ['node.id', '!=', 'a', false],
  ['node.name', '==', 'alpha', true],
  ['node.os', '==', 'linux', true],
  ['node.arch', '!=', 'arm64', true],
  ['node.labels.zone', '==', 'a', true],
  ['node.labels.zone', '!=', 'b', true],
  ['node.labels.nothing', '==', '', false],
  ['node.labels.nothing', '!=', 'x', true],
  ['node.labels.constructor', '==', 'x', false],
] as const)('%s %s "%s" is %s', (attribute, operator, value, holds) => {
  const node = nodeOf('a', { name: 'alpha', labels: { zone: 'a' } })
  const result = placeTask(
    new Draft(clusterOf(node)),
    request({ placement: { require: [need(attribute, operator, value)] } }),
  )
  expect(result.ok).toBe(holds)
})

describe('among the nodes that fit', () => {
  const place = (draft: Draft, over: Partial<PlacementRequest> = {}) => {
    const result = placeTask(draft, request(over))
    return result.ok ? result.node.id : null
  }

  test('the one with fewest tasks of the same service is taken', () => {
    const state = clusterOf(nodeOf('a'), nodeOf('b'))
    applyChanges(state, [{ table: 'tasks', key: 't', value: taskOf('t', { node: 'a' }) }])
    expect(place(new Draft(state))).toBe('b')
    expect(place(new Draft(state), { owner: 'shop/web' })).toBe('a')
  })

  test('then the fullest', () => {
    const state = clusterOf(nodeOf('a'), nodeOf('b'), nodeOf('c'))
    applyChanges(state, [
      {
        table: 'tasks',
        key: 't',
        value: taskOf('t', { node: 'b', owner: 'shop/web', reserve: { cpu: 1000, memory: 0 } }),
      },
    ])
    expect(place(new Draft(state))).toBe('b')
  })

  test('then the first by name, so that it is always the same', () => {
    expect(place(new Draft(clusterOf(nodeOf('b'), nodeOf('a'), nodeOf('c'))))).toBe('a')
  })

  test.each([
    ['cpu', { cpu: 4000, memory: 0 }],
    ['memory', { cpu: 0, memory: 4096 }],
  ])('what is reserved already counts: %s', (_, reserve) => {
    const state = clusterOf(nodeOf('a'), nodeOf('b'))
    applyChanges(state, [
      { table: 'tasks', key: 't', value: taskOf('t', { node: 'a', owner: 'shop/web', reserve }) },
    ])
    expect(place(new Draft(state), { reserve })).toBe('b')
    applyChanges(state, [
      { table: 'tasks', key: 'u', value: taskOf('u', { node: 'b', owner: 'shop/web', reserve }) },
    ])
    expect(place(new Draft(state), { reserve })).toBeNull()
  })

  test.each([
    ['cpu', { cpu: 4000, memory: 0 }],
    ['memory', { cpu: 0, memory: 4096 }],
  ])('what the same call has placed already counts: %s', (_, reserve) => {
    const draft = new Draft(clusterOf(nodeOf('a'), nodeOf('b')))
    draft.place(taskOf('t', { node: 'a', reserve }), 'a', [])
    expect(place(draft, { owner: 'shop/web', reserve })).toBe('b')
    draft.place(taskOf('u', { node: 'b', reserve }), 'b', [])
    expect(place(draft, { owner: 'shop/web', reserve })).toBeNull()
  })
})

const nodes = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    cpu: fc.nat(2000),
    status: fc.constantFrom('ready' as const, 'ready' as const, 'lost' as const),
    zone: fc.constantFrom('x', 'y'),
  }),
  { selector: ({ id }) => id, minLength: 1 },
)

test('no node is given more than it has, or a task it may not have, and the order of nodes does not matter', () =>
  fc.assert(
    fc.property(nodes, fc.array(fc.tuple(fc.nat(900), fc.boolean()), { maxLength: 20 }), (rows, wishes) => {
      const made = rows.map(({ id, cpu, status, zone }) =>
        nodeOf(id, { status, labels: { zone }, capacity: { cpu, memory: 1000 } }),
      )
      const run = (order: readonly Node[]) => {
        const draft = new Draft(clusterOf(...order))
        const placed = wishes.map(([cpu, isPicky], index) => {
          const reserve = { cpu, memory: 0 }
          const require = isPicky ? [need('node.labels.zone', '==', 'x')] : []
          const result = placeTask(draft, request({ reserve, placement: { require } }))
          if (!result.ok) return result.reason
          expect(result.node.status).toBe('ready')
          if (isPicky) expect(result.node.labels['zone']).toBe('x')
          draft.place(taskOf(`t${index}`, { node: result.node.id, reserve }), result.node.id, [])
          return result.node.id
        })
        for (const node of order) expect(draft.freeOn(node).cpu).toBeGreaterThanOrEqual(0)
        return placed
      }
      expect(run(made.toReversed())).toEqual(run(made))
    }),
  ))

test('a volume without a place is pinned where its first task goes, once', () => {
  const state = clusterOf(nodeOf('a'), nodeOf('b'))
  applyChanges(state, [volume('x', null)])
  const draft = new Draft(state)
  const volumes = ['shop/volume:x', 'shop/volume:x']
  draft.place(taskOf('t', { node: 'b' }), 'b', volumes)
  draft.place(taskOf('u', { node: 'b' }), 'b', volumes)
  expect(draft.volumeNode('shop/volume:x')).toBe('b')
  expect(draft.finish().filter(({ table }) => table === 'volumes')).toEqual([
    expect.objectContaining({ value: expect.objectContaining({ node: 'b' }) as unknown }),
  ])
})

describe('what a stack prefers', () => {
  const nodes = ['a', 'b', 'c'].map((zone, index) => nodeOf(`n${index + 1}`, { labels: { zone } }))
  const prefer = (when: Condition, weight: number) => ({ require: [], prefer: [{ when, weight }] })
  /** Where so many tasks of one service land, in order. */
  const landings = (placement: Placement, count: number, of: readonly Node[] = nodes) => {
    const draft = new Draft(clusterOf(...of))
    return Array.from({ length: count }, (_, index) => {
      const result = placeTask(draft, request({ placement }))
      if (!result.ok) return result.reason
      draft.place(taskOf(`t${index}`, { node: result.node.id }), result.node.id, [])
      return result.node.id
    })
  }

  test('is taken, and what it would rather not is not, as long as there is another', () => {
    expect(landings(prefer(need('node.zone', '==', 'b'), 10), 1)).toEqual(['n2'])
    expect(landings(prefer(need('node.zone', '==', 'a'), -10), 1)).toEqual(['n2'])
    expect(landings(prefer(need('node.zone', '==', 'nowhere'), 10), 1)).toEqual(['n1'])
  })

  test('counts beside the spread over nodes: a strong wish keeps tasks together, a weak one does not', () => {
    expect(landings(prefer(need('node.zone', '==', 'b'), 100), 4)).toEqual(['n2', 'n2', 'n2', 'n2'])
    expect(landings(prefer(need('node.zone', '==', 'b'), 10), 3)).toEqual(['n2', 'n1', 'n3'])
  })

  test('tasks are spread over the values of an attribute before they are over nodes', () => {
    const uneven = [
      ...['n1', 'n2', 'n3'].map((id) => nodeOf(id, { labels: { zone: 'a' } })),
      nodeOf('n4', { labels: { zone: 'b' } }),
      nodeOf('n5'),
    ]
    const spread = { require: [], spread: [{ attribute: 'node.zone', weight: 100 }] }
    const landed = landings(spread, 4, uneven)
    expect(landed.filter((id) => id === 'n4')).toHaveLength(2)
    expect(landed).not.toContain('n5')
  })

  test('no node is given more than the most of one, and says so', () => {
    const two = { require: [], maxPerNode: 2 }
    expect(landings(two, 7)).toEqual([
      'n1',
      'n2',
      'n3',
      'n1',
      'n2',
      'n3',
      'no node fits: of 3, 3 with 2 of its tasks already, the most of one node',
    ])
  })
})
