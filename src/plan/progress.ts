// How far an apply or a destroy has come, from one view of the cluster. Invariant: it speaks of this apply alone, by the
// version it made and the identity of its plan; what another apply did is never taken for this one's success or
// failure. It has no clock: giving up is the caller's decision.

import pc from 'picocolors'
import { isLastPhase, unreachable } from '../model/index.ts'
import type { ClusterView, JobView, ServiceView, TaskView } from '../model/index.ts'
import { columns, lay, padded } from './layout.ts'
import type { Paint } from './layout.ts'
import type { Plan } from './plan.ts'
import { plural, withinStack } from './words.ts'

export type LineState = 'progressing' | 'done' | 'rolling-back' | 'rolled-back' | 'failed'

export interface ProgressLine {
  readonly address: string
  readonly state: LineState
  /** "1 of 2 healthy, revision 8; web.2 waits: no node fits …" */
  readonly text: string
}

export interface Progress {
  /** `superseded`: another apply or destroy has taken this one's place. */
  readonly outcome: 'progressing' | 'done' | 'rolled-back' | 'failed' | 'superseded'
  /** Whether the outcome is final. */
  readonly done: boolean
  /** Whether it is final and good. */
  readonly ok: boolean
  /** One sentence on where it stands. */
  readonly summary: string
  /** Everything of the stack that this apply moves, services first. */
  readonly lines: readonly ProgressLine[]
}

/**
 * `version` is the stack's version that the apply or destroy answered with. The view must be the leader's, from after
 * that answer.
 */
export function progressOf(view: ClusterView, plan: Plan, version: number): Progress {
  const stack = view.stacks.find(({ name }) => name === plan.stack)
  return plan.kind === 'destroy'
    ? progressOfDestroy(view, plan, version, stack)
    : progressOfApply(view, plan, version, stack)
}

type StackRow = ClusterView['stacks'][number] | undefined

function progressOfApply(view: ClusterView, plan: Plan, version: number, stack: StackRow): Progress {
  const name = plan.stack
  if (!stack) return over('superseded', `${name} was destroyed meanwhile`, [])
  if (stack.version < version) return going(`${name} version ${version} is not there yet`, [])
  if (stack.version > version || stack.planId !== plan.id || stack.removing)
    return over(
      'superseded',
      stack.removing
        ? `${name} is being destroyed`
        : `another apply (by ${stack.appliedBy}) made version ${stack.version} of ${name}`,
      [],
    )
  const changed = new Set(plan.steps.map(({ address }) => address))
  const lines = [
    ...view.services
      .filter((service) => service.stack === name)
      .flatMap((service) => serviceLine(view, service, stack.appliedAt, changed) ?? []),
    ...view.jobs
      .filter((job) => job.stack === name)
      .flatMap((job) => jobLine(view, job, stack.appliedAt, changed) ?? []),
    ...volumeLines(view, name, changed),
  ]
  const subject = `${name} version ${version}`
  const isOneGoingBack = lines.some(({ state }) => state === 'rolling-back')
  const failed = lines.filter(({ state }) => state === 'failed')
  // A failure is final at once (what depends on it would wait for ever), but what goes back is followed to its end.
  if (failed.length > 0 && !isOneGoingBack)
    return over('failed', `${subject} failed: ${failed.map(sentence).join('; ')}`, lines)
  const moving = lines.filter(({ state }) => state === 'progressing' || state === 'rolling-back')
  if (moving.length > 0)
    return going(
      `${subject}: ${moving.map(({ address }) => withinStack(address)).join(', ')} on the way`,
      lines,
    )
  const back = lines.filter(({ state }) => state === 'rolled-back')
  return back.length > 0
    ? over('rolled-back', `${subject} was rolled back: ${back.map(sentence).join('; ')}`, lines)
    : over('done', `${subject} is up`, lines)
}

function progressOfDestroy(view: ClusterView, plan: Plan, version: number, stack: StackRow): Progress {
  const name = plan.stack
  if (!stack) {
    const leftovers = volumeLines(view, name, null)
    return leftovers.length > 0
      ? going(`the data that ${name} left is being deleted`, leftovers)
      : over('done', `${name} is gone`, [])
  }
  if (!stack.removing)
    return stack.version < version
      ? going(`the end of ${name} is not there yet`, [])
      : over('done', `${name} went, and was applied again`, [])
  const lines = [
    ...view.services
      .filter((service) => service.stack === name)
      .map((service) => removalLine(view, service.address)),
    ...view.jobs.filter((job) => job.stack === name).map((job) => removalLine(view, job.address)),
    ...volumeLines(view, name, null),
  ]
  return going(`${name} is being destroyed`, lines)
}

