// Reads the files of a program: the stack file and what it imports, from its folder down. Invariant: nothing outside the
// folder is read (links are resolved first), only plain files of a bounded size are, and every answer, also that a file
// is not there, is remembered, so that the cache knows what it depends on.

import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, posix, sep } from 'node:path'
import { messageOf, sha256 } from '../model/index.ts'

const sizeLimit = 4 * 1024 * 1024
const countLimit = 2000

/** Why a file is not part of the program. */
export type FileProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'outside' }

export type FileAnswer =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: FileProblem }

/** What an import leads to. `path` is relative to the folder. */
export type Resolution =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'gantry' }
  | { readonly kind: 'problem'; readonly path: string; readonly problem: FileProblem }
  | { readonly kind: 'node' }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'url' }
  | { readonly kind: 'testing' }
  | { readonly kind: 'extension'; readonly extension: string }

export class ProgramFiles {
  readonly folder: string
  readonly #root: string
  readonly #answers = new Map<string, FileAnswer>()

  /** `folder` is absolute and exists. */
  constructor(folder: string) {
    this.folder = folder
    this.#root = realpathSync(folder)
  }

  /** Digest of each file that was asked for, null for one that is not there or cannot be read; sorted by path. */
  digests(): Record<string, string | null> {
    const sorted = [...this.#answers].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return Object.fromEntries(sorted.map(([path, answer]) => [path, answer.ok ? sha256(answer.text) : null]))
  }

  read(path: string): FileAnswer {
    let answer = this.#answers.get(path)
    if (!answer) {
      answer = this.#open(path)
      this.#answers.set(path, answer)
    }
    return answer
  }

  /** `path` is relative to the folder; the stack file itself may be a link, because the user named it. */
  #open(path: string): FileAnswer {
    if (this.#answers.size >= countLimit)
      return { ok: false, problem: { kind: 'unreadable', why: `a program has at most ${countLimit} files` } }
    try {
      const real = realpathSync(join(this.folder, path))
      const isNamed = this.#answers.size === 0
      if (!isNamed && real !== this.#root && !real.startsWith(this.#root + sep))
        return { ok: false, problem: { kind: 'outside' } }
      return readPlainFile(real)
    } catch (error) {
      return { ok: false, problem: problemOf(error) }
    }
  }

  resolve(from: string, specifier: string): Resolution {
    if (specifier === 'gantry') return { kind: 'gantry' }
    if (specifier === 'gantry/testing') return { kind: 'testing' }
    if (specifier.startsWith('/')) return { kind: 'problem', path: specifier, problem: { kind: 'outside' } }
    if (/^[a-z]+:\/\//.test(specifier)) return { kind: 'url' }
    if (!/^\.\.?(?:\/|$)/.test(specifier))
      return specifier.startsWith('node:') || builtinModules.includes(specifier)
        ? { kind: 'node' }
        : { kind: 'package', name: packageName(specifier) }
    const path = posix.join(posix.dirname(from), specifier)
    if (path === '..' || path.startsWith('../'))
      return { kind: 'problem', path, problem: { kind: 'outside' } }
    const candidates = candidatesOf(path)
    if (typeof candidates === 'string') return { kind: 'extension', extension: candidates }
    let problem: FileProblem = { kind: 'missing' }
    for (const candidate of candidates) {
      const answer = this.read(candidate)
      if (answer.ok) return { kind: 'file', path: candidate }
      if (answer.problem.kind !== 'missing') problem = answer.problem
    }
    return { kind: 'problem', path, problem }
  }
}

/** Files a path may mean, or the extension that cannot be part of a program. */
function candidatesOf(path: string): readonly string[] | string {
  const extension = posix.extname(path)
  if (extension === '.ts' || extension === '.json') return path.endsWith('.d.ts') ? '.d.ts' : [path]
  if (extension === '.js') return [`${path.slice(0, -3)}.ts`]
  if (['.mjs', '.cjs', '.mts', '.cts', '.tsx', '.jsx'].includes(extension)) return extension
  return [`${path}.ts`, `${path}/index.ts`]
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Absolute path of the folder of a stack file. */
export function folderOf(file: string): string {
  return dirname(file)
}

/** Never waits on a pipe or reads a device; the text is without byte order mark. */
export function readPlainFile(path: string): FileAnswer {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    const unreadable = (why: string): FileAnswer => ({ ok: false, problem: { kind: 'unreadable', why } })
    if (stats.isDirectory()) return unreadable('it is a folder')
    if (!stats.isFile()) return unreadable('it is not a plain file')
    if (stats.size > sizeLimit) return unreadable(`it is larger than ${sizeLimit / 1024 / 1024} MiB`)
    const bytes = readFileSync(descriptor)
    try {
      return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
    } catch {
      return unreadable('it is not UTF-8 text')
    }
  } finally {
    closeSync(descriptor)
  }
}

export function problemOf(error: unknown): FileProblem {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' }
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'unreadable', why: 'permission denied' }
  if (code === 'ELOOP') return { kind: 'unreadable', why: 'it is a symbolic link that leads to itself' }
  return { kind: 'unreadable', why: messageOf(error) }
}
