import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyDocument } from '../../../test/support/any-documents.ts'
import { stackDocument } from '../../model/index.ts'
import { shopDocument } from '../testing.ts'
import { schemaFiles, schemaNames, schemaOf, schemaText } from './schema.ts'

const validate = new Ajv2020({ strict: false, allErrors: false }).compile(schemaOf('document'))

test.each(schemaNames)(
  'the published schema of the %s is up to date: node scripts/schema.ts writes it',
  (name) => {
    const file = join(import.meta.dirname, '../../../schema', schemaFiles[name])
    expect(readFileSync(file, 'utf8')).toBe(schemaText(name))
  },
)

/** One thing of a document made wrong, or not: a member gone, another value, one more member. */
function spoil(document: unknown, choices: readonly number[], value: unknown): unknown {
  const copy: unknown = structuredClone(document)
  let at: unknown = copy
  for (const [depth, choice] of choices.entries()) {
    if (typeof at !== 'object' || at === null) return copy
    const record = at as Record<string, unknown> // an object or a list of a document
    const keys = Object.keys(record)
    const key = keys[choice % Math.max(1, keys.length)]
    if (key === undefined || depth === choices.length - 1) {
      if (value === undefined && key !== undefined && !Array.isArray(at)) Reflect.deleteProperty(record, key)
      else record[choice % 3 === 0 ? 'extra' : (key ?? 'extra')] = value
      return copy
    }
    at = record[key]
  }
  return copy
}

describe('the schema of the document', () => {
  test('takes and refuses what gantry itself takes and refuses', () => {
    const document = fc.oneof(anyDocument(), fc.constant(shopDocument()))
    const value = fc.constantFrom<unknown>(
      undefined,
      null,
      -1,
      0,
      1.5,
      'x',
      'A b',
      '',
      '/',
      [],
      {},
      true,
      'constructor',
    )
    fc.assert(
      fc.property(
        document,
        fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }),
        value,
        (given, choices, wrong) => {
          const spoilt = spoil(given, choices, wrong)
          expect(validate(spoilt), JSON.stringify({ spoilt, errors: validate.errors })).toBe(
            stackDocument.safeParse(spoilt).success,
          )
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('knows conditions inside of conditions', () => {
    const shop = shopDocument()
    const withCondition = (condition: unknown) => {
      const copy = structuredClone(shop) as unknown as {
        services: { api: { placement: { require: unknown[] } } }
      } // to make it wrong
      copy.services.api.placement.require = [condition]
      return copy
    }
    const leaf = { attribute: 'node.zone', operator: '==', value: 'a' }
    expect(validate(withCondition({ any: [{ not: { all: [leaf, leaf] } }] }))).toBe(true)
    expect(validate(withCondition({ any: [{ not: { all: [leaf, { ...leaf, operator: '=' }] } }] }))).toBe(
      false,
    )
  })
})
