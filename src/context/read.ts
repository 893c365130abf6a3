// Reads the folder an image is built from: which files, sorted, with their modes and the digest of their contents.
// Invariant: nothing outside the folder is read, symbolic links are never followed, and the reading ends: files,
// names, bytes and steps are counted. Contents are not kept; `openContextFile` gives them, if they are still the same.

import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs'
import type { Stats } from 'node:fs'
import { join, posix } from 'node:path'
import { Fault, humanBytes, messageOf } from '../model/index.ts'
import type { ContextEntry, ContextFile } from './digest.ts'
import {
  ignoreLimits,
  isIgnored,
  matchRules,
  mayKeepInside,
  parseIgnoreFile,
  TooManySteps,
} from './ignore.ts'
import type { FolderMatches, IgnoreRule, StepBudget } from './ignore.ts'

export interface ContextLimits {
  /** Files and links in the context. */
  readonly entries: number
  /** Bytes of all files together. */
  readonly bytes: number
  /** Names looked at, whether they belong to the context or not. */
  readonly names: number
}

export const contextLimits: ContextLimits = { entries: 20_000, bytes: 512 * 1024 ** 2, names: 200_000 }

/** Bytes of a `.dockerignore`. */
const ignoreFileLimit = 256 * 1024

export interface BuildContext {
  /** Absolute, links resolved. */
  readonly folder: string
  /** Path in the folder, cleaned: `Dockerfile`, `docker/web.Dockerfile`. */
  readonly dockerfile: string
  /** Sorted by path. Folders are implied; one that leads to no file is not part of the context, as in git. */
  readonly entries: readonly ContextEntry[]
  /** Of all files together. */
  readonly bytes: number
}

/**
 * What an image is built from. `.dockerignore` is applied (or `<dockerfile>.dockerignore`, which goes before it; then
 * `.dockerignore` itself is not part of the context). Synchronous. Throws `Fault`: no such folder or Dockerfile, a
 * file that cannot be read or is no file, a pattern that cannot be understood, too much.
 */
export function readBuildContext(
  folder: string,
  dockerfile: string,
  limits: ContextLimits = contextLimits,
): BuildContext {
  const root = openFolder(folder)
  const file = cleanDockerfile(folder, dockerfile)
  const { rules, name: ignoreFile } = readRules(root, file)
  const reader = new Reader(folder, root, rules, limits, ignoreFile)
  if (ignoreFile !== null && ignoreFile !== '.dockerignore') reader.leaveOut('.dockerignore')
  reader.readFolder('', [])
  reader.requireDockerfile(file)
  return {
    folder: root,
    dockerfile: file,
    entries: reader.entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
    bytes: reader.bytes,
  }
}

function openFolder(folder: string): string {
  const what = `cannot build from the folder ${folder}`
  try {
    const root = realpathSync(folder)
    if (lstatSync(root).isDirectory()) return root
  } catch (error) {
    throw new Fault({
      what,
      why: reasonOf(error),
      fix: 'name an existing folder, relative to the stack file',
    })
  }
  throw new Fault({ what, why: 'it is not a folder', fix: 'name the folder that holds the Dockerfile' })
}

function cleanDockerfile(folder: string, dockerfile: string): string {
  const cleaned = posix.normalize(dockerfile)
  if (
    cleaned.startsWith('/') ||
    cleaned === '..' ||
    cleaned.startsWith('../') ||
    cleaned === '.' ||
    cleaned.includes('\0')
  )
    throw new Fault({
      what: `the Dockerfile ${JSON.stringify(dockerfile)} is not inside ${folder}`,
      fix: 'give its path relative to the folder that is built from',
    })
  return cleaned
}

