// `gantry check`, also `gantry validate`: whether a stack compiles, for every combination of its finite inputs. How the
// other formats are written stands in formats/.

import { basename, dirname } from 'node:path'
import { diagnosticsJson, openStack, renderDiagnostics } from '../../compiler/index.ts'
import type { CheckResult } from '../../compiler/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import type { Diagnostic } from '../../model/index.ts'
import { allCodes } from '../codes.ts'
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
  /** Again after every change, until it is interrupted. */
  readonly watch: boolean
}

export const runCheck: Command<CheckArgs> = async (context, args) => {
  const file = findStackFile(args.file, context.cwd)
  if (args.watch) {
    if (args.format !== 'text' && args.format !== 'json')
      throw new Fault({
        what: `--watch does not go with --format ${args.format}`,
        why: 'that format has one end',
        fix: 'take text or json',
        exit: exitCodes.usage,
      })
    const { watchChecks } = await import('./check-watch.ts')
    const watched = { ...args, file, isJson: args.format === 'json' }
    return watchChecks(context, watched, ({ result }) => void judge(context, args, file, result))
  }
  const stack = openStack({ file, all: true })
  const { values } = await resolveInputs(context, stack, args)
  const passes = judge(context, args, file, await stack.check(values))
  return passes ? exitCodes.ok : exitCodes.doesNotCompile
}

/** Whether it passes; all of it is shown. */
function judge(context: Context, args: CheckArgs, file: string, result: CheckResult): boolean {
  const diagnostics = result.ok ? result.warnings : result.diagnostics
  const { warnings } = tallyOf(diagnostics)
  const passes = result.ok && !(args.strict && warnings > 0)
  report(context, args, file, { diagnostics, passes, summary: result.ok ? result.summary : null })
  return passes
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
      // One document a line when there will be more.
      terminal.out(JSON.stringify(diagnosticsJson(diagnostics, dirname(file)), null, args.watch ? 0 : 2))
      return
    case 'sarif': {
      const log = sarifLog(diagnostics, {
        version: ownVersion(),
        codes: allCodes,
        pathOf,
        file: basename(file),
      })
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
