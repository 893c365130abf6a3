// Placement: which nodes may run a task. Rules are separated by `;`; each is parsed on its own, so that several mistakes
// are found at once. What the document can carry today is `require` with == and != on a node's attributes, joined by &&;
// the rest of the language is recognised and refused by name.

import type { IToken } from 'chevrotain'
import { nearest } from '../src/model/index.ts'
import { parseCondition } from './expression.ts'
import type { Expression, Operand } from './expression.ts'
import { holeMark, Name, quote, readTokens, Semicolon } from './tokens.ts'
import type { GrammarMistake } from './tokens.ts'

/** What a node's attribute is compared with: pieces of text and, by their index, holes, to be joined. */
export type PlacementValue = readonly (string | { readonly hole: number })[]

export interface PlacementCondition {
  readonly attribute: string
  readonly operator: '==' | '!='
  readonly value: PlacementValue
}

export interface ParsedPlacement {
  readonly require: readonly PlacementCondition[]
  /** In the order of the text. */
  readonly mistakes: readonly GrammarMistake[]
}

const rules = ['require', 'prefer', 'spread', 'avoid'] as const
const attributes = ['node.id', 'node.name', 'node.os', 'node.arch'] as const
/** Known to the language, but no node has them yet. */
const laterAttributes: ReadonlySet<string> = new Set([
  'node.zone',
  'node.cpu',
  'node.memory',
  'node.kernel',
  'node.engine',
])

/** The text has `holeMark` where the template has a hole. */
export function parsePlacement(text: string): ParsedPlacement {
  const { tokens, mistakes } = readTokens(text)
  const found: GrammarMistake[] = [...mistakes]
  const require: PlacementCondition[] = []
  const holes = new Map([...text.matchAll(/\uFFFC/g)].map((match, index) => [match.index, index]))
  if (tokens.every((token) => token.tokenType === Semicolon) && mistakes.length === 0)
    found.push({
      code: 'GT3102',
      message: 'expected a rule such as \'require node.labels.disk == "ssd"\', found nothing',
      start: 0,
      end: text.length,
    })
  for (const rule of splitRules(tokens, text.length)) {
    const [head, ...rest] = rule.tokens
    // A rule with a character in it that means nothing says that alone.
    if (!head || mistakes.some(({ start }) => start >= rule.start && start < rule.end)) continue
    const expression = readRule(head, rest, found)
    if (expression) addConditions(expression, holes, require, found)
  }
  return { require, mistakes: found.sort((a, b) => a.start - b.start) }
}

interface Rule {
  readonly tokens: readonly IToken[]
  readonly start: number
  readonly end: number
}

function splitRules(tokens: readonly IToken[], length: number): Rule[] {
  const found: Rule[] = []
  let current: IToken[] = []
  let start = 0
  for (const token of tokens)
    if (token.tokenType === Semicolon) {
      found.push({ tokens: current, start, end: token.startOffset })
      current = []
      start = token.startOffset + 1
    } else current.push(token)
  found.push({ tokens: current, start, end: length })
  return found
}

/** Something missing at the end of a rule is missed behind its last word, not behind the blanks. */
function endAfter(head: IToken, rest: readonly IToken[]): number {
  const last = rest.at(-1) ?? head
  return last.startOffset + last.image.length
}

function readRule(head: IToken, rest: readonly IToken[], mistakes: GrammarMistake[]): Expression | undefined {
  const at = { start: head.startOffset, end: head.startOffset + head.image.length }
  const word = head.image
  if (word === 'require') {
    const { expression, mistakes: inner } = parseCondition(rest, endAfter(head, rest))
    mistakes.push(...inner)
    return expression
  }
  if (rules.some((rule) => rule === word))
    mistakes.push({
      code: 'GT3104',
      message: `'${word}' is not supported yet`,
      ...at,
      label: "only 'require' is",
    })
  else if (head.tokenType === Name && !word.includes('.')) {
    const guess = nearest(word, rules)
    mistakes.push({
      code: 'GT3103',
      message: `unknown rule '${word}'${guess === undefined ? '' : `, did you mean '${guess}'?`}`,
      ...at,
    })
  } else
    mistakes.push({
      code: 'GT3102',
      message: `expected 'require' before ${quote(word === '\uFFFC' ? '${…}' : word)}`,
      ...at,
    })
  return undefined
}

