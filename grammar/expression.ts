// Conditions: comparisons joined by &&, || and !, with parentheses. The grammar that placement, scaling, gates and filters
// share; each of them says which part of it it can use. Invariant: parsing never fails: it gives what it understood and
// what it did not, and the latter points at the token that was not expected.

import { EmbeddedActionsParser, EOF } from 'chevrotain'
import type { IToken, ParserMethod } from 'chevrotain'
import {
  Amount,
  And,
  Assign,
  AtLeast,
  AtMost,
  Close,
  Equal,
  Greater,
  Hole,
  Less,
  Name,
  Not,
  NotEqual,
  Open,
  OpenText,
  Or,
  quote,
  Text,
  tokens,
} from './tokens.ts'
import type { GrammarMistake } from './tokens.ts'

export interface Extent {
  readonly start: number
  readonly end: number
}

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>='

export type Operand = Extent &
  (
    | { readonly kind: 'name'; readonly name: string }
    /** Without its quotes and escapes; it may have holes in it. */
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'amount'; readonly text: string }
    | { readonly kind: 'hole' }
  )

export type Expression = Extent &
  (
    | {
        readonly kind: 'compare'
        readonly left: Operand
        readonly operator: Operator
        readonly right: Operand
      }
    | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
    | { readonly kind: 'not'; readonly operand: Expression }
  )

/** What was read in vain; the parser gives up on this text, the caller goes on with the next. */
class Unexpected extends Error {
  readonly mistake: GrammarMistake
  constructor(mistake: GrammarMistake) {
    super(mistake.message)
    this.mistake = mistake
  }
}

const depthLimit = 50

class ExpressionParser extends EmbeddedActionsParser {
  #end = 0
  #depth = 0
  readonly condition: ParserMethod<[], Expression>

