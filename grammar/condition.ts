// What a condition means: each comparison with the field it is about, its value in the field's unit, and constants folded.
// Invariant: a condition that cannot be carried out as it is written is refused, never bent. What always holds, or never
// can, is said (folding is in satisfy.ts).

import type { Condition } from '../src/model/index.ts'
import { nearest } from '../src/model/index.ts'
import { findField } from './fields.ts'
import type { Field } from './fields.ts'
import { listed, quote } from './mistake.ts'
import type { Extent } from './mistake.ts'
import { depthOf, fold, toCondition } from './meant.ts'
import type { Meant } from './meant.ts'
import { readReference } from './names.ts'
import type { ConditionTerms } from './names.ts'
import { depthLimit } from './parse.ts'
import { unknown } from './reading.ts'
import type { MeaningReader, Unknown } from './reading.ts'
import { findConflicts } from './satisfy.ts'
import type { Expression, Operand, Operator, ReferenceNode } from './syntax.ts'

/** A measurement that a condition or a target asks for. */
export interface Measured extends Extent {
  readonly attribute: string
  readonly of?: string
}

export interface MeantCondition {
  /** Constants are folded. */
  readonly meant: Meant
  /** Undefined when there is nothing to carry out: it is wrong, not known, or constant. */
  readonly condition: Condition | undefined
  readonly measured: readonly Measured[]
}

export function readCondition(
  expression: Expression,
  terms: ConditionTerms,
  reader: MeaningReader,
): MeantCondition {
  const measured: Measured[] = []
  const meant = fold(new ConditionReader(terms, reader, measured).read(expression))
  const condition = toCondition(meant)
  if (condition && depthOf(condition) > depthLimit) {
    reader.refuse('GT3106', expression, `conditions are nested more than ${depthLimit} deep`)
    return {
      meant: { kind: 'unknown', start: expression.start, end: expression.end },
      condition: undefined,
      measured,
    }
  }
  return { meant, condition, measured }
}

/** Says what can never hold, or always does. `joined` are conditions that have to hold together. */
export function judge(joined: readonly Meant[], reader: MeaningReader): void {
  const { never, always } = findConflicts(joined)
  for (const { at, why, other } of never)
    reader.refuse(
      'GT3203',
      at,
      why !== undefined
        ? `this can never hold: ${why}`
        : `this can never hold together with ${other ? quote(reader.source(other)) : 'what stands before it'}`,
    )
  for (const { at, why } of always)
    reader.warn(
      'GT4030',
      at,
      why === undefined ? 'this holds wherever what stands before it does not' : `this always holds: ${why}`,
      why === undefined ? "so one of the two always does: did you mean '&&'?" : undefined,
    )
}

class ConditionReader {
  readonly #terms: ConditionTerms
  readonly #reader: MeaningReader
  readonly #measured: Measured[]

  constructor(terms: ConditionTerms, reader: MeaningReader, measured: Measured[]) {
    this.#terms = terms
    this.#reader = reader
    this.#measured = measured
  }

  read(expression: Expression): Meant {
    const { start, end } = expression
    switch (expression.kind) {
      case 'broken':
        return { kind: 'unknown', start, end }
      case 'and':
      case 'or':
        return {
          kind: expression.kind,
          operands: expression.operands.map((each) => this.read(each)),
          start,
          end,
        }
      case 'not':
        return { kind: 'not', operand: this.read(expression.operand), start, end }
      case 'compare':
        return this.#compare(expression)
      case 'in':
        return this.#among(expression)
    }
  }

