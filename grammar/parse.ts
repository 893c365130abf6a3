// From a text to the tree of what it says. The rules of a text are read one by one, each as far as it can be understood.
// Invariant: any text gives an answer, in a time that grows with its length: it is bounded, and so is how deep conditions
// go and how many mistakes are told.

import { EOF } from 'chevrotain'
import type { IToken, Rule } from 'chevrotain'
import { nearest } from '../src/model/index.ts'
import { listed, quote } from './mistake.ts'
import type { Extent, GrammarMistake } from './mistake.ts'
import { inGeneral } from './nodes.ts'
import type { Holes } from './nodes.ts'
import { GrammarParser } from './parser.ts'
import { possibleAfter } from './possible.ts'
import type { Language, PlacementRule, ScalingRule, Sentence } from './syntax.ts'
import {
  Amount,
  Arrow,
  Avoid,
  Bang,
  endOf,
  findComments,
  For,
  holeMark,
  In,
  Name,
  Near,
  Open,
  readTokens,
  Semicolon,
  Slash,
  slips,
  spellingOf,
  Weight,
  withoutComments,
} from './tokens.ts'

/** Characters of a text; what is longer is no placement. */
export const lengthLimit = 10_000
/** How deep conditions may stand within one another, by parentheses and `!`. */
export const depthLimit = 8
/** Mistakes of one text that are told. */
const mistakeLimit = 20

const placementRules = ['require', 'prefer', 'spread', 'near', 'avoid', 'max', 'tolerate'] as const

export interface Parsed {
  /** As far as it was understood; parts that were not are left out, or `broken`. */
  readonly sentence: Sentence | undefined
  /** In the order of the text. */
  readonly mistakes: readonly GrammarMistake[]
}

const parser = new GrammarParser()

/** The parser's rules, for drawing and for what may stand where. */
export function theParser(): GrammarParser {
  return parser
}

/** The text has `holeMark` where the template has a hole. */
export function parse(language: Language, text: string): Parsed {
  if (text.length > lengthLimit)
    return {
      sentence: undefined,
      mistakes: [
        {
          code: 'GT3106',
          message: `a text of more than ${lengthLimit} characters`,
          start: lengthLimit,
          end: text.length,
        },
      ],
    }
  const comments = findComments(text)
  const meant = withoutComments(text)
  const { tokens, mistakes: unread } = readTokens(meant)
  const reader = new TextReader(
    text,
    unread.map((mistake) => explainCharacter(text, mistake)),
  )
  const sentence = readSentence(language, meant, tokens, reader)
  const [comment] = comments
  if (comment)
    reader.mistakes.push({
      code: 'GT3101',
      message: 'there are no comments in a template',
      ...comment,
      label: 'write it above the template',
    })
  const followers = [
    ...unread.map(({ end }) => nextStart(tokens, end) ?? text.trimEnd().length),
    ...comments.flatMap((each) => besideComment(each, text, tokens)),
  ]
  // What a character that means nothing made of the token behind it is no mistake of its own.
  const told = reader.mistakes.filter(({ code, start }) => code !== 'GT3102' || !followers.includes(start))
  const mistakes = told.sort((a, b) => a.start - b.start || a.end - b.end)
  return { sentence, mistakes: mistakes.slice(0, mistakeLimit) }
}

function nextStart(tokens: readonly IToken[], from: number): number | undefined {
  return tokens.find((token) => token.startOffset >= from)?.startOffset
}

/** Places where something may be missing because a comment has taken it: in front of it, and behind one with signs in it. */
function besideComment({ start, end }: Extent, text: string, tokens: readonly IToken[]): number[] {
  const before = tokens.findLast((token) => endOf(token) <= start)
  const behind = /[;&|=<>]/.test(text.slice(start, end)) ? nextStart(tokens, end) : undefined
  return [
    ...(before || tokens.length === 0 ? [before ? endOf(before) : 0] : []),
    ...(behind === undefined ? [] : [behind]),
  ]
}

function explainCharacter(text: string, mistake: GrammarMistake): GrammarMistake {
  const isName = text.slice(mistake.start, mistake.end) === '.' && text.charAt(mistake.end) === holeMark
  const number = /(\d+(?:\.\d+)?)\s+$/.exec(text.slice(0, mistake.start))?.[1]
  if (number !== undefined && text.slice(mistake.start, mistake.end) === '%')
    return { ...mistake, message: `a unit stands right behind its number: ${number}%` }
  return isName
    ? { ...mistake, end: mistake.end + 1, message: 'a hole stands for a value, not for a part of a name' }
    : mistake
}

