// What a node is told to do: its tasks with everything the agent needs, but the secrets' values, which are named here
// and sealed to the node by the server. Invariant: a secret is named only for a task of that node that uses it.

import { imageRef, isOver, nameOf, tasksOn, volumeAddress } from '../model/index.ts'
import type { Assignment, ClusterState, NodeId, Task, TaskId, TaskTemplate } from '../model/index.ts'
import { secretsUsed } from './task.ts'

export interface UnsealedAssignment extends Omit<Assignment, 'secrets'> {
  /** Addresses of the secrets it uses. */
  readonly secretAddresses: readonly string[]
}

/** All that a node is to do, or only what it is to do with some of its tasks. */
export function assignmentsFor(
  state: ClusterState,
  node: NodeId,
  only?: ReadonlySet<TaskId>,
): UnsealedAssignment[] {
  return tasksOn(state, node)
    .filter((task) => only === undefined || only.has(task.id))
    .flatMap((task) => assignmentOf(state, task) ?? [])
}

/** The tasks on nodes that are given a secret's value. Looks at every task: values are set by people, now and then. */
export function tasksGiven(state: ClusterState, secret: string): Task[] {
  return [...state.tasks.values()].filter(
    (task) =>
      secret.startsWith(`${task.stack}/`) &&
      task.node !== null &&
      assignmentOf(state, task)?.secretAddresses.includes(secret) === true,
  )
}

/** Undefined when the task's revision is not known any more; its node then stops it. */
function assignmentOf(state: ClusterState, task: Task): UnsealedAssignment | undefined {
  const template = templateOf(state, task)
  if (!template) return undefined
  return {
    task: task.id,
    kind: task.kind,
    stack: task.stack,
    name: nameOf(task.owner),
    slot: task.slot,
    revision: task.revision,
    desired: task.desired,
    ...(task.fenceMs === undefined ? {} : { fenceMs: task.fenceMs }),
    ...(isOver(task) ? { over: true as const } : {}),
    image: imageRef(task.stack, template.image),
    built: 'build' in template.image,
    template,
    ...memoryVolumesOf(state, task, template),
    secretAddresses: task.desired === 'run' && !isOver(task) ? secretsUsed(task.stack, template) : [],
  }
}

/** Volumes of the template that are memory: the agent makes no volume of them. */
function memoryVolumesOf(
  state: ClusterState,
  { stack }: Task,
  { mounts }: TaskTemplate,
): Pick<Assignment, 'memoryVolumes'> {
  const found = Object.values(mounts).flatMap(({ volume }) => {
    const spec = state.volumes.get(volumeAddress(stack, volume))?.spec
    return spec?.driver.kind === 'tmpfs' ? [[volume, spec.size ?? 0] as const] : []
  })
  return found.length === 0 ? {} : { memoryVolumes: Object.fromEntries(found) }
}

function templateOf(state: ClusterState, task: Task): TaskTemplate | undefined {
  if (task.kind === 'job') return state.jobs.get(task.owner)?.spec.template
  return state.services.get(task.owner)?.revisions.find((revision) => revision.number === task.revision)
    ?.template
}
