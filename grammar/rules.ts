// The rules of placements and of scaling policies, and gates.

import type { ParserMethod } from 'chevrotain'
import { ExpressionParser } from './expressions.ts'
import { extentOf, from, last } from './nodes.ts'
import type {
  GateNode,
  HoleNode,
  NumberNode,
  PlacementRule,
  ScalingRule,
  StepNode,
  TextNode,
} from './syntax.ts'
import {
  Arrow,
  Avoid,
  Comma,
  endOf,
  For,
  Hole,
  Max,
  Minus,
  Near,
  Node,
  Per,
  Plus,
  Prefer,
  Require,
  Slash,
  Spread,
  Tolerate,
  Weight,
} from './tokens.ts'

export class RuleParser extends ExpressionParser {
  readonly placementRule: ParserMethod<[], PlacementRule>
  readonly scalingRule: ParserMethod<[boolean], ScalingRule>
  readonly gate: ParserMethod<[], GateNode>

  constructor() {
    super()

    const weight = this.RULE(
      'weight',
      (): NumberNode => {
        this.CONSUME(Weight)
        return this.SUBRULE(this.number)
      },
      { resyncEnabled: false },
    )

    const wait = this.RULE(
      'wait',
      (): NumberNode => {
        this.CONSUME(For)
        return this.SUBRULE(this.number)
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
              const attribute = this.SUBRULE(this.reference)
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
              const target = this.CONSUME(Hole, {
                LABEL: '${service or job}',
                ERR_MSG: 'a service or a job in a hole',
              })
              const weighed = this.OPTION3(() => this.SUBRULE3(weight))
              return this.ACTION((): PlacementRule => ({
                kind: head.kind,
                target: this.holeNodeOf(target),
                ...(weighed ? { weight: weighed } : {}),
                start: head.token.startOffset,
                end: weighed?.end ?? endOf(target),
              }))
            },
          },
          {
            ALT: () => {
              const head = this.CONSUME(Max)
              const count = this.SUBRULE(this.number)
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
                  taints.push(this.SUBRULE(this.text))
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
                const amount = this.SUBRULE(this.number)
                return this.ACTION((): StepNode => ({ sign: '+', amount, ...from(plus, amount) }))
              },
            },
            {
              ALT: () => {
                const minus = this.CONSUME(Minus)
                const amount = this.SUBRULE2(this.number)
                return this.ACTION((): StepNode => ({ sign: '-', amount, ...from(minus, amount) }))
              },
            },
            {
              ALT: () => {
                const hole = this.CONSUME(Hole)
                return this.ACTION((): StepNode => ({ amount: this.holeNodeOf(hole), ...extentOf(hole) }))
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
              const measurement = this.SUBRULE(this.reference)
              this.CONSUME(Slash, { ERR_MSG: "'/'" })
              const per = this.SUBRULE(this.number)
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
  }
}
