// `gantry status [SELECTOR]`, also `gantry ps`: what runs and how it is.

import { exitCodes, Fault, parseSelector } from '../../model/index.ts'
import type { Selector } from '../../model/index.ts'
import type { Command } from '../context.ts'
import { isEmptyView, renderStatus, selectView } from '../status.ts'

export interface StatusArgs {
  readonly selector: string | undefined
  readonly json: boolean
}

export const runStatus: Command<StatusArgs> = async ({ terminal, withClient }, args) => {
  const selector = requireSelector(args.selector)
  const view = selectView(await withClient((client) => client.status()), selector)
  if (selector && isEmptyView(view)) throw nothingThere(args.selector ?? '')
  if (args.json) terminal.out(JSON.stringify(view, null, 2))
  else terminal.out(renderStatus(view, { color: terminal.color, width: terminal.width }))
  return exitCodes.ok
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
