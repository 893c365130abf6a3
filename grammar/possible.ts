// What may stand behind a beginning that is right: for messages and for completion. It walks chevrotain's description of
// the grammar with all readings of the beginning at once, because the parser itself only knows where it failed.
// Invariant: no rule of the grammar begins with itself, so every walk ends.

import {
  Alternation,
  Alternative,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
  Rule,
  Terminal,
  tokenMatcher,
} from 'chevrotain'
import type { IProduction, IToken, TokenType } from 'chevrotain'

export interface Possible {
  readonly token: TokenType
  /** Rules of the grammar that it would stand in, outermost first. */
  readonly rules: readonly string[]
}

/** What is still to come, innermost first. */
interface Rest {
  readonly production: IProduction
  readonly rules: readonly string[]
  readonly then: Rest | null
}

interface Reading extends Possible {
  readonly then: Rest | null
}

/** Nothing when the beginning is not right. `isComplete`: the rule may end there. */
export function possibleAfter(
  rule: Rule,
  beginning: readonly IToken[],
): { readonly next: readonly Possible[]; readonly isComplete: boolean } {
  let open: Reading[] = []
  let isComplete = walk({ production: rule, rules: [], then: null }, open)
  for (const token of beginning) {
    const before = open
    open = []
    isComplete = false
    const fitting = before.filter((reading) => tokenMatcher(token, reading.token))
    // A keyword is a name too, but where the keyword itself may stand the parser takes it as that.
    const exact = fitting.filter((reading) => reading.token === token.tokenType)
    for (const reading of exact.length > 0 ? exact : fitting)
      isComplete = walk(reading.then, open) || isComplete
  }
  return { next: open, isComplete }
}

/** Adds the tokens that may come next; true when the end may. */
function walk(rest: Rest | null, found: Reading[]): boolean {
  if (!rest) return true
  const { production, rules, then } = rest
  const within = (inner: readonly IProduction[], after: Rest | null): Rest | null =>
    inner.reduceRight<Rest | null>((next, each) => ({ production: each, rules, then: next }), after)
  if (production instanceof Terminal) {
    found.push({ token: production.terminalType, rules, then })
    return false
  }
  if (production instanceof NonTerminal)
    return walk({ production: production.referencedRule, rules, then }, found)
  if (production instanceof Rule) {
    const inner = [...rules, production.name]
    const first = production.definition.reduceRight<Rest | null>(
      (next, each) => ({ production: each, rules: inner, then: next }),
      then,
    )
    return walk(first, found)
  }
  if (production instanceof Alternation)
    return production.definition
      .map((each) => walk({ production: each, rules, then }, found))
      .some((ends) => ends)
  if (production instanceof Alternative) return walk(within(production.definition, then), found)
  if (production instanceof Option) {
    const ends = walk(within(production.definition, then), found)
    return walk(then, found) || ends
  }
  const isMandatory =
    production instanceof RepetitionMandatory || production instanceof RepetitionMandatoryWithSeparator
  if (isMandatory || production instanceof Repetition || production instanceof RepetitionWithSeparator) {
    const { definition } = production
    const again: IProduction =
      production instanceof RepetitionMandatoryWithSeparator || production instanceof RepetitionWithSeparator
        ? new Repetition({
            definition: [new Terminal({ terminalType: production.separator }), ...definition],
          })
        : new Repetition({ definition })
    const ends = walk(within(definition, { production: again, rules, then }), found)
    return (!isMandatory && walk(then, found)) || ends
  }
  return false
}
