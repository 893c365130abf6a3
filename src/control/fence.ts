// When a task on a lost node is given up, so that another takes its place: at once, or, of a fenced one, when its lease
// has run out for certain. Invariant: a fenced task is given up only after the agent, by whatever clock of its, has
// stopped it; and what was given up never gets a lease again. The lease itself is kept by the agent (agent/fences.ts)
// and granted by the session (server/leases.ts).

import { digestOf, isOnLostNode, isOver, tasksOn, templateHash } from '../model/index.ts'
import type { Change, ClusterState, Duration, Instant, NodeId, ServiceSpec, Task } from '../model/index.ts'

const defaultFenceAfterMs: Duration = 15_000
/** Shorter ones would run out between two heartbeats that are a little late. */
export const leastFenceAfterMs: Duration = 3000

/**
 * How far two clocks may drift apart while a lease lasts, each of them off by one percent; and what timers and kills take.
 */
const clockRate = 1.02
const marginMs: Duration = 1000

/** The lease of the tasks of a service; undefined when they have none. */
export function fenceOf({ onLost, fenceAfterMs }: ServiceSpec): Duration | undefined {
  return onLost === 'fence' ? (fenceAfterMs ?? defaultFenceAfterMs) : undefined
}

/**
 * Identity of a revision: what changes a task, the lease included, so that no running task changes its lease: a new one
 * with another takes its place.
 */
export function revisionHash(spec: ServiceSpec): string {
  const hash = templateHash(spec.template)
  const fenceMs = fenceOf(spec)
  return fenceMs === undefined ? hash : digestOf({ hash, fenceMs }).slice(0, 16)
}

/** From when on a fenced task runs no more, if its node was heard last at `silentSince`. */
export function endOfLease(silentSince: Instant, fenceMs: Duration): Instant {
  return silentSince + Math.ceil(fenceMs * clockRate) + marginMs
}

/** When a task whose node is lost may be given up; null when only a change can bring that about. */
export function givesUpAt(state: ClusterState, task: Task): Instant | null {
  const node = task.node === null ? undefined : state.nodes.get(task.node)
  if (node?.status !== 'lost' || isHeldBack(state, node.id)) return null
  const silentSince = node.silentSince ?? node.statusSince
  return task.fenceMs === undefined ? node.statusSince : endOfLease(silentSince, task.fenceMs)
}

/** Whether its place is free though it may still be in the books of its node. */
export function isGivenUp(state: ClusterState, task: Task): boolean {
  return task.givenUp === true && isOnLostNode(state, task)
}

/** A fenced task never comes back, because another may run by the time its node does. */
export function giveUp(task: Task): Task {
  return { ...task, givenUp: true, ...(task.fenceMs === undefined ? {} : { desired: 'stop' as const }) }
}

/** Whether too many nodes vanished together with this one, so that nothing of it is replaced. */
function isHeldBack(state: ClusterState, node: NodeId): boolean {
  return state.cluster?.hold?.nodes.includes(node) === true
}

/** The tasks of a node whose leases may be renewed now. */
export function leasesOf(state: ClusterState, node: NodeId): string[] {
  if (state.nodes.get(node)?.status !== 'ready') return []
  return tasksOn(state, node)
    .filter((task) => task.fenceMs !== undefined && !task.givenUp && !isOver(task))
    .map((task) => task.id)
    .sort()
}

/**
 * What a new leader writes down first: it does not know what the last one granted before it was deposed, so every lease
 * that has not been given up counts as renewed now. Its clock may also be ahead of the last one's.
 */
export function assumeLeases(state: ClusterState, now: Instant): Change[] {
  return [...state.nodes.values()]
    .filter(
      (node) =>
        node.status !== 'ready' &&
        tasksOn(state, node.id).some((task) => task.fenceMs !== undefined && !task.givenUp && !isOver(task)),
    )
    .map((node): Change => ({ table: 'nodes', key: node.id, value: { ...node, silentSince: now } }))
}
