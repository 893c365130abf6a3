// What the leader is told of a task: pure, from the step its worker is at and what it knows. Invariant: of one life of
// a task the phases say what is true now, and the last end stays in sight until the task is healthy again, so that
// nobody has to catch it in the moment of its back-off.

import { unreachable } from '../model/index.ts'
import type { Duration, TaskId, TaskReport } from '../model/index.ts'
import type { End, Step } from './decide.ts'
import type { Vital } from './health.ts'
import type { ContainerInfo } from './ports.ts'

export interface Showing {
  readonly task: TaskId
  readonly step: Step
  /** Containers of it that ended by themselves. */
  readonly restarts: number
  /** Of the newest container; null while it is not watched. */
  readonly vital: Vital | null
  /** How long the newest container has been watched. */
  readonly watchedMs: Duration
  readonly container: ContainerInfo | null
  readonly lastEnd: End | null
  /** Why the step does not come off. */
  readonly trouble: string | null
  /** Why its published ports do not lead to it. */
  readonly portTrouble: string | null
}

const messageLimit = 1000
/** A container that is not healthy this long after its start says why. */
const patienceMs = 2000

/** Null when there is nothing to say beyond what was said. */
export function reportOf(showing: Showing): TaskReport | null {
  const { step, vital, lastEnd, trouble } = showing
  switch (step.do) {
    case 'create':
    case 'start':
      // Without its container, which is of no use to anybody yet: one report less for each task.
      return report(
        { ...showing, container: null },
        'preparing',
        lastEnd?.exitCode ?? null,
        trouble ?? lastEnd?.message ?? null,
      )
    case 'watch': {
      if (!vital) return null
      if (vital.isProven)
        return vital.isHealthy
          ? report(showing, 'running', null, showing.portTrouble, 'healthy')
          : report(showing, 'running', null, vital.message, 'unhealthy')
      const why =
        vital.message !== null && showing.watchedMs >= patienceMs
          ? `not healthy yet: ${vital.message}`
          : (lastEnd?.message ?? null)
      return report(showing, 'starting', lastEnd?.exitCode ?? null, why)
    }
    case 'fence':
      return report(showing, 'stopping', null, 'its lease runs out: no leader renews it')
    case 'await-lease':
      // Not what failed: it is started again as soon as the leader renews its lease.
      return report({ ...showing, container: null }, 'preparing', null, trouble ?? 'waits for its lease')
    case 'wait':
      return report(showing, 'backoff', step.end.exitCode, step.end.message)
    case 'rest':
      return report(showing, step.phase, step.exitCode, step.message)
    case 'kill':
      return vital && vital.isProven && !vital.isHealthy
        ? report(showing, 'running', null, trouble ?? vital.message, 'unhealthy')
        : null
    case 'leave':
    case 'remove':
      return report({ ...showing, container: null }, 'stopping', null, trouble)
    case 'over':
      return report({ ...showing, container: null }, 'stopped', null, null)
    case 'keep':
      return null
    default:
      return unreachable(step)
  }
}

function report(
  { task, restarts, container }: Showing,
  phase: TaskReport['phase'],
  exitCode: number | null,
  message: string | null,
  health: TaskReport['health'] = 'unknown',
): TaskReport {
  return {
    task,
    phase,
    health,
    restarts,
    exitCode,
    message: message === null ? null : message.slice(0, messageLimit),
    containerId: container?.id ?? null,
    ip: container?.state === 'running' ? container.ip : null,
  }
}

export function sameReport(a: TaskReport, b: TaskReport): boolean {
  return (
    a.phase === b.phase &&
    a.health === b.health &&
    a.restarts === b.restarts &&
    a.exitCode === b.exitCode &&
    a.message === b.message &&
    a.containerId === b.containerId &&
    a.ip === b.ip
  )
}
