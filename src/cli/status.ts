// What `gantry status` shows: services and jobs with their tasks, one table, and what is wrong below it. Pure: a view
// in, text out. Invariant: everything that is not as wanted is said in words, not only by a number.

import { humanDuration, unreachable } from '../model/index.ts'
import type { ClusterView, JobView, Selector, ServiceView, TaskView } from '../model/index.ts'
import { holdText } from './nodes.ts'
import { renderTable } from './table.ts'
import { printable } from './terminal.ts'
import type { Colors } from './terminal.ts'

/** The part of a view that a selector points at; all of it without one. */
export function selectView(view: ClusterView, selector: Selector | undefined): ClusterView {
  if (!selector) return view
  const isOfStack = (row: { readonly stack: string }) => row.stack === selector.stack
  const isOwner = (row: { readonly stack: string; readonly name: string }) =>
    isOfStack(row) && (selector.kind === 'stack' || row.name === selector.name)
  const owner = selector.kind === 'stack' ? undefined : `${selector.stack}/${selector.name}`
  return {
    ...view,
    stacks: view.stacks.filter((stack) => stack.name === selector.stack && selector.kind === 'stack'),
    services: view.services.filter(isOwner),
    jobs: view.jobs.filter(isOwner),
    tasks: view.tasks.filter(
      (task) =>
        isOfStack(task) &&
        (owner === undefined || task.owner === owner) &&
        (selector.kind !== 'task' || task.slot === selector.slot),
    ),
    volumes: view.volumes.filter((volume) => isOfStack(volume) && selector.kind === 'stack'),
  }
}

/** How a task is, in one word: of one that runs, how it is with its health. */
export function stateOf({ phase, health }: TaskView): string {
  return phase === 'running' ? health : phase
}

/** Whether it is to stop and has not yet. */
export function isStopping({ desired, phase }: TaskView): boolean {
  return desired === 'stop' && phase !== 'stopped'
}

/** Whether a selector points at anything. */
export function isEmptyView(view: ClusterView): boolean {
  return view.stacks.length + view.services.length + view.jobs.length + view.tasks.length === 0
}

interface Line {
  readonly address: string
  readonly node: string
  readonly state: string
  readonly tone: 'good' | 'bad' | 'busy' | 'plain'
  readonly age: string
  readonly note: string
}

export interface StatusOptions {
  readonly color: Colors
  readonly width: number
}

export function renderStatus(view: ClusterView, { color, width }: StatusOptions): string {
  const parts = [headline(view)]
  const lines = [
    ...view.services.flatMap((service) => serviceLines(view, service)),
    ...view.jobs.flatMap((job) => jobLines(view, job)),
    ...orphanLines(view),
  ]
  const style = (text: string, line: Line) => {
    switch (line.tone) {
      case 'good':
        return color.green(text)
      case 'bad':
        return color.red(text)
      case 'busy':
        return color.yellow(text)
      case 'plain':
        return text
      default:
        return unreachable(line.tone)
    }
  }
  if (lines.length > 0)
    parts.push(
      renderTable(
        lines,
        [
          { title: 'NAME', cell: (line) => line.address, min: 20 },
          { title: 'STATE', cell: (line) => line.state, min: 10, style },
          { title: 'NODE', cell: (line) => line.node, min: 6 },
          { title: 'FOR', cell: (line) => line.age, align: 'right' },
          { title: 'NOTE', cell: (line) => line.note, min: 12 },
        ],
        width,
        color.dim,
      ),
    )
  else parts.push(view.stacks.length === 0 ? 'no stacks yet: gantry apply brings one up' : 'nothing runs')
  const kept = view.volumes.filter((volume) => !volume.declared && !volume.deleting && volume.node !== null)
  if (kept.length > 0) parts.push(kept.map((volume) => keptLine(view, volume)).join('\n'))
  const problems = problemsOf(view)
  if (problems.length > 0) parts.push(problems.map((text) => color.yellow(printable(text))).join('\n'))
  return parts.join('\n\n')
}

function keptLine(view: ClusterView, { address, stack, name, node }: ClusterView['volumes'][number]): string {
  const where = view.nodes.find(({ id }) => id === node)?.name ?? node ?? ''
  return `${address} on ${where} is in no stack: its data stays until gantry destroy ${stack} --delete-volume ${name}`
}

