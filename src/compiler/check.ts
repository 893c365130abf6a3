// All that is wrong with a stack file, for every combination of the inputs that have few values: a mistake that only
// exists in prod is found now. Invariant: what `check` passes, `compile` passes for the same inputs, but for build
// folders whose files cannot be read.

import { formatCount } from './plural.ts'
import type { Diagnostic } from '../model/index.ts'
import { folderOf } from './files.ts'
import { planInputs } from './inputs.ts'
import type { DeclaredInput, InputPlan, InputValues } from './inputs.ts'
import { inOrder, judgeInputs, judgeStack, tellTogether } from './judge.ts'
import { configFiles } from './lower/config-files.ts'
import type { ConfigFiles } from './lower/config-files.ts'
import { buildFolders } from './lower/image.ts'
import type { BuildFolders } from './lower/image.ts'
import { lowerStack } from './lower/lower.ts'
import type { Lowered } from './lower/lower.ts'
import type { RuleMistake } from './lower/report.ts'
import { onlyWhen, show } from './matrix.ts'
import { stackName } from './compile.ts'
import { openProgram } from './program.ts'
import type { Program } from './program.ts'
import type { Run } from './sandbox/job.ts'
import type { Evaluated, Opened } from './sandbox/opened.ts'
import { defaultDeadlineMs, defaultLimits } from './sandbox/sandbox.ts'
import { describeFailure } from './thrown.ts'

export interface CheckOptions {
  /** Absolute path of the stack file. */
  readonly file: string
  /** Inputs that are fixed; all others that have few values are tried in every combination. */
  readonly inputs?: Readonly<Record<string, string>>
  /** null: no cache. Default: `.gantry/cache` in the stack's folder. */
  readonly cacheFolder?: string | null
  /** For the evaluation of one combination. Default: 10 s. */
  readonly deadlineMs?: number
}

export type CheckResult =
  | {
      readonly ok: true
      readonly stack: string
      readonly inputs: readonly DeclaredInput[]
      /** How many combinations of inputs were tried. */
      readonly combinations: number
      readonly warnings: readonly Diagnostic[]
      /** One line for people: "shop: 3 services, 1 job (2 combinations of inputs)". */
      readonly summary: string
    }
  | {
      readonly ok: false
      readonly inputs: readonly DeclaredInput[]
      readonly diagnostics: readonly Diagnostic[]
    }

/** Throws a Fault when the stack file cannot be read. */
export async function check(options: CheckOptions): Promise<CheckResult> {
  const { file, inputs = {}, deadlineMs = defaultDeadlineMs } = options
  const program = await openProgram({
    file,
    cacheFolder: options.cacheFolder,
    evaluation: { inputs, all: true, deadlineMs },
  })
  const folder = folderOf(file)
  return concludeCheck(program, {
    inputs,
    deadlineMs,
    folders: buildFolders(folder, true),
    texts: configFiles(folder),
  })
}

export interface Conclusion {
  readonly inputs: Readonly<Record<string, string>>
  readonly deadlineMs: number
  readonly folders: BuildFolders
  readonly texts: ConfigFiles
}

/** What is to be said of a program that was opened, once it is evaluated. */
export async function concludeCheck(
  program: Program,
  { inputs, deadlineMs, folders, texts }: Conclusion,
): Promise<CheckResult> {
  const found = program.mistakes
  const limits = { ...defaultLimits, deadlineMs }
  const refuse = (
    diagnostics: readonly Diagnostic[],
    declared: readonly DeclaredInput[] = [],
  ): CheckResult => ({
    ok: false,
    inputs: declared,
    diagnostics,
  })
  const onlyStatic = (): CheckResult => refuse(inOrder(found.map((each) => each.diagnostic)))
  if (program.modules.length === 0) return onlyStatic()
  const outcome = await program.evaluate()
  if (outcome.kind === 'failed')
    return found.length > 0
      ? onlyStatic()
      : refuse([describeFailure(outcome.failure, program, program.places, limits)])
  const { opened, runs } = outcome
  const plan = planInputs(opened, inputs, true)
  const wrong = [...judgeStack(program, opened), ...judgeInputs(program, plan)]
  if (wrong.length > 0) return refuse(tellTogether(found, wrong), plan.declared)

  const lowered = await lowerAll(program, opened, runs, { folders, texts })
  const tried = runs.map((run) => run.inputs)
  // A run that did not end says nothing about what it would have declared.
  const ended = lowered.filter((each) => each !== undefined)
  const endedWith = tried.filter((_, index) => lowered[index] !== undefined)
  const rules = gather(
    endedWith,
    ended.map((each) => each.mistakes),
    plan,
  )
  const failures = found.length > 0 ? [] : gather(tried, failuresOf(runs, program, limits), plan)
  const mistakes = tellTogether(found, [...rules, ...failures])
  if (mistakes.length > 0) return refuse(mistakes, plan.declared)
  const gatherWarnings = (of: (each: Lowered) => readonly Diagnostic[]): Diagnostic[] =>
    gather(
      tried,
      lowered.map((each) =>
        (each ? of(each) : []).map((diagnostic) => ({ diagnostic, call: undefined, path: [] })),
      ),
      plan,
    ).map((each) => each.diagnostic)
  const warnings = gatherWarnings((each) => each.warnings)
  // What is not needed in dev may be needed in prod.
  const unused = gatherWarnings((each) => each.unused).filter((each) => each.onlyWhen === undefined)
  const isLimitAnswered = lowered.every((each) =>
    each?.document?.acknowledged.some(({ code, of }) => code === 'GT4002' && of === undefined),
  )
  return {
    ok: true,
    stack: stackName(opened),
    inputs: plan.declared,
    combinations: runs.length,
    warnings: inOrder([...warnings, ...unused, ...(isLimitAnswered ? [] : limitWarning(plan, program))]),
    summary: summarise(stackName(opened), lowered[0], plan, runs.length),
  }
}

