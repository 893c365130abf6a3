// Reads the files of a program: the stack file and what it imports, from its folder down, from the packages that it names
// and from gantry's own components. Invariant: nothing else is read (links are resolved first), only plain files of a
// bounded size are, and every answer, also that a file is not there, is remembered, so that the cache knows what it
// depends on. A file has the same name on every machine: `parts/web.ts` in the stack's folder,
// `node_modules/@acme/parts/web.ts` in a package, wherever that lies, `gantry:std/web.ts` for `gantry/std/web`.

import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, posix, sep } from 'node:path'
import { messageOf, sha256 } from '../model/values.ts'
import { componentsFolder } from './dsl.ts'
import { entryOf, findPackage, packageFile, packageRoot, projectOf, splitSpecifier } from './packages.ts'
import type { FoundPackage, PackageProblem } from './packages.ts'

const sizeLimit = 4 * 1024 * 1024
const countLimit = 2000
const packageDepthLimit = 16

/** Begins the names of gantry's own components. */
const componentPrefix = 'gantry:std/'
/** What a program writes to import one. */
const componentSpecifier = 'gantry/std/'

/** Why a file is not part of the program. */
export type FileProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'outside' }

export type FileAnswer =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: FileProblem }

/** What an import leads to. `path` is a name as above. */
export type Resolution =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'gantry' }
  | { readonly kind: 'problem'; readonly path: string; readonly problem: FileProblem }
  | { readonly kind: 'node' }
  | { readonly kind: 'package'; readonly name: string; readonly problem: PackageProblem }
  /** `known` are the components that there are. */
  | { readonly kind: 'component'; readonly name: string; readonly known: readonly string[] }
  | { readonly kind: 'url' }
  | { readonly kind: 'testing' }
  | { readonly kind: 'extension'; readonly extension: string }

/**
 * What a file of a program belongs to: `@acme/parts` or `gantry/std/web`; null when it is one of the stack's own. Mistakes
 * in what is not its own are shown where the stack uses it.
 */
export function componentOf(path: string): string | null {
  if (path.startsWith(componentPrefix))
    return `${componentSpecifier}${path.slice(componentPrefix.length).replace(/\.ts$/, '')}`
  return packageFile(path)?.packages.at(-1) ?? null
}

/** Absolute path of a file of a program by its name, for showing it; it may not exist. `folder` is the stack's. */
export function placeOfFile(folder: string, path: string): string {
  if (path.startsWith(componentPrefix)) return join(componentsFolder, path.slice(componentPrefix.length))
  const file = packageFile(path)
  const found = file && new ProgramFiles(folder).folderOfPackage(file.packages)
  return file && found?.ok === true ? join(found.folder, file.inner) : join(folder, path)
}

export class ProgramFiles {
  readonly folder: string
  readonly #root: string
  readonly #components: string
  readonly #answers = new Map<string, FileAnswer>()
  readonly #packages = new Map<string, FoundPackage>()
  #project: string | undefined

