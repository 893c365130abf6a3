// Conditions with their values in the units of their fields: constants folded, and as the document has them.

import type { Comparison, Condition } from '../src/model/index.ts'
import type { Field } from './fields.ts'
import type { Extent } from './mistake.ts'
import type { Operator } from './syntax.ts'

/** A comparison of a field, in its unit. */
export interface MeantComparison extends Extent {
  readonly kind: 'compare'
  readonly field: Field
  /** The name as it was written: `node.labels.disk`. */
  readonly attribute: string
  readonly of?: string
  readonly operator: Operator
  readonly value: string | number
}

export type Meant =
  | MeantComparison
  | (Extent & { readonly kind: 'and' | 'or'; readonly operands: readonly Meant[] })
  | (Extent & { readonly kind: 'not'; readonly operand: Meant })
  | (Extent & { readonly kind: 'constant'; readonly holds: boolean })
  /** Wrong, which was said, or with a hole that is not known. */
  | (Extent & { readonly kind: 'unknown' })

/** Without constants inside: what they make of the rest is what remains. */
export function fold(meant: Meant): Meant {
  const { start, end } = meant
  if (meant.kind === 'not') {
    const operand = fold(meant.operand)
    return operand.kind === 'constant'
      ? { kind: 'constant', holds: !operand.holds, start, end }
      : { kind: 'not', operand, start, end }
  }
  if (meant.kind !== 'and' && meant.kind !== 'or') return meant
  const settles = meant.kind === 'or'
  const operands = meant.operands.map(fold)
  const isSettled = operands.some((each) => each.kind === 'constant' && each.holds === settles)
  const rest = operands.filter((each) => each.kind !== 'constant')
  const [only] = rest
  // What was not understood is not forgotten, or it would look right.
  if (isSettled && rest.every((each) => each.kind !== 'unknown'))
    return { kind: 'constant', holds: settles, start, end }
  if (!only) return { kind: 'constant', holds: !settles, start, end }
  return rest.length === 1 ? only : { kind: meant.kind, operands: rest, start, end }
}

export function toCondition(meant: Meant): Condition | undefined {
  switch (meant.kind) {
    case 'unknown':
    case 'constant':
      return undefined
    case 'compare': {
      const { attribute, of, operator, value } = meant
      return { attribute, ...(of === undefined ? {} : { of }), operator, value } satisfies Comparison
    }
    case 'not': {
      const operand = toCondition(meant.operand)
      return operand && { not: operand }
    }
    case 'and':
    case 'or': {
      const operands = meant.operands.map(toCondition)
      const known = operands.filter((each) => each !== undefined)
      if (known.length < operands.length) return undefined
      return meant.kind === 'and' ? { all: known } : { any: known }
    }
  }
}

export function depthOf(condition: Condition): number {
  if ('all' in condition) return 1 + Math.max(0, ...condition.all.map(depthOf))
  if ('any' in condition) return 1 + Math.max(0, ...condition.any.map(depthOf))
  return 'not' in condition ? 1 + depthOf(condition.not) : 0
}
