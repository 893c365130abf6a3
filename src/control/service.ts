// The controller of one replicated service: keeps one task of the target revision in every slot from 1 to `replicas`,
// moves slots to a new revision, goes back when that fails, and clears up when the service leaves. Invariant: with
// stop-first a slot never holds two tasks that may run. Where tasks go is placement's decision.

import { assert, isHealthy, isOnLostNode, isOver, targetRevision, tasksOf } from '../model/index.ts'
import type { ClusterState, Instant, Revision, Rollout, RolloutState, Service, Task } from '../model/index.ts'
import { leastAvailable } from './budget.ts'
import { Alarm } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { Draft } from './draft.ts'
import { givesUpAt, giveUp, isGivenUp } from './fence.ts'
import { drainDeadline, isLeaving } from './leaving.ts'
import { placeTask } from './placement.ts'
import { counts, deadlineOf, failureOf, isDone, stepSlots } from './rollout.ts'
import type { Limits, Slot } from './rollout.ts'
import { serviceWaitsFor } from './dependencies.ts'
import { createTask, forgetTask, placePending, stopTask, volumesUsed } from './task.ts'
import { without } from './without.ts'

export function reconcileService(state: ClusterState, service: Service, now: Instant): Outcome {
  const draft = new Draft(state)
  const tasks = tasksOf(state, service.address)
  each(draft, tasks.filter(isOver), (task) => forgetTask(draft, task))
  const present = tasks
    .filter((task) => !isOver(task))
    .map((task) => withLoss(draft, task, service.removing, now))
  if (service.removing) return removeService(draft, service, present)

  const blocked = serviceWaitsFor(state, service, present)
  const judged = judge(service, slotsOf(state, service, present), blocked !== null, now)
  if (judged !== service) draft.push({ table: 'services', key: service.address, value: judged })

  const slots = slotsOf(state, judged, present)
  each(draft, surplus(state, judged, present, slots), (task) => stopTask(draft, task))
  const { rollout, placement } = judged.spec
  const steps = stepSlots(slots, rollout, judged.rollout, now, limitsOf(draft, judged, now))
  each(draft, steps.stop, (task) => stopTask(draft, task))
  const { template, fenceMs } = targetRevision(judged)
  const pending = slots.flatMap((slot) =>
    slot.current?.node === null && !isEarly(slot, rollout.order) ? [slot.current] : [],
  )
  each(draft, pending, (task) => placePending(draft, task, template, placement, blocked, now))
  each(draft, steps.start, (slot) =>
    createTask(
      draft,
      {
        owner: service.address,
        kind: 'service',
        stack: service.stack,
        slot,
        revision: judged.target,
        template,
        placement,
        fenceMs,
      },
      blocked,
      now,
    ),
  )
  return {
    changes: draft.finish(),
    what: `${service.address}: ${describe(service, judged)}`,
    wakeAt: nextLook(state, present, slots, judged, now),
  }
}

/** Does it for one after the other while the draft takes more. */
function each<Item>(draft: Draft, items: readonly Item[], act: (item: Item) => void): void {
  for (const item of items) {
    if (draft.isFull) return
    act(item)
  }
}

function removeService(draft: Draft, service: Service, present: readonly Task[]): Outcome {
  each(draft, present, (task) => stopTask(draft, task))
  if (!draft.isFull && present.every((task) => task.node === null))
    draft.push({ table: 'services', key: service.address, value: null })
  return { changes: draft.finish(), what: `${service.address}: remove`, wakeAt: null }
}

/** The task as the loss of its node, or its return, leaves it. */
function withLoss(draft: Draft, task: Task, isRemoving: boolean, now: Instant): Task {
  const put = (value: Task): Task => {
    draft.push({ table: 'tasks', key: task.id, value })
    return value
  }
  if (task.givenUp) {
    if (isOnLostNode(draft.state, task) || task.desired === 'stop') return task
    // Nothing has taken its place, or what had did not stay: it stands in its slot like any other.
    return draft.isFull || isReplaced(draft.state, task) ? task : put(without(task, 'givenUp'))
  }
  const at = givesUpAt(draft.state, task)
  return at === null || at > now || isRemoving || draft.isFull ? task : put(giveUp(task))
}

/** Whether another task has its place. */
function isReplaced(state: ClusterState, task: Task): boolean {
  return tasksOf(state, task.owner).some(
    (other) =>
      other.id !== task.id &&
      other.slot === task.slot &&
      other.desired === 'run' &&
      other.node !== null &&
      !isOver(other) &&
      !isGivenUp(state, other),
  )
}

/** What is given up on a lost node is reconciled when the node returns. */
function slotsOf(state: ClusterState, service: Service, present: readonly Task[]): Slot[] {
  const bySlot = Map.groupBy(present, (task) => task.slot)
  const { placement } = service.spec
  return Array.from({ length: service.spec.replicas }, (_, index) => {
    const mine = bySlot.get(index + 1) ?? []
    const running = mine.filter((task) => task.desired === 'run' && !isGivenUp(state, task))
    const isCurrent = (task: Task) => task.revision === service.target && !isLeaving(state, task, placement)
    const old = best(running.filter((task) => !isCurrent(task)))
    return {
      number: index + 1,
      current: best(running.filter(isCurrent)),
      old,
      isStopping: mine.some((task) => task.desired === 'stop' && !isGivenUp(state, task)),
      isLeaving: old?.revision === service.target,
    }
  })
}

