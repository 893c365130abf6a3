// The grammar: one language of expressions, and an entry for each of the small languages. Invariant: parsing never fails;
// it gives a tree of what it understood and says what it did not. After something that was not expected it goes on at the
// next `&&`, `||`, `)`, `=>` or the end of the rule, so that several mistakes are found at once.

import { EmbeddedActionsParser } from 'chevrotain'
import type { IParserErrorMessageProvider, IToken, ParserMethod } from 'chevrotain'
import type { Extent, GrammarMistake } from './mistake.ts'
import { quote } from './mistake.ts'
import type {
  AmountNode,
  ClockNode,
  Expression,
  GateNode,
  HoleNode,
  MinuteNode,
  NumberNode,
  Operand,
  Operator,
  Piece,
  PlacementRule,
  ReferenceNode,
  ScalingRule,
  ScheduleNode,
  StepNode,
  TextNode,
  When,
  WordNode,
} from './syntax.ts'
import {
  Amount,
  And,
  Arrow,
  Assign,
  At,
  AtLeast,
  AtMost,
  Avoid,
  Bang,
  Clock,
  Close,
  Comma,
  endOf,
  Equal,
  For,
  Greater,
  Hole,
  HoleAmount,
  holeMark,
  Hour,
  In,
  Keep,
  Less,
  Max,
  Minus,
  Minute,
  MinuteOfHour,
  Month,
  Name,
  Near,
  Node,
  Not,
  NotEqual,
  On,
  Open,
  OpenText,
  Or,
  Per,
  Plus,
  Prefer,
  Require,
  Semicolon,
  SingleAnd,
  SingleOr,
  Slash,
  Spread,
  StrictEqual,
  StrictNotEqual,
  Text,
  tokens,
  Tolerate,
  Weight,
} from './tokens.ts'

/** Offsets of the holes in the text, by their index. */
export type Holes = readonly number[]

/** Begins a message for which the list of all that may stand there is better. */
export const inGeneral = 'rather: '

/** What was expected, in the words of the grammar; who tells the mistake says what was found. */
const ownWords: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => `${inGeneral}${expected.LABEL ?? expected.name}`,
  buildNotAllInputParsedMessage: () => inGeneral,
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? inGeneral,
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? inGeneral,
}

interface Loop<Item> {
  readonly items: readonly Item[]
}

export class GrammarParser extends EmbeddedActionsParser {
  readonly placementRule: ParserMethod<[], PlacementRule>
  readonly scalingRule: ParserMethod<[boolean], ScalingRule>
  readonly gate: ParserMethod<[], GateNode>
  readonly schedule: ParserMethod<[], ScheduleNode>
  readonly condition: ParserMethod<[], Expression>
  /** What was understood although it is wrong; beside `errors`, which are chevrotain's. */
  slips: GrammarMistake[] = []
  #holes: Holes = []

