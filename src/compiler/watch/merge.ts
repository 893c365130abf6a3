// What a program declares after an edit, from what it declared before and what the part that was evaluated again
// declares. Invariant: declarations come in the order of the statements that make them, and every reference leads to
// what it led to; where that cannot be told, there is no answer and the program is evaluated as a whole.

import type { Acknowledged, Declared, Encoded, Evaluated, Made } from '../sandbox/opened.ts'
import { isList, isReference } from '../sandbox/opened.ts'
import type { Alignment } from './align.ts'
import type { Reduction } from './reduce.ts'

/** The statement that led to a call, by its index; -1: none of the body. */
export type StatementOf = (call: number) => number

interface Item {
  readonly calls: readonly number[]
}

/** Indices of what each statement made, in order; those of none under -1. */
type Groups = ReadonlyMap<number, readonly number[]>

/** Which of the two lists a reference leads into. */
const madeKinds: ReadonlySet<string> = new Set([
  ...['text', 'listen', 'build', 'place', 'scale', 'every', 'gate', 'route', 'output', 'input'],
])
const declaredKinds: ReadonlySet<string> = new Set([
  ...['service', 'job', 'cron', 'ingress', 'secret', 'file', 'env', 'config', 'volume', 'port'],
  ...['host', 'number'],
])

export interface MergeRequest {
  readonly base: Evaluated
  readonly baseStatement: StatementOf
  readonly part: Evaluated
  readonly partStatement: StatementOf
  readonly alignment: Alignment
  readonly reduction: Reduction
  /** How many calls the base has: those of the part are numbered from there. */
  readonly baseCalls: number
}

/** Thrown and caught here: a reference that leads nowhere. */
class Lost extends Error {}

export function merge(request: MergeRequest): Evaluated | null {
  const { base, part, baseCalls } = request
  try {
    const declared = interleave<Declared>(request, base.declared, part.declared, true)
    const made = interleave<Made>(request, base.made, part.made, false)
    const acknowledged = interleave<Acknowledged>(request, base.acknowledged, part.acknowledged, false)
    const places = (from: 'base' | 'part'): Places => ({ declared: declared[from], made: made[from] })
    const ofBase = rewriter(places('base'), 0)
    const ofPart = rewriter(places('part'), baseCalls)
    const isMoved = [declared, made].some(({ base: map }) => map.some((to, index) => to !== index))
    const write = <Value extends Item>({ items }: Interleaved<Value>): Value[] =>
      items.map(({ item, isOfBase }) => (isOfBase ? (isMoved ? ofBase.item(item) : item) : ofPart.item(item)))
    return {
      ...part,
      declared: write(declared),
      made: write(made),
      acknowledged: write(acknowledged),
      outputs: ofPart.value(part.outputs),
      stackCalls: part.stackCalls.map((id) => id + baseCalls),
    }
  } catch (error) {
    if (error instanceof Lost) return null
    throw error
  }
}

interface Interleaved<Value> {
  readonly items: readonly { readonly item: Value; readonly isOfBase: boolean }[]
  /** By the index before: the index now; -1 where there is none. */
  readonly base: readonly number[]
  readonly part: readonly number[]
}

function interleave<Value extends Item>(
  { baseStatement, partStatement, alignment, reduction }: MergeRequest,
  base: readonly Value[],
  part: readonly Value[],
  /** Whether a stand-in makes the same, so that what refers to it means the one that it stands for. */
  isInFaces: boolean,
): Interleaved<Value> {
  const { whole, faces, successors } = reduction
  const baseGroups = groupOf(base, baseStatement)
  const partGroups = groupOf(part, partStatement)
  const items: { item: Value; isOfBase: boolean }[] = []
  const baseMap = base.map(() => -1)
  const partMap = part.map(() => -1)
  const take = (statement: number, isOfBase: boolean): void => {
    const [from, map] = isOfBase ? ([base, baseMap] as const) : ([part, partMap] as const)
    for (const index of (isOfBase ? baseGroups : partGroups).get(statement) ?? []) {
      const item = from[index]
      if (item === undefined) continue
      map[index] = items.length
      items.push({ item, isOfBase })
    }
  }
  const pair = (from: readonly number[], map: number[], to: readonly number[], toMap: number[]): void => {
    for (const [ordinal, index] of from.entries()) {
      const same = to[ordinal]
      if (same !== undefined) map[index] = toMap[same] ?? -1
    }
  }
  take(-1, false)
  pair(baseGroups.get(-1) ?? [], baseMap, partGroups.get(-1) ?? [], partMap)
  for (const [index, old] of alignment.entries()) {
    const isOfPart = whole.has(index)
    take(isOfPart ? index : (old ?? -2), !isOfPart)
    const predecessor = successors.get(index)
    if (isOfPart && predecessor !== undefined)
      pair(baseGroups.get(predecessor) ?? [], baseMap, partGroups.get(index) ?? [], partMap)
    if (faces.has(index) && old !== null) {
      const originals = baseGroups.get(old) ?? []
      const standIns = partGroups.get(index) ?? []
      if (isInFaces || originals.length === standIns.length) pair(standIns, partMap, originals, baseMap)
    }
  }
  return { items, base: baseMap, part: partMap }
}

function groupOf(items: readonly Item[], statementOf: StatementOf): Groups {
  const groups = new Map<number, number[]>()
  for (const [index, { calls }] of items.entries()) {
    const statement = calls[0] === undefined ? -1 : statementOf(calls[0])
    const group = groups.get(statement)
    if (group) group.push(index)
    else groups.set(statement, [index])
  }
  return groups
}

interface Places {
  readonly declared: readonly number[]
  readonly made: readonly number[]
}

interface Rewriter {
  value(value: Encoded): Encoded
  item<Value extends Item>(item: Value): Value
}

function rewriter(places: Places, callShift: number): Rewriter {
  const shift = (calls: readonly number[]): readonly number[] =>
    callShift === 0 ? calls : calls.map((id) => id + callShift)
  const value = (each: Encoded): Encoded => {
    if (each === null || typeof each !== 'object') return each
    if (isList(each)) return each.map(value)
    if (isReference(each)) {
      const map = madeKinds.has(each.$) ? places.made : declaredKinds.has(each.$) ? places.declared : null
      if (!map) return each
      const at = typeof each['at'] === 'number' ? map[each['at']] : undefined
      if (at === undefined || at === -1) throw new Lost()
      return { ...each, at }
    }
    return record(each)
  }
  const record = (members: { readonly [key: string]: Encoded }): { readonly [key: string]: Encoded } => {
    const out: Record<string, Encoded> = {}
    for (const key of Object.keys(members)) {
      const member = members[key] ?? null
      const written = key === 'boundsCalls' && isCalls(member) ? [...shift(member)] : value(member)
      if (key === '__proto__') Object.defineProperty(out, key, { value: written, enumerable: true })
      else out[key] = written
    }
    return out
  }
  return {
    value,
    item: (item) => {
      const { calls, ...rest } = item
      const values = rest as unknown as { readonly [key: string]: Encoded } // what was parsed from JSON is Encoded throughout
      return { ...item, ...record(values), calls: shift(calls) }
    },
  }
}

function isCalls(value: Encoded): value is readonly number[] {
  return isList(value) && value.every((each) => typeof each === 'number')
}
