// What agents say, made into changes: the status of tasks, deleted volumes, nodes that come, and nodes that fall silent.
// Invariant: a node speaks for its own tasks only, a task that is over stays over, and a report that says nothing new
// changes nothing.

import type {
  Change,
  ClusterState,
  Duration,
  HelloRequest,
  Instant,
  Node,
  NodeId,
  Task,
  TaskReport,
  TaskStatus,
} from '../model/index.ts'
import { canonicalJson, isOver } from '../model/index.ts'
import { holdOnLoss } from './hold.ts'
import { without } from './without.ts'

export function recordReports(
  state: ClusterState,
  node: NodeId,
  reports: readonly TaskReport[],
  now: Instant,
): Change[] {
  const changes: Change[] = []
  for (const report of reports) {
    const task = state.tasks.get(report.task)
    if (task?.node !== node) continue
    const status = nextStatus(task, report, now)
    if (status) changes.push({ table: 'tasks', key: task.id, value: { ...task, status } })
  }
  return changes
}

function nextStatus(task: Task, report: TaskReport, now: Instant): TaskStatus | null {
  const { status: before } = task
  if (isOver(task) && report.phase !== 'stopped') return null
  // A job's end is a fact that the removal of its container does not take back.
  if (isOver(task) && task.kind === 'job') return null
  // A try that is gone though nobody stopped it counts as one that failed, so that its retries come to an end.
  const isGone = task.kind === 'job' && task.desired === 'run' && report.phase === 'stopped'
  const phase = isGone ? 'failed' : report.phase
  const health = phase === 'running' ? report.health : 'unknown'
  const isSame = before.phase === phase && before.health === health
  const isFit = phase === 'running' && health === 'healthy'
  const status: TaskStatus = {
    phase,
    health,
    since: isSame ? before.since : now,
    healthySince: isFit ? (before.restarts === report.restarts ? (before.healthySince ?? now) : now) : null,
    restarts: report.restarts,
    exitCode: report.exitCode,
    message: isGone ? (report.message ?? 'its container is gone') : report.message,
    containerId: report.containerId,
    ip: report.ip,
  }
  const isNews =
    !isSame ||
    before.restarts !== status.restarts ||
    before.exitCode !== status.exitCode ||
    before.message !== status.message ||
    before.containerId !== status.containerId ||
    before.ip !== status.ip
  return isNews ? status : null
}

/** Rows of volumes whose data an agent has deleted go; only for volumes that were to be deleted on that node. */
export function recordDeletedVolumes(
  state: ClusterState,
  node: NodeId,
  addresses: readonly string[],
): Change[] {
  return addresses.flatMap((address): Change[] => {
    const volume = state.volumes.get(address)
    return volume?.deleting && volume.node === node ? [{ table: 'volumes', key: address, value: null }] : []
  })
}

/** A node that says hello is ready; its row changes only when something about it did. */
export function recordHello(state: ClusterState, id: NodeId, hello: HelloRequest, now: Instant): Change[] {
  const before = state.nodes.get(id)
  const { name, platform, engine, agent, capacity, labels: agentLabels, sealKey } = hello
  const { kernel, disk, devices } = hello
  const operatorLabels = before?.operatorLabels ?? {}
  const kept: Pick<Node, 'availability' | 'joinedAt'> = before
    ? without(without(before, 'silentSince'), 'agentLabels')
    : { availability: 'active', joinedAt: now }
  const node: Node = {
    ...kept,
    id,
    name,
    platform,
    engine,
    agent,
    capacity,
    ...(kernel === undefined ? {} : { kernel }),
    ...(disk === undefined ? {} : { disk }),
    ...(devices === undefined ? {} : { devices }),
    ...(Object.keys(agentLabels).length === 0 ? {} : { agentLabels }),
    labels: { ...agentLabels, ...operatorLabels },
    sealKey,
    status: 'ready',
    statusSince: before?.status === 'ready' ? before.statusSince : now,
  }
  if (before && canonicalJson(before) === canonicalJson(node)) return []
  return [{ table: 'nodes', key: id, value: node }]
}

/**
 * The node's row with another status; nothing when it has it already. `silentSince`: when it was heard last, of one that
 * is suspect or lost.
 */
export function recordNodeStatus(
  state: ClusterState,
  id: NodeId,
  status: Node['status'],
  now: Instant,
  silentSince: Instant = now,
): Change[] {
  const node = state.nodes.get(id)
  if (!node || node.status === status) return []
  const heard = { ...without(node, 'silentSince'), status, statusSince: now }
  if (status === 'ready') return [{ table: 'nodes', key: id, value: heard }]
  return [
    { table: 'nodes', key: id, value: { ...heard, silentSince } },
    ...(status === 'lost' ? holdOnLoss(state, id, now) : []),
  ]
}

/** The node's row with what its agent finds wrong with its host; undefined: nothing. */
export function recordTrouble(node: Node, trouble: string | undefined): Change[] {
  if (node.trouble === trouble) return []
  const value = trouble === undefined ? without(node, 'trouble') : { ...node, trouble }
  return [{ table: 'nodes', key: node.id, value }]
}

/** What silence means: how long since a node was heard, in the words of its status. */
export function statusAfterSilence(
  silence: Duration,
  limits: { readonly suspectMs: Duration; readonly lostMs: Duration },
): Node['status'] {
  if (silence >= limits.lostMs) return 'lost'
  return silence >= limits.suspectMs ? 'suspect' : 'ready'
}
