// Which conditions can never hold, and which always do: for each field the values that comparisons leave over, joined by
// && (and, turned around, by ||). It looks at comparisons with values alone; that is what people get wrong. Invariant: what
// it finds is so; it does not find everything.

import type { Meant, MeantComparison } from './meant.ts'
import { listed } from './mistake.ts'
import type { Extent } from './mistake.ts'
import type { Operator } from './syntax.ts'

export interface Found {
  readonly at: Extent
  /** Why, where the field alone says so. */
  readonly why?: string
  /** What it contradicts. */
  readonly other?: Extent
}

/** One comparison, or several of one text with a list of values. */
type Narrowing = MeantComparison & { readonly list?: readonly string[] }

/** `joined` have to hold together. */
export function findConflicts(joined: readonly Meant[]): {
  never: readonly Found[]
  always: readonly Found[]
} {
  const never: Found[] = []
  const always: Found[] = []
  const visit = (meant: Meant, isTurned: boolean): void => {
    if (meant.kind === 'not') visit(meant.operand, !isTurned)
    else if (meant.kind === 'and' || meant.kind === 'or') {
      const isAnd = (meant.kind === 'and') !== isTurned
      const direct = flatten(meant.operands, isAnd ? 'and' : 'or', isTurned)
      if (isAnd) {
        const found = emptied(direct)
        if (found) never.push(found)
      } else {
        const found = emptied(direct.map(turned))
        if (found) always.push({ at: found.at, ...(found.why === undefined ? {} : { why: found.whyNot }) })
      }
      for (const operand of meant.operands) visit(operand, isTurned)
    }
  }
  const top = emptied(flatten(joined, 'and', false))
  if (top) never.push(top)
  for (const meant of joined) {
    visit(meant, false)
    for (const single of singles(meant, false)) {
      const impossible = emptied([single])
      if (impossible) never.push(impossible)
      const certain = emptied([turned(single)])
      if (certain) always.push({ at: single, why: certain.whyNot })
    }
  }
  const firstAt = (found: readonly Found[]): Found[] =>
    found.filter(
      ({ at }, index) =>
        found.findIndex((each) => each.at.start === at.start && each.at.end === at.end) === index,
    )
  return { never: firstAt(never), always: firstAt(always) }
}

/** The comparisons that are joined directly, seen through further joins of the same kind. */
function flatten(operands: readonly Meant[], kind: 'and' | 'or', isTurned: boolean): Narrowing[] {
  return operands.flatMap((each): Narrowing[] => {
    if (each.kind === 'compare') return [isTurned ? turned(each) : each]
    if (each.kind === 'not') return flatten([each.operand], kind, !isTurned)
    if (each.kind !== 'and' && each.kind !== 'or') return []
    const here = (each.kind === 'and') !== isTurned ? 'and' : 'or'
    if (here === kind) return flatten(each.operands, kind, isTurned)
    const list = listOf(each.operands.map((operand) => (isTurned ? turned(operand) : operand)))
    return list ? [{ ...list, start: each.start, end: each.end }] : []
  })
}

/** `in ("a", "b")`, or `not in`, as one comparison. */
function listOf(operands: readonly Meant[]): Narrowing | undefined {
  const comparisons = operands.filter((each) => each.kind === 'compare')
  const [first] = comparisons
  if (!first || comparisons.length < operands.length || typeof first.value === 'number') return undefined
  const isOne = comparisons.every(
    ({ attribute, operator }) => attribute === first.attribute && operator === first.operator,
  )
  return isOne && (first.operator === '==' || first.operator === '!=')
    ? { ...first, list: comparisons.map(({ value }) => String(value)) }
    : undefined
}

function singles(meant: Meant, isTurned: boolean): MeantComparison[] {
  switch (meant.kind) {
    case 'compare':
      return [isTurned ? turned(meant) : meant]
    case 'not':
      return singles(meant.operand, !isTurned)
    case 'and':
    case 'or':
      return meant.operands.flatMap((each) => singles(each, isTurned))
    case 'constant':
    case 'unknown':
      return []
  }
}

