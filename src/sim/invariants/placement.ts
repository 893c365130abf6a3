// What a stack says about where its tasks run and how many are away at a time, as the log says it, and ports and
// volumes as they are on hosts. Conditions are looked at when a task is given its node: labels may change later.

import { labels } from '../../agent/index.ts'
import type { ClusterState, Condition, Placement, Service, Task } from '../../model/index.ts'
import { isHealthy, isOver, tasksOf } from '../../model/index.ts'
import type { SimNode } from '../members.ts'
import type { Committed } from '../observer.ts'
import type { World } from '../world.ts'
import type { Invariant } from './invariant.ts'

type Fail = (message: string) => never

export const placement: Invariant = {
  name: 'placement',
  says: 'Constraints, budgets, published ports and volumes of one writer are always respected.',
  watch: ({ world }, fail) => ({
    record: (committed) => {
      for (const [id, before] of committed.before) {
        const after = committed.state.tasks.get(id)
        if (after && after.node !== null && after.node !== before?.node)
          checkPlace(world, committed.state, after, fail)
      }
      checkBudgets(committed, fail)
      checkPorts(committed, fail)
    },
    started: (node, container) => {
      const writes = (mounts: typeof container.request.mounts) =>
        mounts.flatMap((mount) => (mount.kind === 'volume' && !mount.readOnly ? [mount.volume] : []))
      const own = new Set(writes(container.request.mounts))
      if (own.size === 0) return
      for (const { id, host } of world.nodes)
        for (const each of host.running()) {
          if (each === container) continue
          const shared = writes(each.request.mounts).find((volume) => own.has(volume))
          if (shared !== undefined)
            fail(
              `${container.request.labels[labels.task] ?? ''} on ${node.id} and ${each.request.name} on ${id} both write to ${shared}`,
            )
        }
    },
  }),
}

/** What a host is like is known from the world, and not from what its agent says. */
function checkPlace(world: World, state: ClusterState, task: Task, fail: Fail): void {
  const rules = (state.services.get(task.owner) ?? state.jobs.get(task.owner))?.spec.placement
  const node = world.nodes.find(({ id }) => id === task.node)
  if (!rules || !node) return
  if (!rules.require.every((each) => isSo(each, node)))
    fail(`${task.id} is placed on ${node.id}, which has not what it requires`)
  checkCrowd(state, task, rules, fail)
}

/** A task counts until it is over, whichever revision it is of. */
function checkCrowd(state: ClusterState, task: Task, { maxPerNode }: Placement, fail: Fail): void {
  if (maxPerNode === undefined) return
  const there = tasksOf(state, task.owner).filter(
    (each) => each.node === task.node && each.desired === 'run' && !isOver(each),
  ).length
  if (there > maxPerNode)
    fail(`${task.node ?? ''} is given ${there} tasks of ${task.owner}, which takes ${maxPerNode} at most`)
}

/** Of what generated stacks require; anything else is a mistake of the simulator. */
function isSo(condition: Condition, node: Pick<SimNode, 'id' | 'labels'>): boolean {
  if (!('attribute' in condition) || condition.operator !== '==')
    throw new Error(`the simulator cannot tell whether ${JSON.stringify(condition)}`)
  const label = condition.attribute.replace(/^node\.labels\./, '')
  return (condition.attribute === 'node.id' ? node.id : node.labels[label]) === condition.value
}

/** Tasks that serve and are told to stop, in one commit, never leave fewer than the budget says. */
function checkBudgets({ before, state }: Committed, fail: Fail): void {
  const disturbed = new Map<string, number>()
  for (const [id, task] of before)
    if (task?.desired === 'run' && isHealthy(task) && state.tasks.get(id)?.desired === 'stop')
      disturbed.set(task.owner, (disturbed.get(task.owner) ?? 0) + 1)
  for (const [owner, count] of disturbed) {
    const service = state.services.get(owner)
    if (!service || service.removing) continue
    const least = leastAvailable(service)
    const serving = tasksOf(state, owner).filter((task) => task.desired === 'run' && isHealthy(task)).length
    // Scaling in takes what is too much.
    if (least !== null && serving < least && serving + count <= service.spec.replicas)
      fail(`${serving} of ${owner} serve after ${count} were told to stop, and ${least} have to`)
  }
}

function leastAvailable({ spec: { budget, replicas } }: Service): number | null {
  if (!budget) return null
  const share = 'minAvailable' in budget ? budget.minAvailable : budget.maxUnavailable
  const count = 'count' in share ? share.count : Math.ceil((replicas * share.percent) / 100)
  return 'minAvailable' in budget ? Math.min(count, replicas) : Math.max(0, replicas - count)
}

/** Two services never publish one port, as long as neither leaves its stack. */
function checkPorts({ record, state }: Committed, fail: Fail): void {
  if (record.kind !== 'commit') return
  if (!record.parts.some(({ changes }) => changes.some(({ table }) => table === 'stacks'))) return
  const takenBy = new Map<number, string>()
  for (const { document, removing, name } of state.stacks.values()) {
    if (removing) continue
    for (const [service, { template }] of Object.entries(document.services))
      for (const { published } of Object.values(template.ports)) {
        if (published === undefined) continue
        const address = `${name}/${service}`
        const other = takenBy.get(published)
        if (other !== undefined && other !== address)
          fail(`${other} and ${address} both publish ${published}`)
        takenBy.set(published, address)
      }
  }
}
