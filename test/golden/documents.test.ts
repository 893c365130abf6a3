// What programs become is what the published schema says: every example and every golden program that compiles.

import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, expect, test } from 'vitest'
import { openStack } from '../../src/compiler/index.ts'
import type { DeclaredInput } from '../../src/compiler/index.ts'
import type { StackDocument } from '../../src/model/index.ts'

const root = join(import.meta.dirname, '../..')
const schema: unknown = JSON.parse(readFileSync(join(root, 'schema/stack-document.schema.json'), 'utf8'))
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(
  schema as object,
) // a schema

const examples = globSync('examples/**/*.stack.ts', { cwd: root, exclude: ['**/node_modules/**'] }).sort()
/** Of the golden programs those that compile. */
const goldens = ['inputs', 'inputs-with-limits', 'many-combinations', 'used-correctly-but-warned'].map(
  (name) => `test/golden/stacks/${name}.stack.ts`,
)

// The program is read once for its inputs and once for its document.
const cacheFolder = mkdtempSync(join(tmpdir(), 'gantry-documents-'))
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }))

/** A value for each input that has no default. */
function sampleOf(input: DeclaredInput): [string, string][] {
  if (input.default !== undefined) return []
  switch (input.type) {
    case 'secret':
      return []
    case 'oneOf':
      return [[input.name, input.values[0] ?? '']]
    case 'number':
      return [[input.name, '80']]
    case 'boolean':
      return [[input.name, 'true']]
    case 'string':
      return [[input.name, 'shop.example']]
  }
}

async function documentOf(file: string): Promise<StackDocument | undefined> {
  const path = join(root, file)
  const stack = openStack({ file: path, all: false, cacheFolder })
  const declared = await stack.declaredInputs()
  const inputs = Object.fromEntries((declared ?? []).flatMap(sampleOf))
  const result = await stack.compile(inputs)
  return result.ok ? result.compiled.document : undefined
}

test.each([...examples, ...goldens])('%s becomes a document of the published schema', async (file) => {
  const document = await documentOf(file)
  expect(document, `${file} does not compile`).toBeDefined()
  expect(validate(document), JSON.stringify(validate.errors, null, 2)).toBe(true)
})
