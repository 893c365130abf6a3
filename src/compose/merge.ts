// How one part of a Compose file is laid over another: what `extends` asks for. Invariant: mappings are merged by key,
// lists are joined, commands and single values are replaced; !reset empties and !override replaces.

import type { Raw, RawMap } from './tree.ts'

/** Lists that the later one replaces. */
const replaced: ReadonlySet<string> = new Set(['command', 'entrypoint', 'test'])
/** Lists of NAME=value, which may stand as mappings as well. */
const pairs: ReadonlySet<string> = new Set([
  'environment',
  'labels',
  'args',
  'sysctls',
  'annotations',
  'extra_hosts',
  'additional_contexts',
])

export function mergeMaps(base: RawMap, over: RawMap): RawMap {
  const entries = new Map(base.entries)
  for (const [key, entry] of over.entries) {
    const before = entries.get(key)
    entries.set(key, {
      place: entry.place,
      value: before ? merge(key, before.value, entry.value) : entry.value,
    })
  }
  return { ...over, entries }
}

function merge(key: string, base: Raw, over: Raw): Raw {
  if (over.tag === '!reset' || over.tag === '!override') return over
  if (over.kind === 'map' || base.kind === 'map') {
    const [below, above] = [asMap(key, base), asMap(key, over)]
    if (below && above) return mergeMaps(below, above)
    return over
  }
  if (base.kind === 'list' && over.kind === 'list' && !replaced.has(key))
    return { ...over, items: [...base.items, ...over.items] }
  return over
}

/** A list as the mapping that it stands for. */
function asMap(key: string, raw: Raw): RawMap | undefined {
  if (raw.kind === 'map') return raw
  if (raw.kind !== 'list' || !(pairs.has(key) || key === 'depends_on' || key === 'networks')) return undefined
  const entries = new Map<string, { place: Raw['place']; value: Raw }>()
  for (const item of raw.items) {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') return undefined
    const text = item.value
    const at = pairs.has(key) ? text.search(key === 'extra_hosts' ? /[=:]/ : /=/) : -1
    const nothing: Raw = { ...item, value: null, source: '' }
    if (at < 0) entries.set(text, { place: item.place, value: nothing })
    else {
      const value = text.slice(at + 1)
      entries.set(text.slice(0, at), { place: item.place, value: { ...item, value, source: value } })
    }
  }
  return { kind: 'map', place: raw.place, tag: undefined, entries }
}

/** !reset stands for nothing, also where there was nothing to reset. */
export function resolveTags(raw: Raw): Raw {
  if (raw.tag === '!reset')
    return { kind: 'scalar', place: raw.place, tag: undefined, value: null, source: '' }
  switch (raw.kind) {
    case 'scalar':
      return raw
    case 'list':
      return raw.items.some(hasReset)
        ? { ...raw, items: raw.items.filter((item) => item.tag !== '!reset') }
        : raw
    case 'map':
      return raw
  }
}

function hasReset(raw: Raw): boolean {
  return raw.tag === '!reset'
}
