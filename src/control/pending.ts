// Why a task has no node: the same questions that placing it asks, answered in figures instead of one sentence.
// Invariant: it speaks of the state it is given, not of what was written into the task's row earlier. It places nothing.

import { assert, isOver, targetRevision, tasksOf } from '../model/index.ts'
import type { ClusterState, Task } from '../model/index.ts'
import { serviceWaitsFor, waitsFor } from './dependencies.ts'
import { Draft } from './draft.ts'
import { placeTask } from './placement.ts'
import type { TurnedAway } from './placement.ts'
import { volumesUsed } from './task.ts'

export type Pending =
  | { readonly why: 'waits'; readonly reason: string }
  | {
      readonly why: 'no-node'
      readonly reason: string
      readonly nodes: number
      readonly turnedAway: readonly TurnedAway[]
    }

/** Why a pending task has no node; null when it would be placed as soon as its owner is reconciled. */
export function explainPending(state: ClusterState, task: Task): Pending | null {
  assert(task.node === null, () => `${task.id} is on a node`)
  const service = state.services.get(task.owner)
  const job = state.jobs.get(task.owner)
  const owner = service ?? job
  if (!owner) return null
  const blocked = service
    ? serviceWaitsFor(
        state,
        service,
        tasksOf(state, task.owner).filter((each) => !isOver(each)),
      )
    : waitsFor(state, owner.stack, owner.spec.dependsOn)
  if (blocked !== null) return { why: 'waits', reason: blocked }
  const template = service ? targetRevision(service).template : owner.spec.template
  const result = placeTask(new Draft(state), {
    owner: task.owner,
    reserve: task.reserve,
    placement: owner.spec.placement,
    volumes: volumesUsed(task.stack, template),
  })
  return result.ok
    ? null
    : { why: 'no-node', reason: result.reason, nodes: result.nodes, turnedAway: result.turnedAway }
}