/** In full, because a table would cut them. */
function problemsOf(view: ClusterView): string[] {
  return [
    ...(view.hold ? [holdText(view.hold, view.at)] : []),
    ...view.nodes.flatMap(({ name, trouble }) => (trouble === undefined ? [] : [`node ${name}: ${trouble}`])),
    ...view.services.flatMap(({ address, rollout }) =>
      rollout.reason === null ? [] : [`${address}: ${rollout.status}: ${rollout.reason}`],
    ),
    ...view.tasks.flatMap(({ address, message }) => (message === null ? [] : [`${address}: ${message}`])),
  ]
}

function headline(view: ClusterView): string {
  const nodes = view.nodes
    .map(({ name, status, availability }) =>
      availability === 'active' ? `${name} ${status}` : `${name} ${status} (${availability})`,
    )
    .join(', ')
  const stacks = view.stacks.map(
    (stack) => `${stack.name} v${stack.version}${stack.removing ? ' (being destroyed)' : ''}`,
  )
  return [
    `cluster ${view.cluster.slice(0, 8)} @ ${view.seq} · term ${view.term} · ${view.nodes.length === 1 ? 'node' : 'nodes'} ${nodes || 'none'}`,
    ...(stacks.length > 0 ? [`stacks  ${stacks.join(', ')}`] : []),
  ].join('\n')
}

function serviceLines(view: ClusterView, service: ServiceView): Line[] {
  const tasks = view.tasks.filter((task) => task.owner === service.address)
  const { rollout } = service
  const isFull = service.healthy >= service.replicas
  const notes = [
    ...(service.published.length > 0 ? [service.published.map((port) => `:${port}`).join(' ')] : []),
    `rev ${service.revision}`,
    ...(rollout.status === 'done' ? [] : [rollout.status]),
  ]
  const isBad = rollout.status === 'failed' || rollout.status === 'rolled-back'
  return [
    {
      address: service.address,
      node: '',
      state: service.removing ? 'removing' : `${service.healthy}/${service.replicas} healthy`,
      tone: isBad ? 'bad' : isFull && rollout.status === 'done' && !service.removing ? 'good' : 'busy',
      age: '',
      note: printable(notes.join(' · ')),
    },
    ...tasks.map((task) => taskLine(view, task)),
  ]
}

function jobLines(view: ClusterView, job: JobView): Line[] {
  const tasks = view.tasks.filter((task) => task.owner === job.address)
  const tones = { complete: 'good', failed: 'bad', running: 'busy', waiting: 'busy' } as const
  const retry =
    job.nextTryAt === null ? [] : [`next try in ${humanDuration(Math.max(0, job.nextTryAt - view.at))}`]
  return [
    {
      address: job.address,
      node: '',
      state: job.removing ? 'removing' : job.status,
      tone: tones[job.status],
      age: job.endedAt === null ? '' : humanDuration(Math.max(0, view.at - job.endedAt)),
      note: [
        `job, run ${job.run}`,
        ...(job.failures > 0 ? [`${job.failures} of ${job.retries + 1} tries failed`] : []),
        ...retry,
      ].join(' · '),
    },
    ...tasks.map((task) => taskLine(view, task)),
  ]
}

/** Tasks whose service or job has gone already. */
function orphanLines(view: ClusterView): Line[] {
  const owners = new Set([...view.services, ...view.jobs].map((row) => row.address))
  return view.tasks.filter((task) => !owners.has(task.owner)).map((task) => taskLine(view, task))
}

function taskLine(view: ClusterView, task: TaskView): Line {
  const nodeName = view.nodes.find((node) => node.id === task.node)?.name ?? task.node ?? ''
  const isWell = task.phase === 'running' && task.health === 'healthy'
  const isBad = task.phase === 'failed' || task.phase === 'backoff' || task.health === 'unhealthy'
  const state = stateOf(task)
  const notes = [
    ...(task.restarts > 0 ? [`${task.restarts} restart${task.restarts === 1 ? '' : 's'}`] : []),
    ...(task.exitCode !== null && task.exitCode !== 0 ? [`exit ${task.exitCode}`] : []),
  ]
  return {
    address: `  .${task.slot} ${task.kind === 'service' ? `rev ${task.revision}` : `run ${task.revision}`}`,
    node: nodeName,
    state: isStopping(task) ? `${state}, stopping` : state,
    tone: isWell || task.phase === 'complete' ? 'good' : isBad ? 'bad' : 'plain',
    age: humanDuration(Math.max(0, view.at - task.since)),
    note: printable(notes.join(' · ')),
  }
}
