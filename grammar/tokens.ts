// The lexer of the small languages. Invariant: every character of a text ends in a token, a blank or an error; keywords
// are names too, so that a misspelt one is a name that can be recognised, not a broken sentence, and one that stands where
// a name does is read as one. Offsets count UTF-16 units of the text that was given.

import { createToken, Lexer } from 'chevrotain'
import type { IToken, TokenType } from 'chevrotain'
import { quote } from './mistake.ts'
import type { GrammarMistake } from './mistake.ts'

/** Stands for a hole of the template: `${…}`. Texts hold one of these for each. */
export const holeMark = '\uFFFC'

/** `node.labels.disk`, `cpu`; behind a dot it may have `/` and `-` in it, as labels of other tools have. */
export const Name = createToken({
  name: 'Name',
  pattern: /[A-Za-z_]\w*(?:-[A-Za-z]\w*)*(?:\.\w(?:[\w./-]*\w)?)?/,
  label: 'a name',
})

const keywords: TokenType[] = []

function keyword(word: string): TokenType {
  const token = createToken({
    name: `${word.charAt(0).toUpperCase()}${word.slice(1)}`,
    pattern: new RegExp(word),
    longer_alt: Name,
    categories: [Name],
    label: `'${word}'`,
  })
  keywords.push(token)
  return token
}

export const Require = keyword('require')
export const Prefer = keyword('prefer')
export const Spread = keyword('spread')
export const Near = keyword('near')
export const Avoid = keyword('avoid')
export const Max = keyword('max')
export const Per = keyword('per')
export const Node = keyword('node')
export const Tolerate = keyword('tolerate')
export const Weight = keyword('weight')
export const For = keyword('for')
export const Not = keyword('not')
export const In = keyword('in')
export const Minute = keyword('minute')
export const Hour = keyword('hour')
export const Month = keyword('month')
export const At = keyword('at')
export const On = keyword('on')
export const Keep = keyword('keep')

function sign(name: string, pattern: RegExp, text: string): TokenType {
  return createToken({ name, pattern, label: `'${text}'` })
}

