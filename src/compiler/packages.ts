// Packages of npm that a program imports: where they lie, and which of their files a specifier means. Invariant: a package
// is looked for as Node does, from the stack's folder upward, but only source in TypeScript comes out of it; its files
// have the same names on every machine (`node_modules/@acme/parts/web.ts`), wherever the package manager has put them.
// It reads no file itself.

import { realpathSync, statSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'

/** Why a package, or a part of it, cannot be part of a program. */
export type PackageProblem =
  | { readonly kind: 'missing' }
  /** It is a link to a folder outside of the project. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'manifest'; readonly why: string }
  /** The package has no such part: `@acme/parts/nothing`. */
  | { readonly kind: 'no export' }
  /** What it leads to is JavaScript, or declarations without source. */
  | { readonly kind: 'not source'; readonly entry: string }
  | { readonly kind: 'by path' }

/** A file of a package by its name in the program: the packages that lead to it, and the path inside the last. */
export interface PackageFile {
  readonly packages: readonly string[]
  readonly inner: string
}

const firstPackage = /^node_modules\/((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/s

/** Undefined when the name is not one of a package's file. */
export function packageFile(name: string): PackageFile | undefined {
  const packages: string[] = []
  let rest = name
  for (let found = firstPackage.exec(rest); found; found = firstPackage.exec(rest)) {
    packages.push(found[1] ?? '')
    rest = found[2] ?? ''
  }
  return packages.length > 0 ? { packages, inner: rest } : undefined
}

export function packageRoot(packages: readonly string[]): string {
  return packages.map((each) => `node_modules/${each}`).join('/')
}

/** `@acme/parts/web` is the part `./web` of `@acme/parts`. */
export function splitSpecifier(specifier: string): { readonly name: string; readonly part: string } {
  const names = specifier.split('/')
  const count = specifier.startsWith('@') ? 2 : 1
  return { name: names.slice(0, count).join('/'), part: ['.', ...names.slice(count)].join('/') }
}

export type FoundPackage =
  { readonly ok: true; readonly folder: string } | { readonly ok: false; readonly problem: PackageProblem }

/** Looks a package up from an absolute folder; `limit` is the folder that links must not lead out of. */
export function findPackage(from: string, name: string, limit: string): FoundPackage {
  if (!/^(?:@[\w.~-]+\/)?[\w~-][\w.~-]*$/.test(name)) return { ok: false, problem: { kind: 'missing' } }
  for (let at = from; ; at = dirname(at)) {
    const place = join(at, 'node_modules', name)
    if (!at.endsWith(`${sep}node_modules`) && isFolder(place)) {
      const folder = realpathSync(place)
      const isInside = folder.startsWith(limit.endsWith(sep) ? limit : limit + sep)
      return isInside ? { ok: true, folder } : { ok: false, problem: { kind: 'outside' } }
    }
    if (dirname(at) === at) return { ok: false, problem: { kind: 'missing' } }
  }
}

/** The outermost folder around a stack's that is part of its project: one with a package.json or packages. */
export function projectOf(folder: string): string {
  let project = folder
  for (let at = folder; ; at = dirname(at)) {
    if (isFolder(join(at, 'node_modules')) || isFile(join(at, 'package.json'))) project = at
    if (dirname(at) === at) return project
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** What a part of a package may be, relative to its folder, best first. */
export type PackageEntry =
  | { readonly ok: true; readonly candidates: readonly string[] }
  | { readonly ok: false; readonly problem: PackageProblem }

/** By its package.json: `exports`, else `types`, `typings` and `main`. Parts of a package without `exports` are paths. */
export function entryOf(manifest: string, part: string): PackageEntry {
  let read: unknown
  try {
    read = JSON.parse(manifest)
  } catch {
    return { ok: false, problem: { kind: 'manifest', why: 'its package.json is not JSON' } }
  }
  if (!isRecord(read))
    return { ok: false, problem: { kind: 'manifest', why: 'its package.json is not an object' } }
  const { exports } = read
  if (exports !== undefined && exports !== null) {
    const targets = exported(exports, part)
    return targets.length > 0 ? sourceAmong(targets) : { ok: false, problem: { kind: 'no export' } }
  }
  if (part !== '.') return sourceAmong(sourcesOf(part))
  const named = [read['types'], read['typings'], read['main']].filter((each) => typeof each === 'string')
  return sourceAmong(named.length > 0 ? named : ['./index.ts', './index.mts'], named.length === 0)
}

/** A path without an extension, and one with that of what it is compiled to. */
function sourcesOf(path: string): string[] {
  if (path.endsWith('.js')) return [`${path.slice(0, -3)}.ts`, path]
  if (path.endsWith('.mjs')) return [`${path.slice(0, -4)}.mts`, path]
  return posix.extname(path) === '' ? [`${path}.ts`, `${path}.mts`, `${path}/index.ts`] : [path]
}

function sourceAmong(targets: readonly string[], isGuess = false): PackageEntry {
  const sources = targets.filter((each) => /\.(?:m?ts|json)$/.test(each) && !/\.d\.m?ts$/.test(each))
  const inside = sources.map((each) => posix.normalize(each)).filter((each) => !/^(?:\.\.)?\//.test(each))
  if (inside.length > 0 && !inside.some((each) => each.startsWith('node_modules/')))
    return { ok: true, candidates: inside }
  const entry = isGuess ? './index.js' : (targets[0] ?? '')
  return { ok: false, problem: { kind: 'not source', entry } }
}

/** In the order in which a package writes them, what stands behind them counts only where source is among it. */
const conditions: ReadonlySet<string> = new Set(['gantry', 'types', 'import', 'default'])

function exported(exports: unknown, part: string): string[] {
  const isMap = isRecord(exports) && Object.keys(exports).some((key) => key.startsWith('.'))
  if (!isMap) return part === '.' ? targetsOf(exports, '') : []
  const exact = exports[part]
  if (exact !== undefined && !part.includes('*')) return targetsOf(exact, '')
  // The longest pattern that fits, as Node has it.
  const patterns = Object.keys(exports)
    .filter((key) => key.split('*').length === 2)
    .sort((a, b) => b.indexOf('*') - a.indexOf('*') || b.length - a.length)
  for (const pattern of patterns) {
    const [before = '', after = ''] = pattern.split('*')
    if (part.length < pattern.length - 1 || !part.startsWith(before) || !part.endsWith(after)) continue
    return targetsOf(exports[pattern], part.slice(before.length, part.length - after.length))
  }
  return []
}

function targetsOf(target: unknown, star: string): string[] {
  if (typeof target === 'string') return target.startsWith('./') ? [target.replaceAll('*', star)] : []
  if (Array.isArray(target)) return target.flatMap((each) => targetsOf(each, star))
  if (!isRecord(target)) return []
  return Object.entries(target).flatMap(([key, each]) => (conditions.has(key) ? targetsOf(each, star) : []))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
