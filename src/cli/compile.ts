// A stack program made into a document for a command that needs one. Invariant: what does not compile ends the command
// with exit 3, its diagnostics shown.

import { dirname } from 'node:path'
import { diagnosticsJson, openStack } from '../compiler/index.ts'
import { exitCodes } from '../model/index.ts'
import type { CompiledStack } from '../model/index.ts'
import { showDiagnostics } from './commands/check.ts'
import type { Context } from './context.ts'
import { resolveInputs } from './inputs/resolve.ts'
import type { InputArgs, ResolvedInputs } from './inputs/resolve.ts'
import { findStackFile } from './stack-file.ts'

export interface ProgramArgs extends InputArgs {
  readonly file: string | undefined
  /** Another name to apply the program under. */
  readonly as: string | undefined
  readonly verbose: boolean
  readonly json: boolean
}

export interface Program {
  readonly file: string
  readonly compiled: CompiledStack
  readonly inputs: ResolvedInputs
}

/** Null when it does not compile; what is wrong has been shown then. */
export async function compileProgram(context: Context, args: ProgramArgs): Promise<Program | null> {
  const file = findStackFile(args.file, context.cwd)
  const stack = openStack({ file, all: false })
  const inputs = await resolveInputs(context, stack, args)
  const result = await stack.compile(inputs.values, args.as)
  const diagnostics = result.ok ? result.warnings : result.diagnostics
  if (args.json && !result.ok)
    context.terminal.out(JSON.stringify(diagnosticsJson(diagnostics, dirname(file)), null, 2))
  else showDiagnostics(context, diagnostics, file, args.verbose)
  return result.ok ? { file, compiled: result.compiled, inputs } : null
}

export const doesNotCompile = exitCodes.doesNotCompile
