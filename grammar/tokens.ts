// The lexer of the small languages. Invariant: every character of a text ends in a token, a blank or an error; keywords
// are lexed as names, so that a misspelt one is a name that can be recognised, not a broken sentence. Offsets count
// UTF-16 units of the text that was given.

import { createToken, Lexer } from 'chevrotain'
import type { IToken } from 'chevrotain'

/** Stands for a hole of the template: `${…}`. Texts hold one of these for each. */
export const holeMark = '\uFFFC'

/** `node.labels.disk`, `require`; a label may have `/` and `-` in it, as those of other tools have. */
export const Name = createToken({ name: 'Name', pattern: /[A-Za-z_](?:[\w./-]*\w)?/ })
export const Text = createToken({ name: 'Text', pattern: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/ })
/** Never closed on its line; accepted here so that the error points at its start alone. */
export const OpenText = createToken({ name: 'OpenText', pattern: /["'][^\n;]*/ })
export const Amount = createToken({ name: 'Amount', pattern: /\d+(?:\.\d+)?(?:%|[A-Za-z]+)?/ })
export const Hole = createToken({ name: 'Hole', pattern: /\uFFFC/ })
export const Equal = createToken({ name: 'Equal', pattern: /==/ })
export const NotEqual = createToken({ name: 'NotEqual', pattern: /!=/ })
export const AtMost = createToken({ name: 'AtMost', pattern: /<=/ })
export const AtLeast = createToken({ name: 'AtLeast', pattern: />=/ })
export const Less = createToken({ name: 'Less', pattern: /</ })
export const Greater = createToken({ name: 'Greater', pattern: />/ })
/** Not an operator; accepted so that it can be said what is meant. */
export const Assign = createToken({ name: 'Assign', pattern: /=/ })
export const And = createToken({ name: 'And', pattern: /&&/ })
export const Or = createToken({ name: 'Or', pattern: /\|\|/ })
export const Not = createToken({ name: 'Not', pattern: /!/ })
export const Open = createToken({ name: 'Open', pattern: /\(/ })
export const Close = createToken({ name: 'Close', pattern: /\)/ })
export const Semicolon = createToken({ name: 'Semicolon', pattern: /;/ })
const Blank = createToken({ name: 'Blank', pattern: /\s+/, group: Lexer.SKIPPED })

export const tokens = [
  Blank,
  Name,
  Text,
  OpenText,
  Amount,
  Hole,
  Equal,
  NotEqual,
  AtMost,
  AtLeast,
  Less,
  Greater,
  Assign,
  And,
  Or,
  Not,
  Open,
  Close,
  Semicolon,
]

const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset', ensureOptimizations: true })

/** A mistake in a text of a small language; `start` and `end` are offsets in it. */
export interface GrammarMistake {
  readonly code: GrammarCode
  readonly message: string
  readonly start: number
  readonly end: number
  readonly label?: string
  readonly fix?: string
}

/**
 * GT3101 a character that means nothing · GT3102 something else was expected · GT3103 an unknown rule or attribute ·
 * GT3104 right, but not supported yet.
 */
export type GrammarCode = 'GT3101' | 'GT3102' | 'GT3103' | 'GT3104'

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

export function quote(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}
