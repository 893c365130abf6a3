// The language of expressions that all the small languages share: comparisons, lists, &&, ||, ! and parentheses. After
// something that was not expected it goes on behind the comparison, so that several mistakes are found at once.

import type { ParserMethod } from 'chevrotain'
import type { Extent } from './mistake.ts'
import { NodeParser } from './nodes.ts'
import type {
  Expression,
  HoleNode,
  NumberNode,
  Operand,
  Operator,
  ReferenceNode,
  TextNode,
} from './syntax.ts'
import {
  Amount,
  And,
  Assign,
  AtLeast,
  AtMost,
  Bang,
  Close,
  Comma,
  endOf,
  Equal,
  Greater,
  Hole,
  HoleAmount,
  In,
  Less,
  Matches,
  Minus,
  Name,
  Not,
  NotEqual,
  Open,
  OpenText,
  Or,
  SingleAnd,
  SingleOr,
  StrictEqual,
  StrictNotEqual,
  Text,
} from './tokens.ts'

export class ExpressionParser extends NodeParser {
  readonly condition: ParserMethod<[], Expression>
  protected readonly text: ParserMethod<[], TextNode | HoleNode>
  protected readonly number: ParserMethod<[], NumberNode>
  protected readonly reference: ParserMethod<[], ReferenceNode>