function addConditions(
  expression: Expression,
  holes: ReadonlyMap<number, number>,
  into: PlacementCondition[],
  mistakes: GrammarMistake[],
): void {
  const { start, end } = expression
  switch (expression.kind) {
    case 'and':
      for (const operand of expression.operands) addConditions(operand, holes, into, mistakes)
      return
    case 'or':
      mistakes.push({
        code: 'GT3104',
        message: "'||' is not supported yet",
        start,
        end,
        label: "conditions are joined by '&&'",
      })
      return
    case 'not':
      mistakes.push({ code: 'GT3104', message: "'!' is not supported yet", start, end, label: "use '!='" })
      return
    case 'compare': {
      const { left, operator, right } = expression
      if (left.kind !== 'name') {
        mistakes.push({
          code: 'GT3102',
          message: 'a condition begins with an attribute of a node',
          start: left.start,
          end: left.end,
          label: 'node.labels.<name>, node.id, node.name, node.os or node.arch',
        })
        return
      }
      const attribute = readAttribute(left, mistakes)
      if (attribute === undefined) return
      if (operator !== '==' && operator !== '!=') {
        mistakes.push({
          code: 'GT3104',
          message: `'${operator}' is not supported yet`,
          start,
          end,
          label: "only '==' and '!=' are",
        })
        return
      }
      const value = readValue(right, holes, mistakes)
      if (value) into.push({ attribute, operator, value })
    }
  }
}

function readAttribute(
  { name, start, end }: { name: string; start: number; end: number },
  mistakes: GrammarMistake[],
): string | undefined {
  if (attributes.some((attribute) => attribute === name)) return name
  if (/^node\.labels\..+$/.test(name)) return name
  if (laterAttributes.has(name)) {
    mistakes.push({
      code: 'GT3104',
      message: `'${name}' is not supported yet`,
      start,
      end,
      label: 'no node has it',
    })
    return undefined
  }
  const label = name.split('.').at(-1) ?? ''
  const guess = nearest(name, [...attributes, `node.labels.${label}`])
  mistakes.push({
    code: 'GT3103',
    message: `a node has no attribute '${name}'`,
    start,
    end,
    label:
      guess === undefined
        ? `a node has ${attributes.join(', ')} and node.labels.<name>`
        : `did you mean '${guess}'?`,
  })
  return undefined
}

function readValue(
  operand: Operand,
  holes: ReadonlyMap<number, number>,
  mistakes: GrammarMistake[],
): PlacementValue | undefined {
  switch (operand.kind) {
    case 'text':
      return valueOf(operand.text, firstHole(operand.start, holes))
    case 'hole':
      return [{ hole: firstHole(operand.start, holes) }]
    case 'name':
    case 'amount': {
      const written = operand.kind === 'name' ? operand.name : operand.text
      mistakes.push({
        code: 'GT3102',
        message: `expected a text in quotes, found ${quote(written)}`,
        start: operand.start,
        end: operand.end,
        label: `write "${written}"`,
      })
      return undefined
    }
  }
}

/** Index of the first hole at or behind an offset. */
function firstHole(offset: number, holes: ReadonlyMap<number, number>): number {
  return [...holes].find(([at]) => at >= offset)?.[1] ?? 0
}

function valueOf(text: string, first: number): PlacementValue {
  return text
    .split(holeMark)
    .flatMap((piece, index) => [
      ...(index === 0 ? [] : [{ hole: first + index - 1 }]),
      ...(piece === '' ? [] : [piece]),
    ])
}
