// The end of a run: faults have ended, people ask once more for what they want, and the cluster has to become that and
// stay it. Invariant: what is asked for here can be had; a cluster that does not come to it is at fault.

import { isHealthy, serviceAddress, targetRevision, tasksOf, volumeAddress } from '../../model/index.ts'
import { Violation } from '../invariants/invariant.ts'
import type { World } from '../world.ts'
import type { Scenario } from './scenario.ts'
import { documentOf, volumeOfStack } from './sketch.ts'
import type { StackSketch } from './sketch.ts'
import type { Workload } from './workload.ts'

export const converges = {
  name: 'converges',
  says: 'Once faults have ended the cluster becomes what was asked for in bounded time, and then nothing changes any more.',
} as const

/** Longest wait, in virtual time: restart back-off goes up to five minutes, and a rollout may have to wait for it twice. */
const withinMs = 1_500_000
/** How long nothing may change then. */
const quietMs = 45_000
const lookEveryMs = 500

/** What there is to be of each stack in the end; null: nothing. */
export type Wishes = ReadonlyMap<string, StackSketch | null>

/** What was asked for last, made possible: small, with good images, and no port twice. */
export function wishesOf({ steps }: Scenario): Wishes {
  const wishes = new Map<string, StackSketch | null>()
  for (const { deed } of steps)
    if (deed.do === 'apply') wishes.set(deed.stack.name, lastOf(deed.stack))
    else if (deed.do === 'destroy' && wishes.has(deed.stack)) wishes.set(deed.stack, null)
  return wishes
}

function lastOf(stack: StackSketch): StackSketch {
  return {
    ...stack,
    services: stack.services.map((service) => ({
      ...service,
      image: 'web:last',
      cpu: 50,
      replicas: service.hasVolume || service.isFenced ? 1 : Math.min(4, Math.max(1, service.replicas)),
      // A full node has no room for a second one.
      order: service.cpu > 100 ? 'stop-first' : service.order,
      maxPerNode: null,
      published: service.published === 8000 ? null : service.published,
    })),
    jobs: stack.jobs.map((job) => ({ ...job, image: 'job:last', retries: 5 })),
  }
}

export async function comeToRest(world: World, workload: Workload, wishes: Wishes): Promise<void> {
  await wait(world, 'a leader leads', () => (world.leader ? null : 'nobody leads'))
  for (const { id } of world.nodes) await insist(world, () => workload.setAvailability(id, 'active'))
  for (const [name, wish] of wishes) {
    if (!wish) await removeStack(world, workload, name)
    else await insist(world, () => workload.apply(documentOf(wish)))
  }
  await wait(world, 'all is as it was asked for', () => whatIsWrong(world, wishes))
  const before = countsOf(world)
  await world.pass(quietMs)
  const after = countsOf(world)
  const changed = Object.keys(before).find((what) => before[what] !== after[what])
  if (changed !== undefined)
    fail(
      `${changed} changed from ${before[changed] ?? 0} to ${after[changed] ?? 0} though all was as it was to be`,
    )
  const wrong = whatIsWrong(world, wishes)
  if (wrong !== null) fail(`it did not stay as it was: ${wrong}`)
}

function fail(message: string): never {
  throw new Violation(converges.name, message)
}

async function wait(world: World, what: string, isWrong: () => string | null): Promise<void> {
  for (let waited = 0; ; waited += lookEveryMs) {
    const wrong = isWrong()
    if (wrong === null) return
    if (waited >= withinMs) fail(`not within ${withinMs / 60_000} minutes: ${what} (${wrong})`)
    await world.pass(lookEveryMs)
  }
}

const tries = 12

/** People ask again when they had no answer; a leader may just be changing. */
async function insist(world: World, ask: () => Promise<void>): Promise<void> {
  for (let left = tries; ; left -= 1)
    try {
      await world.wait(ask())
      return
    } catch (error) {
      if (error instanceof Violation) throw error
      if (left === 0)
        fail(`an apply was not taken: ${error instanceof Error ? error.message : String(error)}`)
      await world.pass(5000)
    }
}

