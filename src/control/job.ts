// The controller of one job: one task at a time until one completes, with back-off between tries. Invariant: a run
// that completed is never started again, and no two tries may run at once; a try on a lost node counts as running
// until its node says how it ended. Agents never restart a job's container.

import { isOver, stackOf, tasksOf } from '../model/index.ts'
import type { ClusterState, Instant, Job, Task } from '../model/index.ts'
import { Draft } from './draft.ts'
import { drainDeadline } from './leaving.ts'
import { Alarm } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { waitsFor } from './dependencies.ts'
import { backoff, createTask, forgetTask, placePending, stopTask } from './task.ts'

/** Ended tries that are kept for their logs, of each kind. */
const keptTries = 3

export function reconcileJob(state: ClusterState, job: Job, now: Instant): Outcome {
  const draft = new Draft(state)
  const alarm = new Alarm()
  const tasks = tasksOf(state, job.address)
  const outcome = () => ({
    changes: draft.finish(),
    what: `${job.address}: run ${job.run}`,
    wakeAt: alarm.at,
  })

  if (job.removing) {
    for (const task of tasks)
      if (isOver(task)) forgetTask(draft, task)
      else stopTask(draft, task)
    if (tasks.every((task) => isOver(task) || task.node === null))
      draft.push({ table: 'jobs', key: job.address, value: null })
    return outcome()
  }

  for (const task of triesToForget(state, job, tasks)) forgetTask(draft, task)
  const open = tasks.filter((task) => !isOver(task))
  for (const task of open)
    if (task.revision !== job.run || isForcedOff(draft, task, alarm, now)) stopTask(draft, task)
  if (job.status === 'complete' || job.status === 'failed') return outcome()

  const tries = tasks.filter((task) => task.revision === job.run)
  const { fail = [], succeed = [] } = job.spec.exitCodes ?? {}
  const hasCode = (task: Task, codes: readonly number[]) =>
    task.status.exitCode !== null && codes.includes(task.status.exitCode)
  const done = tries.find(
    (task) => task.status.phase === 'complete' || (task.status.phase === 'failed' && hasCode(task, succeed)),
  )
  if (done) {
    put(draft, { ...job, status: 'complete', nextTryAt: null, endedAt: now })
    return outcome()
  }
  const last = newest(tries.filter((task) => task.status.phase === 'failed'))
  const failures = Math.max(job.failures, last?.slot ?? 0)
  if (failures > job.spec.retries || (last && hasCode(last, fail))) {
    put(draft, { ...job, status: 'failed', failures, nextTryAt: null, endedAt: now })
    return outcome()
  }
  const live = open.filter((task) => task.node !== null)
  const isRunning = live.some((task) => task.revision === job.run)
  const pending = open.find((task) => task.node === null && task.revision === job.run)
  const { template } = job.spec
  if (live.length > 0) {
    // While a try of an earlier run is being stopped, this run waits.
    const status = isRunning ? 'running' : 'waiting'
    if (job.status !== status || job.failures !== failures || job.nextTryAt !== null)
      put(draft, { ...job, status, failures, nextTryAt: null })
    return outcome()
  }
  const blocked = waitsFor(state, job.stack, job.spec.dependsOn)
  if (pending) {
    placePending(draft, pending, template, job.spec.placement, blocked, now)
    return outcome()
  }
  const nextTryAt =
    last && failures > 0
      ? last.status.since + backoff(failures, job.spec.backoff.delayMs, job.spec.backoff.maxDelayMs)
      : now
  if (nextTryAt > now) {
    alarm.set(nextTryAt)
    if (job.nextTryAt !== nextTryAt || job.failures !== failures)
      put(draft, { ...job, status: 'waiting', failures, nextTryAt })
    return outcome()
  }
  if (job.failures !== failures || job.nextTryAt !== null) put(draft, { ...job, failures, nextTryAt: null })
  createTask(
    draft,
    {
      owner: job.address,
      kind: 'job',
      stack: job.stack,
      // A try's slot is its ordinal, so that counting them needs no history.
      slot: failures + 1,
      revision: job.run,
      template,
      placement: job.spec.placement,
    },
    blocked,
    now,
  )
  return outcome()
}

/** A try runs to its end on a node that is drained, unless the drain has a deadline. */
function isForcedOff({ state }: Draft, task: Task, alarm: Alarm, now: Instant): boolean {
  const deadline = drainDeadline(state, task)
  if (deadline === null) return false
  if (deadline > now) alarm.set(deadline)
  return deadline <= now
}

function put(draft: Draft, job: Job): void {
  draft.push({ table: 'jobs', key: job.address, value: job })
}

function newest(tasks: readonly Task[]): Task | undefined {
  return tasks.toSorted((a, b) => b.slot - a.slot)[0]
}

/** Ended tries that are not kept for their logs any more. */
function triesToForget(state: ClusterState, job: Job, tasks: readonly Task[]): Set<Task> {
  const forgotten = new Set(tasks.filter((task) => task.status.phase === 'stopped'))
  for (const phase of ['complete', 'failed'] as const)
    for (const task of tasks
      .filter((task) => task.status.phase === phase)
      .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
      .slice(keptTries))
      forgotten.add(task)
  // What an ended try of an earlier run mounts is not known; its container would keep a volume from being deleted.
  if ([...state.deletingVolumes].some((volume) => stackOf(volume) === job.stack))
    for (const task of tasks) if (isOver(task) && task.revision !== job.run) forgotten.add(task)
  return forgotten
}
