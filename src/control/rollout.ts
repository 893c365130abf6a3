// How a service's tasks move from one revision to the next: which slots start, which stop, when it has failed and
// when it is done. Pure arithmetic over the slots. Invariant: never more than a batch of slots is on its way at once,
// and with start-first no healthy task is stopped before its successor has been healthy for `minHealthy`.

import { formatDuration, isHealthy } from '../model/index.ts'
import type { Instant, Rollout, RolloutState, Task } from '../model/index.ts'

/** What stands in one slot: at most one task of the target revision, one of an older one, and those on their way out. */
export interface Slot {
  readonly number: number
  readonly current: Task | undefined
  readonly old: Task | undefined
  readonly isStopping: boolean
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
): SlotSteps {
  const start: number[] = []
  const stop: Task[] = []
  const waiting: Slot[] = []
  let onTheirWay = 0
  for (const slot of slots) {
    const { current, old } = slot
    if (current) {
      if (!counts(current, rollout, now)) onTheirWay += 1
      else if (old) stop.push(old)
    } else if (old) waiting.push(slot)
    else if (!slot.isStopping || rollout.order === 'start-first') start.push(slot.number)
    else onTheirWay += 1 // stop-first: its successor starts once it has ended
  }
  if (state.status === 'failed') return { start, stop }
  const limit = state.status === 'rolling-back' ? slots.length : batchSize(rollout, slots.length)
  const room = Math.max(0, limit - onTheirWay - start.length)
  const sickFirst = (slot: Slot) => (slot.old && isHealthy(slot.old) ? 1 : 0)
  for (const slot of waiting
    .toSorted((a, b) => sickFirst(a) - sickFirst(b) || a.number - b.number)
    .slice(0, room))
    if (rollout.order === 'start-first') start.push(slot.number)
    else if (slot.old) stop.push(slot.old)
  return { start, stop }
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
    if (!current) continue
    const name = `${current.owner}.${current.slot}`
    if (state.from > 0 && !counts(current, rollout, now)) {
      const { status } = current
      if (status.restarts > 0 || status.phase === 'backoff')
        return `${name} ended${status.exitCode === null ? '' : ` with exit code ${status.exitCode}`} before it had been healthy for ${formatDuration(rollout.minHealthyMs)}${status.message === null ? '' : ` (${status.message})`}`
      if (status.health === 'unhealthy')
        return `${name} became unhealthy${status.message === null ? '' : `: ${status.message}`}`
    }
    if (isBlocked || counts(current, rollout, now)) continue
    if (now >= deadlineOf(current, rollout))
      return current.node === null
        ? `${name} could not be placed within ${formatDuration(rollout.deadlineMs)}: ${current.unplaceable ?? 'no node'}`
        : `${name} was not healthy within ${formatDuration(rollout.deadlineMs)}${current.status.message === null ? '' : ` (${current.status.message})`}`
  }
  return null
}

export function deadlineOf(task: Task, rollout: Rollout): Instant {
  return (task.placedAt ?? task.createdAt) + rollout.deadlineMs
}

export function isDone(slots: readonly Slot[], rollout: Rollout, now: Instant): boolean {
  return slots.every(({ current, old }) => current !== undefined && !old && counts(current, rollout, now))
}