function readRules(root: string, dockerfile: string): { rules: readonly IgnoreRule[]; name: string | null } {
  for (const name of [`${dockerfile}.dockerignore`, '.dockerignore']) {
    const path = join(root, name)
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (!stats) continue
    const what = `cannot read ${path}`
    if (!stats.isFile()) throw new Fault({ what, why: 'it is not a plain file' })
    if (stats.size > ignoreFileLimit)
      throw new Fault({ what, why: `it is larger than ${humanBytes(ignoreFileLimit)}` })
    const parts: Uint8Array[] = []
    readContent(path, (part) => parts.push(part.slice()))
    const parsed = parseIgnoreFile(Buffer.concat(parts).toString('utf8'))
    if (parsed.ok) return { rules: parsed.rules, name }
    throw new Fault({ what: `${path}:${parsed.line} cannot be understood`, why: parsed.message })
  }
  return { rules: [], name: null }
}

class Reader {
  readonly entries: ContextEntry[] = []
  bytes = 0
  readonly #folder: string
  readonly #root: string
  readonly #rules: readonly IgnoreRule[]
  readonly #limits: ContextLimits
  readonly #ignoreFile: string | null
  readonly #leftOut = new Set<string>()
  readonly #budget: StepBudget = { left: ignoreLimits.steps }
  #names = 0

  constructor(
    folder: string,
    root: string,
    rules: readonly IgnoreRule[],
    limits: ContextLimits,
    ignoreFile: string | null,
  ) {
    this.#folder = folder
    this.#root = root
    this.#rules = rules
    this.#limits = limits
    this.#ignoreFile = ignoreFile
  }

  leaveOut(path: string): void {
    this.#leftOut.add(path)
  }

