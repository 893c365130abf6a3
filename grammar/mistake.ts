// What can be wrong in a text of a small language. Invariant: a mistake lies within the text that was given.

/** Offsets in the text, in UTF-16 units. */
export interface Extent {
  readonly start: number
  readonly end: number
}

/** A mistake, or a warning; the codes are explained in the compiler's table. */
export interface GrammarMistake extends Extent {
  readonly code: GrammarCode
  readonly message: string
  readonly label?: string
  readonly fix?: string
}

export type GrammarCode =
  | 'GT3101'
  | 'GT3102'
  | 'GT3103'
  | 'GT3105'
  | 'GT3106'
  | 'GT3107'
  | 'GT3201'
  | 'GT3202'
  | 'GT3203'
  | 'GT3204'
  | 'GT3205'
  | 'GT3206'
  | 'GT3207'
  | 'GT3208'
  | 'GT3210'
  | 'GT4030'
  | 'GT4031'

export function quote(text: string): string {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text
  return shown.includes("'") ? `"${shown}"` : `'${shown}'`
}

/** `a, b or c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`
}
