// What `gantry node` shows and reads.
import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { viewOf } from '../model/index.ts'
import type { Cluster, MutableState, Node } from '../model/index.ts'
import { clusterOf, clusterRow, nodeOf, taskOf } from '../model/testing.ts'
import { readLabels, readTaint, renderNode, renderNodes } from './nodes.ts'

const look = { width: 80, color: pc.createColors(false) }
const at = 600_000

function stateOf(nodes: readonly Node[], cluster: Cluster = clusterRow): MutableState {
  const state = clusterOf(...nodes)
  state.cluster = cluster
  state.tasks.set('shop.api.1.a', taskOf('shop.api.1.a'))
  return state
}

const gpu = { key: 'gpu', value: 'a100', effect: 'noschedule' as const }
const nodes = [
  nodeOf('n1', { name: 'web-1', taints: [gpu], capacity: { cpu: 4000, memory: 8 * 2 ** 30 } }),
  nodeOf('n2', {
    status: 'lost',
    silentSince: 0,
    availability: 'drain',
    drain: { since: 0, deadline: null },
  }),
  nodeOf('n3', { status: 'suspect', trouble: 'its disk is full'.repeat(10) }),
]

test('the list fits 80 columns, and says what is wrong', () => {
  const text = renderNodes(
    viewOf(stateOf(nodes, { ...clusterRow, hold: { since: 0, of: 4, nodes: ['n2', 'n3', 'n4'] } }), at),
    look,
  )
  expect(text).toMatchInlineSnapshot(`
    "NODE   STATUS   AVAILABLE  TASKS  CPU  MEMORY  NOTE
    n2     lost     drain          0    4     4Ki  silent for 10 min
    n3     suspect  active         0    4     4Ki  its disk is fullits disk is full…
    web-1  ready    active         1    4     8Gi  gpu=a100

    3 of 4 nodes vanished at once 10 min ago: nothing that was on them is replaced
    until enough of them are back. If they are gone for good: gantry node release"
  `)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(renderNodes(viewOf(clusterOf(), at), look)).toBe('no nodes')
})

test('one node is shown with all that is known of it, and with what holds its drain up', () => {
  const node = nodeOf('n2', {
    availability: 'drain',
    drain: { since: 540_000, deadline: 900_000 },
    kernel: '6.1.0',
    disk: 100 * 2 ** 30,
    devices: ['/dev/kvm'],
    labels: { zone: 'a', disk: 'ssd' },
    operatorLabels: { zone: 'a' },
    taints: [gpu],
  })
  const why =
    'it would not come up again: no node fits: of 2, 1 taking no new tasks, 1 without the data of shop/volume:data'
  const tasks = [{ task: 'shop.db.1.a', address: 'shop/db.1', phase: 'running', why }]
  const text = renderNode({ node, reserved: { cpu: 500, memory: 2 ** 20 }, tasks }, at, look)
  expect(text).toMatchInlineSnapshot(`
    "node        n2 (n2)
    status      ready for 10 min
    available   drain for 1 min, what is left is stopped in 5 min
    platform    linux/amd64, kernel 6.1.0
    engine      docker 20.10.24
    agent       0.1.0
    cpu         4, of which 500m reserved
    memory      4Ki, of which 1Mi reserved
    disk        100Gi
    devices     /dev/kvm
    labels      disk=ssd, zone=a
      set here  zone=a
    taints      gpu=a100:noschedule
    joined      10 min ago
    tasks
      shop/db.1  running
        it would not come up again: no node fits: of 2, 1 taking no new tasks, 1
        without the data of shop/volume:data"
  `)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

describe('labels', () => {
  test('are set and removed', () => {
    expect(readLabels(['zone=a', 'rack-', 'empty=', 'eq=a=b'])).toEqual({
      zone: 'a',
      rack: null,
      empty: '',
      eq: 'a=b',
    })
  })

  test.each([[['zone']], [['=a']], [['zo ne=a']], [['zone=a', 'zone-']], [['-']]])(
    '%j is refused',
    (texts) => {
      expect(() => readLabels(texts)).toThrow(/is not a label|for the second time/)
    },
  )
})

describe('taints', () => {
  test('are set and removed', () => {
    expect(readTaint('gpu=a100:noschedule')).toEqual({ taint: gpu })
    expect(readTaint('spot:noexecute')).toEqual({ taint: { key: 'spot', value: '', effect: 'noexecute' } })
    expect(readTaint('gpu-')).toEqual({ untaint: ['gpu'] })
  })

  test.each(['gpu', 'gpu=a100', 'gpu:never', ':noschedule', 'a b:noschedule'])('%s is refused', (text) => {
    expect(() => readTaint(text)).toThrow('is not a taint')
  })
})
