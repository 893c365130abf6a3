// `gantry status [SELECTOR]`, also `gantry ps`: what runs and how it is, all of it or the tasks for which a condition
// holds.

import { exitCodes, Fault, parseSelector } from '../../model/index.ts'
import type { ClusterView, Selector } from '../../model/index.ts'
import type { Command } from '../context.ts'
import { isEmptyView, renderStatus, selectView } from '../status.ts'

export interface StatusArgs {
  readonly selector: string | undefined
  /** In the language of filters; undefined: all tasks. */
  readonly where: string | undefined
  readonly json: boolean
}

export const runStatus: Command<StatusArgs> = async ({ terminal, withClient }, args) => {
  const selector = requireSelector(args.selector)
  const filter = args.where === undefined ? undefined : await filterOf(args.where)
  for (const warning of filter?.warnings ?? []) terminal.say(`warning: --where: ${warning}`)
  const selected = selectView(await withClient((client) => client.status()), selector)
  if (selector && isEmptyView(selected)) throw nothingThere(args.selector ?? '')
  const view = filter ? filter.apply(selected) : selected
  if (args.json) terminal.out(JSON.stringify(view, null, 2))
  else if (filter && view.tasks.length === 0) terminal.out('no task is so')
  else terminal.out(renderStatus(view, { color: terminal.color, width: terminal.width }))
  return exitCodes.ok
}

/** The grammar is loaded where there is a text of it. */
async function filterOf(text: string) {
  const { readWhere, tasksWhere } = await import('../where.ts')
  const { condition, warnings } = readWhere(text)
  return { warnings, apply: (view: ClusterView) => tasksWhere(view, condition) }
}

export function requireSelector(text: string): Selector
export function requireSelector(text: string | undefined): Selector | undefined
export function requireSelector(text: string | undefined): Selector | undefined {
  if (text === undefined) return undefined
  const selector = parseSelector(text)
  if (selector) return selector
  throw new Fault({
    what: `${JSON.stringify(text)} points at nothing`,
    fix: 'write a stack (shop), a service or job (shop/api), or one task (shop/api.3)',
    exit: exitCodes.usage,
  })
}

export function nothingThere(selector: string): Fault {
  return new Fault({
    what: `there is no ${selector} in the cluster`,
    fix: 'gantry status lists what there is',
  })
}
