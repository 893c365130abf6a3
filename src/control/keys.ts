// What has to be looked at again when a row changes: the change feed of the controllers. Invariant: whatever a
// controller reads to decide about a key, a change of it names that key; nothing scans the whole cluster in a steady
// state. It does not decide anything.

import { isHealthy, isOver } from '../model/index.ts'
import type { Change, ClusterState, Job, Node, Service, Task } from '../model/index.ts'

/** `service:shop/api`, `job:shop/seed`, `stack:shop`, `volume:shop/volume:data`. */
export type WorkKey = `service:${string}` | `job:${string}` | `stack:${string}` | `volume:${string}`

/** Keys to reconcile after `change`, which has been applied to `state`; `before` is the row it replaced. */
export function touchedKeys(state: ClusterState, change: Change, before: Change): Set<WorkKey> {
  const keys = new Set<WorkKey>()
  switch (change.table) {
    case 'tasks':
      if (before.table === 'tasks') touchedByTask(state, keys, before.value, change.value)
      break
    case 'services':
      keys.add(`service:${change.key}`)
      if (before.table === 'services') touchedByOwner(state, keys, change.key, before.value, change.value)
      break
    case 'jobs':
      keys.add(`job:${change.key}`)
      if (before.table === 'jobs') touchedByOwner(state, keys, change.key, before.value, change.value)
      break
    case 'stacks':
      if (change.value) keys.add(`stack:${change.key}`)
      break
    case 'volumes':
      keys.add(`volume:${change.key}`)
      if (change.value === null)
        keys.add(`stack:${before.table === 'volumes' ? (before.value?.stack ?? '') : ''}`)
      break
    case 'nodes':
      if (before.table === 'nodes') touchedByNode(state, keys, before.value, change.value)
      break
    case 'pasts':
    case 'secrets':
    case 'cluster':
      break
  }
  return keys
}

function touchedByTask(
  state: ClusterState,
  keys: Set<WorkKey>,
  before: Task | null,
  after: Task | null,
): void {
  const task = after ?? before
  if (!task) return
  keys.add(ownerKey(task))
  if (before && after && isHealthy(before) === isHealthy(after) && isOver(before) === isOver(after)) return
  for (const dependent of state.dependents.get(task.owner) ?? []) addOwner(state, keys, dependent)
  if (before && !isOver(before) && (!after || isOver(after))) {
    // Room came free on its node, and a volume that was to be deleted may be unused now.
    addPendingOwners(state, keys)
    for (const volume of state.volumes.values())
      if (volume.deleting && volume.stack === task.stack) keys.add(`volume:${volume.address}`)
  }
}

function touchedByOwner(
  state: ClusterState,
  keys: Set<WorkKey>,
  address: string,
  before: Service | Job | null,
  after: Service | Job | null,
): void {
  for (const dependent of state.dependents.get(address) ?? []) addOwner(state, keys, dependent)
  const stack = (after ?? before)?.stack
  if (after === null && stack !== undefined) keys.add(`stack:${stack}`)
}

function touchedByNode(
  state: ClusterState,
  keys: Set<WorkKey>,
  before: Node | null,
  after: Node | null,
): void {
  if (
    before?.status === after?.status &&
    before?.availability === after?.availability &&
    before?.capacity.cpu === after?.capacity.cpu &&
    before?.capacity.memory === after?.capacity.memory &&
    before?.labels === after?.labels
  )
    return
  const id = (after ?? before)?.id
  for (const taskId of (id !== undefined && state.tasksByNode.get(id)) || []) {
    const task = state.tasks.get(taskId)
    if (task) keys.add(ownerKey(task))
  }
  addPendingOwners(state, keys)
}

function addPendingOwners(state: ClusterState, keys: Set<WorkKey>): void {
  for (const id of state.pendingTasks) {
    const task = state.tasks.get(id)
    if (task) keys.add(ownerKey(task))
  }
}

function ownerKey(task: Task): WorkKey {
  return task.kind === 'service' ? `service:${task.owner}` : `job:${task.owner}`
}

function addOwner(state: ClusterState, keys: Set<WorkKey>, address: string): void {
  if (state.services.has(address)) keys.add(`service:${address}`)
  else if (state.jobs.has(address)) keys.add(`job:${address}`)
}

/** Every key there is: what a new leader looks at once. */
export function allKeys(state: ClusterState): Set<WorkKey> {
  const keys = new Set<WorkKey>()
  for (const name of state.stacks.keys()) keys.add(`stack:${name}`)
  for (const address of state.services.keys()) keys.add(`service:${address}`)
  for (const address of state.jobs.keys()) keys.add(`job:${address}`)
  for (const address of state.volumes.keys()) keys.add(`volume:${address}`)
  return keys
}