export const Text = createToken({
  name: 'Text',
  pattern: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/,
  label: 'a text in quotes',
})
/** Never closed on its line; accepted here so that the error points at it alone. */
export const OpenText = createToken({ name: 'OpenText', pattern: /["'][^\n;]*/ })
/** `02:30`; whether there is such a time is said later. */
export const Clock = createToken({ name: 'Clock', pattern: /\d+:\d*/, label: 'a time such as 02:30' })
/** `:05` of every hour. */
export const MinuteOfHour = createToken({
  name: 'MinuteOfHour',
  pattern: /:\d+/,
  label: 'a minute such as :05',
})
export const Amount = createToken({
  name: 'Amount',
  pattern: /\d+(?:\.\d+)?(?:%|[A-Za-z]+)?/,
  label: 'a number',
})
/** `${n}%`, `${n}ms`: a number in a hole with its unit behind it. */
export const HoleAmount = createToken({
  name: 'HoleAmount',
  pattern: /\uFFFC(?:%|[A-Za-z]+)/,
  label: '${…} and a unit',
})
export const Hole = createToken({ name: 'Hole', pattern: /\uFFFC/, label: '${…}' })
export const Equal = sign('Equal', /==/, '==')
export const NotEqual = sign('NotEqual', /!=/, '!=')
export const AtMost = sign('AtMost', /<=/, '<=')
export const AtLeast = sign('AtLeast', />=/, '>=')
export const Less = sign('Less', /</, '<')
export const Greater = sign('Greater', />/, '>')
export const Arrow = sign('Arrow', /=>/, '=>')
export const And = sign('And', /&&/, '&&')
export const Or = sign('Or', /\|\|/, '||')
export const Bang = sign('Bang', /!/, '!')
export const Open = sign('Open', /\(/, '(')
export const Close = sign('Close', /\)/, ')')
export const Comma = sign('Comma', /,/, ',')
export const Slash = sign('Slash', /\//, '/')
export const Plus = sign('Plus', /\+/, '+')
export const Minus = sign('Minus', /-/, '-')
export const Semicolon = sign('Semicolon', /;/, ';')

// Not of the language; read so that it can be said what is meant, and the rest be understood.
export const Assign = sign('Assign', /=/, '=')
export const StrictEqual = sign('StrictEqual', /===/, '===')
export const StrictNotEqual = sign('StrictNotEqual', /!==/, '!==')
export const Matches = sign('Matches', /[=!]~|~=?/, '=~')
export const SingleAnd = sign('SingleAnd', /&/, '&')
export const SingleOr = sign('SingleOr', /\|/, '|')

/** Tokens that stand for what is meant; drawings and completions leave them out. */
export const slips: ReadonlySet<TokenType> = new Set([
  OpenText,
  Assign,
  StrictEqual,
  StrictNotEqual,
  Matches,
  SingleAnd,
  SingleOr,
])

const Blank = createToken({ name: 'Blank', pattern: /\s+/, group: Lexer.SKIPPED })

export const tokens: TokenType[] = [
  Blank,
  ...keywords,
  Name,
  Text,
  OpenText,
  Clock,
  MinuteOfHour,
  Amount,
  HoleAmount,
  Hole,
  StrictEqual,
  StrictNotEqual,
  Matches,
  Equal,
  NotEqual,
  AtMost,
  AtLeast,
  Arrow,
  Less,
  Greater,
  Assign,
  And,
  Or,
  SingleAnd,
  SingleOr,
  Bang,
  Open,
  Close,
  Comma,
  Slash,
  Plus,
  Minus,
  Semicolon,
]

const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset', ensureOptimizations: true })

export function isKeyword(token: TokenType): boolean {
  return keywords.includes(token)
}

/** What a keyword or a sign looks like; undefined for tokens of many forms. */
export function spellingOf(token: TokenType): string | undefined {
  return /^'(.+)'$/.exec(token.LABEL ?? '')?.[1]
}

/** Behind a `;`, what no prose begins with: a rule of placement or of scaling. */
const ruleBegins =
  /\s{0,40}(?:(?:require|prefer|spread|near|avoid|max|tolerate)\b|[\w.]{1,40}(?:\([^)\n]{0,40}\))?\s{0,40}[<>=!/])/
const commented = `(?:[^\\n;]|;(?!${ruleBegins.source}))*`
const commentPattern = new RegExp(
  [
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/.source,
    `(?<comment>#${commented}|(?<![A-Za-z_./-])//${commented}|(?<![\\w*/,-])/\\*(?:[^*]|\\*(?!/))*(?:\\*/)?)`,
  ].join('|'),
  'g',
)

/**
 * What people write as comments, of which there are none. One that goes to the end of its line ends before a rule that stands
 * behind it: what is wrong in that is said, whatever the comment was meant to take.
 */
export function findComments(text: string): readonly { readonly start: number; readonly end: number }[] {
  return [...text.matchAll(commentPattern)].flatMap(({ index, groups }) => {
    const comment = groups?.['comment']
    return comment === undefined ? [] : [{ start: index, end: index + comment.trimEnd().length }]
  })
}

/** The text with blanks in place of what is written as comments. */
export function withoutComments(text: string): string {
  let rest = text
  for (const { start, end } of findComments(text))
    rest = rest.slice(0, start) + ' '.repeat(end - start) + rest.slice(end)
  return rest
}

export function readTokens(text: string): { tokens: IToken[]; mistakes: GrammarMistake[] } {
  const { tokens: read, errors } = lexer.tokenize(text)
  return {
    tokens: read,
    mistakes: errors.map(({ offset, length }) => ({
      code: 'GT3101',
      message: `${quote(text.slice(offset, offset + length))} means nothing here`,
      start: offset,
      end: offset + length,
    })),
  }
}

export function endOf(token: IToken): number {
  return token.startOffset + token.image.length
}
