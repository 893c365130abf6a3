// A stack program made into a document for a command that needs one. Invariant: what does not compile ends the command
// with exit 3, its diagnostics shown.

import { compile } from '../compiler/index.ts'
import { exitCodes } from '../model/index.ts'
import type { CompiledStack } from '../model/index.ts'
import { diagnosticsJson } from '../compiler/index.ts'
import { dirname } from 'node:path'
import { showDiagnostics } from './commands/check.ts'
import type { Context } from './context.ts'
import { parseInputs } from './inputs.ts'
import { findStackFile } from './stack-file.ts'

export interface ProgramArgs {
  readonly file: string | undefined
  readonly input: readonly string[]
  /** Another name to apply the program under. */
  readonly as: string | undefined
  readonly verbose: boolean
  readonly json: boolean
}

export interface Program {
  readonly file: string
  readonly compiled: CompiledStack
}

/** Null when it does not compile; what is wrong has been shown then. */
export async function compileProgram(context: Context, args: ProgramArgs): Promise<Program | null> {
  const file = findStackFile(args.file, context.cwd)
  const result = await compile({
    file,
    inputs: parseInputs(args.input),
    ...(args.as === undefined ? {} : { as: args.as }),
  })
  const diagnostics = result.ok ? result.warnings : result.diagnostics
  if (args.json && !result.ok)
    context.terminal.out(JSON.stringify(diagnosticsJson(diagnostics, dirname(file)), null, 2))
  else showDiagnostics(context, diagnostics, file, args.verbose)
  return result.ok ? { file, compiled: result.compiled } : null
}

export const doesNotCompile = exitCodes.doesNotCompile
