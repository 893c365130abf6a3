// A command written as one text, split into words as a shell would without running anything. Invariant: a variable is
// never split, whatever its value will be, and every word is pieces, so that texts from variables stay variables.

import type { Piece } from './interpolation.ts'

export type Words =
  | { readonly ok: true; readonly words: readonly (readonly Piece[])[] }
  | { readonly ok: false; readonly why: string }

/** Quotes and backslashes as POSIX says; operators such as `&&` and `|` are words like others, as in Compose. */
export function splitWords(pieces: readonly Piece[]): Words {
  const words: Piece[][] = []
  let word: Piece[] | undefined
  let quote: '"' | "'" | undefined
  let isEscaped = false
  const add = (piece: Piece): void => {
    word ??= []
    const last = word.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') word[word.length - 1] = last + piece
    else word.push(piece)
  }
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      add(piece)
      continue
    }
    for (const char of piece) {
      if (isEscaped) {
        if (char !== '\n') add(quote === '"' && !/["\\$`]/.test(char) ? `\\${char}` : char)
        isEscaped = false
      } else if (char === '\\' && quote !== "'") isEscaped = true
      else if (quote !== undefined) {
        if (char === quote) quote = undefined
        else add(char)
      } else if (char === '"' || char === "'") {
        quote = char
        add('')
      } else if (/\s/.test(char)) {
        if (word) words.push(word)
        word = undefined
      } else add(char)
    }
  }
  if (quote !== undefined) return { ok: false, why: `a quote (${quote}) is not closed` }
  if (isEscaped) return { ok: false, why: 'it ends with a backslash' }
  if (word) words.push(word)
  return { ok: true, words }
}
