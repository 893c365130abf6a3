// Arbitrary values of a zod schema, few of each kind, so that two of them are often alike in most of their parts. A new
// field of a schema is in them without anybody thinking of it. Walks what the schemas of the model use and no more.

import fc from 'fast-check'
import type { z } from 'zod'

const words = [
  'a',
  'bc',
  '/a',
  '/b',
  'x y',
  '',
  '0400',
  '0444',
  'rw',
  'r',
  '1'.repeat(64),
  `${'1'.repeat(63)}2`,
]
const numbers = [0, 1, 2, 10, 16, 50, 1000, 2000, -1]
/** Deeper than this a condition is a comparison. */
const depthLimit = 2

type Schema = z.core.$ZodType
/** What is needed of a schema's definition; zod's own types of it are not for use from outside. */
interface Definition {
  readonly type: string
  readonly shape?: Readonly<Record<string, Schema>>
  readonly innerType?: Schema
  readonly element?: Schema
  readonly keyType?: Schema
  readonly valueType?: Schema
  readonly options?: readonly Schema[]
  readonly values?: readonly unknown[]
  readonly entries?: Readonly<Record<string, unknown>>
  readonly getter?: () => Schema
}

/** The definition of a schema, with what is lazy resolved. */
export function definitionOf(schema: Schema): Definition {
  const definition = schema._zod.def as unknown as Definition // its members depend on `type`, which is looked at first
  return definition.getter ? definitionOf(definition.getter()) : definition
}

/** Throws for a kind of schema that it does not know. */
export function anyOf<Value>(schema: z.ZodType<Value>): fc.Arbitrary<Value> {
  return arbitrary(schema, 0) as fc.Arbitrary<Value> // each value passes the schema, which the tests check
}

function arbitrary(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const { type, shape, innerType, element, keyType, valueType, options, values, entries } =
    definitionOf(schema)
  const fits = (value: unknown) => (schema as z.ZodType).safeParse(value).success // all of ours are classic schemas
  if (type === 'object' && shape) {
    const required = Object.keys(shape).filter(
      (key) => shape[key] && definitionOf(shape[key]).type !== 'optional',
    )
    return fc.record(
      Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, arbitrary(value, depth)])),
      { requiredKeys: required, noNullPrototype: true },
    )
  }
  if (type === 'optional' && innerType) return arbitrary(innerType, depth)
  if (type === 'nullable' && innerType) return fc.option(arbitrary(innerType, depth))
  if (type === 'array' && element) {
    const inner = fc.array(arbitrary(element, depth + 1), { maxLength: 2 })
    return fits([]) ? inner : inner.filter((list) => list.length > 0)
  }
  if (type === 'record' && keyType && valueType)
    return fc.dictionary(arbitrary(keyType, depth) as fc.Arbitrary<string>, arbitrary(valueType, depth + 1), {
      maxKeys: 2,
      noNullPrototype: true,
    })
  if (type === 'union' && options) {
    const simple = options.filter((option) => !isDeep(option))
    return fc.oneof(
      ...(depth > depthLimit && simple.length > 0 ? simple : options).map((each) =>
        arbitrary(each, depth + 1),
      ),
    )
  }
  if (type === 'literal' && values) return fc.constantFrom(...values)
  if (type === 'enum' && entries) return fc.constantFrom(...Object.values(entries))
  if (type === 'boolean') return fc.boolean()
  if (type === 'string') return some(words.filter(fits), schema)
  if (type === 'number' || type === 'int') return some(numbers.filter(fits).slice(0, 3), schema)
  throw new Error(`no arbitrary for a schema of the type ${type}`)
}

/** Conditions within conditions. */
function isDeep(option: Schema): boolean {
  const { shape } = definitionOf(option)
  return shape !== undefined && ['all', 'any', 'not'].some((key) => key in shape)
}

function some<Value>(values: readonly Value[], schema: Schema): fc.Arbitrary<Value> {
  if (values.length === 0) throw new Error(`no example fits ${JSON.stringify(schema._zod.def)}`)
  return fc.constantFrom(...values)
}
