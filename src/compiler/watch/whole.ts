// A check of everything, from the texts that are given, and what a later check of a part can build on. Invariant: it says
// what `check` says of the same texts; nothing is kept on the disk.

import { sha256 } from '../../model/index.ts'
import { concludeCheck } from '../check.ts'
import type { CheckResult } from '../check.ts'
import type { CheckedProgram } from '../checker.ts'
import { folderOf } from '../files.ts'
import { configFiles } from '../lower/config-files.ts'
import type { ConfigFiles } from '../lower/config-files.ts'
import { buildFolders } from '../lower/image.ts'
import type { BuildFolders } from '../lower/image.ts'
import type { Program } from '../program.ts'
import type { Job, Outcome } from '../sandbox/job.ts'
import { defaultLimits } from '../sandbox/sandbox.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { Places } from '../sites.ts'
import { typescriptChecker } from '../typescript/checker.ts'
import { TextFiles } from './texts.ts'
import type { Texts } from './texts.ts'

export interface Subject {
  /** Absolute path of the stack file. */
  readonly file: string
  /** Its name in the folder. */
  readonly entry: string
  readonly inputs: Readonly<Record<string, string>>
  readonly deadlineMs: number
}

/** A program that was checked as a whole. Plain data: it crosses threads. */
export interface Base {
  readonly program: CheckedProgram
  /** Of all files that were asked for; null for one that is not there. */
  readonly digests: Readonly<Record<string, string | null>>
  /** Null when it cannot be run. */
  readonly outcome: Outcome | null
  readonly result: CheckResult
  /** What else was asked for, relative to the stack's folder: folders to build from, files of configs. */
  readonly others: readonly string[]
}

export async function checkWhole(subject: Subject, texts: Texts, sandbox: () => Sandbox): Promise<Base> {
  const files = new TextFiles(folderOf(subject.file), texts)
  const opened = typescriptChecker.open(files, subject.entry)
  const evaluating = startEvaluation(opened.modules, subject, sandbox)
  const program: CheckedProgram = {
    files: opened.files,
    modules: opened.modules,
    calls: opened.calls,
    defaultExport: opened.defaultExport,
    mistakes: opened.diagnose(),
  }
  const digests = files.digests()
  const outcome = await evaluating
  const seen = seenBeside(folderOf(subject.file))
  const places = new Places(program.files, program.calls)
  const result = await concludeCheck(programOf(program, places, digests, outcome), {
    ...subject,
    ...seen,
  })
  return { program, digests, outcome, result, others: [...seen.names] }
}

/** Goes on while the types are checked; null for a program that cannot be run. */
export function startEvaluation(
  modules: CheckedProgram['modules'],
  subject: Subject,
  sandbox: () => Sandbox,
): Promise<Outcome | null> {
  if (modules.length === 0) return Promise.resolve(null)
  const evaluating = sandbox().evaluate(jobOf(modules, subject), subject.deadlineMs)
  // Until it is awaited, its failure is nobody's.
  evaluating.catch(() => undefined)
  return evaluating
}

/** Two results are the same when they say the same. */
export function resultDigest(result: CheckResult): string {
  return sha256(JSON.stringify(result))
}

function jobOf(modules: CheckedProgram['modules'], { inputs }: Subject): Job {
  return {
    modules: modules.map(({ path, code, imports }) => ({ path, code, imports })),
    inputs,
    all: true,
    limits: defaultLimits,
  }
}

export function programOf(
  program: CheckedProgram,
  places: Places,
  digests: Base['digests'],
  outcome: Outcome | null,
): Program {
  return {
    ...program,
    mistakes: Promise.resolve(program.mistakes),
    places,
    digests: Object.fromEntries(
      Object.entries(digests).filter((each): each is [string, string] => each[1] !== null),
    ),
    evaluate: () =>
      outcome
        ? Promise.resolve(outcome)
        : Promise.reject(new Error('a program that cannot be run was evaluated')),
  }
}

export interface Beside {
  readonly folders: BuildFolders
  readonly texts: ConfigFiles
  /** What was asked for so far. */
  readonly names: Set<string>
}

/** Notes which folders and files are asked for beside the program's own: what is there decides what a check says. */
export function seenBeside(folder: string): Beside {
  const real = buildFolders(folder, true)
  const texts = configFiles(folder)
  const names = new Set<string>()
  return {
    names,
    folders: {
      digest: (...request) => real.digest(...request),
      problem(context, dockerfile) {
        names.add(context).add(`${context}/${dockerfile}`)
        return real.problem(context, dockerfile)
      },
    },
    texts: {
      digests: () => texts.digests(),
      read(path) {
        names.add(path)
        return texts.read(path)
      },
    },
  }
}
