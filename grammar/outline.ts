// The grammar as data, for drawing: chevrotain's own description of the rules, without what is only read to say what is
// meant instead. Invariant: it is made from the parser that reads the texts, so no drawing says anything else.

import type { ISerializedGast } from 'chevrotain'
import { theParser } from './parse.ts'
import { slips } from './tokens.ts'

/** One part of a rule. */
export type Outline =
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Outline[] }
  | { readonly kind: 'optional'; readonly part: Outline }
  /** At least once, and `separator` between two. */
  | { readonly kind: 'repeated'; readonly part: Outline; readonly separator?: Outline }
  /** Exactly as it is written. */
  | { readonly kind: 'literal'; readonly text: string }
  /** Something that has many forms: `a text in quotes`. */
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'rule'; readonly name: string }

/** The rules of the grammar by their names, in the order in which they build on one another. */
export function grammarOutline(): ReadonlyMap<string, Outline> {
  return new Map(
    theParser()
      .getSerializedGastProductions()
      .map((rule): [string, Outline] => {
        const { name, definition } = rule as Described
        return [name ?? '', sequence(definition ?? [])]
      }),
  )
}

/** What the descriptions of chevrotain have, whose types say less. */
interface Described extends ISerializedGast {
  readonly name?: string
  readonly label?: string
  /** What it stands for at that place. */
  readonly terminalLabel?: string
  readonly separator?: Described
  readonly definition?: Described[]
}

const slipNames: ReadonlySet<string> = new Set([...slips].map((token) => token.name))

function sequence(parts: readonly Described[]): Outline {
  const outlined = parts.map(outlineOf).filter((part) => part !== undefined)
  const [only, more] = outlined
  // `a (, a)*` is a list with commas.
  if (
    outlined.length === 2 &&
    more?.kind === 'optional' &&
    more.part.kind === 'repeated' &&
    more.part.part.kind === 'sequence'
  ) {
    const [separator, again] = more.part.part.parts
    if (separator && JSON.stringify(again) === JSON.stringify(only) && only)
      return { kind: 'repeated', part: only, separator }
  }
  return only && outlined.length === 1 ? only : { kind: 'sequence', parts: outlined }
}

/** Undefined for a slip. */
function outlineOf(part: Described): Outline | undefined {
  const { type, name = '', label = '', terminalLabel, definition = [], separator } = part
  switch (type) {
    case 'Terminal': {
      if (slipNames.has(name)) return undefined
      if (terminalLabel !== undefined) return { kind: 'token', text: terminalLabel }
      const literal = /^'(.+)'$/.exec(label)?.[1]
      return literal === undefined ? { kind: 'token', text: label } : { kind: 'literal', text: literal }
    }
    case 'NonTerminal':
      return { kind: 'rule', name }
    case 'Alternation': {
      const parts = definition.filter((each) => !isSlip(each)).map((each) => sequence(each.definition ?? []))
      const [only] = parts
      return only && parts.length === 1 ? only : { kind: 'choice', parts }
    }
    case 'Option':
      return { kind: 'optional', part: sequence(definition) }
    case 'Repetition':
    case 'RepetitionWithSeparator':
      return { kind: 'optional', part: repeated(definition, separator) }
    case 'RepetitionMandatory':
    case 'RepetitionMandatoryWithSeparator':
      return repeated(definition, separator)
    case 'Alternative':
    case 'Rule':
      return sequence(definition)
  }
}

function repeated(definition: readonly Described[], separator: Described | undefined): Outline {
  const between = separator && outlineOf(separator)
  return { kind: 'repeated', part: sequence(definition), ...(between ? { separator: between } : {}) }
}

function isSlip({ type, name = '', definition = [] }: Described): boolean {
  if (type === 'Terminal') return slipNames.has(name)
  return definition.length > 0 && definition.every((each) => isSlip(each))
}
