// `--where` of the commands that list tasks: a condition in the language of filters, over the tasks of a view. Pure.
// Invariant: what is wrong is said before anything is asked of the cluster, at its place in the text; of services and
// jobs those are left that have a task for which the condition holds.

import { readFilterText, taskFields } from '../../grammar/index.ts'
import type { GrammarMistake } from '../../grammar/index.ts'
import { holdsFor, valueOn } from '../control/index.ts'
import { exitCodes, Fault, nameOf } from '../model/index.ts'
import type { ClusterView, Condition, TaskView } from '../model/index.ts'
import { isStopping, stateOf } from './status.ts'

export interface Where {
  readonly condition: Condition
  /** What is probably not meant: it always holds. */
  readonly warnings: readonly string[]
}

/** Throws a Fault with exit 64 that shows every mistake where it is. */
export function readWhere(text: string): Where {
  const { condition, mistakes, warnings } = readFilterText(text, taskFields, 'a task has')
  if (condition) return { condition, warnings: warnings.map((each) => shown(text, each)) }
  throw new Fault({
    what: mistakes.length > 1 ? `--where has ${mistakes.length} mistakes` : '--where is wrong',
    why: mistakes.map((each) => shown(text, each)).join('\n'),
    exit: exitCodes.usage,
  })
}

/** The message, and below it the place in the text. */
function shown(text: string, { message, label, start, end }: GrammarMistake): string {
  const marks = '^'.repeat(Math.max(1, end - start))
  const line = text.replaceAll(/\s/g, ' ')
  return `${message}\n  ${line}\n  ${' '.repeat(start)}${marks}${label === undefined ? '' : ` ${label}`}`
}

export function tasksWhere(view: ClusterView, condition: Condition): ClusterView {
  const tasks = view.tasks.filter((task) => holdsFor(condition, (name) => valueOf(view, task, name)))
  const owners = new Set(tasks.map(({ owner }) => owner))
  const stacks = new Set(tasks.map(({ stack }) => stack))
  return {
    ...view,
    stacks: view.stacks.filter(({ name }) => stacks.has(name)),
    services: view.services.filter(({ address }) => owners.has(address)),
    jobs: view.jobs.filter(({ address }) => owners.has(address)),
    tasks,
    volumes: [],
  }
}

/** Undefined for what a task has not: an exit code before its end, the zone of a node that it does not have yet. */
function valueOf(view: ClusterView, task: TaskView, name: string): string | number | undefined {
  if (name.startsWith('node.')) {
    const node = view.nodes.find(({ id }) => id === task.node)
    return node && valueOn(node, name)
  }
  switch (name) {
    case 'stack':
      return task.stack
    case 'service':
    case 'job':
      return task.kind === name ? nameOf(task.owner) : undefined
    case 'slot':
      return task.slot
    case 'revision':
      return task.revision
    case 'state':
      return stateOf(task)
    case 'stopping':
      return String(isStopping(task))
    case 'age':
      return Math.max(0, view.at - task.since)
    case 'restarts':
      return task.restarts
    case 'exit':
      return task.exitCode ?? undefined
    default:
      throw new Error(`a filter asks for ${name}, which the table of fields has and tasks have not`)
  }
}