/** Combinations that declare the same are lowered once. */
async function lowerAll(
  program: Program,
  opened: Opened,
  runs: readonly Run[],
  { folders, texts }: Pick<Conclusion, 'folders' | 'texts'>,
): Promise<(Lowered | undefined)[]> {
  const lowered: (Lowered | undefined)[] = []
  for (const { inputs, result } of runs)
    if ('json' in result)
      lowered.push(
        await lowerStack({
          stack: stackName(opened),
          inputs,
          evaluated: JSON.parse(result.json) as Evaluated, // written by our own side of the sandbox
          places: program.places,
          folders,
          texts,
          files: program.digests,
          isWhole: false,
        }),
      )
    else lowered.push('sameAs' in result ? lowered[result.sameAs] : undefined)
  return lowered
}

function failuresOf(
  runs: readonly Run[],
  program: Program,
  limits: Parameters<typeof describeFailure>[3],
): RuleMistake[][] {
  return runs.map(({ result }) =>
    'failure' in result
      ? [
          {
            diagnostic: describeFailure(result.failure, program, program.places, limits),
            call: undefined,
            path: [],
          },
        ]
      : [],
  )
}

/** The same mistake of several combinations is one, and says which combinations have it. */
function gather(
  tried: readonly InputValues[],
  byRun: readonly (readonly RuleMistake[])[],
  plan: InputPlan,
): RuleMistake[] {
  const seen = new Map<string, { mistake: RuleMistake; runs: Set<number> }>()
  for (const [index, mistakes] of byRun.entries())
    for (const mistake of mistakes) {
      const { code, span } = mistake.diagnostic
      // Not the summary: it may hold the input's value, and be the same mistake nevertheless.
      const key = JSON.stringify([code, span ?? null, mistake.path])
      const known = seen.get(key)
      if (known) known.runs.add(index)
      else seen.set(key, { mistake, runs: new Set([index]) })
    }
  return [...seen.values()].map(({ mistake, runs }) => {
    const when = onlyWhen(tried, runs)
    const samples = dependsOnSample(mistake.diagnostic, plan.samples) ? [sampleNote(plan.samples)] : []
    const notes = [...(mistake.diagnostic.notes ?? []), ...samples]
    return {
      ...mistake,
      diagnostic: {
        ...mistake.diagnostic,
        ...(notes.length > 0 ? { notes } : {}),
        ...(when === undefined ? {} : { onlyWhen: when }),
      },
    }
  })
}

/** What a program throws may depend on any input; a rule names the value that it refuses. */
function dependsOnSample({ code, summary }: Diagnostic, samples: InputValues): boolean {
  const values = Object.values(samples)
  return (
    values.length > 0 && (code.startsWith('GT5') || values.some((value) => summary.includes(String(value))))
  )
}

function sampleNote(samples: InputValues): string {
  return `checked with ${show(samples)}, because there is no default; --input gives another`
}

function limitWarning({ total, combinations }: InputPlan, { places, calls }: Program): Diagnostic[] {
  if (total <= combinations.length) return []
  const span = places.calleeSpan(calls.findIndex((each) => each.word === 'stack'))
  return [
    {
      severity: 'warning',
      code: 'GT4002',
      summary: `the inputs have ${total} combinations, of which ${combinations.length} were checked`,
      fix: 'fix some of them with --input to check the others',
      ...(span ? { span } : {}),
    },
  ]
}

const summarised = [
  ['service', 'services'],
  ['job', 'jobs'],
  ['cron', 'crons'],
  ['volume', 'volumes'],
  ['secret', 'secrets'],
  ['config', 'configs'],
  ['ingress', 'ingresses'],
  ['output', 'outputs'],
] as const

function summarise(stack: string, lowered: Lowered | undefined, plan: InputPlan, runs: number): string {
  const document = lowered?.document
  const counts = document
    ? summarised.flatMap(([kind, group]) => {
        const count = Object.keys(document[group]).length
        return count === 0 ? [] : [formatCount(count, kind)]
      })
    : []
  const what = counts.length === 0 ? 'nothing declared' : counts.join(', ')
  return `${stack}: ${what}${plan.declared.length > 0 && runs > 1 ? ` (${formatCount(runs, 'combination')} of inputs)` : ''}`
}
