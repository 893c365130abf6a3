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

const graphFormats = ['mermaid', 'dot', 'svg'] as const
export type GraphFormat = (typeof graphFormats)[number]

export interface GraphArgs extends ProgramArgs {
  /** Default: what the name of `out` says, else Mermaid. */
  readonly format: GraphFormat | undefined
  /** The file to write instead of standard output. */
  readonly out: string | undefined
}

export const runGraph: Command<GraphArgs> = async (context, args) => {
  const { terminal, cwd } = context
  const format = formatFor(args)
  const program = await compileProgram(context, args)
  if (!program) return doesNotCompile
  const text = await render(graphOf(program.compiled.document), format)
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

const endings: Readonly<Record<GraphFormat, RegExp>> = {
  mermaid: /\.(mmd|mermaid)$/i,
  dot: /\.(dot|gv)$/i,
  svg: /\.svg$/i,
}

/** Throws a Fault with exit 64 when the name of the file says another format than is written, or one there is not. */
function formatFor({ format, out }: GraphArgs): GraphFormat {
  if (out === undefined) return format ?? 'mermaid'
  const meant = graphFormats.find((each) => endings[each].test(out))
  if (format !== undefined && (meant === format || !/\.[^./]+$/.test(out))) return format
  if (format === undefined && meant !== undefined) return meant
  throw new Fault({
    what:
      meant === undefined
        ? `the name of ${out} says no format of a graph`
        : `the name of ${out} says ${meant}, and --format says ${format ?? meant}`,
    fix: 'name a file that ends in .mmd (Mermaid), .dot or .svg',
    exit: exitCodes.usage,
  })
}

/** Throws a Fault when the file cannot be written. */
function writeOut(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new Fault({ what: `cannot write ${file}`, why: messageOf(error), fix: 'name another file with -o' })
  }
}
