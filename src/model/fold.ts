// The fold: records in, state out. The same function runs on every server, in the forecast and in the simulator.
// Invariant: `applyChanges` returns the changes that undo it exactly, so a leader whose append was refused can step
// back. It trusts its input (see record.ts) and asserts what must hold between records.

import type { Instant } from './duration.ts'
import { assert } from './fault.ts'
import { decodeParts, isVoid } from './record.ts'
import type { LogRecord, PartRecord } from './record.ts'
import { serviceAddress } from './address.ts'
import { isOver } from './rows.ts'
import type {
  Change,
  ClusterState,
  Job,
  OpenCommit,
  Reservation,
  Seq,
  Service,
  Tables,
  Task,
  TaskId,
  Term,
} from './state.ts'
import type { StateSnapshot } from './wire.ts'

/** The owner's view of a state; everybody else gets it as `ClusterState`. */
export interface MutableState extends ClusterState {
  seq: Seq
  term: Term
  leader: string | null
  at: Instant
  cluster: Tables['cluster'] | null
  open: OpenCommit | null
  readonly servers: Map<string, Tables['servers']>
  readonly nodes: Map<string, Tables['nodes']>
  readonly stacks: Map<string, Tables['stacks']>
  readonly pasts: Map<string, Tables['pasts']>
  readonly services: Map<string, Tables['services']>
  readonly jobs: Map<string, Tables['jobs']>
  readonly tasks: Map<string, Tables['tasks']>
  readonly volumes: Map<string, Tables['volumes']>
  readonly secrets: Map<string, Tables['secrets']>
  readonly users: Map<string, Tables['users']>
  readonly tokens: Map<string, Tables['tokens']>
  readonly members: Map<string, Tables['members']>
  readonly tasksByOwner: Map<string, Set<TaskId>>
  readonly tasksByNode: Map<string, Set<TaskId>>
  readonly pendingTasks: Set<TaskId>
  readonly reservedByNode: Map<string, Reservation>
  readonly deletingVolumes: Set<string>
  readonly dependents: Map<string, Set<string>>
}

export function emptyState(): MutableState {
  return {
    seq: 0,
    term: 0,
    leader: null,
    at: 0,
    cluster: null,
    open: null,
    servers: new Map(),
    nodes: new Map(),
    stacks: new Map(),
    pasts: new Map(),
    services: new Map(),
    jobs: new Map(),
    tasks: new Map(),
    volumes: new Map(),
    secrets: new Map(),
    users: new Map(),
    tokens: new Map(),
    members: new Map(),
    tasksByOwner: new Map(),
    tasksByNode: new Map(),
    pendingTasks: new Set(),
    reservedByNode: new Map(),
    deletingVolumes: new Set(),
    dependents: new Map(),
  }
}

/** Puts and removes rows in order, and gives the changes that take it back, in the order to apply them. */
export function applyChanges(state: MutableState, changes: readonly Change[]): Change[] {
  const undo: Change[] = []
  for (const change of changes) undo.push(applyChange(state, change))
  return undo.reverse()
}