  #compare({ left, operator, operatorAt, right, start, end }: Expression & { kind: 'compare' }): Meant {
    const at = { start, end }
    const wrong: Meant = { kind: 'unknown', ...at }
    if (left.kind === 'reference' && right.kind === 'reference' && !this.#isBareWord(right, left)) {
      this.#reader.refuse(
        'GT3210',
        right,
        `${this.#terms.noun}s are compared with values, not with one another`,
        'this is another',
      )
      return wrong
    }
    if (left.kind === 'reference') return this.#compared(left, operator, operatorAt, right, at)
    // `70% < cpu` says the same as `cpu > 70%`.
    if (right.kind === 'reference') return this.#compared(right, mirrored[operator], operatorAt, left, at)
    return this.#constant(left, operator, right, at)
  }

  /** `node.os == linux`: a text whose quotes were forgotten, unless it is the name of a field. */
  #isBareWord(right: ReferenceNode, left: ReferenceNode): boolean {
    const { fields } = this.#terms
    const type = findField(fields, left.name)?.type
    return right.argument === undefined && findField(fields, right.name) === undefined && type !== undefined
  }

  #compared(
    reference: ReferenceNode,
    operator: Operator,
    operatorAt: Extent,
    value: Operand,
    at: Extent,
  ): Meant {
    const known = this.#measure(reference)
    if (known === undefined || known === unknown) return { kind: 'unknown', ...at }
    const { field, attribute, of } = known
    const isOrdered = field.type !== 'text' && field.type !== 'boolean'
    if (!isOrdered && operator !== '==' && operator !== '!=') {
      this.#reader.refuse(
        'GT3202',
        operatorAt,
        `'${attribute}' is a text, and texts have no order: '${operator}' is for numbers`,
        "use '==', '!=' or in (…)",
      )
      return { kind: 'unknown', ...at }
    }
    const meant = this.#value(field, attribute, value)
    if (meant === undefined || meant === unknown) return { kind: 'unknown', ...at }
    return {
      kind: 'compare',
      field,
      attribute,
      ...(of === undefined ? {} : { of }),
      operator,
      value: meant,
      ...at,
    }
  }

  #among({ left, isNot, operatorAt, values, start, end }: Expression & { kind: 'in' }): Meant {
    const at = { start, end }
    if (left.kind !== 'reference') {
      this.#reader.refuse('GT3210', left, `a comparison begins with ${this.#article()}`)
      return { kind: 'unknown', ...at }
    }
    const known = this.#measure(left)
    if (known === undefined || known === unknown) return { kind: 'unknown', ...at }
    const { field, attribute } = known
    if (field.type !== 'text') {
      this.#reader.refuse(
        'GT3202',
        operatorAt,
        `'in' is for texts, and '${attribute}' is none`,
        "use '<' and '>'",
      )
      return { kind: 'unknown', ...at }
    }
    const seen = new Set<string | number>()
    const operands = values.map((each): Meant => {
      const value = this.#value(field, attribute, each)
      const place = { start: each.start, end: each.end }
      if (value === undefined || value === unknown) return { kind: 'unknown', ...place }
      if (seen.has(value)) this.#reader.refuse('GT3205', each, `${quote(String(value))} is in the list twice`)
      seen.add(value)
      return { kind: 'compare', field, attribute, operator: isNot ? '!=' : '==', value, ...place }
    })
    const [only] = operands
    if (operands.length === 1 && only) return { ...only, ...at }
    return { kind: isNot ? 'and' : 'or', operands, ...at }
  }

  #measure(reference: ReferenceNode): ReturnType<typeof readReference> {
    const known = readReference(reference, this.#terms, this.#reader)
    if (known !== undefined && known !== unknown)
      this.#measured.push({
        attribute: known.attribute,
        ...(known.of === undefined ? {} : { of: known.of }),
        start: reference.start,
        end: reference.end,
      })
    return known
  }

  /** A value in the unit of the field. */
  #value(field: Field, attribute: string, operand: Operand): string | number | Unknown | undefined {
    const { type } = field
    if (type === 'boolean') return this.#boolean(attribute, operand)
    if (type === 'text') {
      if (operand.kind === 'amount' || operand.kind === 'reference') {
        const written = operand.kind === 'reference' ? operand.name : writtenAmount(operand, this.#reader)
        if (written === unknown || written === undefined) return written
        this.#reader.refuse(
          'GT3102',
          operand,
          `expected a text in quotes, found ${quote(written)}`,
          `write "${written}"`,
        )
        return undefined
      }
      const text = this.#reader.text(operand)
      // That its quote is never closed was said.
      if (text === '' && field.values && operand.end - operand.start > 2) return undefined
      if (typeof text === 'string' && field.values && !field.values.includes(text)) {
        const lower = text.toLowerCase()
        const { values, synonyms = {} } = field
        const guess = values.includes(lower)
          ? lower
          : Object.hasOwn(synonyms, lower)
            ? synonyms[lower]
            : nearest(lower, values)
        this.#reader.refuse(
          'GT3103',
          operand,
          `'${attribute}' is never ${quote(text)}`,
          guess === undefined
            ? `it is ${listed(field.values.map((each) => `"${each}"`))}`
            : `did you mean "${guess}"?`,
        )
        return undefined
      }
      return text
    }
    if (operand.kind === 'text' || operand.kind === 'reference') {
      const text = operand.kind === 'text' ? this.#reader.text(operand) : operand.name
      if (text === unknown || text === undefined) return text
      const isQuoted = operand.kind === 'text'
      this.#reader.refuse(
        isQuoted ? 'GT3201' : 'GT3102',
        operand,
        isQuoted ? `'${attribute}' is not a text` : `expected a value, found ${quote(text)}`,
        isQuoted ? 'leave the quotes out' : undefined,
      )
      return undefined
    }
    return this.#reader.amount(operand, type, attribute)
  }

  #boolean(attribute: string, operand: Operand): string | Unknown | undefined {
    const written =
      operand.kind === 'reference'
        ? operand.name
        : operand.kind === 'amount'
          ? writtenAmount(operand, this.#reader)
          : this.#reader.text(operand)
    if (written === undefined || written === unknown || written === 'true' || written === 'false')
      return written
    this.#reader.refuse('GT3201', operand, `'${attribute}' is true or false, not ${quote(written)}`)
    return undefined
  }

  /** Two values: with holes they say something about the inputs, without they say nothing. */
  #constant(left: Operand, operator: Operator, right: Operand, at: Extent): Meant {
    const wrong: Meant = { kind: 'unknown', ...at }
    if (!hasHole(left) && !hasHole(right)) {
      this.#reader.refuse(
        'GT3210',
        at,
        `a comparison begins with ${this.#article()}`,
        'both sides are values',
      )
      return wrong
    }
    const values = [left, right].map((each) =>
      each.kind === 'amount'
        ? this.#reader.written(each)
        : each.kind === 'reference'
          ? undefined
          : this.#reader.text(each),
    )
    const [a, b] = values
    if (typeof a !== 'string' || typeof b !== 'string') return wrong
    if (operator === '==' || operator === '!=')
      return { kind: 'constant', holds: (a === b) === (operator === '=='), ...at }
    const [x, y] = [Number(a), Number(b)]
    if (a.trim() !== '' && b.trim() !== '' && Number.isFinite(x) && Number.isFinite(y))
      return { kind: 'constant', holds: ordered(operator, x, y), ...at }
    this.#reader.refuse(
      'GT3202',
      at,
      `'${operator}' compares plain numbers here`,
      `${quote(a)} and ${quote(b)}`,
    )
    return wrong
  }

  #article(): string {
    const { noun } = this.#terms
    return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
  }
}

function writtenAmount(
  operand: Operand & { kind: 'amount' },
  reader: MeaningReader,
): string | Unknown | undefined {
  return reader.written(operand)
}

const mirrored: Readonly<Record<Operator, Operator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function ordered(operator: '<' | '<=' | '>' | '>=', x: number, y: number): boolean {
  switch (operator) {
    case '<':
      return x < y
    case '<=':
      return x <= y
    case '>':
      return x > y
    case '>=':
      return x >= y
  }
}

function hasHole(operand: Operand): boolean {
  switch (operand.kind) {
    case 'hole':
      return true
    case 'amount':
      return operand.hole !== undefined
    case 'text':
      return operand.pieces.some((piece) => typeof piece !== 'string')
    case 'reference':
      return false
  }
}
