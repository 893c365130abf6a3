// Which tasks are to leave their node because of the node: it is drained, or has a taint that they do not tolerate.
// Invariant: whatever makes a task leave also keeps its successor from being placed there. How it leaves is its
// controller's decision.

import type { ClusterState, Instant, Node, Placement, Taint, Task } from '../model/index.ts'

/** `gpu` or `gpu=a100`. */
function tolerates(placement: Placement, { key, value }: Taint): boolean {
  return (placement.tolerate ?? []).some((each) => each === key || each === `${key}=${value}`)
}

/** The first taint that keeps a task with this placement off the node. */
export function repelledBy(node: Node, placement: Placement): Taint | undefined {
  return node.taints?.find((taint) => !tolerates(placement, taint))
}

/** `gpu=a100`, or `gpu` where it has no value. */
export function taintText({ key, value }: Pick<Taint, 'key' | 'value'>): string {
  return value === '' ? key : `${key}=${value}`
}

export function isLeaving(state: ClusterState, task: Task, placement: Placement): boolean {
  const node = task.node === null ? undefined : state.nodes.get(task.node)
  if (!node) return false
  return (
    node.availability === 'drain' ||
    node.taints?.some((taint) => taint.effect === 'noexecute' && !tolerates(placement, taint)) === true
  )
}

/** When what could not be moved is stopped; null when it is never. */
export function drainDeadline(state: ClusterState, task: Task): Instant | null {
  const node = task.node === null ? undefined : state.nodes.get(task.node)
  return node?.availability === 'drain' ? (node.drain?.deadline ?? null) : null
}