function applyChange(state: MutableState, change: Change): Change {
  switch (change.table) {
    case 'cluster': {
      const before = state.cluster
      state.cluster = change.value
      return { table: 'cluster', key: change.key, value: before }
    }
    case 'tasks': {
      const before = state.tasks.get(change.key) ?? null
      if (before) unindexTask(state, before)
      if (change.value) {
        state.tasks.set(change.key, change.value)
        indexTask(state, change.value)
      } else state.tasks.delete(change.key)
      return { table: 'tasks', key: change.key, value: before }
    }
    case 'servers':
      return { table: 'servers', key: change.key, value: put(state.servers, change.key, change.value) }
    case 'nodes':
      return { table: 'nodes', key: change.key, value: put(state.nodes, change.key, change.value) }
    case 'stacks':
      return { table: 'stacks', key: change.key, value: put(state.stacks, change.key, change.value) }
    case 'pasts':
      return { table: 'pasts', key: change.key, value: put(state.pasts, change.key, change.value) }
    case 'services': {
      const before = put(state.services, change.key, change.value)
      indexDependents(state, before, change.value)
      return { table: 'services', key: change.key, value: before }
    }
    case 'jobs': {
      const before = put(state.jobs, change.key, change.value)
      indexDependents(state, before, change.value)
      return { table: 'jobs', key: change.key, value: before }
    }
    case 'volumes': {
      if (change.value?.deleting) state.deletingVolumes.add(change.key)
      else state.deletingVolumes.delete(change.key)
      return { table: 'volumes', key: change.key, value: put(state.volumes, change.key, change.value) }
    }
    case 'secrets':
      return { table: 'secrets', key: change.key, value: put(state.secrets, change.key, change.value) }
    case 'users':
      return { table: 'users', key: change.key, value: put(state.users, change.key, change.value) }
    case 'tokens':
      return { table: 'tokens', key: change.key, value: put(state.tokens, change.key, change.value) }
    case 'members':
      return { table: 'members', key: change.key, value: put(state.members, change.key, change.value) }
  }
}

function put<Row>(table: Map<string, Row>, key: string, value: Row | null): Row | null {
  const before = table.get(key) ?? null
  if (value === null) table.delete(key)
  else table.set(key, value)
  return before
}

function indexTask(state: MutableState, task: Task): void {
  addTo(state.tasksByOwner, task.owner, task.id)
  if (task.node === null) {
    state.pendingTasks.add(task.id)
    return
  }
  addTo(state.tasksByNode, task.node, task.id)
  if (!isOver(task)) addReserved(state, task.node, task.reserve.cpu, task.reserve.memory)
}

function unindexTask(state: MutableState, task: Task): void {
  removeFrom(state.tasksByOwner, task.owner, task.id)
  if (task.node === null) {
    state.pendingTasks.delete(task.id)
    return
  }
  removeFrom(state.tasksByNode, task.node, task.id)
  if (!isOver(task)) addReserved(state, task.node, -task.reserve.cpu, -task.reserve.memory)
}

function addReserved(state: MutableState, node: string, cpu: number, memory: number): void {
  const before = state.reservedByNode.get(node) ?? { cpu: 0, memory: 0 }
  const sum = { cpu: before.cpu + cpu, memory: before.memory + memory }
  // A node that nothing is reserved on has no entry, so that taking a change back leaves no trace.
  if (sum.cpu === 0 && sum.memory === 0) state.reservedByNode.delete(node)
  else state.reservedByNode.set(node, sum)
}

function indexDependents(
  state: MutableState,
  before: Service | Job | null,
  after: Service | Job | null,
): void {
  for (const { on } of before?.spec.dependsOn ?? [])
    if (before) removeFrom(state.dependents, serviceAddress(before.stack, on), before.address)
  for (const { on } of after?.spec.dependsOn ?? [])
    if (after) addTo(state.dependents, serviceAddress(after.stack, on), after.address)
}

function addTo(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key)
  if (ids) ids.add(id)
  else index.set(key, new Set([id]))
}

function removeFrom(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key)
  ids?.delete(id)
  if (ids?.size === 0) index.delete(key)
}

/** Folds the record stored at `seq` into the state; one that a deposed leader brought in late changes nothing. */
export function foldRecord(state: MutableState, record: LogRecord, seq: Seq): void {
  assert(seq > state.seq, () => `record ${seq} folded after ${state.seq}`)
  if (!isVoid(record, state.term)) {
    if (record.kind === 'term') {
      state.term = record.term
      state.leader = record.server
    } else
      assert(
        record.term === state.term,
        () => `${record.kind} of term ${record.term} at ${seq} in term ${state.term}`,
      )
    const { open } = state
    state.open = null
    if (record.kind === 'commit') for (const part of record.parts) applyChanges(state, part.changes)
    if (record.kind === 'part') foldPart(state, record, open)
    state.at = Math.max(state.at, record.at)
  }
  state.seq = seq
}