function limitsOf(draft: Draft, { address, stack, spec, ...service }: Service, now: Instant): Limits {
  const { state } = draft
  const least = leastAvailable(spec.budget, spec.replicas)
  const { template } = targetRevision({ address, stack, spec, ...service })
  let canMove: boolean | undefined
  return {
    leastAvailable: least,
    leaversAtOnce: spec.budget ? Math.max(1, spec.replicas - least) : 1,
    canMove: () =>
      (canMove ??= placeTask(draft, {
        owner: address,
        reserve: { cpu: template.resources.cpu, memory: template.resources.memory },
        placement: spec.placement,
        volumes: volumesUsed(stack, template),
      }).ok),
    isForced: (task) => {
      const deadline = drainDeadline(state, task)
      return deadline !== null && now >= deadline
    },
  }
}

/** With stop-first a successor waits for its predecessor's end, also when that comes back with a node that was lost. */
function isEarly({ old, isStopping }: Slot, order: Rollout['order']): boolean {
  return order === 'stop-first' && (isStopping || old !== undefined)
}

/**
 * Of several tasks in a slot the one to keep: healthy, then placed, then one whose place was not given to another, then
 * the oldest.
 */
function best(tasks: readonly Task[]): Task | undefined {
  const rank = (task: Task) => (isHealthy(task) ? 0 : task.node !== null ? 2 : 4) + (task.givenUp ? 1 : 0)
  return tasks.toSorted((a, b) => rank(a) - rank(b) || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))[0]
}

/** Tasks that stand in no slot: beyond the replicas, or second in their slot. */
function surplus(
  state: ClusterState,
  service: Service,
  present: readonly Task[],
  slots: readonly Slot[],
): Task[] {
  const kept = new Set(slots.flatMap(({ current, old }) => [current?.id, old?.id]))
  return present.filter(
    (task) =>
      task.desired === 'run' &&
      !kept.has(task.id) &&
      (task.slot > service.spec.replicas || !isGivenUp(state, task)),
  )
}

/** The service with its rollout's verdict brought up to date; the same object when nothing changed. */
function judge(service: Service, slots: readonly Slot[], isBlocked: boolean, now: Instant): Service {
  const { rollout } = service
  const { rollout: rules } = service.spec
  const reason = failureOf(slots, rules, rollout, isBlocked, now)
  if (reason !== null) {
    // Nothing ran before a first deployment, so there is nothing to go back to.
    const good =
      rollout.from === 0
        ? undefined
        : service.revisions.findLast(
            (revision) => revision.verdict === 'good' && revision.number !== service.target,
          )
    const revisions = withVerdict(service.revisions, service.target, 'bad')
    if (good && rules.onFailure === 'rollback')
      return {
        ...service,
        revisions,
        target: good.number,
        rollout: { ...rollout, from: service.target, to: good.number, status: 'rolling-back', reason },
      }
    return { ...service, revisions, rollout: { ...rollout, status: 'failed', reason, endedAt: now } }
  }
  const endsAs = ends[rollout.status]
  if (endsAs && isDone(slots, rules, now))
    return {
      ...service,
      // A revision of which nothing ran (no replicas) has not shown that it is good.
      revisions:
        slots.length === 0 ? service.revisions : withVerdict(service.revisions, service.target, 'good'),
      rollout: {
        ...rollout,
        status: endsAs,
        endedAt: now,
        reason: endsAs === 'done' ? null : rollout.reason,
      },
    }
  return service
}

const ends: Readonly<Record<RolloutState['status'], RolloutState['status'] | null>> = {
  progressing: 'done',
  'rolling-back': 'rolled-back',
  // A first deployment that came too late, but came.
  failed: 'done',
  done: null,
  'rolled-back': null,
}

function withVerdict(
  revisions: readonly Revision[],
  number: number,
  verdict: Revision['verdict'],
): readonly Revision[] {
  assert(
    revisions.some((revision) => revision.number === number),
    () => `no revision ${number} to judge`,
  )
  return revisions.map((revision) => (revision.number === number ? { ...revision, verdict } : revision))
}

function nextLook(
  state: ClusterState,
  present: readonly Task[],
  slots: readonly Slot[],
  service: Service,
  now: Instant,
): Instant | null {
  const alarm = new Alarm()
  const { rollout } = service.spec
  for (const task of present)
    for (const at of [task.givenUp ? null : givesUpAt(state, task), drainDeadline(state, task)])
      if (at !== null && at > now) alarm.set(at)
  for (const { current } of slots) {
    if (!current || counts(current, rollout, now)) continue
    if (isHealthy(current) && current.status.healthySince !== null)
      alarm.set(current.status.healthySince + rollout.minHealthyMs)
    if (service.rollout.status === 'progressing') {
      const deadline = deadlineOf(current, rollout, service.rollout)
      if (deadline !== null && deadline > now) alarm.set(deadline)
    }
  }
  return alarm.at
}

function describe(before: Service, after: Service): string {
  if (before.rollout.status === after.rollout.status) return 'keep its replicas'
  switch (after.rollout.status) {
    case 'done':
      return `revision ${after.target} is good`
    case 'rolling-back':
      return `go back to revision ${after.target}: ${after.rollout.reason ?? ''}`
    case 'rolled-back':
      return `is back on revision ${after.target}`
    case 'failed':
      return `rollout failed: ${after.rollout.reason ?? ''}`
    case 'progressing':
      return `roll to revision ${after.target}`
  }
}
