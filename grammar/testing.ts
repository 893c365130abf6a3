// Trees and texts of the small languages for property tests.

import fc from 'fast-check'
import type {
  AmountNode,
  ClockNode,
  Expression,
  HoleNode,
  Language,
  MinuteNode,
  NumberNode,
  Operand,
  PlacementRule,
  ReferenceNode,
  ScalingRule,
  ScheduleNode,
  Sentence,
  StepNode,
  TextNode,
  When,
  WordNode,
} from './syntax.ts'
import { holeMark } from './tokens.ts'

export const languages: readonly Language[] = ['place', 'scale', 'every', 'gate', 'where']

/** Places are not compared: trees have none until they were printed. */
const at = { start: 0, end: 0 }

const piece = fc.stringMatching(/^[ -~äß\n\t`$\\"'{}]{1,6}$/)
const hole: fc.Arbitrary<HoleNode> = fc.constant({ kind: 'hole', hole: 0, ...at })
const text: fc.Arbitrary<TextNode> = fc
  .array(fc.oneof(piece, fc.constant({ hole: 0 })), { maxLength: 3 })
  .map((pieces) => ({ kind: 'text', pieces: pieces.filter((_, index) => !isSplit(pieces, index)), ...at }))

/** Two pieces of text beside one another would be read as one. */
function isSplit(pieces: readonly unknown[], index: number): boolean {
  return index > 0 && typeof pieces[index] === 'string' && typeof pieces[index - 1] === 'string'
}

const written = fc.constantFrom('0', '7', '70%', '0.5%', '300ms', '1.5h', '4Gi', '250m', '12')
const amount: fc.Arbitrary<AmountNode> = fc.oneof(
  written.map((each): AmountNode => ({ kind: 'amount', text: each, ...at })),
  fc
    .constantFrom('%', 'ms', 'Gi')
    .map((unit): AmountNode => ({ kind: 'amount', text: unit, hole: 0, ...at })),
)
const negative = written.map((each): AmountNode => ({ kind: 'amount', text: each, isNegative: true, ...at }))
const number: fc.Arbitrary<NumberNode> = fc.oneof(amount, hole)
const name = fc.constantFrom(
  'node.zone',
  'node.labels.topology.kubernetes.io/zone',
  'node.labels.a-b_c',
  'cpu',
  'p99',
  'not',
  'in',
  'weight',
  'for',
  'node',
  'x-y',
)
const reference: fc.Arbitrary<ReferenceNode> = fc
  .record({ name, argument: fc.option(fc.oneof(text, hole), { nil: undefined }) })
  .map(({ name: of, argument }) => ({
    kind: 'reference',
    name: of,
    ...(argument ? { argument } : {}),
    ...at,
  }))
const operand: fc.Arbitrary<Operand> = fc.oneof(reference, text, amount, negative, hole)

const comparison: fc.Arbitrary<Expression> = fc.oneof(
  fc
    .record({
      left: operand,
      operator: fc.constantFrom('==', '!=', '<', '<=', '>', '>=' as const),
      right: operand,
    })
    .map((each): Expression => ({ kind: 'compare', operatorAt: at, ...each, ...at })),
  fc
    .record({
      left: operand,
      isNot: fc.boolean(),
      values: fc.array(operand, { minLength: 1, maxLength: 3 }),
    })
    .map((each): Expression => ({ kind: 'in', operatorAt: at, ...each, ...at })),
)

export const expression: fc.Arbitrary<Expression> = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    comparison,
    fc
      .record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        operands: fc.array(tie('expression'), { minLength: 2, maxLength: 3 }),
      })
      .map((each): Expression => ({ ...each, ...at })),
    tie('expression').map((each): Expression => ({ kind: 'not', operand: each, ...at })),
  ),
})).expression

const weight = fc.option(number, { nil: undefined }).map((each) => (each ? { weight: each } : {}))

const placementRule: fc.Arbitrary<PlacementRule> = fc.oneof(
  expression.map((condition): PlacementRule => ({ kind: 'require', condition, ...at })),
  fc
    .tuple(expression, weight)
    .map(([condition, more]): PlacementRule => ({ kind: 'prefer', condition, ...more, ...at })),
  fc
    .tuple(reference, weight)
    .map(([attribute, more]): PlacementRule => ({ kind: 'spread', attribute, ...more, ...at })),
  fc
    .tuple(fc.constantFrom('near' as const, 'avoid' as const), hole, weight)
    .map(([kind, target, more]): PlacementRule => ({ kind, target, ...more, ...at })),
  number.map((count): PlacementRule => ({ kind: 'max', count, ...at })),
  fc
    .array(fc.oneof(text, hole), { minLength: 1, maxLength: 3 })
    .map((taints): PlacementRule => ({ kind: 'tolerate', taints, ...at })),
)

const wait = fc.option(number, { nil: undefined }).map((each) => (each ? { wait: each } : {}))
const step: fc.Arbitrary<StepNode> = fc.oneof(
  fc
    .tuple(fc.constantFrom('+' as const, '-' as const), number)
    .map(([sign, of]): StepNode => ({ sign, amount: of, ...at })),
  hole.map((of): StepNode => ({ amount: of, ...at })),
)
const scalingRule: fc.Arbitrary<ScalingRule> = fc.oneof(
  fc.tuple(expression, wait, step).map(([condition, more, taken]): ScalingRule => ({
    kind: 'step',
    condition,
    ...more,
    step: taken,
    ...at,
  })),
  fc
    .tuple(reference, number)
    .map(([measurement, per]): ScalingRule => ({ kind: 'target', measurement, per, ...at })),
)

const clock: fc.Arbitrary<ClockNode> = fc.oneof(
  fc
    .constantFrom('02:30', '9:5', '24:00', '17:00')
    .map((each): ClockNode => ({ kind: 'clock', text: each, ...at })),
  hole,
)
const times = fc.array(clock, { minLength: 1, maxLength: 3 })
const word = (...words: readonly string[]): fc.Arbitrary<WordNode> =>
  fc.constantFrom(...words).map((each): WordNode => ({ kind: 'word', word: each, ...at }))
const minute: fc.Arbitrary<MinuteNode> = fc
  .constantFrom(':05', ':35', ':99')
  .map((each): MinuteNode => ({ kind: 'minute', text: each, ...at }))
const when: fc.Arbitrary<When> = fc.oneof(
  fc
    .tuple(number, word('minutes', 'hours', 'fortnights', 'hour', 'month'))
    .map(([count, unit]): When => ({ kind: 'span', count, unit, ...at })),
  fc.constant<When>({ kind: 'span', unit: { kind: 'word', word: 'minute', ...at }, ...at }),
  fc.array(minute, { maxLength: 3 }).map((minutes): When => ({ kind: 'hour', minutes, ...at })),
  fc
    .tuple(fc.array(word('day', 'weekday', 'monday', 'mnday'), { minLength: 1, maxLength: 3 }), times)
    .map(([days, due]): When => ({ kind: 'days', days, times: due, ...at })),
  fc
    .tuple(fc.array(number, { minLength: 1, maxLength: 3 }), times)
    .map(([on, due]): When => ({ kind: 'month', on, times: due, ...at })),
  fc
    .constantFrom('30 2 * * 1-5', '*/15 * * * *', '0 0 1,15 jan mon')
    .map((fields): When => ({ kind: 'cron', text: fields, ...at })),
)
const schedule: fc.Arbitrary<ScheduleNode> = fc
  .tuple(when, fc.option(number, { nil: undefined }))
  .filter(([due, keep]) => due.kind !== 'cron' || keep === undefined)
  .map(([due, keep]) => ({ kind: 'schedule', when: due, ...(keep ? { keep } : {}), ...at }))

/** Any tree of any language: right in its form, mostly wrong in its meaning. */
export const sentence: fc.Arbitrary<Sentence> = fc.oneof(
  fc
    .array(placementRule, { minLength: 1, maxLength: 4 })
    .map((rules): Sentence => ({ language: 'place', rules })),
  fc
    .array(scalingRule, { minLength: 1, maxLength: 4 })
    .map((rules): Sentence => ({ language: 'scale', rules })),
  schedule.map((each): Sentence => ({ language: 'every', schedule: each })),
  fc.tuple(expression, wait).map(([condition, more]): Sentence => ({
    language: 'gate',
    gate: { kind: 'gate', condition, ...more, ...at },
  })),
  expression.map((condition): Sentence => ({ language: 'where', condition })),
)

/** The tree without places. */
export function withoutPlaces(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value: unknown) =>
      key === 'start' || key === 'end' || key === 'operatorAt' ? undefined : value,
    ),
  )
}

/** The tree with all holes as the first: those of a tree that was made up have no numbers. */
export function withoutNumbers(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, value: unknown) => (key === 'hole' ? 0 : value)))
}

/** Texts of anything that occurs in the languages, in any order, mixed with anything else. */
export const anything: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          'require',
          'prefer',
          'spread',
          'near',
          'avoid',
          'max',
          'per',
          'node',
          'tolerate',
          'weight',
          'for',
        ],
        ...[
          'not',
          'in',
          'minute',
          'hour',
          'month',
          'at',
          'on',
          'keep',
          'day',
          'monday',
          'minutes',
          'cpu',
          'p99',
        ],
        ...[
          'queue("a")',
          'metric(',
          'node.os',
          'node.labels.a',
          'zone',
          '"a"',
          "'b",
          '"\\q"',
          '"a',
          '02:30',
          ':05',
        ],
        ...[
          '==',
          '!=',
          '=',
          '===',
          '!==',
          '<=',
          '>',
          '=>',
          '&&',
          '&',
          '||',
          '|',
          '!',
          '(',
          ')',
          ';',
          ',',
          '/',
          '+',
        ],
        ...[
          '-',
          holeMark,
          `${holeMark}%`,
          '5',
          '70%',
          '300ms',
          '4Gi',
          '1e9',
          '99999999999999999999',
          '* * *',
          '#',
        ],
        ...['$', '\n', '\\', 'é', '😀', '\0'],
      ),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(' '))