/** Parts of which one is missing take no effect: whoever wrote them did not come to the end. */
function foldPart(state: MutableState, { part, of, data }: PartRecord, open: OpenCommit | null): void {
  const before = part === 1 ? [] : open?.of === of && open.data.length === part - 1 ? open.data : null
  if (before === null) return
  const all = [...before, data]
  if (part < of) state.open = { of, data: all }
  else for (const { changes } of decodeParts(all)) applyChanges(state, changes)
}

/** An independent copy; rows are shared because nobody edits them. */
export function copyState(state: ClusterState): MutableState {
  const copyIndex = (index: ReadonlyMap<string, ReadonlySet<string>>) =>
    new Map([...index].map(([key, ids]) => [key, new Set(ids)]))
  return {
    seq: state.seq,
    term: state.term,
    leader: state.leader,
    at: state.at,
    cluster: state.cluster,
    open: state.open,
    servers: new Map(state.servers),
    nodes: new Map(state.nodes),
    stacks: new Map(state.stacks),
    pasts: new Map(state.pasts),
    services: new Map(state.services),
    jobs: new Map(state.jobs),
    tasks: new Map(state.tasks),
    volumes: new Map(state.volumes),
    secrets: new Map(state.secrets),
    users: new Map(state.users),
    tokens: new Map(state.tokens),
    members: new Map(state.members),
    tasksByOwner: copyIndex(state.tasksByOwner),
    tasksByNode: copyIndex(state.tasksByNode),
    pendingTasks: new Set(state.pendingTasks),
    reservedByNode: new Map(state.reservedByNode),
    deletingVolumes: new Set(state.deletingVolumes),
    dependents: copyIndex(state.dependents),
  }
}

/** Every row as a change that puts it, tables and keys in a fixed order. */
export function rowsOf(state: ClusterState): Change[] {
  const rows: Change[] = []
  if (state.cluster) rows.push({ table: 'cluster', key: 'cluster', value: state.cluster })
  const sorted = <Row>(table: ReadonlyMap<string, Row>) =>
    [...table].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  for (const [key, value] of sorted(state.servers)) rows.push({ table: 'servers', key, value })
  for (const [key, value] of sorted(state.nodes)) rows.push({ table: 'nodes', key, value })
  for (const [key, value] of sorted(state.stacks)) rows.push({ table: 'stacks', key, value })
  for (const [key, value] of sorted(state.pasts)) rows.push({ table: 'pasts', key, value })
  for (const [key, value] of sorted(state.services)) rows.push({ table: 'services', key, value })
  for (const [key, value] of sorted(state.jobs)) rows.push({ table: 'jobs', key, value })
  for (const [key, value] of sorted(state.tasks)) rows.push({ table: 'tasks', key, value })
  for (const [key, value] of sorted(state.volumes)) rows.push({ table: 'volumes', key, value })
  for (const [key, value] of sorted(state.secrets)) rows.push({ table: 'secrets', key, value })
  for (const [key, value] of sorted(state.users)) rows.push({ table: 'users', key, value })
  for (const [key, value] of sorted(state.tokens)) rows.push({ table: 'tokens', key, value })
  for (const [key, value] of sorted(state.members)) rows.push({ table: 'members', key, value })
  return rows
}

export function takeSnapshot(state: ClusterState, at: Instant): StateSnapshot {
  return { format: 1, seq: state.seq, term: state.term, leader: state.leader, at, rows: rowsOf(state) }
}

export function stateFromSnapshot(snapshot: StateSnapshot): MutableState {
  const state = emptyState()
  applyChanges(state, snapshot.rows)
  state.seq = snapshot.seq
  state.term = snapshot.term
  state.leader = snapshot.leader
  state.at = snapshot.at
  return state
}
