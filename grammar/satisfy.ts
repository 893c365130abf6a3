// Which conditions can never hold, and which always do: for each field the values that comparisons leave over, joined by
// && (and, turned around, by ||). It looks at comparisons with values alone; that is what people get wrong. Invariant: what
// it finds is so; it does not find everything.

import type { Meant, MeantComparison } from './condition.ts'
import type { Extent } from './mistake.ts'
import type { Operator } from './syntax.ts'

export interface Found {
  readonly at: Extent
  readonly why: string
}

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
        if (found)
          always.push({ at: found.at, why: found.isAlone ? found.whyNot : `'||' leaves nothing out` })
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
function flatten(operands: readonly Meant[], kind: 'and' | 'or', isTurned: boolean): MeantComparison[] {
  return operands.flatMap((each): MeantComparison[] => {
    if (each.kind === 'compare') return [isTurned ? turned(each) : each]
    if (each.kind === 'not') return flatten([each.operand], kind, !isTurned)
    if (each.kind !== 'and' && each.kind !== 'or') return []
    const here = (each.kind === 'and') !== isTurned ? 'and' : 'or'
    return here === kind ? flatten(each.operands, kind, isTurned) : []
  })
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

function turned(comparison: MeantComparison): MeantComparison {
  return { ...comparison, operator: opposites[comparison.operator] }
}

interface Emptied extends Found {
  /** The field alone rules it out, without another comparison. */
  readonly isAlone: boolean
  /** Why the opposite always holds. */
  readonly whyNot: string
}

/** The comparison after which no value is left for its field. */
function emptied(comparisons: readonly MeantComparison[]): Emptied | undefined {
  const left = new Map<string, { readonly range: Left; readonly seen: MeantComparison[] }>()
  for (const comparison of comparisons) {
    const { attribute, of, field } = comparison
    const key = `${attribute}\n${of ?? ''}`
    const known = left.get(key) ?? { range: leftOf(comparison), seen: [] }
    left.set(key, known)
    narrow(known.range, comparison)
    known.seen.push(comparison)
    if (!isEmpty(known.range)) continue
    const name = of === undefined ? attribute : `${attribute}("${of}")`
    const alone = leftOf(comparison)
    narrow(alone, comparison)
    const isAlone = isEmpty(alone)
    const bound =
      field.max !== undefined && typeof comparison.value === 'number' && comparison.value >= field.max
        ? `${name} is never more than ${field.max}${field.type === 'percent' ? '%' : ''}`
        : `${name} is never less than ${field.min ?? 0}`
    return {
      at: { start: comparison.start, end: comparison.end },
      why: isAlone ? bound : `what stands before leaves no such value of ${name}`,
      whyNot: bound,
      isAlone,
    }
  }
  return undefined
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

function narrow(left: Left, { operator, value }: MeantComparison): void {
  if (left.kind === 'text') {
    const text = String(value)
    if (operator === '==') left.only = new Set(!left.only || left.only.has(text) ? [text] : [])
    else if (operator === '!=') left.not.add(text)
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
