// What a filter of the commands means: `--where 'service == "api" && state != "running"'`. What there is to compare is
// given by the command that filters.

import type { Condition } from '../src/model/index.ts'
import { judge, readCondition } from './condition.ts'
import type { Field } from './fields.ts'
import { parse } from './parse.ts'
import { MeaningReader } from './reading.ts'
import type { Outcome } from './reading.ts'

export interface ReadFilter extends Outcome {
  /** Undefined when there is a mistake. */
  readonly condition: Condition | undefined
}

/** `fields` are what is filtered by, with their types; `owner` completes "… no field 'x'": "a task has". */
export function readFilterText(text: string, fields: readonly Field[], owner: string): ReadFilter {
  const { sentence, mistakes } = parse('where', text)
  const reader = new MeaningReader(text, [], mistakes)
  if (sentence?.language !== 'where') return { condition: undefined, ...reader.outcome() }
  const { condition, meant } = readCondition(sentence.condition, { fields, owner, noun: 'field' }, reader)
  judge([meant], reader)
  return { condition: reader.mistakes.length > 0 ? undefined : condition, ...reader.outcome() }
}
