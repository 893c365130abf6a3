// Steps that the simulator's tests share: a world whose nodes have joined, an apply as a person would do it, and the
// questions asked of the outcome.

import { isHealthy } from '../../src/model/index.ts'
import type { StackDocument, Task } from '../../src/model/index.ts'
import { World } from '../../src/sim/index.ts'
import type { SimNode, SimServer, WorldOptions } from '../../src/sim/index.ts'
import { applyRequest } from './stack.ts'

export async function joined(options?: WorldOptions): Promise<World> {
  const world = new World(options)
  await world.until('the nodes join', () => world.state.nodes.size === world.nodes.length)
  // Their hellos are in the log, and the answers on their way.
  await world.pass(50)
  return world
}

/** Resolves when the leader has acknowledged it. */
export async function apply(world: World, document: StackDocument): Promise<void> {
  const baseVersion = world.state.stacks.get(document.stack)?.version ?? 0
  await world.ask('apply', applyRequest(document, baseVersion))
}

/** Resolves when all its rollouts and jobs are done. */
export async function applied(world: World, document: StackDocument): Promise<void> {
  await apply(world, document)
  await world.until('everything is rolled out', () => isSettled(world), 600_000)
}

export function isSettled({ state }: World): boolean {
  return (
    [...state.services.values()].every(({ rollout }) => rollout.status === 'done') &&
    [...state.jobs.values()].every(({ status }) => status === 'complete')
  )
}

export async function destroy(world: World, deleteVolumes: readonly string[] = []): Promise<void> {
  const baseVersion = world.state.stacks.get('hello')?.version ?? 0
  await world.ask('destroy', { stack: 'hello', baseVersion, deleteVolumes })
}

export function healthyTasks({ state }: World): Task[] {
  return [...state.tasks.values()].filter(isHealthy)
}

export function nodeOf(world: World, index = 0): SimNode {
  const node = world.nodes[index]
  if (!node) throw new Error(`the world has no node ${index}`)
  return node
}

export function serverOf(world: World, index = 0): SimServer {
  const server = world.servers[index]
  if (!server) throw new Error(`the world has no server ${index}`)
  return server
}

export function leaderOf(world: World): SimServer {
  if (!world.leader) throw new Error('nobody leads')
  return world.leader
}

export function only<Item>(items: Iterable<Item>): Item {
  const [first, ...others] = items
  if (first === undefined || others.length > 0) throw new Error(`not one but ${others.length + 1 || 0}`)
  return first
}
