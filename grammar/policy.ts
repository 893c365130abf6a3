// What the rules of a scaling policy are to each other: said twice, contradicted, pulled two ways. Invariant: only what is
// certain is refused; rules that may hold at once are warned of, because between two measurements they may be meant.

import type { Condition, Scaling } from '../src/model/index.ts'
import type { Extent } from './mistake.ts'
import { quote } from './mistake.ts'
import type { MeaningReader } from './reading.ts'

type Rule = Scaling['rules'][number]
type Target = Scaling['targets'][number]

export interface ReadRule {
  readonly rule: Rule
  readonly at: Extent
  readonly condition: Extent
}

/** Each pair is told of once, at the later one. A longer `for` of the same condition is another step, and fine. */
export function judgeRules(rules: readonly ReadRule[], reader: MeaningReader): void {
  for (const [index, later] of rules.entries())
    for (const earlier of rules.slice(0, index)) {
      const isSame = JSON.stringify(earlier.rule.when) === JSON.stringify(later.rule.when)
      const isOpposite = isUp(earlier.rule) !== isUp(later.rule)
      const label = `the other is ${quote(reader.source(earlier.at))}`
      if (isSame && isOpposite)
        reader.refuse(
          'GT3205',
          later.condition,
          'the same condition both adds tasks and takes some away',
          label,
        )
      else if (isSame && earlier.rule.forMs === later.rule.forMs)
        reader.refuse('GT3205', later.condition, 'this condition stands here twice', label)
      else if (isOpposite && mayMeet(earlier.rule.when, later.rule.when))
        reader.warn(
          'GT4031',
          later.condition,
          `this may hold together with ${quote(reader.source(earlier.condition))}`,
          'one adds tasks, the other takes some away',
        )
      else continue
      break
    }
}

export function judgeTargets(
  targets: readonly { readonly target: Target; readonly at: Extent }[],
  reader: MeaningReader,
): void {
  for (const [index, { target, at }] of targets.entries()) {
    const earlier = targets
      .slice(0, index)
      .find((each) => each.target.attribute === target.attribute && each.target.of === target.of)
    if (earlier)
      reader.refuse(
        'GT3205',
        at,
        'this is divided here twice',
        `the other is ${quote(reader.source(earlier.at))}`,
      )
  }
}

export function isUp({ step }: Rule): boolean {
  return ('count' in step ? step.count : step.percent) > 0
}

interface Range {
  readonly low: number
  readonly high: number
  /** Whether the bounds belong to it. */
  readonly hasLow: boolean
  readonly hasHigh: boolean
}

/** Whether one measurement fits both; false for what is more than a comparison. */
function mayMeet(one: Condition, other: Condition): boolean {
  if (!('attribute' in one) || !('attribute' in other)) return false
  if (one.attribute !== other.attribute || one.of !== other.of) return false
  const [a, b] = [rangeOf(one), rangeOf(other)]
  if (!a || !b) return false
  const low = Math.max(a.low, b.low)
  const high = Math.min(a.high, b.high)
  if (low !== high) return low < high
  return [a, b].every((each) => (each.low < low || each.hasLow) && (each.high > high || each.hasHigh))
}

function rangeOf({ operator, value }: Extract<Condition, { attribute: string }>): Range | undefined {
  if (typeof value !== 'number') return undefined
  switch (operator) {
    case '==':
      return { low: value, high: value, hasLow: true, hasHigh: true }
    case '<':
    case '<=':
      return { low: -Infinity, high: value, hasLow: false, hasHigh: operator === '<=' }
    case '>':
    case '>=':
      return { low: value, high: Infinity, hasLow: operator === '>=', hasHigh: false }
    case '!=':
      return undefined
  }
}