  constructor() {
    super()

    this.text = this.RULE(
      'text',
      (): TextNode | HoleNode =>
        this.OR({
          DEF: [
            { ALT: () => this.textNode(this.CONSUME(Text)) },
            { ALT: () => this.holeNode(this.CONSUME(Hole)) },
            { ALT: () => this.openTextNode(this.CONSUME(OpenText)) },
          ],
          ERR_MSG: 'a text in quotes',
        }),
      { resyncEnabled: false },
    )

    this.number = this.RULE(
      'number',
      (): NumberNode =>
        this.OR({
          DEF: [
            { ALT: () => this.amountNode(this.CONSUME(Amount)) },
            { ALT: () => this.amountNode(this.CONSUME(HoleAmount)) },
            { ALT: () => this.holeNode(this.CONSUME(Hole)) },
          ],
          ERR_MSG: 'a number',
        }),
      { resyncEnabled: false },
    )

    this.reference = this.RULE(
      'reference',
      (): ReferenceNode => {
        const name = this.CONSUME(Name, { ERR_MSG: 'an attribute' })
        const argument = this.OPTION(() => {
          this.CONSUME(Open)
          const inner = this.SUBRULE(this.text)
          const close = this.CONSUME(Close, { ERR_MSG: "')'" })
          return { inner, close }
        })
        return this.ACTION(() => ({
          kind: 'reference',
          name: name.image,
          start: name.startOffset,
          end: endOf(argument?.close ?? name),
          ...(argument ? { argument: argument.inner } : {}),
        }))
      },
      { resyncEnabled: false },
    )

    const operand = this.RULE(
      'operand',
      (): Operand =>
        this.OR({
          DEF: [
            { ALT: () => this.SUBRULE(this.reference) },
            { ALT: () => this.textNode(this.CONSUME(Text)) },
            { ALT: () => this.amountNode(this.CONSUME(Amount)) },
            { ALT: () => this.amountNode(this.CONSUME(HoleAmount)) },
            {
              ALT: () => {
                const minus = this.CONSUME(Minus)
                return this.negativeNode(minus, this.CONSUME2(Amount, { ERR_MSG: 'a number' }))
              },
            },
            { ALT: () => this.holeNode(this.CONSUME(Hole)) },
            { ALT: () => this.openTextNode(this.CONSUME(OpenText)) },
          ],
          ERR_MSG: 'an attribute or a value',
        }),
      { resyncEnabled: false },
    )

    const operator = this.RULE(
      'operator',
      (): { readonly operator: Operator; readonly at: Extent } =>
        this.OR({
          DEF: [
            { ALT: () => this.operatorNode('==', this.CONSUME(Equal)) },
            { ALT: () => this.operatorNode('!=', this.CONSUME(NotEqual)) },
            { ALT: () => this.operatorNode('<', this.CONSUME(Less)) },
            { ALT: () => this.operatorNode('<=', this.CONSUME(AtMost)) },
            { ALT: () => this.operatorNode('>', this.CONSUME(Greater)) },
            { ALT: () => this.operatorNode('>=', this.CONSUME(AtLeast)) },
            { ALT: () => this.slipNode('==', this.CONSUME(Assign), "'==' or '!='") },
            { ALT: () => this.slipNode('==', this.CONSUME(Matches), "'==', '!=' or in (…)", false) },
            { ALT: () => this.slipNode('==', this.CONSUME(StrictEqual), "'=='") },
            { ALT: () => this.slipNode('!=', this.CONSUME(StrictNotEqual), "'!='") },
          ],
          ERR_MSG: "an operator such as '=='",
        }),
      { resyncEnabled: false },
    )

    const among = this.RULE(
      'among',
      (): { isNot: boolean; at: Extent; values: readonly Operand[]; end: number } => {
        const values: Operand[] = []
        const not = this.OPTION(() => this.CONSUME(Not))
        const word = this.CONSUME(In, { ERR_MSG: "'in'" })
        this.CONSUME(Open, { ERR_MSG: "'('" })
        this.AT_LEAST_ONE_SEP({
          SEP: Comma,
          DEF: () => {
            values.push(this.SUBRULE(operand))
          },
          ERR_MSG: 'a value',
        })
        const close = this.CONSUME(Close, { ERR_MSG: "',' or ')'" })
        return this.ACTION(() => ({
          isNot: not !== undefined,
          at: { start: (not ?? word).startOffset, end: endOf(word) },
          values,
          end: endOf(close),
        }))
      },
      { resyncEnabled: false },
    )

    const comparison = this.RULE(
      'comparison',
      (): Expression => {
        const left = this.SUBRULE(operand)
        return this.OR({
          DEF: [
            {
              ALT: () => {
                const compared = this.SUBRULE(operator)
                const right = this.SUBRULE2(operand)
                return this.ACTION((): Expression => ({
                  kind: 'compare',
                  left,
                  operator: compared.operator,
                  operatorAt: compared.at,
                  right,
                  start: left.start,
                  end: right.end,
                }))
              },
            },
            {
              ALT: () => {
                const { isNot, at, values, end } = this.SUBRULE(among)
                return this.ACTION((): Expression => ({
                  kind: 'in',
                  left,
                  isNot,
                  operatorAt: at,
                  values,
                  start: left.start,
                  end,
                }))
              },
            },
          ],
          ERR_MSG: "an operator such as '=='",
        })
      },
      { recoveryValueFunc: (): Expression => ({ kind: 'broken', start: 0, end: 0 }) },
    )

    const unary = this.RULE(
      'unary',
      (): Expression =>
        this.OR({
          DEF: [
            {
              ALT: () => {
                const not = this.CONSUME(Bang)
                const inner: Expression = this.SUBRULE(unary)
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
                const inner: Expression = this.SUBRULE(this.condition)
                const close = this.CONSUME(Close, { ERR_MSG: "'&&', '||' or ')'" })
                return this.ACTION((): Expression => ({
                  ...inner,
                  start: open.startOffset,
                  end: endOf(close),
                }))
              },
            },
            { ALT: () => this.SUBRULE(comparison) },
          ],
          ERR_MSG: 'an attribute',
        }),
      { recoveryValueFunc: (): Expression => ({ kind: 'broken', start: 0, end: 0 }) },
    )

    const conjunction = this.RULE(
      'conjunction',
      (): Expression => {
        const operands: Expression[] = [this.SUBRULE(unary)]
        this.MANY(() => {
          this.OR([
            { ALT: () => this.CONSUME(And) },
            { ALT: () => this.slipNode('&&', this.CONSUME(SingleAnd), "'&&'") },
          ])
          operands.push(this.SUBRULE2(unary))
        })
        return this.ACTION((): Expression => joined('and', operands))
      },
      { resyncEnabled: false },
    )

    this.condition = this.RULE(
      'condition',
      (): Expression => {
        const operands: Expression[] = [this.SUBRULE(conjunction)]
        this.MANY(() => {
          this.OR([
            { ALT: () => this.CONSUME(Or) },
            { ALT: () => this.slipNode('||', this.CONSUME(SingleOr), "'||'") },
          ])
          operands.push(this.SUBRULE2(conjunction))
        })
        return this.ACTION((): Expression => joined('or', operands))
      },
      { resyncEnabled: false },
    )
  }
}

function joined(kind: 'and' | 'or', operands: readonly Expression[]): Expression {
  const [first] = operands
  const end = operands.at(-1)
  if (!first || !end) throw new Error('a condition without operands')
  return operands.length === 1 ? first : { kind, operands, start: first.start, end: end.end }
}
