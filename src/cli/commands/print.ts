// `gantry print [FILE]`: the stack document that a program becomes. Invariant: what is printed is what `apply` would
// send, byte for byte but for white space; a secret's value is not in it. It needs no cluster.

import { basename } from 'node:path'
import { exitCodes } from '../../model/index.ts'
import { compileProgram, doesNotCompile } from '../compile.ts'
import type { ProgramArgs } from '../compile.ts'
import type { Command } from '../context.ts'
import { listDocument } from '../listing/listing.ts'
import { renderListing } from '../listing/render.ts'

export interface PrintArgs extends ProgramArgs {
  /** A list of the values and where each comes from, instead of JSON. */
  readonly explain: boolean
}

export const runPrint: Command<PrintArgs> = async (context, args) => {
  const { terminal } = context
  const program = await compileProgram(context, args)
  if (!program) return doesNotCompile
  const { compiled, file, inputs } = program
  if (!args.explain) terminal.out(JSON.stringify(inOrder(compiled.document), null, 2))
  else {
    const { width, color } = terminal
    const head = `stack ${compiled.document.stack}  ${basename(file)}  ${compiled.digest.slice(0, 16)}`
    const list = renderListing(listDocument(compiled, inputs.origins), { width, color, file: basename(file) })
    terminal.out(list === '' ? head : `${head}\n\n${list}`)
  }
  return exitCodes.ok
}

/** Members in the order of canonical JSON, so that the same document is the same text. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(members.map(([key, member]) => [key, inOrder(member)]))
}
