// The names in conditions: which field each stands for, and what is wrong with one that stands for none.

import { nearest } from '../src/model/index.ts'
import { findField } from './fields.ts'
import type { Field } from './fields.ts'
import { listed } from './mistake.ts'
import type { Extent } from './mistake.ts'
import { unknown } from './reading.ts'
import type { MeaningReader, Unknown } from './reading.ts'
import type { ReferenceNode } from './syntax.ts'

export interface ConditionTerms {
  readonly fields: readonly Field[]
  /** "a node has", "there is", for names that do not exist. */
  readonly owner: string
  /** What an attribute is called. */
  readonly noun: string
}

/** The field that a name stands for; says what is wrong with it when there is none. */
export function readReference(
  { name, argument, start, end }: ReferenceNode,
  { fields, owner, noun }: ConditionTerms,
  reader: MeaningReader,
): { readonly field: Field; readonly attribute: string; readonly of?: string } | Unknown | undefined {
  const nameAt = { start, end: start + name.length }
  const field = findField(fields, name)
  if (!field) {
    refuseName(name, argument === undefined ? { start, end } : nameAt, { fields, owner, noun }, reader)
    return undefined
  }
  if (field.argument === undefined) {
    if (argument === undefined) return { field, attribute: name }
    reader.refuse('GT3102', argument, `${name} takes no name in parentheses`, `write ${name}`)
    return undefined
  }
  if (argument === undefined) {
    reader.refuse(
      'GT3102',
      nameAt,
      `${name} takes a name in parentheses`,
      `write ${name}("${field.argument}")`,
    )
    return undefined
  }
  const of = reader.text(argument)
  if (of === unknown || of === undefined) return of
  if (of !== '') return { field, attribute: name, of }
  reader.refuse('GT3102', argument, `the name in ${name}("…") is empty`)
  return undefined
}

function refuseName(
  name: string,
  at: Extent,
  { fields, owner, noun }: ConditionTerms,
  reader: MeaningReader,
): void {
  const last = name.split('.').at(-1) ?? ''
  const names = fields.map((field) =>
    field.name.endsWith('.*') ? field.name.slice(0, -1) + last : field.name,
  )
  const head = fields[0]?.name.split('.')[0] ?? ''
  const below = `${head}.${name}`
  const guess =
    nearest(name, names) ??
    (findField(fields, below) ? below : undefined) ??
    names.find((each) => each.endsWith(`.${name}`) && !each.includes('.labels.'))
  const shown = fields.map((field) => field.name.replace('*', '<name>'))
  reader.refuse(
    'GT3103',
    at,
    `${owner} no ${noun} '${name}'`,
    guess === undefined
      ? `${noun}s are ${listed(shown).replace(/ or (?=[^ ]+$)/, ' and ')}`
      : `did you mean '${guess}'?`,
  )
}
