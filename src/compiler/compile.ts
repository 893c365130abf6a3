// One set of inputs to one document.

import { documentDigest, exitCodes, Fault, isName, nameRule } from '../model/index.ts'
import type { CompiledStack, Diagnostic } from '../model/index.ts'
import { failureBeside } from './failure.ts'
import { folderOf } from './files.ts'
import { shareSubjects } from './gather.ts'
import { planInputs } from './inputs.ts'
import { judgeInputs, judgeStack, tellTogether } from './judge.ts'
import { configFiles } from './lower/config-files.ts'
import { buildFolders } from './lower/image.ts'
import { lowerStack } from './lower/lower.ts'
import type { Lowered } from './lower/lower.ts'
import { openProgram } from './program.ts'
import type { Program } from './program.ts'
import type { Failure } from './sandbox/job.ts'
import type { Evaluated, Opened } from './sandbox/opened.ts'
import { defaultDeadlineMs, defaultLimits } from './sandbox/sandbox.ts'
import { judgeUnread } from './unread.ts'

export interface CompileOptions {
  /** Absolute path of the stack file. */
  readonly file: string
  /** As written on the command line, unparsed. */
  readonly inputs: Readonly<Record<string, string>>
  /** Apply under another stack name. */
  readonly as?: string
  /** null: no cache. Default: `.gantry/cache` in the stack's folder. */
  readonly cacheFolder?: string | null
  /** For the evaluation. Default: 10 s. */
  readonly deadlineMs?: number
}

export type CompileResult =
  | { readonly ok: true; readonly compiled: CompiledStack; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/**
 * Compiles a stack file with one set of inputs. Spans of diagnostics name files relative to the stack's folder. Throws
 * a Fault when the stack file cannot be read, and for a name (`as`) that cannot be one.
 */
export async function compile(options: CompileOptions): Promise<CompileResult> {
  const { file, inputs, as, cacheFolder, deadlineMs = defaultDeadlineMs } = options
  requireName(as)
  const program = await openProgram({ file, cacheFolder, evaluation: { inputs, all: false, deadlineMs } })
  return concludeCompile(program, { file, inputs, as, deadlineMs })
}

/** Throws a Fault when it is given and cannot be the name of a stack. */
export function requireName(as: string | undefined): void {
  if (as !== undefined && !isName(as))
    throw new Fault({
      what: `'${as}' cannot be the name of a stack`,
      why: `a name is ${nameRule}`,
      exit: exitCodes.usage,
    })
}

/** What a program that was opened becomes with one set of inputs. */
export async function concludeCompile(
  program: Program,
  {
    file,
    inputs,
    as,
    deadlineMs,
  }: Pick<CompileOptions, 'file' | 'inputs'> & {
    readonly as: string | undefined
    readonly deadlineMs: number
  },
): Promise<CompileResult> {
  const limits = { ...defaultLimits, deadlineMs }
  // Of templates that no run came to, too: what `check` says of these inputs is said.
  const refuse = async (
    { mistakes = [], templates = new Set() }: Partial<Pick<Lowered, 'mistakes' | 'templates'>>,
    failure?: Failure,
  ): Promise<CompileResult> => {
    const found = await program.mistakes
    const thrown = failure ? failureBeside(found, failure, program, limits) : []
    const unread = await judgeUnread(program, templates)
    return { ok: false, diagnostics: tellTogether(found, [...shareSubjects(mistakes), ...thrown, ...unread]) }
  }
  if (program.modules.length === 0) return refuse({})
  const outcome = await program.evaluate({ inputs, all: false, deadlineMs })
  if (outcome.kind === 'failed') return refuse({}, outcome.failure)
  const { opened } = outcome
  const plan = planInputs(opened, inputs, false)
  const wrong = [...judgeStack(program, opened), ...judgeInputs(program, plan)]
  if (wrong.length > 0) return refuse({ mistakes: wrong })
  const run = outcome.runs[0]
  if (!run || 'sameAs' in run.result) throw new Error('an evaluation with one set of inputs gave no result')
  const lower = (json: string, isWhole: boolean): Promise<Lowered> =>
    lowerStack({
      stack: as ?? stackName(opened),
      inputs: run.inputs,
      evaluated: JSON.parse(json) as Evaluated, // written by our own side of the sandbox
      places: program.places,
      folders: buildFolders(folderOf(file), !isWhole),
      texts: configFiles(folderOf(file)),
      files: program.digests,
      isWhole,
    })
  if ('failure' in run.result) {
    const { failure, before } = run.result
    return refuse(before === undefined ? {} : await lower(before, false), failure)
  }
  const lowered = await lower(run.result.json, true)
  const { document, sources } = lowered
  // All that can be done before the types are known is done before.
  const compiled = document && { document, digest: documentDigest(document), sources }
  const unread = await judgeUnread(program, lowered.templates)
  if (!compiled || unread.length > 0 || (await program.mistakes).length > 0) return refuse(lowered)
  return { ok: true, compiled, warnings: lowered.warnings.map((each) => each.diagnostic) }
}

/** Judged to be one before. */
export function stackName({ stacks, main }: Opened): string {
  const name = main === null ? undefined : stacks[main]?.name
  return typeof name === 'string' ? name : ''
}
