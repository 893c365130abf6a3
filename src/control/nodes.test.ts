// What operators do with nodes, and when a node may be forgotten.
import { describe, expect, test } from 'vitest'
import { applyChanges } from '../model/index.ts'
import type { ServiceSpec } from '../model/index.ts'
import {
  clusterOf,
  documentOf,
  jobOf,
  nodeOf,
  rolloutOf,
  serviceOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { findNode, noSuchNode, removeNode, updateNode } from './nodes.ts'
import { recordHello } from './reports.ts'
import { Toy } from './testing.ts'

const hello = (labels: Record<string, string>) => ({
  protocol: 1 as const,
  boot: 'b',
  name: 'n1',
  term: 0,
  version: 0,
  platform: { os: 'linux', arch: 'amd64' },
  engine: 'docker',
  agent: '0.1.0',
  capacity: { cpu: 4000, memory: 4096 },
  kernel: '6.1',
  disk: 1000,
  devices: ['/dev/kvm'],
  labels,
  sealKey: 'k',
})

test('a node is found by its id and by its name, where that is one only', () => {
  const state = clusterOf(
    nodeOf('a', { name: 'web' }),
    nodeOf('b', { name: 'db' }),
    nodeOf('c', { name: 'db' }),
  )
  expect(findNode(state, 'a')?.id).toBe('a')
  expect(findNode(state, 'web')?.id).toBe('a')
  expect(findNode(state, 'db')).toBeUndefined()
  expect(noSuchNode(state, 'db').fix).toBe('say which one by its id: b, c')
  expect(noSuchNode(state, 'x').what).toBe('there is no node x')
})

test('labels of operators go over those of the agent, outlive its sessions, and give way when they go', () => {
  const state = clusterOf()
  const put = (labels: Record<string, string>) =>
    applyChanges(state, recordHello(state, 'n1', hello(labels), 1))
  const set = (labels: Record<string, string | null>) => {
    const decision = updateNode(state, { node: 'n1', labels }, 2)
    if (decision.ok) applyChanges(state, decision.changes)
  }
  put({ zone: 'a', disk: 'ssd' })
  expect(state.nodes.get('n1')).toMatchObject({ kernel: '6.1', disk: 1000, devices: ['/dev/kvm'] })
  set({ zone: 'b', rack: '7' })
  expect(state.nodes.get('n1')?.labels).toEqual({ zone: 'b', disk: 'ssd', rack: '7' })
  put({ zone: 'c' })
  expect(state.nodes.get('n1')?.labels).toEqual({ zone: 'b', rack: '7' })
  set({ zone: null, rack: null })
  expect(state.nodes.get('n1')?.labels).toEqual({ zone: 'c' })
  expect(state.nodes.get('n1')).not.toHaveProperty('operatorLabels')
})

test('what makes no sense is refused', () => {
  const state = clusterOf(nodeOf('n1'))
  expect(updateNode(state, { node: 'x' }, 0)).toMatchObject({ ok: false })
  expect(updateNode(state, { node: 'n1', deadlineMs: 1 }, 0)).toMatchObject({ ok: false, exit: 64 })
  expect(updateNode(state, { node: 'n1', untaint: ['gpu'] }, 0)).toMatchObject({ ok: false })
  const labels = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`l${index}`, '']))
  expect(updateNode(state, { node: 'n1', labels }, 0)).toMatchObject({ ok: false, exit: 64 })
})

describe('a node is removed', () => {
  const data = { mounts: { '/data': { volume: 'data', readOnly: false } } }
  function withData(over: Partial<ServiceSpec> = {}) {
    const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
    toy.apply(
      documentOf({
        services: {
          api: serviceOf({
            template: templateOf(data),
            rollout: rolloutOf({ order: 'stop-first' }),
            onLost: 'fence',
            ...over,
          }),
        },
        volumes: { data: volumeOf() },
      }),
    )
    toy.pass(60_000)
    return { toy, node: toy.task().node ?? '' }
  }
  const remove = (toy: Toy, node: string, forgetVolumes = false) =>
    toy.decide((state) => removeNode(state, { node, forgetVolumes }, toy.now))

  test('only when it is lost or drained', () => {
    const { toy, node } = withData()
    expect(remove(toy, node)).toMatchObject({
      ok: false,
      what: `${node} is ready and active`,
      fix: `drain it first: gantry node drain ${node}`,
    })
    toy.decide((state) => updateNode(state, { node, availability: 'drain' }, toy.now))
    expect(remove(toy, node)).toMatchObject({
      ok: false,
      what: `${node} is not drained yet: 1 task is on it`,
    })
  })

  test('only once the leases of what it ran have run out', () => {
    const { toy, node } = withData()
    toy.setNode(node, 'lost')
    expect(remove(toy, node, true)).toMatchObject({
      ok: false,
      what: `fenced tasks of ${node} may run for another 17s`,
    })
    toy.pass(16_300)
    expect(remove(toy, node, true)).toMatchObject({ ok: true })
  })

  test('with its data only by those who say so; then what used it begins anew elsewhere', () => {
    const { toy, node } = withData()
    toy.setNode(node, 'lost')
    toy.pass(60_000)
    expect(remove(toy, node)).toMatchObject({
      ok: false,
      exit: 5,
      what: `${node} has the data of shop/volume:data`,
    })
    expect(toy.serving()).toBe(0)
    remove(toy, node, true)
    toy.pass(60_000)
    expect(toy.state.nodes.has(node)).toBe(false)
    expect(toy.serving()).toBe(1)
    expect(toy.state.volumes.get('shop/volume:data')?.node).toBe(toy.task().node)
    expect(toy.unrest()).toEqual([])
  })

  test('and jobs that it ran are tried again elsewhere', () => {
    const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
    toy.apply(documentOf({ jobs: { seed: jobOf() } }))
    const { node, id } = toy.task('shop/seed')
    toy.setNode(node ?? '', 'lost')
    toy.pass(3_600_000)
    expect(toy.task('shop/seed').id).toBe(id)
    expect(remove(toy, node ?? '')).toMatchObject({ ok: true })
    toy.pass(60_000)
    expect(toy.state.jobs.get('shop/seed')).toMatchObject({ status: 'complete', failures: 0 })
  })

  test('at once when it is drained and empty', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.decide((state) => updateNode(state, { node: 'n1', availability: 'drain' }, 0))
    expect(remove(toy, 'n1')).toMatchObject({ ok: true })
    expect(toy.state.nodes.size).toBe(0)
  })
})
