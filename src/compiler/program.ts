// A program: its files, checked and compiled, from the cache when nothing has changed since. Invariant: what comes from
// the cache is what would be computed, because its name is a digest of everything that plays a part.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { digestOf, Fault, sha256 } from '../model/index.ts'
import { noCache, openCache } from './cache.ts'
import type { Cache } from './cache.ts'
import type { CheckedProgram } from './checker.ts'
import { sourceIdentity } from './dsl.ts'
import { folderOf, problemOf, ProgramFiles, readPlainFile } from './files.ts'
import type { FileProblem } from './files.ts'
import type { Job, Outcome } from './sandbox/job.ts'
import { defaultLimits, Sandbox } from './sandbox/sandbox.ts'
import { Places } from './sites.ts'

/** Grows when what is stored changes its form. */
const cacheFormat = 1

export interface Program extends CheckedProgram {
  readonly places: Places
  /** SHA-256 of each file of the program, by its path. */
  readonly digests: Readonly<Record<string, string>>
  /** Evaluates it; from the cache when it was evaluated with the same inputs before. */
  evaluate(inputs: Readonly<Record<string, string>>, all: boolean, deadlineMs: number): Promise<Outcome>
}

export interface OpenOptions {
  readonly file: string
  readonly cacheFolder: string | null | undefined
}

interface StoredProgram {
  readonly digests: Readonly<Record<string, string | null>>
  readonly program: CheckedProgram
}

/** Reads, checks and compiles a stack file. Throws a Fault when the file itself cannot be read. */
export async function openProgram({ file, cacheFolder }: OpenOptions): Promise<Program> {
  requireReadable(file)
  const folder = folderOf(file)
  const cache = cacheFolder === null ? noCache : openCache(cacheFolder ?? join(folder, '.gantry', 'cache'))
  const entry = basename(file)
  const name = `program-${digestOf({ cacheFormat, identity: identity(), entry }).slice(0, 32)}`
  const stored = cache.read(name) as StoredProgram | undefined // signed by us, so it is what we wrote
  if (stored && isUnchanged(stored, new ProgramFiles(folder)))
    return programFrom(stored.program, stored.digests, cache, undefined)
  // The sandbox's thread starts while the checker is loaded; most programs are evaluated afterwards.
  const sandbox = new Sandbox()
  const { typescriptChecker } = await import('./typescript/checker.ts')
  const files = new ProgramFiles(folder)
  const program = typescriptChecker.check(files, entry)
  const digests = files.digests()
  cache.write(name, { digests, program } satisfies StoredProgram)
  return programFrom(program, digests, cache, sandbox)
}

function programFrom(
  program: CheckedProgram,
  answers: Readonly<Record<string, string | null>>,
  cache: Cache,
  started: Sandbox | undefined,
): Program {
  const digests = Object.fromEntries(
    Object.entries(answers).filter((each): each is [string, string] => each[1] !== null),
  )
  let sandbox = started
  return {
    ...program,
    places: new Places(program.files, program.calls),
    digests,
    async evaluate(inputs, all, deadlineMs) {
      const name = `run-${digestOf({ cacheFormat, identity: identity(), digests, entry: program.modules[0]?.path ?? '', inputs, all }).slice(0, 32)}`
      const known = cache.read(name) as Outcome | undefined // signed by us, so it is what we wrote
      if (known) return known
      sandbox ??= new Sandbox()
      try {
        const modules = program.modules.map(({ path, code, imports }) => ({ path, code, imports }))
        const job: Job = { modules, inputs, all, limits: defaultLimits }
        const outcome = await sandbox.evaluate(job, deadlineMs)
        if (!isByTheClock(outcome)) cache.write(name, outcome)
        return outcome
      } finally {
        await sandbox.close()
        sandbox = undefined
      }
    },
  }
}

/** What depends on how fast the machine was this time is not kept. */
function isByTheClock(outcome: Outcome): boolean {
  if (outcome.kind === 'failed') return outcome.failure.kind === 'deadline'
  return outcome.runs.some(({ result }) => 'failure' in result && result.failure.kind === 'deadline')
}

function isUnchanged({ digests }: StoredProgram, files: ProgramFiles): boolean {
  return Object.entries(digests).every(([path, digest]) => {
    const answer = files.read(path)
    return digest === (answer.ok ? sha256(answer.text) : null)
  })
}

let knownIdentity: string | undefined

/** Which gantry and which TypeScript; everything of them that decides what a program becomes. */
function identity(): string {
  knownIdentity ??= `${ownVersion()} ${typescriptVersion()} ${sourceIdentity()}`
  return knownIdentity
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

function requireReadable(file: string): void {
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
