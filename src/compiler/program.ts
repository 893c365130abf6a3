// A program: its files, checked and compiled, from the cache when nothing has changed since. Invariant: what comes from
// the cache is what would be computed, because its name is a digest of everything that plays a part.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { digestOf, Fault, sha256 } from '../model/index.ts'
import { noCache, openCache, openCacheIn } from './cache.ts'
import type { Cache } from './cache.ts'
import type { ReadProgram, StaticMistake } from './checker.ts'
import { ownIdentity } from './dsl.ts'
import { folderOf, problemOf, ProgramFiles, readPlainFile } from './files.ts'
import type { FileProblem } from './files.ts'
import type { Job, Outcome } from './sandbox/job.ts'
import { defaultLimits, Sandbox } from './sandbox/sandbox.ts'
import { Places } from './sites.ts'

/** Grows when what is stored changes its form. */
const cacheFormat = 2

export interface Program extends ReadProgram {
  /** They may be looked for while the program is evaluated: to be asked for when nothing else is left to do. */
  readonly mistakes: Promise<readonly StaticMistake[]>
  readonly places: Places
  /** SHA-256 of each file of the program, by its path. */
  readonly digests: Readonly<Record<string, string>>
  /** What comes of evaluating it; what was evaluated with the same inputs before, here or in the cache, is not again. */
  evaluate(evaluation: Evaluation): Promise<Outcome>
}

export interface OpenOptions {
  readonly file: string
  readonly cacheFolder: string | null | undefined
  /** What it will be evaluated with first: that goes on while its types are checked. */
  readonly evaluation: Evaluation
}

type Digests = Readonly<Record<string, string | null>>

/** Kept while its types are looked at, because it is large. */
interface StoredProgram {
  readonly digests: Digests
  readonly program: ReadProgram
}

interface StoredMistakes {
  /** Of the program that they were found in. */
  readonly digests: Digests
  readonly mistakes: readonly StaticMistake[]
}

/** With what a program is evaluated. */
export interface Evaluation {
  readonly inputs: Readonly<Record<string, string>>
  /** Every combination of the inputs that have few values, instead of one. */
  readonly all: boolean
  readonly deadlineMs: number
}

