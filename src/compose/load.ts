// The file with all that it takes in: `include`, `extends` and `.env`. Invariant: files are read from the folder of the
// main file alone, circles and depth are bounded, and every relative path is one from that folder afterwards.

import { relativePath } from './configs.ts'
import { parseEnvFile } from './dotenv.ts'
import { interpolate, valueOfPieces } from './interpolation.ts'
import type { Ledger, Where } from './ledger.ts'
import { mergeMaps, resolveTags } from './merge.ts'
import { parseYaml } from './parse.ts'
import { troubleWords } from './session.ts'
import type { Files } from './session.ts'
import { pathKey, Unreadable } from './tree.ts'
import type { Place, Raw, RawMap } from './tree.ts'

const depthLimit = 16
const includeLimit = 64

export interface Loaded {
  readonly root: RawMap
  /** Of `.env`. */
  readonly values: ReadonlyMap<string, string>
}

type Entries = Map<string, { readonly place: Place; readonly value: Raw }>

const sections = ['services', 'networks', 'volumes', 'configs', 'secrets'] as const

/** Throws Unreadable. What is wrong with a single include or extends is said in the ledger. */
export function loadCompose(text: string, file: string, files: Files, ledger: Ledger): Loaded {
  const loader = new Loader(files, ledger)
  const values = new Map<string, string>()
  loader.readEnv('.env', values)
  const root = loader.open(text, file, '', values, [file])
  if (!hasServices(root))
    throw new Unreadable(root.place, 'there are no services in this file', 'is it a Compose file?')
  return { root, values }
}

function hasServices(root: RawMap): boolean {
  const services = root.entries.get('services')?.value
  return services?.kind === 'map' && services.entries.size > 0
}

class Loader {
  readonly #files: Files
  readonly #ledger: Ledger
  #included = 0

  constructor(files: Files, ledger: Ledger) {
    this.#files = files
    this.#ledger = ledger
  }

  readEnv(path: string, into: Map<string, string>): boolean {
    const answer = this.#files.read(path)
    if (!answer.ok) return false
    for (const { name, value, isRaw } of parseEnvFile(answer.text).lines) {
      if (value === undefined || into.has(name)) continue
      const read = isRaw ? undefined : interpolate(value)
      into.set(name, read?.ok === true ? (valueOfPieces(read.pieces, into) ?? '') : value)
    }
    return true
  }

