// What keeps a node from being empty: for each task that is still there, why it has not left. Invariant: it asks the
// same questions as the controllers that move tasks, of the state as it is, and changes nothing.

import { isHealthy, isOver, serviceAddress, targetRevision, tasksOf, tasksOn } from '../model/index.ts'
import type { ClusterState, Node, Service, Task } from '../model/index.ts'
import { leastAvailable } from './budget.ts'
import { Draft } from './draft.ts'
import { isLeaving } from './leaving.ts'
import { placeTask } from './placement.ts'
import { volumesUsed } from './task.ts'

export interface Holdup {
  readonly task: Task
  /** Null while there is nothing to say: it is on its way, or it need not leave. */
  readonly why: string | null
}

/** Every task of a node that is not over, in the order of their ids. */
export function holdupsOf(state: ClusterState, node: Node): Holdup[] {
  return tasksOn(state, node.id)
    .filter((task) => !isOver(task))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((task) => ({ task, why: whyThere(state, node, task) }))
}

function whyThere(state: ClusterState, node: Node, task: Task): string | null {
  const spec = (state.services.get(task.owner) ?? state.jobs.get(task.owner))?.spec
  if (!spec || !isLeaving(state, task, spec.placement)) return null
  if (node.status === 'lost') return 'the node is lost: what its agent does with it is not known'
  if (task.desired === 'stop') return 'it is being stopped'
  if (task.kind === 'job')
    return node.drain?.deadline == null
      ? 'a job runs to its end'
      : 'a job runs to its end, or to the deadline'
  const service = state.services.get(task.owner)
  return service ? whyNotMoved(state, service, task) : null
}

function whyNotMoved(state: ClusterState, service: Service, task: Task): string {
  const { spec } = service
  const mine = tasksOf(state, service.address).filter((each) => !isOver(each))
  const successor = mine.find(
    (each) => each.slot === task.slot && each.id !== task.id && each.desired === 'run',
  )
  if (successor)
    return successor.node === null
      ? (successor.unplaceable ?? successor.status.message ?? 'its successor has no node yet')
      : 'its successor is not healthy for long enough yet'
  if (service.rollout.status === 'failed' && task.revision !== service.target)
    return 'the rollout of its service has failed: a new apply decides what takes its place'
  if (spec.rollout.order === 'stop-first') {
    const template = targetRevision(service).template
    const place = placeTask(new Draft(state), {
      owner: task.owner,
      reserve: task.reserve,
      placement: spec.placement,
      volumes: volumesUsed(task.stack, template),
    })
    if (!place.ok) return `it would not come up again: ${place.reason}`
    const healthy = mine.filter((each) => each.desired === 'run' && isHealthy(each)).length
    if (isHealthy(task) && healthy <= leastAvailable(spec.budget, spec.replicas))
      return `its budget wants ${leastAvailable(spec.budget, spec.replicas)} healthy tasks, and there are ${healthy}`
  }
  return `another task of ${serviceAddress(service.stack, service.name)} moves first`
}