/** Undefined for what this apply leaves alone and what was at rest when it began. */
function serviceLine(
  view: ClusterView,
  service: ServiceView,
  appliedAt: number,
  changed: ReadonlySet<string>,
): ProgressLine | undefined {
  const { address, rollout, replicas, healthy } = service
  if (service.removing) return removalLine(view, address)
  const isMine = changed.has(address)
  // A rollout that ended before this apply began has nothing to do with it.
  const isSince = rollout.startedAt === appliedAt || (rollout.endedAt ?? Infinity) > appliedAt
  if (!isMine && !isSince) return undefined
  const tasks = view.tasks.filter((task) => task.owner === address)
  const figures = `${healthy} of ${replicas} healthy, revision ${service.revision}`
  const line = (state: LineState, more: string | null): ProgressLine => ({
    address,
    state,
    text: more === null ? figures : `${figures}; ${more}`,
  })
  if (rollout.status === 'progressing') return line('progressing', hindrance(tasks))
  if (rollout.status === 'rolling-back') return line('rolling-back', `going back: ${rollout.reason ?? ''}`)
  if (isSince && rollout.status === 'failed') return line('failed', rollout.reason)
  const surplus = tasks.filter(
    (task) => task.desired === 'run' && task.slot > replicas && !isLastPhase(task.phase),
  )
  const leaving = tasks.filter(
    (task) => task.desired === 'stop' && !isLastPhase(task.phase) && isAnswered(view, task),
  )
  if (isSince && rollout.status === 'rolled-back')
    return line(leaving.length > 0 ? 'rolling-back' : 'rolled-back', rollout.reason)
  if (healthy < replicas || surplus.length > 0) return line('progressing', hindrance(tasks))
  if (leaving.length > 0) return line('progressing', `${plural(leaving.length, 'task')} on the way out`)
  return line('done', null)
}

function jobLine(
  view: ClusterView,
  job: JobView,
  appliedAt: number,
  changed: ReadonlySet<string>,
): ProgressLine | undefined {
  const { address, status, failures } = job
  if (job.removing) return removalLine(view, address)
  const isSince = job.endedAt === null || job.endedAt > appliedAt
  if (!isSince && !changed.has(address)) return undefined
  const tasks = view.tasks.filter((task) => task.owner === address && task.revision === job.run)
  const tried = failures === 0 ? '' : `, ${failures} of ${job.retries + 1} tries failed`
  switch (status) {
    case 'complete':
      return { address, state: 'done', text: `run ${job.run} is complete` }
    case 'failed':
      // One that had failed before and whose retries alone were changed is not run by this apply.
      return isSince
        ? {
            address,
            state: 'failed',
            text: `run ${job.run} failed${tried}${lastWords(tasks)}`,
          }
        : { address, state: 'done', text: `run ${job.run} had failed before` }
    case 'running':
      return { address, state: 'progressing', text: `run ${job.run} is running${tried}` }
    case 'waiting': {
      const reason = hindrance(tasks)
      return {
        address,
        state: 'progressing',
        text: `run ${job.run} waits${tried}${reason === null ? '' : `: ${reason}`}`,
      }
    }
    default:
      return unreachable(status)
  }
}

function lastWords(tasks: readonly TaskView[]): string {
  const last = tasks.filter((task) => task.phase === 'failed').toSorted((a, b) => b.slot - a.slot)[0]
  if (!last) return ''
  const code = last.exitCode === null ? '' : ` with exit code ${last.exitCode}`
  return `, the last one ended${code}${last.message === null ? '' : ` (${last.message})`}`
}

function removalLine(view: ClusterView, address: string): ProgressLine {
  const left = view.tasks.filter((task) => task.owner === address && !isLastPhase(task.phase))
  const silent = left.find((task) => !isAnswered(view, task))
  return {
    address,
    state: 'progressing',
    text: `is being removed, ${plural(left.length, 'task')} left${silent ? `; ${withinStack(silent.address)} is on ${nodeWords(view, silent)}` : ''}`,
  }
}

