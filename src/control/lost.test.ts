// What the loss of a node means to the services on it.
import { describe, expect, test } from 'vitest'
import type { ServiceSpec } from '../model/index.ts'
import { documentOf, imageOf, nodeOf, rolloutOf, serviceOf } from '../model/testing.ts'
import { Toy } from './testing.ts'

const api = (tag: string, over: Partial<ServiceSpec> = {}) =>
  documentOf({
    services: {
      api: serviceOf({ template: imageOf(tag), rollout: rolloutOf({ order: 'stop-first' }), ...over }),
    },
  })

/** Runs the service, and loses the node that it is on. */
function lostOne(over: Partial<ServiceSpec>) {
  const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
  toy.apply(api('1', over))
  toy.pass(60_000)
  const task = toy.task()
  const node = task.node ?? ''
  toy.setNode(node, 'lost')
  toy.pass(86_400_000)
  return { toy, task, node }
}

test('a task of a service that is replaced runs elsewhere at once', () => {
  const { toy, node } = lostOne({ onLost: 'replace' })
  const running = toy.tasks().filter((task) => task.node !== node)
  expect(running).toHaveLength(1)
  expect(toy.serving()).toBe(1)
})

describe('a fenced service', () => {
  test('has no other task as long as its node is lost, and the same one when it is back', () => {
    const { toy, task, node } = lostOne({ onLost: 'fence' })
    expect(toy.tasks().map(({ id }) => id)).toEqual([task.id])
    expect(toy.serving()).toBe(0)
    expect(toy.unrest()).toEqual([])
    toy.setNode(node, 'ready')
    toy.pass(60_000)
    expect(toy.task()).toMatchObject({ id: task.id, desired: 'run' })
    expect(toy.serving()).toBe(1)
  })

  test('that is rolled while its node is lost starts the new task only when the old one has ended for certain', () => {
    const { toy, task, node } = lostOne({ onLost: 'fence' })
    toy.apply(api('2', { onLost: 'fence' }))
    toy.pass(3_600_000)
    expect(toy.tasks().filter((each) => each.node !== null)).toMatchObject([{ id: task.id, desired: 'stop' }])
    toy.setNode(node, 'ready')
    toy.pass(60_000)
    expect(toy.task()).toMatchObject({ revision: 2 })
    expect(toy.serving()).toBe(1)
  })

  test('that leaves its stack waits for its node', () => {
    const { toy, node } = lostOne({ onLost: 'fence' })
    toy.apply(documentOf({}))
    toy.pass(3_600_000)
    expect(toy.state.services.size).toBe(1)
    toy.setNode(node, 'ready')
    toy.pass(60_000)
    expect(toy.state.services.size).toBe(0)
  })
})
