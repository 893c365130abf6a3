// `gantry check`: whether a stack compiles, for every combination of its finite inputs.

import { dirname } from 'node:path'
import { check, diagnosticsJson, renderDiagnostics } from '../../compiler/index.ts'
import { exitCodes } from '../../model/index.ts'
import type { Diagnostic } from '../../model/index.ts'
import type { Command, Context } from '../context.ts'
import { findStackFile } from '../stack-file.ts'
import { parseInputs } from '../inputs.ts'

export interface CheckArgs {
  readonly file: string | undefined
  readonly input: readonly string[]
  readonly json: boolean
  readonly verbose: boolean
}

export const runCheck: Command<CheckArgs> = async (context, args) => {
  const { terminal } = context
  const file = findStackFile(args.file, context.cwd)
  const result = await check({ file, inputs: parseInputs(args.input) })
  const diagnostics = result.ok ? result.warnings : result.diagnostics
  if (args.json) terminal.out(JSON.stringify(diagnosticsJson(diagnostics, dirname(file)), null, 2))
  else {
    showDiagnostics(context, diagnostics, file, args.verbose)
    if (result.ok) terminal.out(terminal.color.green(`ok: ${result.summary}`))
  }
  return result.ok ? exitCodes.ok : exitCodes.doesNotCompile
}

/** Writes them to stderr, with the count of errors below. */
export function showDiagnostics(
  { terminal, cwd }: Context,
  diagnostics: readonly Diagnostic[],
  file: string,
  verbose: boolean,
): void {
  if (diagnostics.length === 0) return
  terminal.say(
    renderDiagnostics(diagnostics, {
      color: terminal.hasErrColor,
      verbose,
      width: terminal.width,
      root: cwd,
      base: dirname(file),
    }),
  )
  const errors = diagnostics.filter((each) => each.severity === 'error').length
  if (errors > 0) terminal.say(`${errors} error${errors === 1 ? '' : 's'}; gantry explain CODE says more`)
}