function readSentence(
  language: Language,
  text: string,
  tokens: readonly IToken[],
  reader: TextReader,
): Sentence | undefined {
  if (language === 'place' || language === 'scale') {
    const parts = splitRules(tokens).filter((part) => part.tokens.length > 0)
    if (parts.length === 0) reader.refuseNothing(language)
    if (language === 'place')
      return { language, rules: parts.flatMap((part) => reader.placementRule(part) ?? []) }
    return { language, rules: parts.flatMap((part) => reader.scalingRule(part) ?? []) }
  }
  if (language === 'every') {
    const cron = cronIn(text)
    if (cron) {
      // The fields of cron are read as a whole; what the lexer says of their stars is not meant.
      reader.mistakes.length = 0
      return { language, schedule: { kind: 'schedule', when: { kind: 'cron', ...cron }, ...extentIn(cron) } }
    }
  }
  if (tokens.length === 0) {
    reader.refuseNothing(language)
    return undefined
  }
  const part: Part = { tokens, end: endOfAll(tokens) }
  switch (language) {
    case 'every': {
      const schedule = reader.read(part, 'schedule', () => parser.schedule())
      return schedule && { language, schedule }
    }
    case 'gate': {
      const gate = reader.read(part, 'gate', () => parser.gate())
      return gate && { language, gate }
    }
    case 'where': {
      const condition = reader.read(part, 'condition', () => parser.condition())
      return condition && { language, condition }
    }
  }
}

/** The tokens of one rule, and where something missing at its end is missed: behind its last word. */
export interface Part {
  readonly tokens: readonly IToken[]
  readonly end: number
}

export function splitRules(tokens: readonly IToken[]): Part[] {
  const parts: Part[] = []
  let current: IToken[] = []
  const close = (): void => {
    parts.push({ tokens: current, end: endOfAll(current) })
    current = []
  }
  for (const token of tokens)
    if (token.tokenType === Semicolon) close()
    else current.push(token)
  close()
  return parts
}

function endOfAll(tokens: readonly IToken[]): number {
  const last = tokens.at(-1)
  return last ? endOf(last) : 0
}

const cronPattern = /^\s*([\d*/,-]+(?:\s+[\d*/,-]+)(?:\s+[\w*/,-]+){3})\s*$/

/** Five fields of cron, which no other schedule looks like. */
function cronIn(text: string): { text: string; start: number; end: number } | undefined {
  const fields = cronPattern.exec(text)?.[1]
  if (fields === undefined) return undefined
  const start = text.indexOf(fields)
  return { text: fields.split(/\s+/).join(' '), start, end: start + fields.length }
}

function extentIn({ start, end }: Extent): Extent {
  return { start, end }
}

const nothingFound: Readonly<Record<Language, string>> = {
  place: 'a rule such as \'require node.labels.disk == "ssd"\'',
  scale: "a rule such as 'cpu > 70% for 1m => +1'",
  every: "a schedule such as 'day at 02:30'",
  gate: "a condition such as 'errors < 1%'",
  where: 'a condition such as \'name == "api"\'',
}

class TextReader {
  readonly mistakes: GrammarMistake[]
  readonly #holes: Holes

  constructor(text: string, mistakes: GrammarMistake[]) {
    this.mistakes = mistakes
    this.#holes = [...text.matchAll(/\uFFFC/g)].map((match) => match.index)
  }

  refuseNothing(language: Language): void {
    if (this.mistakes.length === 0)
      this.mistakes.push({
        code: 'GT3102',
        message: `expected ${nothingFound[language]}, found nothing`,
        start: 0,
        end: 0,
      })
  }

  placementRule(part: Part): PlacementRule | undefined {
    const [head] = part.tokens
    if (!head) return undefined
    const word = head.image
    if (placementRules.some((rule) => rule === word))
      return this.read(part, 'placementRule', () => parser.placementRule())
    const at = { start: head.startOffset, end: endOf(head) }
    const next = part.tokens[1]
    if (isName(head) && !word.includes('.') && next?.tokenType.name !== 'Open') {
      const guess = nearest(word, placementRules)
      this.mistakes.push({
        code: 'GT3103',
        message: `unknown rule '${word}'${guess === undefined ? '' : `, did you mean '${guess}'?`}`,
        ...at,
        ...(guess === undefined ? { label: `rules are ${listed(placementRules)}` } : {}),
      })
    } else
      this.mistakes.push({ code: 'GT3102', message: `expected 'require' before ${imageOf(head)}`, ...at })
    return undefined
  }

  scalingRule(part: Part): ScalingRule | undefined {
    const isTarget = part.tokens.some((token) => token.tokenType === Slash)
    return this.read(part, 'scalingRule', () => parser.scalingRule(isTarget))
  }

