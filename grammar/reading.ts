// What the meaning of a text is read with: the values in its holes, and where mistakes and warnings are put. Invariant: a
// hole whose value is not known (in an editor) is never wrong.

import { parseCpu, parseDuration, parseMemory, nearest } from '../src/model/index.ts'
import { typeWords } from './fields.ts'
import type { FieldType } from './fields.ts'
import { quote } from './mistake.ts'
import type { Extent, GrammarCode, GrammarMistake } from './mistake.ts'
import type { HoleNode, NumberNode, TextNode } from './syntax.ts'

/** What stands in a hole. */
export type HoleValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  /** A service or a job: its name, and `service 'db'`. */
  | { readonly kind: 'service'; readonly name: string; readonly what: string }
  /** Nothing that a small language takes; `what` says what it is. */
  | { readonly kind: 'other'; readonly what: string }
  /** Known to be there, but not what: as in an editor. */
  | { readonly kind: 'unknown' }

/** A value that is not known before the program runs. */
export const unknown: unique symbol = Symbol('unknown')
export type Unknown = typeof unknown

export interface Outcome {
  readonly mistakes: readonly GrammarMistake[]
  readonly warnings: readonly GrammarMistake[]
}

export class MeaningReader {
  readonly mistakes: GrammarMistake[]
  readonly warnings: GrammarMistake[] = []
  readonly #holes: readonly HoleValue[] | undefined
  readonly #places: readonly number[]
  readonly #text: string

  /** `holes` is undefined where their values are not known. */
  constructor(text: string, holes: readonly HoleValue[] | undefined, mistakes: readonly GrammarMistake[]) {
    this.#holes = holes
    this.#text = text
    this.#places = [...text.matchAll(/\uFFFC/g)].map((match) => match.index)
    this.mistakes = [...mistakes]
  }

  refuse(code: GrammarCode, { start, end }: Extent, message: string, label?: string): void {
    this.mistakes.push({ code, message, start, end, ...(label === undefined ? {} : { label }) })
  }

  warn(code: GrammarCode, { start, end }: Extent, message: string, label?: string): void {
    this.warnings.push({ code, message, start, end, ...(label === undefined ? {} : { label }) })
  }

  outcome(): Outcome {
    const order = (a: Extent, b: Extent): number => a.start - b.start || a.end - b.end
    return { mistakes: this.mistakes.sort(order), warnings: this.warnings.sort(order) }
  }

  hole(index: number): HoleValue {
    return this.#holes?.[index] ?? { kind: 'unknown' }
  }

  /** What was written there. */
  source({ start, end }: Extent): string {
    return this.#text.slice(start, end).replaceAll('\uFFFC', '${…}')
  }

  /** Where a hole is. */
  placeOf(index: number): Extent {
    const start = this.#places[index] ?? 0
    return { start, end: start + 1 }
  }

  /** The name of the service or job in a hole; `rule` is what takes it. */
  service(node: HoleNode, rule: string): string | undefined {
    const value = this.hole(node.hole)
    if (value.kind === 'unknown') return undefined
    if (value.kind === 'service') return value.name
    this.refuse('GT3107', node, `${rule} takes a service or a job in its hole`, `this is ${describe(value)}`)
    return undefined
  }

  /** A text, with the holes in it; undefined when one of them has none. */
  text(node: TextNode | HoleNode): string | Unknown | undefined {
    const pieces = node.kind === 'hole' ? [{ hole: node.hole }] : node.pieces
    let text = ''
    let isKnown = true
    for (const piece of pieces) {
      if (typeof piece === 'string') {
        text += piece
        continue
      }
      const value = this.hole(piece.hole)
      if (value.kind === 'unknown') isKnown = false
      else if (value.kind === 'text') text += value.text
      else if (value.kind === 'number') text += String(value.number)
      else {
        this.refuse(
          'GT3107',
          this.placeOf(piece.hole),
          'a hole where a text stands takes a string or a number',
          `this is ${describe(value)}`,
        )
        return undefined
      }
    }
    return isKnown ? text : unknown
  }

