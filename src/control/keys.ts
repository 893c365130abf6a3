// What has to be looked at again when a row changes: the change feed of the controllers. Invariant: whatever a
// controller reads to decide about a key, a change of it names that key; nothing scans the whole cluster in a steady
// state. The words in which a pending task says why no node takes it are of the moment when it was last tried: a change
// that leaves it without a node (room that is taken, a volume that finds its place) does not renew them. It does not
// decide anything.

import { canonicalJson, isHealthy, isOver, isStarted, nameOf, stackOf, tasksOn } from '../model/index.ts'
import type { Change, ClusterState, Hold, Job, Node, Service, Task, Volume } from '../model/index.ts'

/** `service:shop/api`, `job:shop/seed`, `stack:shop`, `volume:shop/volume:data`, and the one hold of the cluster. */
export type WorkKey =
  `service:${string}` | `job:${string}` | `stack:${string}` | `volume:${string}` | typeof holdKey

const holdKey = 'hold:nodes'

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
      if (before.table === 'volumes') touchedByVolume(state, keys, before.value, change.value)
      break
    case 'nodes':
      if (before.table === 'nodes') touchedByNode(state, keys, before.value, change.value)
      break
    case 'servers':
    case 'users':
    case 'tokens':
    case 'members':
    case 'pasts':
    case 'secrets':
      break
    case 'cluster':
      if (before.table === 'cluster') touchedByHold(state, keys, before.value?.hold, change.value?.hold)
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
  const isNews = serves(before) !== serves(after)
  if (isNews || isThere(before) !== isThere(after))
    for (const dependent of state.dependents.get(task.owner) ?? [])
      if (isNews || awaitsStart(state, dependent, task.owner)) addOwner(state, keys, dependent)
  // Room came free on its node.
  if (takesRoom(before) && !takesRoom(after)) addPendingOwners(state, keys)
  if (holdsVolumes(before) && !holdsVolumes(after)) addDeletingVolumes(state, keys, task.stack)
}

function serves(task: Task | null): boolean {
  return task !== null && task.desired === 'run' && isHealthy(task)
}

function isThere(task: Task | null): boolean {
  return task !== null && task.desired === 'run' && isStarted(task)
}

function awaitsStart(state: ClusterState, dependent: string, owner: string): boolean {
  const spec = (state.services.get(dependent) ?? state.jobs.get(dependent))?.spec
  return spec?.dependsOn.some(({ on, until }) => until === 'started' && on === nameOf(owner)) === true
}

function takesRoom(task: Task | null): boolean {
  return task !== null && task.node !== null && !isOver(task)
}

/** A container of it may be there. */
function holdsVolumes(task: Task | null): boolean {
  return task !== null && task.node !== null && task.status.phase !== 'stopped'
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
  if (stack === undefined) return
  if (after === null) keys.add(`stack:${stack}`)
  // Once a rollout has settled, the volumes of earlier revisions are not needed any more.
  addDeletingVolumes(state, keys, stack)
}

function touchedByVolume(
  state: ClusterState,
  keys: Set<WorkKey>,
  before: Volume | null,
  after: Volume | null,
): void {
  const volume = after ?? before
  if (!volume) return
  keys.add(`volume:${volume.address}`)
  if (before?.deleting && !after?.deleting) keys.add(`stack:${volume.stack}`)
  // Ended tries of jobs may have to let go of it.
  if (after?.deleting && !before?.deleting)
    for (const job of state.jobs.values()) if (job.stack === volume.stack) keys.add(`job:${job.address}`)
}

function touchedByNode(
  state: ClusterState,
  keys: Set<WorkKey>,
  before: Node | null,
  after: Node | null,
): void {
  const isSame =
    before !== null &&
    after !== null &&
    before.status === after.status &&
    before.availability === after.availability &&
    before.name === after.name &&
    before.silentSince === after.silentSince &&
    canonicalJson(decidedBy(before)) === canonicalJson(decidedBy(after))
  const id = (after ?? before)?.id
  if (isSame || id === undefined) return
  if (state.cluster?.hold) keys.add(holdKey)
  const isLost = (node: Node | null) => node?.status === 'lost'
  for (const task of tasksOn(state, id)) {
    keys.add(ownerKey(task))
    if (isLost(before) !== isLost(after) && isThere(task))
      for (const dependent of state.dependents.get(task.owner) ?? []) addOwner(state, keys, dependent)
  }
  addPendingOwners(state, keys)
}

/** What decides whether tasks may be on a node, besides what is compared by itself. */
function decidedBy({ platform, capacity, labels, taints, drain }: Node) {
  return [platform, capacity, labels, taints ?? [], drain ?? null]
}

/** Nodes that are held back, or are not any more, may have tasks to be replaced. */
function touchedByHold(
  state: ClusterState,
  keys: Set<WorkKey>,
  before: Hold | undefined,
  after: Hold | undefined,
): void {
  if (before === after) return
  if (after) keys.add(holdKey)
  for (const id of new Set([...(before?.nodes ?? []), ...(after?.nodes ?? [])]))
    for (const task of tasksOn(state, id)) keys.add(ownerKey(task))
}

function addPendingOwners(state: ClusterState, keys: Set<WorkKey>): void {
  for (const id of state.pendingTasks) {
    const task = state.tasks.get(id)
    if (task) keys.add(ownerKey(task))
  }
}

function addDeletingVolumes(state: ClusterState, keys: Set<WorkKey>, stack: string): void {
  for (const address of state.deletingVolumes) if (stackOf(address) === stack) keys.add(`volume:${address}`)
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
  if (state.cluster?.hold) keys.add(holdKey)
  return keys
}
