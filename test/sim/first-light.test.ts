// The walking skeleton in virtual time: the same server and agent code that runs for real, through apply, crash, kill
// and outage. Every test looks at the cluster from outside: at the log, at the containers, at the published ports.

import { describe, expect, test } from 'vitest'
import { volumeName } from '../../src/agent/index.ts'
import { isHealthy } from '../../src/model/index.ts'
import type { StackDocument } from '../../src/model/index.ts'
import { World } from '../../src/sim/index.ts'
import type { SimHost, WorldOptions } from '../../src/sim/index.ts'
import { applyRequest, job, service, stack, template } from './stack.ts'

async function joined(options?: WorldOptions): Promise<World> {
  const world = new World(options)
  const size = world.nodes.length
  await world.until('the nodes join', () => world.state.nodes.size === size)
  return world
}

async function apply(world: World, document: StackDocument): Promise<void> {
  const baseVersion = world.state.stacks.get(document.stack)?.version ?? 0
  await world.ask('apply', applyRequest(document, baseVersion))
}

function rolloutOf(world: World, address = 'hello/web'): string | undefined {
  return world.state.services.get(address)?.rollout.status
}

async function applied(world: World, document: StackDocument): Promise<void> {
  await apply(world, document)
  await world.until('everything is rolled out', () => {
    const { services, jobs } = world.state
    return (
      [...services.values()].every((each) => each.rollout.status === 'done') &&
      [...jobs.values()].every((each) => each.status === 'complete')
    )
  })
}

function hostOf(world: World): SimHost {
  const host = world.nodes[0]?.host
  if (!host) throw new Error('the world has no node')
  return host
}

function onlyNode(world: World) {
  const node = world.nodes[0]
  if (!node) throw new Error('the world has no node')
  return node
}

function onlyServer(world: World) {
  const server = world.servers[0]
  if (!server) throw new Error('the world has no server')
  return server
}

const healthyTasks = (world: World) => [...world.state.tasks.values()].filter(isHealthy).length

describe('first light', () => {
  test('apply brings a service up, and a crash is healed within two seconds', async () => {
    const world = await joined()
    const host = hostOf(world)
    await apply(world, stack({ services: { web: service({}, { replicas: 2 }) } }))
    await world.until('two healthy tasks', () => healthyTasks(world) === 2, 1500)
    await world.until('the rollout is done', () => rolloutOf(world) === 'done')

    const [first] = host.running()
    if (!first) throw new Error('nothing runs')
    const crashedAt = world.clock.monotonic()
    host.exit(first.id, 1)
    await world.until('the crash is seen', () => healthyTasks(world) === 1, 100)
    await world.until('two healthy tasks again', () => healthyTasks(world) === 2, 2000)

    expect(host.running()).toHaveLength(2)
    expect(host.starts).toHaveLength(3)
    expect((host.starts[2]?.at ?? 0) - crashedAt).toBeGreaterThanOrEqual(1000)
    expect(world.view.tasks.map((task) => task.restarts).sort()).toEqual([0, 1])
  })
})
