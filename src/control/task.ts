// How tasks are made, placed and told to stop. Invariant: `desired` only ever moves from run to stop, and a task that
// no node ever had goes at once. When to do so is the controllers' decision.

import { nameOf, secretAddress, volumeAddress } from '../model/index.ts'
import type { Duration, Instant, Placement, Task, TaskStatus, TaskTemplate } from '../model/index.ts'
import type { Draft } from './draft.ts'
import { placeTask } from './placement.ts'

const notYet: Omit<TaskStatus, 'phase' | 'since'> = {
  health: 'unknown',
  healthySince: null,
  restarts: 0,
  exitCode: null,
  message: null,
  containerId: null,
  ip: null,
}

export interface NewTask {
  readonly owner: string
  readonly kind: 'service' | 'job'
  readonly stack: string
  readonly slot: number
  readonly revision: number
  readonly template: TaskTemplate
  readonly placement: Placement
  readonly fenceMs?: Duration | undefined
}

/** Makes a task and places it; when `blocked` says what it waits for, or when no node fits, it stays pending and says so. */
export function createTask(draft: Draft, request: NewTask, blocked: string | null, now: Instant): void {
  const task: Task = {
    id: `${request.stack}.${nameOf(request.owner)}.${request.slot}.${draft.nextSerial().toString(36)}`,
    owner: request.owner,
    kind: request.kind,
    stack: request.stack,
    slot: request.slot,
    revision: request.revision,
    node: null,
    desired: 'run',
    ...(request.fenceMs === undefined ? {} : { fenceMs: request.fenceMs }),
    createdAt: now,
    placedAt: null,
    reserve: { cpu: request.template.resources.cpu, memory: request.template.resources.memory },
    status: { phase: 'pending', since: now, ...notYet },
    unplaceable: null,
  }
  placePending(draft, task, request.template, request.placement, blocked, now, true)
}

/** Tries to place a pending task; writes it only when something about it changed, or when it `isNew`. */
export function placePending(
  draft: Draft,
  task: Task,
  template: TaskTemplate,
  placement: Placement,
  blocked: string | null,
  now: Instant,
  isNew = false,
): void {
  const volumes = volumesUsed(task.stack, template)
  const result =
    blocked === null
      ? placeTask(draft, { owner: task.owner, reserve: task.reserve, placement, volumes })
      : { ok: false as const, reason: blocked }
  if (result.ok)
    draft.place(
      {
        ...task,
        node: result.node.id,
        placedAt: now,
        status: { phase: 'assigned', since: now, ...notYet },
        unplaceable: null,
      },
      result.node.id,
      volumes,
    )
  else {
    const waiting = explainWait(task, blocked, result.reason, now)
    if (isNew || task.unplaceable !== waiting.unplaceable || task.status.message !== waiting.status.message)
      draft.push({ table: 'tasks', key: task.id, value: waiting })
  }
}

/** The row of a task without a node: either it waits for something else, or no node fits, since then. */
function explainWait(task: Task, blocked: string | null, reason: string, now: Instant): Task {
  if (blocked !== null) return { ...task, status: { ...task.status, message: blocked }, unplaceable: null }
  const since = task.unplaceable === null ? now : task.status.since
  return { ...task, status: { ...task.status, since, message: null }, unplaceable: reason }
}

export function stopTask(draft: Draft, task: Task): void {
  if (task.node === null) draft.push({ table: 'tasks', key: task.id, value: null })
  else if (task.desired === 'run')
    draft.push({ table: 'tasks', key: task.id, value: { ...task, desired: 'stop' } })
}

export function forgetTask(draft: Draft, task: Task): void {
  draft.push({ table: 'tasks', key: task.id, value: null })
}

/** Back-off before try number `failures + 1`: `base` doubled for each failure after the first, at most `limit`. */
export function backoff(failures: number, base: Duration, limit: Duration): Duration {
  return Math.min(limit, base * 2 ** Math.min(30, Math.max(0, failures - 1)))
}

/** Addresses of the volumes a template mounts. */
export function volumesUsed(stack: string, template: TaskTemplate): string[] {
  return Object.values(template.mounts).map((mount) => volumeAddress(stack, mount.volume))
}

/** Addresses of the secrets a template uses, in a file or in a text. */
export function secretsUsed(stack: string, template: TaskTemplate): string[] {
  const names = new Set(template.secretFiles)
  for (const value of Object.values(template.env)) {
    if ('secretFile' in value) names.add(value.secretFile)
    else
      for (const part of value.text) if (typeof part !== 'string' && 'secret' in part) names.add(part.secret)
  }
  return [...names].sort().map((name) => secretAddress(stack, name))
}
