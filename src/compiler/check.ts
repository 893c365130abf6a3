// All that is wrong with a stack file, for every combination of the inputs that have few values: a mistake that only
// exists in prod is found now. Invariant: what `check` passes, `compile` passes for the same inputs, but for build
// folders whose files cannot be read.

import { formatCount } from './plural.ts'
import type { Diagnostic } from '../model/index.ts'
import { folderOf } from './files.ts'
import { planInputs } from './inputs.ts'
import type { DeclaredInput, InputPlan, InputValues } from './inputs.ts'
import { gather } from './gather.ts'
import type { Tried } from './gather.ts'
import { failureBeside } from './failure.ts'
import { inOrder, judgeInputs, judgeStack, tellTogether } from './judge.ts'
import { configFiles } from './lower/config-files.ts'
import type { ConfigFiles } from './lower/config-files.ts'
import { buildFolders } from './lower/image.ts'
import type { BuildFolders } from './lower/image.ts'
import { lowerStack } from './lower/lower.ts'
import type { Lowered } from './lower/lower.ts'
import type { RuleMistake } from './lower/report.ts'
import { stackName } from './compile.ts'
import { openProgram } from './program.ts'
import type { Program } from './program.ts'
import type { Run } from './sandbox/job.ts'
import type { Evaluated, Opened } from './sandbox/opened.ts'
import { defaultDeadlineMs, defaultLimits } from './sandbox/sandbox.ts'
import { judgeUnread } from './unread.ts'

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
  return concludeCheck(program, { inputs, deadlineMs, ...beside(file) })
}

/** What stands beside a stack file, as `check` looks at it. */
export function beside(file: string): Pick<Conclusion, 'folders' | 'texts'> {
  const folder = folderOf(file)
  return { folders: buildFolders(folder, true), texts: configFiles(folder) }
}

export interface Conclusion {
  readonly inputs: Readonly<Record<string, string>>
  readonly deadlineMs: number
  readonly folders: BuildFolders
  readonly texts: ConfigFiles
  /** Whether the program still has a call; after an edit some of those that it is made of are gone. Default: it has all. */
  readonly isCurrent?: (call: number) => boolean
}

/** What is to be said of a program that was opened, once it is evaluated. */
export async function concludeCheck(
  program: Program,
  { inputs, deadlineMs, folders, texts, isCurrent }: Conclusion,
): Promise<CheckResult> {
  const limits = { ...defaultLimits, deadlineMs }
  const refuse = async (
    rules: readonly RuleMistake[],
    declared: readonly DeclaredInput[] = [],
  ): Promise<CheckResult> => ({
    ok: false,
    inputs: declared,
    diagnostics: tellTogether(await program.mistakes, rules),
  })
  const unread = (lowered: readonly LoweredRun[]) =>
    judgeUnread(program, new Set(lowered.flatMap((each) => [...(each?.lowered.templates ?? [])])), isCurrent)
  if (program.modules.length === 0) return refuse([])
  const outcome = await program.evaluate({ inputs, all: true, deadlineMs })
  if (outcome.kind === 'failed')
    return refuse([
      ...failureBeside(await program.mistakes, outcome.failure, program, limits),
      ...(await unread([])),
    ])
  const { opened, runs } = outcome
  const plan = planInputs(opened, inputs, true)
  const wrong = [...judgeStack(program, opened), ...judgeInputs(program, plan)]
  if (wrong.length > 0) return refuse([...wrong, ...(await unread([]))], plan.declared)

  const lowered = await lowerAll(program, opened, runs, { folders, texts })
  const gatherAll = (of: (each: Lowered) => Tried['mistakes']): RuleMistake[] =>
    gather(
      runs.map((run, index) => {
        const each = lowered[index]
        return { inputs: run.inputs, mistakes: each ? of(each.lowered) : [], isWhole: each?.isWhole ?? false }
      }),
      plan,
    )
  const found = await program.mistakes
  const failures = gather(
    runs.map(({ inputs: given, result }) => ({
      inputs: given,
      mistakes: 'failure' in result ? failureBeside(found, result.failure, program, limits) : [],
      isWhole: true,
    })),
    plan,
  )
  const rules = gatherAll((each) => each.mistakes)
  const mistakes = [...rules, ...failures, ...(await unread(lowered))]
  if (found.length > 0 || mistakes.length > 0 || !lowered.every((each) => each?.isWhole))
    return refuse(mistakes, plan.declared)
  const warnings = gatherAll((each) => each.warnings.map(asMistake)).map((each) => each.diagnostic)
  // What is not needed in dev may be needed in prod.
  const unused = gatherAll((each) => each.unused.map((diagnostic) => asMistake({ diagnostic })))
    .map((each) => each.diagnostic)
    .filter((each) => each.onlyWhen === undefined)
  const isLimitAnswered = lowered.every((each) =>
    each?.lowered.document?.acknowledged.some(({ code, of }) => code === 'GT4002' && of === undefined),
  )
  return {
    ok: true,
    stack: stackName(opened),
    inputs: plan.declared,
    combinations: runs.length,
    warnings: inOrder([...warnings, ...unused, ...(isLimitAnswered ? [] : limitWarning(plan, program))]),
    summary: summarise(stackName(opened), lowered[0]?.lowered, plan, runs.length),
  }
}

/** Warnings are gathered as mistakes are. */
function asMistake({ diagnostic, subject }: Pick<RuleMistake, 'diagnostic' | 'subject'>): RuleMistake {
  return { diagnostic, call: undefined, path: [], subject }
}

/** What a run declared, all of it or what came before it threw; undefined when nothing is known of it. */
type LoweredRun = { readonly lowered: Lowered; readonly isWhole: boolean } | undefined

/** Combinations that declare the same are lowered once. */
async function lowerAll(
  program: Program,
  opened: Opened,
  runs: readonly Run[],
  { folders, texts }: Pick<Conclusion, 'folders' | 'texts'>,
): Promise<LoweredRun[]> {
  const lower = (inputs: InputValues, json: string): Promise<Lowered> =>
    lowerStack({
      stack: stackName(opened),
      inputs,
      evaluated: JSON.parse(json) as Evaluated, // written by our own side of the sandbox
      places: program.places,
      folders,
      texts,
      files: program.digests,
      isWhole: false,
    })
  const lowered: LoweredRun[] = []
  const before = new Map<string, Lowered>()
  for (const { inputs, result } of runs)
    if ('json' in result) lowered.push({ lowered: await lower(inputs, result.json), isWhole: true })
    else if ('sameAs' in result) lowered.push(lowered[result.sameAs])
    else if (result.before === undefined) lowered.push(undefined)
    else {
      const known = before.get(result.before) ?? (await lower(inputs, result.before))
      before.set(result.before, known)
      lowered.push({ lowered: known, isWhole: false })
    }
  return lowered
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