async function removeStack(world: World, workload: Workload, name: string): Promise<void> {
  const stack = world.state.stacks.get(name)
  if (stack && !stack.removing) await insist(world, () => workload.destroy(name, false))
}

/** Figures that stand still in a cluster that has nothing to do. */
function countsOf(world: World): Record<string, number> {
  const sum = (of: (node: World['nodes'][number]) => number) =>
    world.nodes.reduce((total, node) => total + of(node), 0)
  return {
    'the number of container starts': sum(({ host }) => host.starts.length),
    'the number of container ends': sum(({ host }) => host.ends.length),
    'the number of commits': world.history.filter(({ kind }) => kind === 'commit').length,
    'the number of terms': world.state.term,
  }
}

/** The first thing that is not as it was asked for; null when all is. */
export function whatIsWrong(world: World, wishes: Wishes): string | null {
  const { state } = world
  for (const { id, role } of world.servers) if (role === 'dead') return `server ${id} is dead`
  for (const { id } of world.nodes)
    if (state.nodes.get(id)?.status !== 'ready') return `node ${id} is not ready`
  let containers = 0
  for (const [name, wish] of wishes) {
    const stack = state.stacks.get(name)
    if (!wish) {
      if (stack) return `stack ${name} is there`
      continue
    }
    if (!stack || stack.removing) return `stack ${name} is not there`
    for (const service of wish.services) {
      const wrong = wrongWith(world, serviceAddress(name, service.name), service.replicas, service.published)
      if (wrong !== null) return wrong
      containers += service.replicas
    }
    for (const job of wish.jobs) {
      const status = state.jobs.get(serviceAddress(name, job.name))?.status
      if (status !== 'complete' && status !== 'failed')
        return `job ${name}/${job.name} is ${status ?? 'gone'}`
    }
    if (wish.services.some(({ hasVolume }) => hasVolume)) {
      const volume = state.volumes.get(volumeAddress(name, volumeOfStack))
      if (!volume || volume.deleting) return `the volume of ${name} is not there`
    }
  }
  for (const name of state.stacks.keys()) if (!wishes.has(name)) return `nobody asked for stack ${name}`
  if (state.deletingVolumes.size > 0) return 'a volume is still to be deleted'
  return wrongOnHosts(world, containers)
}

function wrongWith(world: World, address: string, replicas: number, port: number | null): string | null {
  const { state } = world
  const service = state.services.get(address)
  if (!service) return `there is no service ${address}`
  if (service.rollout.status !== 'done')
    return `the rollout of ${address} is ${service.rollout.status} (${service.rollout.reason ?? ''})`
  const tasks = tasksOf(state, address)
  if (tasks.length !== replicas) return `${address} has ${tasks.length} tasks of ${replicas}`
  const target = targetRevision(service)
  for (const task of tasks) {
    if (!isHealthy(task) || task.desired !== 'run' || task.revision !== target.number)
      return `${task.id} is ${task.status.phase} (${task.status.message ?? task.unplaceable ?? ''})`
    const host = world.nodes.find(({ id }) => id === task.node)?.host
    const running = host?.running(task.id) ?? []
    if (running.length !== 1)
      return `${task.id} has ${running.length} containers on ${task.node ?? 'no node'}`
    if (port !== null && !host?.published.get(port)?.some((backend) => backend.task === task.id))
      return `${task.id} is not behind port ${port} of ${task.node ?? ''}`
  }
  return null
}

function wrongOnHosts({ nodes, state }: World, containers: number): string | null {
  let running = 0
  for (const { id, host } of nodes) {
    running += host.running().length
    for (const { request } of host.containers.values()) {
      const task = request.labels['gantry.task'] ?? ''
      if (!state.tasks.has(task)) return `the container ${request.name} on ${id} is of nobody`
    }
  }
  return running === containers ? null : `${running} containers run, and ${containers} are to`
}
