// From a tree back to a text, in the one form that gantry writes. Invariant: parsing what was printed gives the same tree,
// and printing that the same text. Parentheses stand where the tree needs them and nowhere else.

import type {
  AmountNode,
  ClockNode,
  Expression,
  HoleNode,
  Operand,
  PlacementRule,
  ReferenceNode,
  ScalingRule,
  ScheduleNode,
  Sentence,
  StepNode,
  TextNode,
  When,
} from './syntax.ts'
import { holeMark } from './tokens.ts'

/** Parts of a text that are on lines of their own when they do not fit on one. */
export interface PrintedRule {
  readonly text: string
  /** The same, cut where a long line may be broken: before `&&` and `||` that are in no parentheses, and before what follows the condition. */
  readonly pieces: readonly string[]
}

/** On one line; holes are marks, in the order of the text. */
export function print(sentence: Sentence): string {
  return printRules(sentence)
    .map((rule) => rule.text)
    .join('; ')
}

export function printRules(sentence: Sentence): readonly PrintedRule[] {
  switch (sentence.language) {
    case 'place':
      return sentence.rules.map(placementRule)
    case 'scale':
      return sentence.rules.map(scalingRule)
    case 'every':
      return [whole(schedule(sentence.schedule))]
    case 'gate': {
      const { condition, wait } = sentence.gate
      return [pieced(conditionPieces('', condition, wait ? [`for ${number(wait)}`] : []))]
    }
    case 'where':
      return [pieced(conditionPieces('', sentence.condition, []))]
  }
}

function whole(text: string): PrintedRule {
  return { text, pieces: [text] }
}

function pieced(pieces: readonly string[]): PrintedRule {
  return { text: pieces.join(' '), pieces }
}

function placementRule(rule: PlacementRule): PrintedRule {
  switch (rule.kind) {
    case 'require':
      return pieced(conditionPieces('require ', rule.condition, []))
    case 'prefer':
      return pieced(conditionPieces('prefer ', rule.condition, weight(rule)))
    case 'spread':
      return whole(['spread', reference(rule.attribute), ...weight(rule)].join(' '))
    case 'near':
    case 'avoid':
      return whole([rule.kind, holeMark, ...weight(rule)].join(' '))
    case 'max':
      return whole(`max ${number(rule.count)} per node`)
    case 'tolerate':
      return whole(`tolerate ${rule.taints.map(text).join(', ')}`)
  }
}

function weight(rule: { readonly weight?: AmountNode | HoleNode }): string[] {
  return rule.weight ? [`weight ${number(rule.weight)}`] : []
}

function scalingRule(rule: ScalingRule): PrintedRule {
  if (rule.kind === 'target') return whole(`${reference(rule.measurement)} / ${number(rule.per)}`)
  const wait = rule.wait ? `for ${number(rule.wait)} ` : ''
  return pieced(conditionPieces('', rule.condition, [`${wait}=> ${step(rule.step)}`]))
}

function step({ sign, amount }: StepNode): string {
  return `${sign ?? ''}${number(amount)}`
}

function schedule({ when, keep }: ScheduleNode): string {
  return `${due(when)}${keep ? ` keep ${number(keep)}` : ''}`
}

function due(when: When): string {
  switch (when.kind) {
    case 'cron':
      return when.text
    case 'span':
      return when.count ? `${number(when.count)} ${when.unit.word}` : when.unit.word
    case 'hour':
      return when.minutes.length === 0
        ? 'hour'
        : `hour at ${when.minutes.map((minute) => minute.text).join(', ')}`
    case 'days':
      return `${when.days.map((day) => day.word).join(', ')} ${times(when.times)}`
    case 'month':
      return `month on ${when.on.map(number).join(', ')} ${times(when.times)}`
  }
}

function times(clocks: readonly ClockNode[]): string {
  return `at ${clocks.map((clock) => (clock.kind === 'hole' ? holeMark : clock.text)).join(', ')}`
}

/** A condition with what stands before and behind it. */
function conditionPieces(before: string, condition: Expression, behind: readonly string[]): string[] {
  const operands = condition.kind === 'and' || condition.kind === 'or' ? condition.operands : [condition]
  const sign = condition.kind === 'or' ? '||' : '&&'
  const pieces = operands.map((operand, index) => {
    const inner = operand === condition ? expression(operand) : nested(operand, condition.kind)
    return index === 0 ? before + inner : `${sign} ${inner}`
  })
  return [...pieces, ...behind]
}

function expression(node: Expression): string {
  switch (node.kind) {
    case 'broken':
      throw new Error('what was not understood cannot be printed')
    case 'compare':
      return `${operand(node.left)} ${node.operator} ${operand(node.right)}`
    case 'in':
      return `${operand(node.left)} ${node.isNot ? 'not ' : ''}in (${node.values.map(operand).join(', ')})`
    case 'not':
      return `!${nested(node.operand, 'not')}`
    case 'and':
    case 'or':
      return node.operands.map((each) => nested(each, node.kind)).join(node.kind === 'and' ? ' && ' : ' || ')
  }
}

/** In parentheses where it would be read as something else without them. */
function nested(node: Expression, around: Expression['kind']): string {
  const isPlain =
    node.kind === 'not' ||
    (node.kind === 'and' && around === 'or') ||
    ((node.kind === 'compare' || node.kind === 'in') && around !== 'not')
  return isPlain ? expression(node) : `(${expression(node)})`
}

function operand(node: Operand): string {
  switch (node.kind) {
    case 'reference':
      return reference(node)
    case 'text':
    case 'hole':
      return text(node)
    case 'amount':
      return number(node)
  }
}

function reference({ name, argument }: ReferenceNode): string {
  return argument ? `${name}(${text(argument)})` : name
}

function number(node: AmountNode | HoleNode): string {
  if (node.kind === 'hole') return holeMark
  return `${node.isNegative ? '-' : ''}${node.hole === undefined ? '' : holeMark}${node.text}`
}

function text(node: TextNode | HoleNode): string {
  if (node.kind === 'hole') return holeMark
  const plain = node.pieces.filter((piece) => typeof piece === 'string').join('')
  // What was written without escapes needs none.
  const mark = plain.includes('"') && !plain.includes("'") ? "'" : '"'
  return `${mark}${node.pieces.map((piece) => (typeof piece === 'string' ? escape(piece, mark) : holeMark)).join('')}${mark}`
}

/** Also what would end the template, or begin a hole in it. */
function escape(piece: string, mark: string): string {
  return piece
    .replaceAll(/[\\`]/g, String.raw`\$&`)
    .replaceAll(mark, `\\${mark}`)
    .replaceAll('${', String.raw`\${`)
    .replaceAll('\n', String.raw`\n`)
}
