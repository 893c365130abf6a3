// Leases as the leader grants them: only to what is fenced and placed there, and only when it has just proved that it
// leads.
import { expect, test } from 'vitest'
import { documentOf, rolloutOf, serviceOf } from '../model/testing.ts'
import { Bench } from './testing.ts'

const fenced = documentOf({
  services: {
    db: serviceOf({ onLost: 'fence', fenceAfterMs: 15_000, rollout: rolloutOf({ order: 'stop-first' }) }),
    web: serviceOf(),
  },
})

async function placed() {
  const bench = new Bench()
  const led = await bench.lead()
  const node = bench.node('n1')
  await node.hello()
  await bench.apply(fenced)
  await bench.settle(100)
  const [task] = [...led.state.tasks.values()].filter(({ owner }) => owner === 'shop/db')
  return { bench, led, node, task: task?.id ?? '' }
}

test('a heartbeat that asks for leases gets those of the fenced tasks of its node', async () => {
  const { node, task } = await placed()
  const assignment = node.sets.flatMap(({ set }) => set).find((each) => each.task === task)
  expect(assignment).toMatchObject({ fenceMs: 15_000 })
  expect(await node.heartbeat({ fenced: true })).toMatchObject({ ok: true, leases: [task] })
  expect(await node.heartbeat()).not.toHaveProperty('leases')
})

test('each grant rests on an append that came after its heartbeat', async () => {
  const { bench, node } = await placed()
  const before = bench.store.appends
  await node.heartbeat({ fenced: true })
  expect(bench.store.appends).toBe(before + 1)
  await node.heartbeat()
  expect(bench.store.appends).toBe(before + 1)
})

test('a leader that cannot append grants nothing', async () => {
  const { bench, node } = await placed()
  const gate = Promise.withResolvers<undefined>()
  bench.store.gate = gate.promise
  expect(await node.heartbeat({ fenced: true })).toBeNull()
  gate.resolve(undefined)
})

test('a leader that was deposed grants nothing', async () => {
  const { bench, node } = await placed()
  bench.depose()
  const reply = await node.heartbeat({ fenced: true })
  expect(reply?.['leases']).toBeUndefined()
})

test('what was given up gets no lease, though its node is heard again', async () => {
  const { bench, led, node, task } = await placed()
  const other = bench.node('n2')
  await other.hello()
  const beat = async (ms: number) => {
    for (let at = 0; at < ms; at += 2000) {
      await other.heartbeat()
      await bench.settle(2000)
    }
  }
  await beat(40_000)
  expect(led.state.tasks.get(task)).toMatchObject({ givenUp: true, desired: 'stop' })
  const set = await node.hello()
  expect(set.set.find((each) => each.task === task)).toMatchObject({ desired: 'stop' })
  expect(await node.heartbeat({ fenced: true })).toMatchObject({ ok: true, leases: [] })
})
