// `gantry check`, also `gantry validate`: whether a stack compiles, for every combination of its finite inputs. How the
// other formats are written stands in formats/.

import { basename, dirname } from 'node:path'
import { check, codes, diagnosticsJson, renderDiagnostics } from '../../compiler/index.ts'
import { exitCodes } from '../../model/index.ts'
import type { Diagnostic } from '../../model/index.ts'
import type { Command, Context } from '../context.ts'
import { ownVersion } from '../context.ts'
import { githubAnnotations } from '../formats/github.ts'
import { tallyOf } from '../formats/message.ts'
import { pathsFrom } from '../formats/paths.ts'
import { sarifLog } from '../formats/sarif.ts'
import { resolveInputs } from '../inputs/resolve.ts'
import type { InputArgs } from '../inputs/resolve.ts'
import { findStackFile } from '../stack-file.ts'

export interface CheckArgs extends InputArgs {
  readonly format: 'text' | 'json' | 'github' | 'sarif'
  /** Warnings fail too. */
  readonly strict: boolean
  readonly verbose: boolean
  readonly file: string | undefined
}

export const runCheck: Command<CheckArgs> = async (context, args) => {
  const file = findStackFile(args.file, context.cwd)
  const { values } = await resolveInputs(context, file, args, { all: true })
  const result = await check({ file, inputs: values })
  const diagnostics = result.ok ? result.warnings : result.diagnostics
  const { warnings } = tallyOf(diagnostics)
  const passes = result.ok && !(args.strict && warnings > 0)
  report(context, args, file, { diagnostics, passes, summary: result.ok ? result.summary : null })
  return passes ? exitCodes.ok : exitCodes.doesNotCompile
}

interface Outcome {
  readonly diagnostics: readonly Diagnostic[]
  readonly passes: boolean
  /** Null when it does not compile. */
  readonly summary: string | null
}

function report(context: Context, args: CheckArgs, file: string, outcome: Outcome): void {
  const { terminal, env, cwd } = context
  const { diagnostics, passes, summary } = outcome
  const pathOf = pathsFrom(env['GITHUB_WORKSPACE'] ?? cwd, dirname(file))
  switch (args.format) {
    case 'json':
      terminal.out(JSON.stringify(diagnosticsJson(diagnostics, dirname(file)), null, 2))
      return
    case 'sarif': {
      const log = sarifLog(diagnostics, { version: ownVersion(), codes, pathOf, file: basename(file) })
      terminal.out(JSON.stringify(log, null, 2))
      return
    }
    case 'github':
      if (diagnostics.length > 0) terminal.out(githubAnnotations(diagnostics, pathOf))
      if (summary !== null && passes) terminal.say(`ok: ${summary}`)
      return
    case 'text':
      showDiagnostics(context, diagnostics, file, args.verbose)
      if (summary === null) return
      if (passes) terminal.out(terminal.color.green(`ok: ${summary}`))
      else terminal.say('it compiles, but --strict lets no warning pass')
  }
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
  const { errors } = tallyOf(diagnostics)
  if (errors > 0) terminal.say(`${errors} error${errors === 1 ? '' : 's'}; gantry explain CODE says more`)
}