  readFolder(folder: string, matches: FolderMatches): void {
    for (const name of this.#namesIn(folder)) {
      const path = folder === '' ? name : `${folder}/${name}`
      if (this.#leftOut.has(path)) continue
      this.#names += 1
      if (this.#names > this.#limits.names)
        throw this.#tooMuch(`more than ${this.#limits.names} names were looked at`)
      const stats = this.#attempt(path, () => lstatSync(join(this.#root, path)))
      const found = this.#match(() => matchRules(this.#rules, path, matches, this.#budget))
      const ignored = isIgnored(this.#rules, found)
      if (stats.isDirectory()) {
        if (!ignored || this.#match(() => mayKeepInside(this.#rules, path, this.#budget)))
          this.readFolder(path, found)
      } else if (!ignored) this.#add(path, stats)
    }
  }

  /** The engine needs the Dockerfile whether it is ignored or not. */
  requireDockerfile(path: string): void {
    const known = this.entries.find((entry) => entry.path === path)
    if (known?.kind === 'file') return
    const what = `there is no Dockerfile ${path} in ${this.#folder}`
    const stats = lstatSync(join(this.#root, path), { throwIfNoEntry: false })
    if (!stats)
      throw new Fault({ what, fix: 'create it, or name the one to use: build(folder, { dockerfile })' })
    const parent = this.#attempt(path, () => realpathSync(join(this.#root, posix.dirname(path))))
    if (!stats.isFile() || parent !== join(this.#root, posix.dirname(path)))
      throw new Fault({
        what,
        why: 'what has that name is not a plain file',
        fix: 'symbolic links are not followed; put the file itself there',
      })
    this.#addFile(path, true)
  }

  #add(path: string, stats: Stats): void {
    if (stats.isFile()) this.#addFile(path, false)
    else if (stats.isSymbolicLink()) {
      const target = this.#attempt(path, () => readlinkSync(join(this.#root, path), { encoding: 'buffer' }))
      this.#push({ kind: 'link', path, target: this.#decode(target) })
    } else
      throw new Fault({
        what: `cannot build from the folder ${this.#folder}`,
        why: `${path} is a ${kindOf(stats)}, and only files, folders and symbolic links can be part of an image`,
        fix: `remove it, or leave it out in .dockerignore`,
      })
  }

  #addFile(path: string, hidden: boolean): void {
    const hash = createHash('sha256')
    const { stats, size } = this.#attempt(path, () =>
      readContent(join(this.#root, path), (part, sizeSoFar) => {
        if (this.bytes + sizeSoFar > this.#limits.bytes)
          throw this.#tooMuch(`its files are larger than ${humanBytes(this.#limits.bytes)} together`)
        hash.update(part)
      }),
    )
    if ((stats.mode & (constants.S_IFMT | 0o6000)) !== constants.S_IFREG)
      throw new Fault({
        what: `cannot build from the folder ${this.#folder}`,
        why: `${path} has a set-user-id or set-group-id bit, which would not reach the image`,
        fix: 'take the bit away (chmod ug-s) and set it in the Dockerfile',
      })
    this.bytes += size
    const executable = (stats.mode & constants.S_IXUSR) !== 0
    const file: ContextFile = { kind: 'file', path, executable, size, sha256: hash.digest('hex'), hidden }
    this.#push(file)
  }

  #push(entry: ContextEntry): void {
    this.entries.push(entry)
    if (this.entries.length > this.#limits.entries)
      throw this.#tooMuch(`it has more than ${this.#limits.entries} files`)
  }

  #namesIn(folder: string): string[] {
    return this.#attempt(folder === '' ? '.' : folder, () =>
      readdirSync(join(this.#root, folder), { encoding: 'buffer' }).map((name) => this.#decode(name)),
    ).sort()
  }

  #decode(name: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name)
    } catch {
      throw new Fault({
        what: `cannot build from the folder ${this.#folder}`,
        why: `a name in it is not UTF-8: ${JSON.stringify(Buffer.from(name).toString('latin1'))}`,
        fix: 'rename it, or leave out the folder it is in in .dockerignore',
      })
    }
  }

  /** What goes wrong with a file while it is read is the user's to know. */
  #attempt<Result>(path: string, action: () => Result): Result {
    try {
      return action()
    } catch (error) {
      if (error instanceof Fault) throw error
      throw new Fault({
        what: `cannot read ${join(this.#folder, path)}`,
        why: reasonOf(error),
        fix: 'make it readable, or leave it out in .dockerignore',
      })
    }
  }

  #match<Result>(action: () => Result): Result {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error
      throw new Fault({
        what: `the patterns of ${join(this.#folder, this.#ignoreFile ?? '.dockerignore')} take too long`,
        why: `more than ${ignoreLimits.steps} steps to match them`,
        fix: 'use fewer "**" and "*" in one pattern',
      })
    }
  }

  #tooMuch(why: string): Fault {
    const counts = new Map<string, number>()
    for (const { path } of this.entries) {
      const top = path.slice(0, Math.max(0, path.indexOf('/')))
      counts.set(top, (counts.get(top) ?? 0) + 1)
    }
    const [largest] = [...counts].filter(([top]) => top !== '').sort((a, b) => b[1] - a[1])
    const hint = largest ? ` (${largest[0]}/ alone has ${largest[1]} or more)` : ''
    return new Fault({
      what: `the folder ${this.#folder} is too large to build from`,
      why: why + hint,
      fix: 'leave out what the image does not need in .dockerignore',
    })
  }
}

/** Reads a plain file in parts, never through a link; what is read is what `stats` is of. */
function readContent(
  path: string,
  take: (part: Uint8Array, sizeSoFar: number) => void,
): { stats: Stats; size: number } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    let size = 0
    for (let count = readSync(file, part); count > 0; count = readSync(file, part)) {
      size += count
      take(part.subarray(0, count), size)
    }
    return { stats, size }
  } finally {
    closeSync(file)
  }
}

/** One for all: reading is synchronous, so nobody else has it meanwhile. */
const part = new Uint8Array(256 * 1024)

function kindOf(stats: Stats): string {
  if (stats.isSocket()) return 'socket'
  if (stats.isFIFO()) return 'named pipe'
  return 'device'
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'it does not exist'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'ELOOP') return 'it was replaced by a symbolic link'
  return messageOf(error)
}
