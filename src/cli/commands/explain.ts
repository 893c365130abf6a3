// `gantry explain CODE`: the long form of a diagnostic.

import { explain } from '../../compiler/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import type { Command } from '../context.ts'

export const runExplain: Command<{ readonly code: string }> = async ({ terminal }, { code }) => {
  const text = explain(code.toUpperCase())
  if (text === undefined)
    throw new Fault({
      what: `there is no diagnostic ${JSON.stringify(code)}`,
      fix: 'codes look like GT2001 and stand in front of the message',
      exit: exitCodes.usage,
    })
  terminal.out(text)
  return exitCodes.ok
}