/** Volumes whose data is being deleted; `among` limits them to those of an apply. */
function volumeLines(view: ClusterView, stack: string, among: ReadonlySet<string> | null): ProgressLine[] {
  return view.volumes
    .filter((volume) => volume.stack === stack && volume.deleting && (among?.has(volume.address) ?? true))
    .map(({ address, node }) => ({
      address,
      state: 'progressing',
      text: `its data${node === null ? '' : ` on ${nodeLabel(view, node)}`} is being deleted`,
    }))
}

/** What the tasks of an owner wait for, or what is wrong with them; null when there is nothing to say. */
function hindrance(tasks: readonly TaskView[]): string | null {
  const reasons = new Map<string, string[]>()
  for (const task of tasks) {
    if (task.desired !== 'run' || isLastPhase(task.phase)) continue
    const reason = reasonOf(task)
    if (reason === null) continue
    const same = reasons.get(reason) ?? []
    same.push(withinStack(task.address))
    reasons.set(reason, same)
  }
  const said = [...reasons].map(([reason, names]) => `${firstOf(names)}: ${reason}`)
  return said.length === 0 ? null : said.join('; ')
}

function firstOf(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
}

function reasonOf(task: TaskView): string | null {
  const message = task.message === null ? '' : ` (${task.message})`
  switch (task.phase) {
    case 'pending':
      return task.message ?? 'no node yet'
    case 'backoff':
      return `ended${task.exitCode === null ? '' : ` with exit code ${task.exitCode}`}, starts again${message}`
    case 'running':
      return task.health === 'healthy'
        ? null
        : `${task.health === 'unknown' ? 'not healthy yet' : 'unhealthy'}${message}`
    case 'assigned':
    case 'preparing':
    case 'starting':
    case 'stopping':
      return `${task.phase}${message}`
    case 'stopped':
    case 'complete':
    case 'failed':
      return null
    default:
      return unreachable(task.phase)
  }
}

/** Whether its node will say how it goes on; a task on a lost node is not waited for. */
function isAnswered(view: ClusterView, task: TaskView): boolean {
  return view.nodes.find((node) => node.id === task.node)?.status !== 'lost'
}

function nodeWords(view: ClusterView, task: TaskView): string {
  const node = view.nodes.find(({ id }) => id === task.node)
  return node ? `${node.name}, which is ${node.status}` : 'a node that is not known'
}

function nodeLabel(view: ClusterView, id: string): string {
  return view.nodes.find((node) => node.id === id)?.name ?? id
}

function sentence({ address, text }: ProgressLine): string {
  return `${withinStack(address)} ${text}`
}

function going(summary: string, lines: readonly ProgressLine[]): Progress {
  return { outcome: 'progressing', done: false, ok: false, summary, lines }
}

function over(outcome: Progress['outcome'], summary: string, lines: readonly ProgressLine[]): Progress {
  return { outcome, done: true, ok: outcome === 'done', summary, lines }
}

const looks: Readonly<Record<LineState, { readonly sign: string; readonly paint: Paint }>> = {
  progressing: { sign: '…', paint: 'plain' },
  done: { sign: '✓', paint: 'good' },
  'rolling-back': { sign: '↺', paint: 'changed' },
  'rolled-back': { sign: '↺', paint: 'bad' },
  failed: { sign: '✗', paint: 'bad' },
}

/** The lines of a progress, none wider than `width`; the same progress gives the same lines. */
export function renderProgress(
  progress: Progress,
  options: { readonly width: number; readonly color: boolean },
): string[] {
  const width = Math.max(40, Math.floor(options.width))
  const colors = pc.createColors(options.color)
  const room = Math.min(24, Math.max(0, ...progress.lines.map(({ address }) => columns(address))))
  return progress.lines.flatMap(({ address, state, text }) =>
    lay(
      [
        { text: `${looks[state].sign} `, paint: looks[state].paint },
        { text: padded(address, room), paint: 'strong' },
        { text: `  ${text}`, paint: state === 'progressing' ? 'plain' : looks[state].paint },
      ],
      { width, hang: 6 },
      colors,
    ),
  )
}