const opposites: Readonly<Record<Operator, Operator>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

/** Only comparisons are turned; what is joined is turned part by part. */
function turned<Part extends Meant>(meant: Part): Part {
  return meant.kind === 'compare' ? { ...meant, operator: opposites[meant.operator] } : meant
}

interface Emptied extends Found {
  /** Why the opposite always holds. */
  readonly whyNot: string
}

/** The comparison after which no value is left for its field. */
function emptied(comparisons: readonly Narrowing[]): Emptied | undefined {
  const left = new Map<string, { readonly range: Left; readonly seen: Narrowing[] }>()
  for (const comparison of comparisons) {
    const { attribute, of, start, end } = comparison
    const key = `${attribute}\n${of ?? ''}`
    const known = left.get(key) ?? { range: leftOf(comparison), seen: [] }
    left.set(key, known)
    narrow(known.range, comparison)
    if (!isEmpty(known.range)) {
      known.seen.push(comparison)
      continue
    }
    const bound = boundOf(comparison)
    const isAlone = isEmpty(allOf([comparison]))
    const other = known.seen.find((each) => isEmpty(allOf([each, comparison])))
    return {
      at: { start, end },
      whyNot: bound,
      ...(isAlone ? { why: bound } : {}),
      ...(other ? { other: { start: other.start, end: other.end } } : {}),
    }
  }
  return undefined
}

function allOf(comparisons: readonly [Narrowing, ...Narrowing[]]): Left {
  const left = leftOf(comparisons[0])
  for (const each of comparisons) narrow(left, each)
  return left
}

function boundOf({ attribute, of, field, value }: Narrowing): string {
  const name = of === undefined ? attribute : `${attribute}("${of}")`
  if (typeof value === 'string')
    return `${name} is one of ${listed((field.values ?? []).map((each) => `"${each}"`))}`
  const unit = field.type === 'percent' ? '%' : ''
  return field.max !== undefined && value >= field.max
    ? `${name} is never more than ${field.max}${unit}`
    : `${name} is never less than ${field.min ?? 0}${unit}`
}

/** Values that are left: of a number those between two bounds, of a text one of a few or all but a few. */
type Left =
  | {
      kind: 'number'
      low: number
      isLowOpen: boolean
      high: number
      isHighOpen: boolean
      readonly not: Set<number>
    }
  | { kind: 'text'; only: Set<string> | undefined; readonly not: Set<string> }

function leftOf({ field, value }: MeantComparison): Left {
  return typeof value === 'number'
    ? {
        kind: 'number',
        low: field.min ?? -Infinity,
        isLowOpen: false,
        high: field.max ?? Infinity,
        isHighOpen: false,
        not: new Set(),
      }
    : { kind: 'text', only: field.values && new Set(field.values), not: new Set() }
}

function narrow(left: Left, { operator, value, list = [String(value)] }: Narrowing): void {
  if (left.kind === 'text') {
    const { only } = left
    if (operator === '==') left.only = new Set(only ? list.filter((each) => only.has(each)) : list)
    else if (operator === '!=') for (const each of list) left.not.add(each)
    return
  }
  const number = Number(value)
  const raise = (isOpen: boolean): void => {
    if (number > left.low || (number === left.low && isOpen)) {
      left.low = number
      left.isLowOpen = isOpen
    }
  }
  const lower = (isOpen: boolean): void => {
    if (number < left.high || (number === left.high && isOpen)) {
      left.high = number
      left.isHighOpen = isOpen
    }
  }
  switch (operator) {
    case '==':
      raise(false)
      lower(false)
      return
    case '!=':
      left.not.add(number)
      return
    case '<':
      lower(true)
      return
    case '<=':
      lower(false)
      return
    case '>':
      raise(true)
      return
    case '>=':
      raise(false)
      return
  }
}

function isEmpty(left: Left): boolean {
  if (left.kind === 'text')
    return left.only !== undefined && [...left.only].every((each) => left.not.has(each))
  if (left.low > left.high) return true
  return left.low === left.high && (left.isLowOpen || left.isHighOpen || left.not.has(left.low))
}