  /** One rule of the grammar over all of the tokens. */
  read<Tree>(part: Part, rule: string, run: () => Tree): Tree | undefined {
    const tooDeep = firstTooDeep(part.tokens)
    if (tooDeep) {
      this.mistakes.push({
        code: 'GT3106',
        message: `conditions are nested more than ${depthLimit} deep`,
        start: tooDeep.startOffset,
        end: endOf(tooDeep),
      })
      return undefined
    }
    parser.begin(part.tokens, this.#holes)
    const tree = run()
    const { errors } = parser
    this.mistakes.push(...parser.slips)
    let isFirst = true
    for (const error of errors) {
      this.mistakes.push(this.#explain(error, part, rule, isFirst))
      isFirst = false
    }
    // After a mistake outside of comparisons chevrotain gives nothing, whatever the type says.
    const read: Tree | undefined = tree
    return read
  }

  #explain(
    error: { readonly name: string; readonly message: string; readonly token: IToken },
    part: Part,
    rule: string,
    isFirst: boolean,
  ): GrammarMistake {
    const { token } = error
    const isEnd = token.tokenType === EOF
    const before = isEnd ? part.tokens : part.tokens.slice(0, part.tokens.indexOf(token))
    // After the first mistake what stands before is no longer right, and says nothing about what may follow.
    const { possible, isComplete } = isFirst ? spelt(rule, before) : { possible: [], isComplete: true }
    const isOwn = !error.message.startsWith(inGeneral)
    const fallback = error.message.slice(inGeneral.length)
    const end = rule === 'placementRule' || rule === 'scalingRule' ? "';'" : 'the end'
    const expected = isOwn
      ? error.message
      : possible.length > 0
        ? listed([...possible, ...(isComplete ? [end] : [])])
        : fallback === ''
          ? end
          : fallback
    const at = isEnd ? { start: part.end, end: part.end } : { start: token.startOffset, end: endOf(token) }
    const label = isEnd ? undefined : labelFor(token, before, possible)
    return {
      code: 'GT3102',
      message: `expected ${expected.replace('an attribute', nouns[rule] ?? 'an attribute')}, found ${isEnd ? 'the end' : imageOf(token)}`,
      ...at,
      ...(label === undefined ? {} : { label }),
    }
  }
}

/** Keywords and signs that may stand behind these tokens; at most five. */
function spelt(rule: string, before: readonly IToken[]): { possible: string[]; isComplete: boolean } {
  const { next, isComplete } = possibleAfter(ruleOf(rule), before)
  const known = new Set(next.flatMap(({ token }) => (slips.has(token) ? [] : (spellingOf(token) ?? []))))
  return { possible: [...known].slice(0, 5).map((each) => `'${each}'`), isComplete }
}

export function ruleOf(name: string): Rule {
  const rule = parser.getGAstProductions()[name]
  if (!rule) throw new Error(`the grammar has no rule ${name}`)
  return rule
}

const meant: Readonly<Record<string, string>> = {
  and: '&&',
  or: '||',
  is: '==',
  equals: '==',
  unless: '!',
  then: '=>',
  ',': ';',
}

/** What is compared in a rule of the grammar. */
const nouns: Readonly<Record<string, string>> = {
  scalingRule: 'a measurement',
  gate: 'a measurement',
  condition: 'a field',
}

/** Says what is meant by something that stands where it cannot. */
function labelFor(token: IToken, before: readonly IToken[], possible: readonly string[]): string | undefined {
  const word = token.image
  const previous = before.at(-1)
  if (previous && (previous.tokenType === Near || previous.tokenType === Avoid) && isName(token))
    return `write \${${word}}, the service or job itself`
  if (token.tokenType === For && before.some((each) => each.tokenType === Arrow))
    return "the time stands before '=>'"
  if (token.tokenType === Weight) return 'prefer, spread, near and avoid have a weight'
  const sign = Object.hasOwn(meant, word) ? meant[word] : undefined
  if (sign !== undefined && (possible.length === 0 || possible.includes(`'${sign}'`)))
    return `did you mean '${sign}'?`
  if (!isName(token)) return undefined
  if (
    previous?.tokenType === Amount &&
    /^\d+$/.test(previous.image) &&
    /^(?:ms|s(?:ec\w*)?|m(?:in\w*)?|h(?:our\w*)?|d(?:ay\w*)?)$/.test(word)
  )
    return `a unit stands right behind its number: ${previous.image}${word.charAt(0)}`
  const words = possible.map((each) => each.slice(1, -1)).filter((each) => /^[a-z]/.test(each))
  const guess = nearest(word, words)
  return guess === undefined ? undefined : `did you mean '${guess}'?`
}

function imageOf(token: IToken): string {
  return quote(token.image.replaceAll(holeMark, '${…}'))
}

export function isName(token: IToken): boolean {
  return token.tokenType === Name || (token.tokenType.CATEGORIES ?? []).includes(Name)
}

/** Parentheses of calls and lists go one deeper for a moment, which does not count. */
export function firstTooDeep(tokens: readonly IToken[]): IToken | undefined {
  const opened: number[] = []
  let depth = 0
  let nots = 0
  let previous: IToken | undefined
  for (const token of tokens) {
    if (token.tokenType === Bang) nots += 1
    else if (token.tokenType === Open) {
      const isGroup = !previous || !(previous.tokenType === In || previous.tokenType === Name)
      const more = isGroup ? nots + 1 : 0
      opened.push(more)
      depth += more
      nots = 0
    } else {
      if (token.tokenType.name === 'Close') depth -= opened.pop() ?? 0
      nots = 0
    }
    if (depth + nots > depthLimit) return token
    previous = token
  }
  return undefined
}