  constructor() {
    super(tokens, { recoveryEnabled: true, maxLookahead: 1, errorMessageProvider: ownWords })

    const text = this.RULE(
      'text',
      (): TextNode | HoleNode =>
        this.OR({
          DEF: [
            { ALT: () => this.#text(this.CONSUME(Text)) },
            { ALT: () => this.#hole(this.CONSUME(Hole)) },
            { ALT: () => this.#openText(this.CONSUME(OpenText)) },
          ],
          ERR_MSG: 'a text in quotes',
        }),
      { resyncEnabled: false },
    )

    const number = this.RULE(
      'number',
      (): NumberNode =>
        this.OR({
          DEF: [
            { ALT: () => this.#amount(this.CONSUME(Amount)) },
            { ALT: () => this.#amount(this.CONSUME(HoleAmount)) },
            { ALT: () => this.#hole(this.CONSUME(Hole)) },
          ],
          ERR_MSG: 'a number',
        }),
      { resyncEnabled: false },
    )

    const reference = this.RULE(
      'reference',
      (): ReferenceNode => {
        const name = this.CONSUME(Name, { ERR_MSG: 'an attribute' })
        const argument = this.OPTION(() => {
          this.CONSUME(Open)
          const inner = this.SUBRULE(text)
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
            { ALT: () => this.SUBRULE(reference) },
            { ALT: () => this.#text(this.CONSUME(Text)) },
            { ALT: () => this.#amount(this.CONSUME(Amount)) },
            { ALT: () => this.#amount(this.CONSUME(HoleAmount)) },
            {
              ALT: () => {
                const minus = this.CONSUME(Minus)
                return this.#negative(minus, this.CONSUME2(Amount, { ERR_MSG: 'a number' }))
              },
            },
            { ALT: () => this.#hole(this.CONSUME(Hole)) },
            { ALT: () => this.#openText(this.CONSUME(OpenText)) },
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
            { ALT: () => this.#operator('==', this.CONSUME(Equal)) },
            { ALT: () => this.#operator('!=', this.CONSUME(NotEqual)) },
            { ALT: () => this.#operator('<', this.CONSUME(Less)) },
            { ALT: () => this.#operator('<=', this.CONSUME(AtMost)) },
            { ALT: () => this.#operator('>', this.CONSUME(Greater)) },
            { ALT: () => this.#operator('>=', this.CONSUME(AtLeast)) },
            { ALT: () => this.#slip('==', this.CONSUME(Assign), "'==' or '!='") },
            { ALT: () => this.#slip('==', this.CONSUME(StrictEqual), "'=='") },
            { ALT: () => this.#slip('!=', this.CONSUME(StrictNotEqual), "'!='") },
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
            { ALT: () => this.#slip('&&', this.CONSUME(SingleAnd), "'&&'") },
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
            { ALT: () => this.#slip('||', this.CONSUME(SingleOr), "'||'") },
          ])
          operands.push(this.SUBRULE2(conjunction))
        })
        return this.ACTION((): Expression => joined('or', operands))
      },
      { resyncEnabled: false },
    )

    const weight = this.RULE(
      'weight',
      (): NumberNode => {
        this.CONSUME(Weight)
        return this.SUBRULE(number)
      },
      { resyncEnabled: false },
    )

    const wait = this.RULE(
      'wait',
      (): NumberNode => {
        this.CONSUME(For)
        return this.SUBRULE(number)
      },
      { resyncEnabled: false },
    )

    this.placementRule = this.RULE('placementRule', (): PlacementRule =>
      this.OR({
        DEF: [
          {
            ALT: () => {
              const head = this.CONSUME(Require)
              const condition = this.SUBRULE(this.condition)
              return this.ACTION((): PlacementRule => ({
                kind: 'require',
                condition,
                ...from(head, condition),
              }))
            },
          },
          {
            ALT: () => {
              const head = this.CONSUME(Prefer)
              const condition = this.SUBRULE2(this.condition)
              const weighed = this.OPTION(() => this.SUBRULE(weight))
              return this.ACTION((): PlacementRule => ({
                kind: 'prefer',
                condition,
                ...(weighed ? { weight: weighed } : {}),
                ...from(head, weighed ?? condition),
              }))
            },
          },
          {
            ALT: () => {
              const head = this.CONSUME(Spread)
              const attribute = this.SUBRULE(reference)
              const weighed = this.OPTION2(() => this.SUBRULE2(weight))
              return this.ACTION((): PlacementRule => ({
                kind: 'spread',
                attribute,
                ...(weighed ? { weight: weighed } : {}),
                ...from(head, weighed ?? attribute),
              }))
            },
          },
          {
            ALT: () => {
              const head = this.OR2([
                { ALT: () => ({ token: this.CONSUME(Near), kind: 'near' as const }) },
                { ALT: () => ({ token: this.CONSUME(Avoid), kind: 'avoid' as const }) },
              ])
              const target = this.CONSUME(Hole, { ERR_MSG: 'a service or a job in a hole' })
              const weighed = this.OPTION3(() => this.SUBRULE3(weight))
              return this.ACTION((): PlacementRule => ({
                kind: head.kind,
                target: this.#holeOf(target),
                ...(weighed ? { weight: weighed } : {}),
                start: head.token.startOffset,
                end: weighed?.end ?? endOf(target),
              }))
            },
          },
          {
            ALT: () => {
              const head = this.CONSUME(Max)
              const count = this.SUBRULE(number)
              this.CONSUME(Per, { ERR_MSG: "'per node'" })
              const node = this.CONSUME(Node, { ERR_MSG: "'node'" })
              return this.ACTION((): PlacementRule => ({
                kind: 'max',
                count,
                start: head.startOffset,
                end: endOf(node),
              }))
            },
          },
          {
            ALT: () => {
              const taints: (TextNode | HoleNode)[] = []
              const head = this.CONSUME(Tolerate)
              this.AT_LEAST_ONE_SEP({
                SEP: Comma,
                DEF: () => {
                  taints.push(this.SUBRULE(text))
                },
                ERR_MSG: 'a taint in quotes',
              })
              return this.ACTION((): PlacementRule => ({
                kind: 'tolerate',
                taints,
                ...from(head, last(taints)),
              }))
            },
          },
        ],
        ERR_MSG: "a rule such as 'require'",
      }),
    )

    const step = this.RULE(
      'step',
      (): StepNode =>
        this.OR({
          DEF: [
            {
              ALT: () => {
                const plus = this.CONSUME(Plus)
                const amount = this.SUBRULE(number)
                return this.ACTION((): StepNode => ({ sign: '+', amount, ...from(plus, amount) }))
              },
            },
            {
              ALT: () => {
                const minus = this.CONSUME(Minus)
                const amount = this.SUBRULE2(number)
                return this.ACTION((): StepNode => ({ sign: '-', amount, ...from(minus, amount) }))
              },
            },
            {
              ALT: () => {
                const hole = this.CONSUME(Hole)
                return this.ACTION((): StepNode => ({ amount: this.#holeOf(hole), ...extentOf(hole) }))
              },
            },
          ],
          ERR_MSG: 'a step such as +2, -1 or +50%',
        }),
      { resyncEnabled: false },
    )

    this.scalingRule = this.RULE('scalingRule', (isTarget: boolean): ScalingRule =>
      this.OR({
        DEF: [
          {
            GATE: () => isTarget,
            IGNORE_AMBIGUITIES: true,
            ALT: () => {
              const measurement = this.SUBRULE(reference)
              this.CONSUME(Slash, { ERR_MSG: "'/'" })
              const per = this.SUBRULE(number)
              return this.ACTION((): ScalingRule => ({
                kind: 'target',
                measurement,
                per,
                start: measurement.start,
                end: per.end,
              }))
            },
          },
          {
            IGNORE_AMBIGUITIES: true,
            ALT: () => {
              const condition = this.SUBRULE(this.condition)
              const held = this.OPTION(() => this.SUBRULE(wait))
              this.CONSUME(Arrow)
              const taken = this.SUBRULE(step)
              return this.ACTION((): ScalingRule => ({
                kind: 'step',
                condition,
                ...(held ? { wait: held } : {}),
                step: taken,
                start: condition.start,
                end: taken.end,
              }))
            },
          },
        ],
        ERR_MSG: 'an attribute',
      }),
    )

    this.gate = this.RULE('gate', (): GateNode => {
      const condition = this.SUBRULE(this.condition)
      const held = this.OPTION(() => this.SUBRULE(wait))
      return this.ACTION(() => ({
        kind: 'gate',
        condition,
        ...(held ? { wait: held } : {}),
        start: condition.start,
        end: held?.end ?? condition.end,
      }))
    })

    const times = this.RULE(
      'times',
      (): Loop<ClockNode> => {
        const items: ClockNode[] = []
        this.CONSUME(At, { ERR_MSG: "'at' and a time such as 02:30" })
        this.AT_LEAST_ONE_SEP({
          SEP: Comma,
          DEF: () => {
            items.push(
              this.OR({
                DEF: [
                  { ALT: () => this.#clock(this.CONSUME(Clock)) },
                  { ALT: () => this.#hole(this.CONSUME(Hole)) },
                ],
                ERR_MSG: 'a time such as 02:30',
              }),
            )
          },
          ERR_MSG: 'a time such as 02:30',
        })
        return { items }
      },
      { resyncEnabled: false },
    )

    const when = this.RULE(
      'when',
      (): When =>
        this.OR({
          DEF: [
            {
              ALT: () => {
                const count = this.SUBRULE(number)
                const unit = this.CONSUME(Name, { ERR_MSG: "'minutes', 'hours' or 'days'" })
                return this.ACTION((): When => ({
                  kind: 'span',
                  count,
                  unit: word(unit),
                  start: count.start,
                  end: endOf(unit),
                }))
              },
            },
            {
              ALT: () => {
                const unit = this.CONSUME(Minute)
                return this.ACTION((): When => ({ kind: 'span', unit: word(unit), ...extentOf(unit) }))
              },
            },
            {
              ALT: () => {
                const minutes: MinuteNode[] = []
                const head = this.CONSUME(Hour)
                this.OPTION(() => {
                  this.CONSUME(At)
                  this.AT_LEAST_ONE_SEP({
                    SEP: Comma,
                    DEF: () => {
                      const minute = this.CONSUME(MinuteOfHour, { ERR_MSG: 'a minute such as :05' })
                      minutes.push(
                        this.ACTION((): MinuteNode => ({
                          kind: 'minute',
                          text: minute.image,
                          ...extentOf(minute),
                        })),
                      )
                    },
                    ERR_MSG: 'a minute such as :05',
                  })
                })
                return this.ACTION((): When => ({
                  kind: 'hour',
                  minutes,
                  ...from(head, minutes.at(-1) ?? extentOf(head)),
                }))
              },
            },
            {
              ALT: () => {
                const on: NumberNode[] = []
                const head = this.CONSUME(Month)
                this.CONSUME(On, { ERR_MSG: "'on' and a day of the month" })
                this.AT_LEAST_ONE_SEP2({
                  SEP: Comma,
                  DEF: () => {
                    on.push(this.SUBRULE2(number))
                  },
                  ERR_MSG: 'a day of the month',
                })
                const { items } = this.SUBRULE(times)
                return this.ACTION((): When => ({
                  kind: 'month',
                  on,
                  times: items,
                  ...from(head, last(items)),
                }))
              },
            },
            {
              ALT: () => {
                const days: WordNode[] = []
                this.AT_LEAST_ONE_SEP3({
                  SEP: Comma,
                  DEF: () => {
                    const day = this.CONSUME2(Name, { ERR_MSG: 'a day of the week' })
                    days.push(this.ACTION(() => word(day)))
                  },
                  ERR_MSG: 'a day of the week',
                })
                const { items } = this.SUBRULE2(times)
                return this.ACTION((): When => ({
                  kind: 'days',
                  days,
                  times: items,
                  start: days[0]?.start ?? 0,
                  end: last(items).end,
                }))
              },
            },
          ],
          IGNORE_AMBIGUITIES: true,
          ERR_MSG: "a schedule such as 'day at 02:30'",
        }),
      { resyncEnabled: false },
    )

    this.schedule = this.RULE('schedule', (): ScheduleNode => {
      const due = this.SUBRULE(when)
      const keep = this.OPTION(() => {
        this.CONSUME(Keep)
        return this.SUBRULE(number)
      })
      return this.ACTION(() => ({
        kind: 'schedule',
        when: due,
        ...(keep ? { keep } : {}),
        start: due.start,
        end: keep?.end ?? due.end,
      }))
    })

    // The texts as wholes. Rules are read one by one, so that a mistake in one is none in the next; these are for drawing.
    this.RULE('placement', () => {
      this.AT_LEAST_ONE_SEP({
        SEP: Semicolon,
        DEF: () => {
          this.SUBRULE(this.placementRule)
        },
      })
    })
    this.RULE('scaling', () => {
      this.AT_LEAST_ONE_SEP({
        SEP: Semicolon,
        DEF: () => {
          this.SUBRULE(this.scalingRule, { ARGS: [true] })
        },
      })
    })

    this.performSelfAnalysis()
  }

  /** Makes ready to read these tokens with one of the rules. */
  begin(input: readonly IToken[], holes: Holes): void {
    this.input = [...input]
    this.slips = []
    this.#holes = holes
  }

  // A token that is invented, or left out, would be a guess: only whole comparisons are skipped.
  protected override canTokenTypeBeInsertedInRecovery(): boolean {
    return false
  }

  protected canRecoverWithSingleTokenDeletion(): boolean {
    return false
  }

  #hole(token: IToken): HoleNode {
    return this.ACTION(() => this.#holeOf(token))
  }

  #holeOf(token: IToken): HoleNode {
    return { kind: 'hole', hole: this.#holes.indexOf(token.startOffset), ...extentOf(token) }
  }

  #text(token: IToken): TextNode {
    return this.ACTION(() => this.#textOf(token, token.image.slice(1, -1)))
  }

  #openText(token: IToken): TextNode {
    return this.ACTION(() => {
      this.slips.push({
        code: 'GT3105',
        message: 'this text is never closed',
        ...extentOf(token),
        label: 'the mark is missing at its end',
      })
      return { kind: 'text', pieces: [], ...extentOf(token) }
    })
  }

  #textOf(token: IToken, inner: string): TextNode {
    const pieces: Piece[] = []
    let piece = ''
    const from = token.startOffset + 1
    for (let at = 0; at < inner.length; at += 1) {
      const character = inner.charAt(at)
      if (character === holeMark) {
        if (piece !== '') pieces.push(piece)
        piece = ''
        pieces.push({ hole: this.#holes.indexOf(from + at) })
      } else if (character !== '\\') piece += character
      else {
        at += 1
        const escaped = inner.charAt(at)
        const meant = escapes[escaped]
        if (meant === undefined)
          this.slips.push({
            code: 'GT3105',
            message: `${quote(`\\${escaped === holeMark ? '${…}' : escaped}`)} is no escape`,
            start: from + at - 1,
            end: from + at + 1,
            label: String.raw`write \\ for a backslash`,
          })
        else piece += meant
      }
    }
    if (piece !== '') pieces.push(piece)
    return { kind: 'text', pieces, ...extentOf(token) }
  }

  #amount(token: IToken): AmountNode {
    return this.ACTION((): AmountNode => {
      const extent = extentOf(token)
      if (!token.image.startsWith(holeMark)) return { kind: 'amount', text: token.image, ...extent }
      const hole = this.#holes.indexOf(token.startOffset)
      return { kind: 'amount', text: token.image.slice(1), hole, ...extent }
    })
  }

  #negative(minus: IToken, token: IToken): AmountNode {
    return this.ACTION((): AmountNode => ({
      kind: 'amount',
      text: token.image,
      isNegative: true,
      start: minus.startOffset,
      end: endOf(token),
    }))
  }

  #clock(token: IToken): ClockNode {
    return this.ACTION((): ClockNode => ({ kind: 'clock', text: token.image, ...extentOf(token) }))
  }

  #operator(operator: Operator, token: IToken): { readonly operator: Operator; readonly at: Extent } {
    return this.ACTION(() => ({ operator, at: extentOf(token) }))
  }

  /** What another language would say; understood as what is meant. */
  #slip<Meant extends string>(
    operator: Meant,
    token: IToken,
    expected: string,
  ): { readonly operator: Meant; readonly at: Extent } {
    return this.ACTION(() => {
      this.slips.push({
        code: 'GT3102',
        message: `expected ${expected}, found '${token.image}'`,
        ...extentOf(token),
        label: `did you mean '${operator}'?`,
      })
      return { operator, at: extentOf(token) }
    })
  }
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  '"': '"',
  "'": "'",
  '`': '`',
  $: '$',
  '{': '{',
  n: '\n',
  t: '\t',
}

function joined(kind: 'and' | 'or', operands: readonly Expression[]): Expression {
  const [first] = operands
  const end = operands.at(-1)
  if (!first || !end) throw new Error('a condition without operands')
  return operands.length === 1 ? first : { kind, operands, start: first.start, end: end.end }
}

function extentOf(token: IToken): Extent {
  return { start: token.startOffset, end: endOf(token) }
}

function from(token: IToken, to: Extent): Extent {
  return { start: token.startOffset, end: to.end }
}

function last<Item>(items: readonly Item[]): Item {
  const item = items.at(-1)
  if (item === undefined) throw new Error('a list that has to have an item has none')
  return item
}

function word(token: IToken): WordNode {
  return { kind: 'word', word: token.image, ...extentOf(token) }
}
