// The agents of the forecast: every host that answers does at once what it is told, in a fixed time, and nothing
// breaks that works now. Invariant: what fails now goes on failing, and a host that is silent stays silent; the
// forecast is what happens if the world behaves, not a wish. It drives no runtime.

import { recordDeletedVolumes, recordReports, volumesToDelete } from '../control/index.ts'
import type { Decide, Part } from '../control/index.ts'
import { isOver, unreachable } from '../model/index.ts'
import type { Change, ClusterState, Duration, Instant, NodeId, Task, TaskReport } from '../model/index.ts'

/** From assignment to a started container, image at hand. */
export const startMs: Duration = 1000
/** From the start to the first good probe, for services that have one. */
export const firstProbeMs: Duration = 500
export const jobMs: Duration = 10_000
/** From the order to stop to the end of the container. */
export const stopMs: Duration = 1000
export const deleteVolumeMs: Duration = 1000

interface Coming {
  readonly at: Instant
  readonly phase: TaskReport['phase']
}

export class IdealAgents {
  /** What each task that is on its way will report, and when. */
  readonly #tasks = new Map<string, Coming>()
  readonly #volumes = new Map<string, { readonly at: Instant; readonly node: NodeId }>()

  constructor(state: ClusterState, now: Instant) {
    for (const task of state.tasks.values()) this.#expect(state, task.id, task, now)
  }

  /** Takes notice of what a round has changed. */
  observe(state: ClusterState, changes: readonly Change[], now: Instant): void {
    for (const change of changes) {
      if (change.table === 'tasks') this.#expect(state, change.key, state.tasks.get(change.key), now)
      if (change.table === 'volumes') this.#volumes.delete(change.key)
    }
    if (state.deletingVolumes.size === 0) return
    for (const node of state.nodes.values())
      if (node.status === 'ready')
        for (const address of volumesToDelete(state, node.id))
          if (!this.#volumes.has(address))
            this.#volumes.set(address, { at: now + deleteVolumeMs, node: node.id })
  }

  /** When the next report comes; null when nothing is on its way. */
  next(): Instant | null {
    let at = Infinity
    for (const coming of this.#tasks.values()) at = Math.min(at, coming.at)
    for (const coming of this.#volumes.values()) at = Math.min(at, coming.at)
    return at === Infinity ? null : at
  }

  /** The reports that have come by `now`, one part for each host. */
  takeDue(state: ClusterState, now: Instant): Decide[] {
    const reports = new Map<NodeId, TaskReport[]>()
    for (const [id, { at, phase }] of this.#tasks) {
      const task = state.tasks.get(id)
      if (at > now || task?.node == null) continue
      this.#tasks.delete(id)
      const ofNode = reports.get(task.node) ?? []
      ofNode.push(reportOf(task, phase))
      reports.set(task.node, ofNode)
    }
    const due: Decide[] = []
    for (const [node, tasks] of reports)
      due.push((current) => partOf(node, recordReports(current, node, tasks, now)))
    for (const [address, { at, node }] of this.#volumes)
      if (at <= now) {
        this.#volumes.delete(address)
        due.push((current) => partOf(node, recordDeletedVolumes(current, node, [address])))
      }
    return due
  }

  #expect(state: ClusterState, id: string, task: Task | undefined, now: Instant): void {
    const coming = task && this.#isAnswered(state, task) ? nextOf(state, task) : null
    const before = this.#tasks.get(id)
    if (!coming) this.#tasks.delete(id)
    // What is on its way already is not put off by a change of something else in the task's row.
    else if (before?.phase !== coming.phase)
      this.#tasks.set(id, { at: now + coming.inMs, phase: coming.phase })
  }

  #isAnswered(state: ClusterState, task: Task): boolean {
    return task.node !== null && state.nodes.get(task.node)?.status === 'ready'
  }
}

function nextOf(
  state: ClusterState,
  task: Task,
): { readonly phase: TaskReport['phase']; readonly inMs: Duration } | null {
  if (isOver(task)) return null
  if (task.desired === 'stop') return { phase: 'stopped', inMs: stopMs }
  const { phase, health } = task.status
  switch (phase) {
    case 'assigned':
    case 'preparing':
    case 'starting':
      return task.kind === 'job'
        ? { phase: 'complete', inMs: startMs + jobMs }
        : { phase: 'running', inMs: startMs + probeMsOf(state, task) }
    case 'running':
      if (task.kind === 'job') return { phase: 'complete', inMs: jobMs }
      return health === 'unknown' ? { phase: 'running', inMs: firstProbeMs } : null
    // What fails goes on failing; what stops was told to.
    case 'backoff':
    case 'pending':
    case 'stopping':
    case 'stopped':
    case 'complete':
    case 'failed':
      return null
    default:
      return unreachable(phase)
  }
}

function probeMsOf(state: ClusterState, task: Task): Duration {
  const revision = state.services.get(task.owner)?.revisions.find((each) => each.number === task.revision)
  return revision?.template.health ? firstProbeMs : 0
}

function reportOf(task: Task, phase: TaskReport['phase']): TaskReport {
  return {
    task: task.id,
    phase,
    health: phase === 'running' ? 'healthy' : 'unknown',
    restarts: task.status.restarts,
    exitCode: phase === 'complete' ? 0 : task.status.exitCode,
    message: null,
    containerId: task.status.containerId,
    ip: task.status.ip,
  }
}

function partOf(node: NodeId, changes: readonly Change[]): Part {
  return { cause: { by: node, what: 'report' }, changes }
}
