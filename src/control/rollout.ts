// How a service's tasks move from one revision to the next, or off a node that they are to leave: which slots start,
// which stop, when a rollout has failed and when it is done. Pure arithmetic over the slots. Invariant: no healthy task
// is taken out of service beyond a batch or the budget, with start-first none before its successor has been healthy for
// `minHealthy`, and with stop-first no slot holds two tasks that may run.

import { formatDuration, isHealthy } from '../model/index.ts'
import type { Instant, Rollout, RolloutState, Task } from '../model/index.ts'

/** What stands in one slot: at most one task of the target revision, one of an older one, and those on their way out. */
export interface Slot {
  readonly number: number
  readonly current: Task | undefined
  /** Of an older revision, or of the target one on a node that it is to leave. */
  readonly old: Task | undefined
  readonly isStopping: boolean
  /** `old` is of the target revision: it only has to go elsewhere. Absent: it is not. */
  readonly isLeaving?: boolean
}

/** What else has a say in how slots move. */
export interface Limits {
  /** Healthy slots that must stay. */
  readonly leastAvailable: number
  /** Tasks that leave their nodes at a time while there is no rollout. */
  readonly leaversAtOnce: number
  /** Whether there is a node that a task can go to, asked before one is stopped that only has to go elsewhere. */
  readonly canMove: () => boolean
  /** Whether a task is to leave its node now, whatever becomes of it. */
  readonly isForced: (task: Task) => boolean
}

export const noLimits: Limits = {
  leastAvailable: 0,
  leaversAtOnce: 1,
  canMove: () => true,
  isForced: () => false,
}

export interface SlotSteps {
  /** Slots to fill with a task of the target revision. */
  readonly start: readonly number[]
  readonly stop: readonly Task[]
}

/** Tasks on their way at a time: a share is rounded up, so that there always is one. */
export function batchSize(rollout: Rollout, replicas: number): number {
  return 'count' in rollout.batch
    ? rollout.batch.count
    : Math.max(1, Math.ceil((replicas * rollout.batch.percent) / 100))
}

/** Whether a task has been healthy long enough to count. */
export function counts(task: Task, rollout: Rollout, now: Instant): boolean {
  return isHealthy(task) && now - (task.status.healthySince ?? now) >= rollout.minHealthyMs
}

export function stepSlots(
  slots: readonly Slot[],
  rollout: Rollout,
  state: RolloutState,
  now: Instant,
  limits: Limits = noLimits,
): SlotSteps {
  const start: number[] = []
  const stop: Task[] = []
  const waiting: Slot[] = []
  let onTheirWay = 0
  for (const slot of slots) {
    const { current, old } = slot
    if (current) {
      const isThere = counts(current, rollout, now)
      if (!isThere) onTheirWay += 1
      if (old && isThere) stop.push(old)
      // With stop-first two stand in a slot only when a lost node came back, or when the order was another before.
      else if (old && rollout.order === 'stop-first')
        stop.push(isHealthy(old) && !isHealthy(current) ? current : old)
    } else if (old) waiting.push(slot)
    else if (!slot.isStopping || rollout.order === 'start-first') start.push(slot.number)
    else onTheirWay += 1 // stop-first: its successor starts once it has ended
  }
  const isRolling = state.status === 'progressing' || state.status === 'rolling-back'
  // A rollout that failed leaves older tasks where they are.
  const movable = state.status === 'failed' ? waiting.filter((slot) => slot.isLeaving) : waiting
  const isSick = ({ old }: Slot) => old === undefined || !isHealthy(old)
  const sick = movable.filter(isSick)
  const well = movable.filter((slot) => !isSick(slot))
  const atOnce = isRolling ? batchSize(rollout, slots.length) : limits.leaversAtOnce
  const room = Math.max(0, atOnce - onTheirWay - start.length)
  // On the way back, what does not serve anyway need not wait its turn.
  const next =
    state.status === 'rolling-back'
      ? [...sick, ...well.slice(0, Math.max(0, room - sick.length))]
      : [...sick, ...well].slice(0, room)
  let spare = slots.filter(isServed).length - limits.leastAvailable
  for (const { number, old, isLeaving } of next) {
    if (rollout.order === 'start-first') {
      start.push(number)
      continue
    }
    if (!old || (isLeaving && !limits.isForced(old) && !limits.canMove())) continue
    if (isHealthy(old) && !limits.isForced(old)) {
      if (spare <= 0) continue
      spare -= 1
    }
    stop.push(old)
  }
  for (const { old } of slots) if (old && limits.isForced(old) && !stop.includes(old)) stop.push(old)
  return { start, stop }
}

function isServed({ current, old }: Slot): boolean {
  return (current !== undefined && isHealthy(current)) || (old !== undefined && isHealthy(old))
}

/**
 * Why the rollout has failed; null while it has not. A first deployment tolerates crashes until the deadline (what it
 * talks to may still be starting); an update does not, because what ran before is known to be better.
 */
export function failureOf(
  slots: readonly Slot[],
  rollout: Rollout,
  state: RolloutState,
  isBlocked: boolean,
  now: Instant,
): string | null {
  if (state.status !== 'progressing') return null
  for (const { current } of slots) {
    if (!current || counts(current, rollout, now)) continue
    const reason =
      (state.from > 0 ? crashOf(current, rollout, state) : null) ??
      (isBlocked ? null : delayOf(current, rollout, state, now))
    if (reason !== null) return reason
  }
  return null
}

/** How a task of this rollout showed that its revision is bad. */
function crashOf(task: Task, rollout: Rollout, state: RolloutState): string | null {
  const { status } = task
  const name = `${task.owner}.${task.slot}`
  // A task that is older than the rollout may have ended before it; only what it does now counts.
  const isOfRollout = task.createdAt >= state.startedAt
  if (!isOfRollout && status.since <= state.startedAt) return null
  if (status.phase === 'backoff' || (isOfRollout && status.restarts > 0))
    return `${name} ended${status.exitCode === null ? '' : ` with exit code ${status.exitCode}`} before it had been healthy for ${formatDuration(rollout.minHealthyMs)}${status.message === null ? '' : ` (${status.message})`}`
  if (status.health === 'unhealthy')
    return `${name} became unhealthy${status.message === null ? '' : `: ${status.message}`}`
  return null
}

function delayOf(task: Task, rollout: Rollout, state: RolloutState, now: Instant): string | null {
  const deadline = deadlineOf(task, rollout, state)
  if (deadline === null || now < deadline) return null
  const name = `${task.owner}.${task.slot}`
  return task.node === null
    ? `${name} could not be placed within ${formatDuration(rollout.deadlineMs)}: ${task.unplaceable ?? 'no node'}`
    : `${name} was not healthy within ${formatDuration(rollout.deadlineMs)}${task.status.message === null ? '' : ` (${task.status.message})`}`
}

/** When a task has to count at the latest; null while it waits for what its service depends on. */
export function deadlineOf(task: Task, rollout: Rollout, state: RolloutState): Instant | null {
  if (task.node === null && task.unplaceable === null) return null
  return Math.max(task.placedAt ?? task.status.since, state.startedAt) + rollout.deadlineMs
}

/** True when every slot holds a task of the target revision that counts, and nothing else; also when there is no slot. */
export function isDone(slots: readonly Slot[], rollout: Rollout, now: Instant): boolean {
  return slots.every(({ current, old }) => current !== undefined && !old && counts(current, rollout, now))
}