  /** A number with its unit as it would be written; undefined when the hole holds neither a number nor a text. */
  written(node: NumberNode): string | Unknown | undefined {
    const sign = node.kind === 'amount' && node.isNegative ? '-' : ''
    if (node.kind === 'amount' && node.hole === undefined) return sign + node.text
    const value = this.hole(node.hole ?? 0)
    const unit = node.kind === 'amount' ? node.text : ''
    switch (value.kind) {
      case 'unknown':
        return unknown
      case 'text':
        return `${sign}${value.text}${unit}`
      case 'number':
        return `${sign}${decimal(value.number)}${unit}`
      case 'service':
      case 'other':
        this.refuse(
          'GT3107',
          this.placeOf(node.hole ?? 0),
          'a hole where a number stands takes a number, or a string with its unit',
          `this is ${describe(value)}`,
        )
        return undefined
    }
  }

  /** In the base unit of the type; `subject` is what it is compared with. */
  amount(
    node: NumberNode,
    type: Exclude<FieldType, 'text' | 'boolean'>,
    subject: string,
    example?: string,
  ): number | Unknown | undefined {
    const written = this.written(node)
    if (written === undefined || written === unknown) return written
    const amount = amountOf(type, written)
    if (amount !== undefined) return amount
    const { is, write: usual, unit } = typeWords[type]
    const write = example === undefined ? usual : `${is} such as ${example}`
    const isBare = /^-?\d+(?:\.\d+)?$/.test(written) && unit !== ''
    // `2 minutes`: that the word behind the number was not expected says it already.
    const isNext = ({ code, start }: GrammarMistake): boolean =>
      /^GT310[12]$/.test(code) && start > node.end && this.#text.slice(node.end, start).trim() === ''
    if (isBare && this.mistakes.some(isNext)) return undefined
    const better = isBare && example !== undefined ? undefined : suggestion(type, written)
    const what = isBare ? 'has no unit' : 'is none'
    this.refuse(
      'GT3201',
      node,
      `${subject} is ${is}, and ${quote(written)} ${what}: write ${write}`,
      better === undefined ? undefined : `did you mean ${better}?`,
    )
    return undefined
  }

  /** A whole number within bounds, both included. */
  whole(
    node: NumberNode,
    subject: string,
    { min, max }: { readonly min: number; readonly max: number },
  ): number | Unknown | undefined {
    const written = this.written(node)
    if (written === undefined || written === unknown) return written
    const number = /^-?\d+$/.test(written) ? Number(written) : Number.NaN
    if (number >= min && number <= max) return number
    this.refuse('GT3204', node, `${subject} is a whole number from ${min} to ${max}, not ${quote(written)}`)
    return undefined
  }
}

function amountOf(type: Exclude<FieldType, 'text' | 'boolean'>, written: string): number | undefined {
  switch (type) {
    case 'number':
      return plainNumber(written)
    case 'percent':
      return written.endsWith('%') && !written.startsWith('-') ? plainNumber(written.slice(0, -1)) : undefined
    case 'time':
      return parseDuration(written)
    case 'size':
      return written.endsWith('B') ? undefined : parseMemory(written)
    case 'cores':
      return parseCpu(written)
  }
}

function plainNumber(written: string): number | undefined {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(written)) return undefined
  const number = Number(written)
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined
}

/** What is nearest to what was written: with the unit added, or another. */
function suggestion(type: Exclude<FieldType, 'text' | 'boolean'>, written: string): string | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(%|[A-Za-z]*)$/.exec(written)
  const [, number = '', unit = ''] = match ?? []
  if (!match) return undefined
  const { unit: usual, units } = typeWords[type]
  const near = nearest(unit, units)
  const guesses =
    unit === ''
      ? [usual]
      : [...(near === undefined ? [] : [near]), ...units.filter((each) => unit.startsWith(each))]
  return guesses
    .map((each) => `${number}${each}`)
    .find((each) => amountOf(type, each) !== undefined && each !== written)
}

/** Without an exponent, as far as that goes. */
function decimal(number: number): string {
  return Math.abs(number) >= 1e-6 || number === 0 ? String(number) : number.toFixed(12)
}

export function describe(value: HoleValue): string {
  switch (value.kind) {
    case 'text':
      return quote(value.text)
    case 'number':
      return String(value.number)
    case 'service':
    case 'other':
      return value.what
    case 'unknown':
      return 'a hole'
  }
}