  /** `base` is the folder that its relative paths start from. */
  open(
    text: string,
    file: string,
    base: string,
    values: Map<string, string>,
    chain: readonly string[],
  ): RawMap {
    const raw = parseYaml(text, file)
    if (raw.kind !== 'map') throw new Unreadable(raw.place, 'a Compose file is a mapping')
    for (const section of sections) {
      const found = raw.entries.get(section)
      if (
        found &&
        found.value.kind !== 'map' &&
        !(found.value.kind === 'scalar' && found.value.value === null)
      )
        throw new Unreadable(found.place, `'${section}' takes a mapping of names`)
    }
    const entries: Entries = new Map(raw.entries)
    const services = raw.entries.get('services')
    if (services?.value.kind === 'map') {
      const own = services.value
      entries.set('services', {
        place: services.place,
        value: {
          ...own,
          entries: new Map(
            [...own.entries].map(([key, entry]) => [
              key,
              { place: entry.place, value: this.#service(own, key, base, file) ?? entry.value },
            ]),
          ),
        },
      })
    }
    for (const section of ['configs', 'secrets'] as const) rebaseSection(entries, section, base)
    const include = raw.entries.get('include')
    if (include) this.#include(entries, include, base, values, chain)
    return { ...raw, entries }
  }

  /** A service with what it extends merged in and its paths rebased. */
  #service(services: RawMap, key: string, base: string, file: string): Raw | undefined {
    const value = services.entries.get(key)?.value
    if (value?.kind !== 'map') return value
    return this.#extended(services, key, value, base, {
      path: `services.${pathKey(key)}`,
      chain: [`${file}#${key}`],
    })
  }

  #extended(
    services: RawMap,
    key: string,
    own: RawMap,
    base: string,
    at: { readonly path: string; readonly chain: readonly string[] },
  ): RawMap {
    const rebased = rebaseService(own, base)
    const found = own.entries.get('extends')
    if (!found) return withoutResets(rebased)
    const where: Where = { path: `${at.path}.extends`, place: found.place }
    const target = readExtends(found.value)
    const name = target?.service ?? key
    if (!target) {
      this.#ledger.refused(where, "it takes the name of a service, or 'service' and 'file'")
      return withoutResets(rebased)
    }
    const from = this.#baseOf(services, target.file, base, where)
    const below = from?.services.entries.get(name)?.value
    const id = `${from?.file ?? at.chain[0]?.split('#')[0] ?? ''}#${name}`
    if (!from) return withoutResets(rebased)
    if (below?.kind !== 'map') this.#ledger.refused(where, `there is no service '${name}' to extend`)
    else if (at.chain.includes(id) || at.chain.length > depthLimit)
      this.#ledger.refused(where, 'the services extend each other in a circle')
    else {
      const whole = this.#extended(from.services, name, below, from.base, {
        path: at.path,
        chain: [...at.chain, id],
      })
      const merged = mergeMaps(withoutKey(whole, 'extends'), rebased)
      return withoutResets(merged)
    }
    return withoutResets(rebased)
  }

  #baseOf(
    services: RawMap,
    file: string | undefined,
    base: string,
    where: Where,
  ): { readonly services: RawMap; readonly base: string; readonly file: string } | undefined {
    if (file === undefined) return { services, base, file: where.place.file }
    if (isRemote(file)) {
      this.#ledger.refused(where, 'remote files are not fetched', 'put the file into the folder')
      return undefined
    }
    const path = join(base, file)
    const answer = this.#files.read(path)
    if (!answer.ok) {
      this.#ledger.refused(where, `${path} cannot be extended: ${troubleWords[answer.trouble]}`)
      return undefined
    }
    const raw = parseYaml(answer.text, path)
    const found = raw.kind === 'map' ? raw.entries.get('services')?.value : undefined
    if (found?.kind === 'map') return { services: found, base: folderOf(path), file: path }
    this.#ledger.refused(where, `${path} has no services`)
    return undefined
  }

  #include(
    entries: Entries,
    include: { readonly place: Place; readonly value: Raw },
    base: string,
    values: Map<string, string>,
    chain: readonly string[],
  ): void {
    const items = include.value.kind === 'list' ? include.value.items : [include.value]
    for (const [index, item] of items.entries()) this.#includeOne(entries, item, index, base, values, chain)
  }

  #includeOne(
    entries: Entries,
    item: Raw,
    index: number,
    base: string,
    values: Map<string, string>,
    chain: readonly string[],
  ): void {
    const where: Where = { path: `include[${index}]`, owner: 'include', place: item.place }
    const spec = readInclude(item)
    if (!spec) {
      this.#ledger.refused(where, 'it takes a path, or a mapping with a path')
      return
    }
    const folder = spec.folder === undefined ? undefined : join(base, spec.folder)
    let whole: RawMap | undefined
    for (const each of spec.paths) {
      const named = resolveText(each, values)
      if (isRemote(named)) {
        this.#ledger.refused(where, 'remote includes are not fetched', 'put the file into the folder')
        return
      }
      const path = join(base, named)
      const answer = this.#files.read(path)
      this.#included += 1
      if (!answer.ok) {
        this.#ledger.refused(where, `${path} cannot be included: ${troubleWords[answer.trouble]}`)
        return
      }
      if (chain.includes(path) || chain.length > depthLimit || this.#included > includeLimit) {
        this.#ledger.refused(where, `${path} is included in a circle, or too often`)
        return
      }
      const at = folder ?? folderOf(path)
      for (const env of spec.envFiles.length > 0
        ? spec.envFiles.map((file) => join(base, file))
        : [join(at, '.env')])
        this.readEnv(env, values)
      const opened = this.open(answer.text, path, at, values, [...chain, path])
      whole = whole ? mergeMaps(whole, opened) : opened
    }
    if (whole) takeIn(entries, whole)
  }
}

/** Names that both files declare are an error, as in Compose. */
function takeIn(entries: Entries, other: RawMap): void {
  for (const section of sections) {
    const from = other.entries.get(section)
    if (from?.value.kind !== 'map') continue
    const into = entries.get(section)
    if (into?.value.kind !== 'map') {
      entries.set(section, from)
      continue
    }
    const merged: Entries = new Map(into.value.entries)
    for (const [key, entry] of from.value.entries) {
      if (merged.has(key))
        throw new Unreadable(
          entry.place,
          `'${key}' of ${section} is declared in an including file too`,
          'rename one',
        )
      merged.set(key, entry)
    }
    entries.set(section, { place: into.place, value: { ...into.value, entries: merged } })
  }
}

function withoutKey(map: RawMap, key: string): RawMap {
  return { ...map, entries: new Map([...map.entries].filter(([each]) => each !== key)) }
}

function withoutResets(map: RawMap): RawMap {
  return {
    ...map,
    entries: new Map(
      [...map.entries].map(([key, { place, value }]) => [key, { place, value: resetsOf(value) }]),
    ),
  }
}

function resetsOf(raw: Raw): Raw {
  const resolved = resolveTags(raw)
  return resolved.kind === 'map' && [...resolved.entries.values()].some(({ value }) => value.tag === '!reset')
    ? withoutResets(resolved)
    : resolved
}

