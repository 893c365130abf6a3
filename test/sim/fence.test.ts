// Fenced tasks with real servers and agents on virtual time: they end with their lease, whoever is dead or cut off, and
// their successor starts after that.
import { describe, expect, test } from 'vitest'
import { labels } from '../../src/agent/index.ts'
import { isHealthy } from '../../src/model/index.ts'
import type { Task } from '../../src/model/index.ts'
import type { SimNode, World } from '../../src/sim/index.ts'
import { applied, joined, leaderOf } from './cluster.ts'
import { service, stack } from './stack.ts'

const fenceMs = 15_000

const document = (tag = '1') =>
  stack({
    services: {
      web: service(
        { image: { ref: `web:${tag}` } },
        {
          onLost: 'fence',
          fenceAfterMs: fenceMs,
          rollout: { ...service().rollout, order: 'stop-first' },
        },
      ),
    },
  })

/** Where the only task of the service runs, as the hosts have it. Never in two places at once. */
function running(world: World): { node: SimNode; task: string }[] {
  return world.nodes.flatMap((node) =>
    node.host.running().map(({ request }) => ({ node, task: request.labels[labels.task] ?? '' })),
  )
}

async function started(seed: number) {
  const world = await joined({ seed, servers: 3, nodes: 3 })
  world.invariant = () => {
    if (running(world).length > 1) throw new Error('it runs twice')
  }
  await applied(world, document())
  const [first] = running(world)
  if (!first) throw new Error('nothing runs')
  return { world, ...first }
}

const healthyElsewhere = (world: World, node: SimNode) => () =>
  [...world.state.tasks.values()].some((task: Task) => isHealthy(task) && task.node !== node.id)

describe.each([1, 2, 3])('a fenced task (seed %i)', (seed) => {
  test('whose host is cut off stops in time, and runs elsewhere only then', async () => {
    const { world, node } = await started(seed)
    const cutAt = world.clock.monotonic()
    world.sever(node)
    await world.until('it has stopped', () => node.host.running().length === 0, fenceMs)
    await world.until('it runs elsewhere', healthyElsewhere(world, node), 30_000)
    expect(world.clock.monotonic() - cutAt).toBeLessThan(fenceMs + 6000)
    world.heal(node)
    await world.pass(60_000)
    expect(running(world)).toHaveLength(1)
    expect(node.host.running()).toEqual([])
  })

  test('whose agent is dead is killed by the guard, and runs elsewhere only then', async () => {
    const { world, node } = await started(seed)
    world.killAgent(node)
    await world.pass(fenceMs - 3000)
    expect(node.host.running()).toHaveLength(1)
    await world.until('it is dead', () => node.host.running().length === 0, 3100)
    await world.until('it runs elsewhere', healthyElsewhere(world, node), 30_000)
  })

  test('whose agent is started again in time runs on', async () => {
    const { world, node } = await started(seed)
    const container = node.host.running()[0]?.id
    world.killAgent(node)
    await world.pass(5000)
    world.startAgent(node)
    await world.pass(60_000)
    expect(node.host.running().map(({ id }) => id)).toEqual([container])
  })

  test('outlives the leader, however often it changes', async () => {
    const { world, node } = await started(seed)
    const container = node.host.running()[0]?.id
    for (let round = 0; round < 4; round += 1) {
      const leader = leaderOf(world)
      world.killServer(leader)
      await world.until('another leads', () => world.leader !== undefined, 10_000)
      world.startServer(leader)
      await world.pass(5000)
    }
    expect(node.host.running().map(({ id }) => id)).toEqual([container])
  })

  test('gets no lease from a leader that is cut off together with its host', async () => {
    const { world, node } = await started(seed)
    const leader = leaderOf(world)
    // Both talk to each other still, and to nobody else: the store does not answer the old leader.
    leader.store.isCut = true
    const cutAt = world.clock.monotonic()
    for (const other of world.nodes) if (other !== node) world.sever(other)
    await world.pass(fenceMs + 20_000)
    expect(world.clock.monotonic() - cutAt).toBeGreaterThan(fenceMs)
    for (const other of world.nodes) world.heal(other)
    leader.store.isCut = false
    await world.pass(60_000)
    expect(running(world)).toHaveLength(1)
  })

  test('without any leader stops, and runs again on the same host when one is back', async () => {
    const { world, node } = await started(seed)
    for (const server of world.servers) world.killServer(server)
    await world.until('it has stopped', () => node.host.running().length === 0, fenceMs)
    await world.pass(60_000)
    expect(running(world)).toEqual([])
    for (const server of world.servers) world.startServer(server)
    await world.until('it runs', () => running(world).length === 1, 120_000)
    await world.pass(60_000)
    expect(running(world)).toHaveLength(1)
  })
})