  /** `folder` is absolute and exists; `components` is where `gantry/std` lies. */
  constructor(folder: string, components = componentsFolder) {
    this.folder = folder
    this.#components = components
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

  /** The stack file itself may be a link, because the user named it. */
  #open(path: string): FileAnswer {
    if (this.#answers.size >= countLimit)
      return { ok: false, problem: { kind: 'unreadable', why: `a program has at most ${countLimit} files` } }
    try {
      const isNamed = this.#answers.size === 0
      const place = isNamed ? { root: this.#root, inner: path } : this.#placeOf(path)
      if (!place) return { ok: false, problem: { kind: 'missing' } }
      const real = realpathSync(join(place.root, place.inner))
      if (!isNamed && real !== place.root && !real.startsWith(place.root + sep))
        return { ok: false, problem: { kind: 'outside' } }
      return readPlainFile(real)
    } catch (error) {
      return { ok: false, problem: problemOf(error) }
    }
  }

  /** The folder that a file must not lie outside of, and the path in it. */
  #placeOf(path: string): { readonly root: string; readonly inner: string } | undefined {
    if (path.startsWith(componentPrefix))
      return { root: realpathSync(this.#components), inner: path.slice(componentPrefix.length) }
    const file = packageFile(path)
    if (!file) return { root: this.#root, inner: path }
    const found = this.folderOfPackage(file.packages)
    return found.ok ? { root: found.folder, inner: file.inner } : undefined
  }

  /** Absolute folder of a package, as it is found from the one that imports it, and so on back to the stack. */
  folderOfPackage(packages: readonly string[]): FoundPackage {
    const key = packageRoot(packages)
    const known = this.#packages.get(key)
    if (known) return known
    const outer = packages.slice(0, -1)
    const from =
      outer.length === 0 ? ({ ok: true, folder: this.#root } as const) : this.folderOfPackage(outer)
    this.#project ??= projectOf(this.#root)
    const found = from.ok ? findPackage(from.folder, packages.at(-1) ?? '', this.#project) : from
    this.#packages.set(key, found)
    return found
  }

  resolve(from: string, specifier: string): Resolution {
    if (specifier === 'gantry') return { kind: 'gantry' }
    if (specifier === 'gantry/testing') return { kind: 'testing' }
    if (specifier.startsWith(componentSpecifier)) return this.#component(specifier)
    if (specifier.startsWith('/')) return { kind: 'problem', path: specifier, problem: { kind: 'outside' } }
    if (/^[a-z]+:\/\//.test(specifier)) return { kind: 'url' }
    if (!/^\.\.?(?:\/|$)/.test(specifier))
      return specifier.startsWith('node:') || builtinModules.includes(specifier)
        ? { kind: 'node' }
        : this.#package(from, specifier)
    const path = posix.join(posix.dirname(from), specifier)
    const root = rootOf(from)
    if (!`${path}/`.startsWith(root) || path === '..' || path.startsWith('../'))
      return { kind: 'problem', path, problem: { kind: 'outside' } }
    const inner = path.slice(root.length)
    if (root === '' && inner.startsWith('gantry:'))
      return { kind: 'problem', path, problem: { kind: 'missing' } }
    if (/(?:^|\/)node_modules(?:\/|$)/.test(inner))
      return { kind: 'package', name: specifier, problem: { kind: 'by path' } }
    const candidates = candidatesOf(path, root !== '')
    if (typeof candidates === 'string') return { kind: 'extension', extension: candidates }
    return this.#firstOf(path, candidates)
  }

  #firstOf(path: string, candidates: readonly string[]): Resolution {
    for (const candidate of candidates) {
      const answer = this.read(candidate)
      if (answer.ok) return { kind: 'file', path: candidate }
      if (answer.problem.kind !== 'missing')
        return { kind: 'problem', path: candidate, problem: answer.problem }
    }
    return { kind: 'problem', path, problem: { kind: 'missing' } }
  }

  #component(specifier: string): Resolution {
    const name = specifier.slice(componentSpecifier.length)
    const path = `${componentPrefix}${name}.ts`
    if (/^[a-z][a-z\d-]*$/.test(name) && this.read(path).ok) return { kind: 'file', path }
    return { kind: 'component', name, known: componentNames(this.#components) }
  }

  #package(from: string, specifier: string): Resolution {
    const { name, part } = splitSpecifier(specifier)
    const problem = (problem: PackageProblem): Resolution => ({ kind: 'package', name, problem })
    const around = packageFile(from)?.packages ?? []
    if (around.length >= packageDepthLimit) return problem({ kind: 'missing' })
    const found = this.folderOfPackage([...around, name])
    // Read by both names, so that the cache sees a package that comes between.
    this.read(`${packageRoot([...around, name])}/package.json`)
    if (!found.ok) return problem(found.problem)
    // One package has one name, whoever imports it, when the stack would find the same.
    const direct = around.length === 0 ? undefined : this.folderOfPackage([name])
    const packages = direct?.ok === true && direct.folder === found.folder ? [name] : [...around, name]
    const root = packageRoot(packages)
    const manifest = this.read(`${root}/package.json`)
    if (!manifest.ok)
      return problem({
        kind: 'manifest',
        why:
          manifest.problem.kind === 'unreadable'
            ? `its package.json cannot be read: ${manifest.problem.why}`
            : 'it has no package.json',
      })
    const entry = entryOf(manifest.text, part)
    if (!entry.ok) return problem(entry.problem)
    const resolution = this.#firstOf(
      `${root}/${part}`,
      entry.candidates.map((each) => `${root}/${each}`),
    )
    const isAbsent = resolution.kind === 'problem' && resolution.problem.kind === 'missing'
    return isAbsent
      ? problem(part === '.' ? { kind: 'not source', entry: './index.js' } : { kind: 'no export' })
      : resolution
  }
}

/** What relative imports must stay in: '' for the stack's folder. */
function rootOf(path: string): string {
  if (path.startsWith(componentPrefix)) return componentPrefix
  const file = packageFile(path)
  return file ? `${packageRoot(file.packages)}/` : ''
}

/** Components that gantry has, by what stands behind `gantry/std/`. */
function componentNames(folder = componentsFolder): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => name.slice(0, -3))
      .sort()
  } catch {
    // An installation without them has none.
    return []
  }
}

/** Files a path may mean, or the extension that cannot be part of a program. */
function candidatesOf(path: string, isInPackage: boolean): readonly string[] | string {
  const extension = posix.extname(path)
  if (extension === '.ts' || extension === '.json') return path.endsWith('.d.ts') ? '.d.ts' : [path]
  if (extension === '.js') return [`${path.slice(0, -3)}.ts`]
  if (isInPackage && extension === '.mts') return path.endsWith('.d.mts') ? '.d.mts' : [path]
  if (isInPackage && extension === '.mjs') return [`${path.slice(0, -4)}.mts`]
  if (['.mjs', '.cjs', '.mts', '.cts', '.tsx', '.jsx'].includes(extension)) return extension
  return [`${path}.ts`, `${path}/index.ts`]
}

/** Absolute path of the folder of a stack file. */
export function folderOf(file: string): string {
  return dirname(file)
}

/** Never waits on a pipe or reads a device; the text is without byte order mark, unless `keepsMark`. */
export function readPlainFile(path: string, { keepsMark = false } = {}): FileAnswer {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    const unreadable = (why: string): FileAnswer => ({ ok: false, problem: { kind: 'unreadable', why } })
    if (stats.isDirectory()) return unreadable('it is a folder')
    if (!stats.isFile()) return unreadable('it is not a plain file')
    if (stats.size > sizeLimit) return unreadable(`it is larger than ${sizeLimit / 1024 / 1024} MiB`)
    const bytes = readFileSync(descriptor)
    try {
      return { ok: true, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: keepsMark }).decode(bytes) }
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