function textOf(raw: Raw | undefined): string | undefined {
  return raw?.kind === 'scalar' && typeof raw.value === 'string' ? raw.value : undefined
}

function textsOf(raw: Raw | undefined): string[] | undefined {
  if (!raw) return []
  const items = raw.kind === 'list' ? raw.items : [raw]
  const texts = items.map(textOf)
  return texts.every((each) => each !== undefined) ? texts : undefined
}

function readExtends(raw: Raw): { readonly service: string; readonly file: string | undefined } | undefined {
  if (raw.kind === 'map') {
    const service = textOf(raw.entries.get('service')?.value)
    return service === undefined ? undefined : { service, file: textOf(raw.entries.get('file')?.value) }
  }
  const service = textOf(raw)
  return service === undefined ? undefined : { service, file: undefined }
}

function readInclude(
  raw: Raw,
):
  { readonly paths: string[]; readonly folder: string | undefined; readonly envFiles: string[] } | undefined {
  if (raw.kind !== 'map') {
    const paths = textsOf(raw)
    return paths && paths.length > 0 ? { paths, folder: undefined, envFiles: [] } : undefined
  }
  const paths = textsOf(raw.entries.get('path')?.value)
  const envFiles = textsOf(raw.entries.get('env_file')?.value)
  if (!paths || paths.length === 0 || !envFiles) return undefined
  return { paths, folder: textOf(raw.entries.get('project_directory')?.value), envFiles }
}

function resolveText(text: string, values: ReadonlyMap<string, string>): string {
  const read = interpolate(text)
  return read.ok ? (valueOfPieces(read.pieces, values) ?? text) : text
}

/** An address, as Compose and git write it. */
function isRemote(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/|^[\w.-]+@[\w.-]+:|^(?:github|gitlab)\.com\/|\.git(?:#.*)?$/i.test(path)
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/')
}

function join(base: string, path: string): string {
  return path.startsWith('/') || base === '' ? relativePath(path) : relativePath(`${base}/${path}`)
}

// --- relative paths of files in other folders -------------------------------------------------------------------

type Change = (raw: Raw) => Raw

/** A relative path, seen from the main folder. */
function rebasePath(base: string): Change {
  return (raw) => {
    const text = textOf(raw)
    if (
      raw.kind !== 'scalar' ||
      text === undefined ||
      base === '' ||
      /^(?:[/~$]|[a-z]+:\/\/|git@)/.test(text)
    )
      return raw
    const moved = join(base, text)
    return { ...raw, value: moved === '' ? '.' : moved, source: moved }
  }
}

function onField(map: Raw, key: string, change: Change): Raw {
  if (map.kind !== 'map') return map
  const found = map.entries.get(key)
  if (!found) return map
  return {
    ...map,
    entries: new Map([...map.entries, [key, { place: found.place, value: change(found.value) }]]),
  }
}

const onItems =
  (change: Change): Change =>
  (raw) =>
    raw.kind === 'list' ? { ...raw, items: raw.items.map(change) } : change(raw)

function rebaseService(service: RawMap, base: string): RawMap {
  if (base === '') return service
  const path = rebasePath(base)
  const mount: Change = (raw) => {
    if (raw.kind === 'map')
      return textOf(raw.entries.get('type')?.value) === 'bind' ? onField(raw, 'source', path) : raw
    const text = textOf(raw)
    if (raw.kind !== 'scalar' || text === undefined || !/^\.\.?(?:\/|:)/.test(text)) return raw
    const at = text.indexOf(':')
    const moved = at < 0 ? text : `./${join(base, text.slice(0, at))}${text.slice(at)}`
    return { ...raw, value: moved, source: moved }
  }
  const context: Change = (raw) => (raw.kind === 'map' ? onField(raw, 'context', path) : path(raw))
  const envFile: Change = (raw) => (raw.kind === 'map' ? onField(raw, 'path', path) : path(raw))
  const changes: readonly [string, Change][] = [
    ['build', context],
    ['env_file', onItems(envFile)],
    ['label_file', onItems(path)],
    ['volumes', onItems(mount)],
  ]
  const changed = changes.reduce<Raw>((map, [key, change]) => onField(map, key, change), service)
  return changed.kind === 'map' ? changed : service
}

function rebaseSection(entries: Entries, section: string, base: string): void {
  const found = entries.get(section)
  if (base === '' || found?.value.kind !== 'map') return
  const moved = new Map(
    [...found.value.entries].map(([key, { place, value }]) => [
      key,
      { place, value: onField(value, 'file', rebasePath(base)) },
    ]),
  )
  entries.set(section, { place: found.place, value: { ...found.value, entries: moved } })
}