  constructor() {
    super(tokens, { recoveryEnabled: false, maxLookahead: 1 })

    const operand = this.RULE('operand', (): Operand =>
      this.OR([
        { ALT: () => this.#asOperand('name', this.CONSUME(Name)) },
        { ALT: () => this.#asOperand('text', this.CONSUME(Text)) },
        { ALT: () => this.#asOperand('amount', this.CONSUME(Amount)) },
        { ALT: () => this.#asOperand('hole', this.CONSUME(Hole)) },
        {
          ALT: () =>
            this.#refuse(
              this.CONSUME(OpenText),
              'this text is never closed',
              'the mark is missing at its end',
            ),
        },
      ]),
    )

    const operator = this.RULE('operator', (): Operator =>
      this.OR([
        { ALT: () => this.#asOperator(this.CONSUME(Equal), '==') },
        { ALT: () => this.#asOperator(this.CONSUME(NotEqual), '!=') },
        { ALT: () => this.#asOperator(this.CONSUME(Less), '<') },
        { ALT: () => this.#asOperator(this.CONSUME(AtMost), '<=') },
        { ALT: () => this.#asOperator(this.CONSUME(Greater), '>') },
        { ALT: () => this.#asOperator(this.CONSUME(AtLeast), '>=') },
        {
          ALT: () =>
            this.#refuse(this.CONSUME(Assign), "expected '==' or '!=', found '='", "did you mean '=='?"),
        },
      ]),
    )

    const comparison = this.RULE('comparison', (): Expression => {
      const left = this.SUBRULE(operand)
      const compared = this.SUBRULE(operator)
      const right = this.SUBRULE2(operand)
      return this.ACTION(() => ({
        kind: 'compare',
        left,
        operator: compared,
        right,
        start: left.start,
        end: right.end,
      }))
    })

    const unary = this.RULE('unary', (): Expression =>
      this.OR([
        {
          ALT: () => {
            const not = this.CONSUME(Not)
            this.#enter(not)
            const inner: Expression = this.SUBRULE(unary)
            this.#depth -= 1
            return this.ACTION((): Expression => ({
              kind: 'not',
              operand: inner,
              start: not.startOffset,
              end: inner.end,
            }))
          },
        },
        {
          ALT: () => {
            const open = this.CONSUME(Open)
            this.#enter(open)
            const inner: Expression = this.SUBRULE(this.condition)
            const close = this.CONSUME(Close)
            this.#depth -= 1
            return this.ACTION((): Expression => ({ ...inner, start: open.startOffset, end: endOf(close) }))
          },
        },
        { ALT: () => this.SUBRULE(comparison) },
      ]),
    )

    const conjunction = this.RULE('conjunction', (): Expression => {
      const operands: Expression[] = [this.SUBRULE(unary)]
      this.MANY(() => {
        this.CONSUME(And)
        operands.push(this.SUBRULE2(unary))
      })
      return this.ACTION(() => joined('and', operands))
    })

    this.condition = this.RULE('condition', (): Expression => {
      const operands: Expression[] = [this.SUBRULE(conjunction)]
      this.MANY(() => {
        this.CONSUME(Or)
        operands.push(this.SUBRULE2(conjunction))
      })
      return this.ACTION(() => joined('or', operands))
    })

    this.performSelfAnalysis()
  }

  /** Reads all of the tokens as one condition; `end` is where an error at their end points. */
  read(input: IToken[], end: number): { expression: Expression | undefined; mistakes: GrammarMistake[] } {
    this.input = input
    this.#end = end
    this.#depth = 0
    try {
      const expression = this.condition()
      const [error] = this.errors
      if (!error) return { expression, mistakes: [] }
      return { expression: undefined, mistakes: [this.#explain(error.token, error.context.ruleStack)] }
    } catch (error) {
      if (error instanceof Unexpected) return { expression: undefined, mistakes: [error.mistake] }
      throw error
    }
  }

  #explain(token: IToken, rules: readonly string[]): GrammarMistake {
    const isEnd = token.tokenType === EOF
    const found = isEnd ? 'the end' : quote(token.image === '\uFFFC' ? '${…}' : token.image)
    const rule = rules.at(-1) ?? 'condition'
    const expected =
      rule === 'operator'
        ? "'==' or '!='"
        : rule === 'operand' || rule === 'unary' || rule === 'comparison'
          ? 'an attribute such as node.labels.disk, or a text in quotes'
          : "'&&', ';' or the end"
    return {
      code: 'GT3102',
      message: `expected ${expected}, found ${found}`,
      ...(isEnd ? { start: this.#end, end: this.#end } : { start: token.startOffset, end: endOf(token) }),
    }
  }

  #enter(token: IToken): void {
    this.#depth += 1
    this.ACTION(() => {
      if (this.#depth > depthLimit)
        this.#refuse(token, `more than ${depthLimit} parentheses within one another`)
    })
  }

  #asOperand(kind: Operand['kind'], token: IToken): Operand {
    return this.ACTION((): Operand => {
      const extent = { start: token.startOffset, end: endOf(token) }
      switch (kind) {
        case 'name':
          return { kind, name: token.image, ...extent }
        case 'text':
          return { kind, text: token.image.slice(1, -1).replaceAll(/\\(.)/g, '$1'), ...extent }
        case 'amount':
          return { kind, text: token.image, ...extent }
        case 'hole':
          return { kind, ...extent }
      }
    })
  }

  #asOperator(_: IToken, operator: Operator): Operator {
    return operator
  }

  #refuse(token: IToken, message: string, label?: string): never {
    // While the grammar is recorded there are no tokens; what is returned then is not looked at.
    const mistake: GrammarMistake = {
      code: 'GT3102',
      message,
      start: token.startOffset,
      end: endOf(token),
      ...(label === undefined ? {} : { label }),
    }
    if (this.RECORDING_PHASE) return undefined as never // chevrotain's recording runs every alternative once
    throw new Unexpected(mistake)
  }
}

function joined(kind: 'and' | 'or', operands: readonly Expression[]): Expression {
  const [first] = operands
  const last = operands.at(-1)
  if (!first || !last) throw new Error('a condition without operands')
  return operands.length === 1 ? first : { kind, operands, start: first.start, end: last.end }
}

function endOf(token: IToken): number {
  return token.startOffset + token.image.length
}

const parser = new ExpressionParser()

/** One condition. `end` is the offset at which something missing is missed. */
export function parseCondition(
  input: readonly IToken[],
  end: number,
): { expression: Expression | undefined; mistakes: readonly GrammarMistake[] } {
  return parser.read([...input], end)
}