/** Reads, checks and compiles a stack file. Throws a Fault when the file itself cannot be read. */
export async function openProgram({ file, cacheFolder, evaluation }: OpenOptions): Promise<Program> {
  requireReadable(file)
  const folder = folderOf(file)
  const cache =
    cacheFolder === null ? noCache : cacheFolder === undefined ? openCacheIn(folder) : openCache(cacheFolder)
  const entry = basename(file)
  const gantry = identity()
  const key = digestOf({ gantry, entry }).slice(0, 32)
  const names = { program: `program-${key}`, mistakes: `types-${key}` }
  // Both are signed by us, so they are what we wrote.
  const stored = cache.read(names.program) as StoredProgram | undefined
  const found = stored && (cache.read(names.mistakes) as StoredMistakes | undefined)
  if (
    found &&
    digestOf(found.digests) === digestOf(stored.digests) &&
    isUnchanged(stored.digests, new ProgramFiles(folder))
  ) {
    const digests = presentDigests(stored.digests)
    return {
      ...stored.program,
      mistakes: Promise.resolve(found.mistakes),
      places: new Places(stored.program.files, stored.program.calls),
      digests,
      evaluate: onceEach((each) =>
        evaluateCached(stored.program.modules, { gantry, entry, digests }, each, cache),
      ),
    }
  }
  // Three threads: TypeScript checks, QuickJS evaluates what it has opened, and this one lowers what comes of that.
  const sandbox = new Sandbox()
  try {
    const { openInThread } = await import('./typescript/thread.ts')
    const { program, digests: answers, mistakes } = await openInThread({ folder, entry })
    const digests = presentDigests(answers ?? {})
    let started: Sandbox | undefined = sandbox
    const evaluate = onceEach((each) => {
      const given = started
      started = undefined
      return evaluateCached(program.modules, { gantry, entry, digests }, each, cache, given)
    })
    if (program.modules.length === 0) await sandbox.close()
    // Until it is asked for, a failure of the sandbox is nobody's.
    else evaluate(evaluation).catch(() => undefined)
    if (answers) cache.write(names.program, { digests: answers, program } satisfies StoredProgram)
    return {
      ...program,
      mistakes: mistakes.then((all) => {
        if (answers) cache.write(names.mistakes, { digests: answers, mistakes: all } satisfies StoredMistakes)
        return all
      }),
      places: new Places(program.files, program.calls),
      digests,
      evaluate,
    }
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

/** A command evaluates a program once or twice: to learn its inputs, and with the values that they are given. */
function onceEach(evaluate: Program['evaluate']): Program['evaluate'] {
  const known = new Map<string, Promise<Outcome>>()
  return (evaluation) => {
    const key = digestOf(evaluation)
    const outcome = known.get(key) ?? evaluate(evaluation)
    known.set(key, outcome)
    return outcome
  }
}

async function evaluateCached(
  modules: ReadProgram['modules'],
  program: { readonly gantry: string; readonly entry: string; readonly digests: Program['digests'] },
  { inputs, all, deadlineMs }: Evaluation,
  cache: Cache,
  started?: Sandbox,
): Promise<Outcome> {
  if (modules.length === 0) throw new Error('a program without modules was evaluated')
  const key = digestOf({ ...program, inputs, all })
  const name = `run-${key.slice(0, 32)}`
  const known = cache.read(name) as Outcome | undefined // signed by us, so it is what we wrote
  if (known) {
    await started?.close()
    return known
  }
  const sandbox = started ?? new Sandbox()
  try {
    const job: Job = {
      modules: modules.map(({ path, code, imports }) => ({ path, code, imports })),
      inputs,
      all,
      limits: defaultLimits,
    }
    const outcome = await sandbox.evaluate(job, deadlineMs)
    if (!isByTheClock(outcome) && !isOfRefusedInputs(outcome, inputs)) cache.write(name, outcome)
    return outcome
  } finally {
    await sandbox.close()
  }
}

function presentDigests(answers: Digests): Record<string, string> {
  return Object.fromEntries(
    Object.entries(answers).filter((each): each is [string, string] => each[1] !== null),
  )
}

/** What depends on how fast the machine was this time is not kept. */
function isByTheClock(outcome: Outcome): boolean {
  if (outcome.kind === 'failed') return outcome.failure.kind === 'deadline'
  return outcome.runs.some(({ result }) => 'failure' in result && result.failure.kind === 'deadline')
}

/** Inputs that are refused may be the value of a secret; not even a digest of them is kept. */
function isOfRefusedInputs(outcome: Outcome, inputs: Evaluation['inputs']): boolean {
  return outcome.kind === 'opened' && outcome.runs.length === 0 && Object.keys(inputs).length > 0
}

function isUnchanged(digests: Digests, files: ProgramFiles): boolean {
  return Object.entries(digests).every(([path, digest]) => {
    const answer = files.read(path)
    return digest === (answer.ok ? sha256(answer.text) : null)
  })
}

/** Which gantry and which TypeScript: everything of them that decides what a program becomes. */
function identity(): string {
  return digestOf([cacheFormat, ownVersion(), typescriptVersion(), ownIdentity()])
}

function ownVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    const url = new URL(up, import.meta.url)
    if (existsSync(url)) return versionIn(readFileSync(url, 'utf8'))
  }
  throw new Error('gantry was installed without its package.json')
}

/** Read from its package.json: loading TypeScript to ask it would be what the cache saves. */
function typescriptVersion(): string {
  return versionIn(readFileSync(createRequire(import.meta.url).resolve('typescript/package.json'), 'utf8'))
}

function versionIn(text: string): string {
  const { version } = JSON.parse(text) as { version?: unknown } // a package.json
  return String(version)
}

/** Throws a Fault when the stack file itself cannot be read. */
export function requireReadable(file: string): void {
  const refuse = (problem: FileProblem): never => {
    throw new Fault({
      what: `cannot read the stack file ${file}`,
      why: problem.kind === 'unreadable' ? problem.why : 'there is no such file',
      fix:
        problem.kind === 'unreadable' && problem.why === 'permission denied'
          ? 'check its rights'
          : 'name a stack file: stack.ts or NAME.stack.ts',
    })
  }
  try {
    if (!statSync(folderOf(file)).isDirectory()) refuse({ kind: 'missing' })
    const answer = readPlainFile(file)
    if (!answer.ok) refuse(answer.problem)
  } catch (error) {
    if (error instanceof Fault) throw error
    refuse(problemOf(error))
  }
}
