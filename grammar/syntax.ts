// What a text of a small language consists of, as it was written: the trees that the parser builds, the printer prints and
// the meaning is read from. Invariant: each node says where it stands; apart from that, printing and parsing a tree gives
// the same tree.

import type { Extent } from './mistake.ts'

export type { Extent } from './mistake.ts'

/** The small languages, by the word of 'gantry' that a template of theirs has; `where` is the filter of the commands. */
export type Language = 'place' | 'scale' | 'every' | 'gate' | 'where'

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>='

/** A piece of a text: as it is, or the hole with that index. */
export type Piece = string | { readonly hole: number }

export type TextNode = Extent & { readonly kind: 'text'; readonly pieces: readonly Piece[] }
export type HoleNode = Extent & { readonly kind: 'hole'; readonly hole: number }
/** `70%`, `300ms`; with a hole the text is the unit alone. */
export type AmountNode = Extent & {
  readonly kind: 'amount'
  readonly text: string
  readonly hole?: number
  readonly isNegative?: true
}
/** `node.zone`, `queue("orders")`. */
export type ReferenceNode = Extent & {
  readonly kind: 'reference'
  readonly name: string
  readonly argument?: TextNode | HoleNode
}

export type Operand = TextNode | HoleNode | AmountNode | ReferenceNode

export type Expression = Extent &
  (
    | {
        readonly kind: 'compare'
        readonly left: Operand
        readonly operator: Operator
        readonly operatorAt: Extent
        readonly right: Operand
      }
    | {
        readonly kind: 'in'
        readonly left: Operand
        readonly isNot: boolean
        readonly operatorAt: Extent
        readonly values: readonly Operand[]
      }
    | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
    | { readonly kind: 'not'; readonly operand: Expression }
    /** Not understood; the mistake says why. */
    | { readonly kind: 'broken' }
  )

export type NumberNode = AmountNode | HoleNode

export type PlacementRule = Extent &
  (
    | { readonly kind: 'require'; readonly condition: Expression }
    | { readonly kind: 'prefer'; readonly condition: Expression; readonly weight?: NumberNode }
    | { readonly kind: 'spread'; readonly attribute: ReferenceNode; readonly weight?: NumberNode }
    | { readonly kind: 'near' | 'avoid'; readonly target: HoleNode; readonly weight?: NumberNode }
    | { readonly kind: 'max'; readonly count: NumberNode }
    | { readonly kind: 'tolerate'; readonly taints: readonly (TextNode | HoleNode)[] }
  )

/** `+50%`; in a hole with its sign when `sign` is absent. */
export type StepNode = Extent & { readonly sign?: '+' | '-'; readonly amount: NumberNode }

export type ScalingRule = Extent &
  (
    | {
        readonly kind: 'step'
        readonly condition: Expression
        readonly wait?: NumberNode
        readonly step: StepNode
      }
    | { readonly kind: 'target'; readonly measurement: ReferenceNode; readonly per: NumberNode }
  )

export type GateNode = Extent & {
  readonly kind: 'gate'
  readonly condition: Expression
  readonly wait?: NumberNode
}

export type ClockNode = (Extent & { readonly kind: 'clock'; readonly text: string }) | HoleNode
export type MinuteNode = Extent & { readonly kind: 'minute'; readonly text: string }
export type WordNode = Extent & { readonly kind: 'word'; readonly word: string }

export type When = Extent &
  /** `15 minutes`; without a count: `minute`. */
  (
    | { readonly kind: 'span'; readonly count?: NumberNode; readonly unit: WordNode }
    | { readonly kind: 'hour'; readonly minutes: readonly MinuteNode[] }
    | { readonly kind: 'days'; readonly days: readonly WordNode[]; readonly times: readonly ClockNode[] }
    | { readonly kind: 'month'; readonly on: readonly NumberNode[]; readonly times: readonly ClockNode[] }
    /** Five fields of cron, one blank between them. */
    | { readonly kind: 'cron'; readonly text: string }
  )

export type ScheduleNode = Extent & {
  readonly kind: 'schedule'
  readonly when: When
  readonly keep?: NumberNode
}

/** A whole text. */
export type Sentence =
  | { readonly language: 'place'; readonly rules: readonly PlacementRule[] }
  | { readonly language: 'scale'; readonly rules: readonly ScalingRule[] }
  | { readonly language: 'every'; readonly schedule: ScheduleNode }
  | { readonly language: 'gate'; readonly gate: GateNode }
  | { readonly language: 'where'; readonly condition: Expression }
