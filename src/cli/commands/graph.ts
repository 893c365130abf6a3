// `gantry graph [FILE]`: a picture of the stack, or its description for a tool that draws. It needs no cluster.

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { exitCodes, Fault, messageOf, unreachable } from '../../model/index.ts'
import { compileProgram, doesNotCompile } from '../compile.ts'
import type { ProgramArgs } from '../compile.ts'
import type { Command } from '../context.ts'
import { renderDot } from '../graph/dot.ts'
import { graphOf } from '../graph/graph.ts'
import type { StackGraph } from '../graph/graph.ts'
import { renderMermaid } from '../graph/mermaid.ts'
import { renderSvg } from '../graph/svg.ts'

export const graphFormats = ['mermaid', 'dot', 'svg'] as const
export type GraphFormat = (typeof graphFormats)[number]

export interface GraphArgs extends ProgramArgs {
  /** Default: what the name of `out` says, else Mermaid. */
  readonly format: GraphFormat | undefined
  /** The file to write instead of standard output. */
  readonly out: string | undefined
}

export const runGraph: Command<GraphArgs> = async (context, args) => {
  const { terminal, cwd } = context
  const program = await compileProgram(context, args)
  if (!program) return doesNotCompile
  const text = await render(
    graphOf(program.compiled.document),
    args.format ?? formatOf(args.out) ?? 'mermaid',
  )
  if (args.out === undefined) terminal.out(text)
  else {
    writeOut(resolve(cwd, args.out), `${text}\n`)
    terminal.say(`written to ${args.out}`)
  }
  return exitCodes.ok
}

async function render(graph: StackGraph, format: GraphFormat): Promise<string> {
  switch (format) {
    case 'mermaid':
      return renderMermaid(graph)
    case 'dot':
      return renderDot(graph)
    case 'svg':
      return renderSvg(graph)
    default:
      return unreachable(format)
  }
}

function formatOf(out: string | undefined): GraphFormat | undefined {
  if (out === undefined) return undefined
  if (/\.svg$/i.test(out)) return 'svg'
  if (/\.(dot|gv)$/i.test(out)) return 'dot'
  return /\.(mmd|mermaid)$/i.test(out) ? 'mermaid' : undefined
}

/** Throws a Fault when the file cannot be written. */
export function writeOut(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new Fault({ what: `cannot write ${file}`, why: messageOf(error), fix: 'name another file with -o' })
  }
}
