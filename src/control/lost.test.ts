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
function lostOne(over: Partial<ServiceSpec>, forMs = 86_400_000) {
  const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
  toy.apply(api('1', over))
  toy.pass(60_000)
  const task = toy.task()
  const node = task.node ?? ''
  toy.setNode(node, 'lost')
  toy.pass(forMs)
  return { toy, task, node }
}

test('a task of a service that is replaced runs elsewhere at once', () => {
  const { toy, node } = lostOne({ onLost: 'replace' })
  const running = toy.tasks().filter((task) => task.node !== node)
  expect(running).toHaveLength(1)
  expect(toy.serving()).toBe(1)
})

test('a task that was replaced is stopped when its node is back, and one that was not is kept', () => {
  const { toy, node } = lostOne({ onLost: 'replace' })
  const successor = toy.tasks().find((task) => task.node !== node)
  toy.setNode(node, 'ready')
  toy.pass(60_000)
  expect(toy.task().id).toBe(successor?.id)

  const alone = new Toy(nodeOf('n1'))
  alone.apply(api('1', { onLost: 'replace' }))
  alone.pass(60_000)
  const { id } = alone.task()
  alone.setNode('n1', 'lost')
  alone.pass(60_000)
  expect(alone.serving()).toBe(0)
  alone.setNode('n1', 'ready')
  alone.pass(60_000)
  expect(alone.task()).toMatchObject({ id, desired: 'run' })
  expect(alone.task()).not.toHaveProperty('givenUp')
  expect(alone.unrest()).toEqual([])
})

describe('a fenced service', () => {
  test('that is rolled while its node is lost starts the new task only when the lease has run out', () => {
    const { toy, task, node } = lostOne({ onLost: 'fence' }, 1000)
    toy.apply(api('2', { onLost: 'fence' }))
    toy.pass(10_000)
    expect(toy.tasks().filter((each) => each.node !== null)).toMatchObject([{ id: task.id, desired: 'stop' }])
    toy.pass(60_000)
    expect(toy.serving()).toBe(1)
    toy.setNode(node, 'ready')
    toy.pass(60_000)
    expect(toy.task()).toMatchObject({ revision: 2 })
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
