// Questions that controllers and views ask of the state's rows alike. Pure. Invariant: each says in one place what a
// word means (over, healthy, serving, on a lost node), so that no two parts of gantry mean something else by it.

import type { ServiceAddress } from './address.ts'
import type { ClusterState, NodeId, Revision, Service, Task, TaskId, TaskPhase } from './state.ts'

export function tasksOf(state: ClusterState, owner: ServiceAddress): Task[] {
  return tasksWith(state, state.tasksByOwner.get(owner))
}

export function tasksOn(state: ClusterState, node: NodeId): Task[] {
  return tasksWith(state, state.tasksByNode.get(node))
}

function tasksWith(state: ClusterState, ids: ReadonlySet<TaskId> | undefined): Task[] {
  const rows: Task[] = []
  for (const id of ids ?? []) {
    const task = state.tasks.get(id)
    if (task) rows.push(task)
  }
  return rows
}

/** Whether nothing more will come of it: its container is gone, or it is a job's end. */
export function isOver(task: Task): boolean {
  return isLastPhase(task.status.phase)
}

export function isLastPhase(phase: TaskPhase): boolean {
  return phase === 'stopped' || phase === 'complete' || phase === 'failed'
}

export function isHealthy(task: Task): boolean {
  return task.status.phase === 'running' && task.status.health === 'healthy'
}

/** Whether nothing is known of it, because its node is lost; what was last heard of it may not be true any more. */
export function isOnLostNode(state: ClusterState, task: Task): boolean {
  return task.node !== null && state.nodes.get(task.node)?.status === 'lost'
}

/** Tasks of a service that serve now: they are to run, are healthy, and their node is not lost. */
export function servingTasks(state: ClusterState, owner: ServiceAddress): Task[] {
  return tasksOf(state, owner).filter(
    (task) => task.desired === 'run' && isHealthy(task) && !isOnLostNode(state, task),
  )
}

/** Whether its container runs, as far as is known; whether it is healthy is another matter. */
export function isStarted(task: Task): boolean {
  return task.status.phase === 'starting' || task.status.phase === 'running'
}

/** Tasks of a service that have started: they are to run, their containers do, and their node is not lost. */
export function startedTasks(state: ClusterState, owner: ServiceAddress): Task[] {
  return tasksOf(state, owner).filter(
    (task) => task.desired === 'run' && isStarted(task) && !isOnLostNode(state, task),
  )
}

/** The revision that a service's tasks move to. */
export function targetRevision(service: Service): Revision {
  const found = service.revisions.find((revision) => revision.number === service.target)
  if (!found) throw new Error(`service ${service.address} has no revision ${service.target}`)
  return found
}
