// The form in which gantry writes templates: one line where it fits, else one rule on each line. Invariant: formatting
// changes no meaning, keeps every hole in its place, and leaves what it does not understand as it is.

import { parse } from './parse.ts'
import { printRules } from './print.ts'
import type { Language } from './syntax.ts'
import { holeMark } from './tokens.ts'

export interface FormatOptions {
  /** Blanks before the line that the template begins on. Default: none. */
  readonly indent?: string
  /** Columns that a text on one line may take, the template's marks not counted. Default: 80. */
  readonly width?: number
  /** What stands in the holes, with `${` and `}`: how long lines are. Default: as long as `${…}`. */
  readonly holes?: readonly string[]
}

const step = '  '

/**
 * The text in canonical form, with its holes as marks in the order they had; undefined when it has mistakes, and is best
 * left alone. A text of several lines begins and ends with a line break: `` place` `` and `` ` `` stand on lines of their own.
 */
export function formatTemplate(
  language: Language,
  text: string,
  { indent = '', width = 80, holes = [] }: FormatOptions = {},
): string | undefined {
  const { sentence, mistakes } = parse(language, text)
  if (!sentence || mistakes.length > 0) return undefined
  const rules = printRules(sentence)
  const one = rules.map((rule) => rule.text).join('; ')
  // A hole is as long as what stands in it.
  const lengths = holes.map((hole) => hole.length)
  let hole = 0
  const lengthOf = (printed: string): number => {
    let length = 0
    for (const character of printed) {
      length += character === holeMark ? (lengths[hole] ?? '${…}'.length) : character.length
      if (character === holeMark) hole += 1
    }
    return length
  }
  if (language === 'every' || language === 'where' || lengthOf(one) <= width) return one
  hole = 0
  const within = indent + step
  const lines = rules.flatMap((rule) => {
    const end = language === 'place' || language === 'scale' ? ';' : ''
    const before = hole
    if (within.length + lengthOf(rule.text + end) <= width + indent.length || rule.pieces.length === 1)
      return [`${within}${rule.text}${end}`]
    hole = before
    for (const piece of rule.pieces) lengthOf(piece)
    return rule.pieces.map(
      (piece, index) =>
        `${within}${index === 0 ? '' : step}${piece}${index === rule.pieces.length - 1 ? end : ''}`,
    )
  })
  return `\n${lines.join('\n')}\n${indent}`
}
