// Every wrong program in stacks/ and what gantry says of it. `UPDATE_GOLDEN=1 npx vitest run test/golden` writes the
// expected texts anew; they are read in review.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { codes } from '../../src/compiler/codes.ts'
import { check, compile, explain, renderDiagnostics } from '../../src/compiler/index.ts'
import type { Diagnostic } from '../../src/model/index.ts'

const stacks = fileURLToPath(new URL('./stacks/', import.meta.url))
const goldens = fileURLToPath(new URL('./diagnostics/', import.meta.url))
const names = readdirSync(stacks)
  .filter((name) => name.endsWith('.stack.ts'))
  .map((name) => name.replace('.stack.ts', ''))

function render(diagnostics: readonly Diagnostic[]): string {
  return renderDiagnostics(diagnostics, {
    color: false,
    verbose: false,
    width: 110,
    root: stacks,
    base: stacks,
  })
}

function expectGolden(name: string, text: string): void {
  const file = join(goldens, `${name}.txt`)
  if (process.env['UPDATE_GOLDEN'] !== undefined) {
    mkdirSync(goldens, { recursive: true })
    writeFileSync(file, `${text}\n`)
  }
  expect(existsSync(file), `${file} is missing: run UPDATE_GOLDEN=1 npx vitest run test/golden`).toBe(true)
  expect(`${text}\n`).toBe(readFileSync(file, 'utf8'))
}

const seen = new Set<string>()

function see(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  for (const { code } of diagnostics) seen.add(code)
  return diagnostics
}

/** Programs that compile: one is warned of, the others are for the tests of inputs and of building. */
const compiling = [
  'build-folder-that-is-unreadable',
  'inputs',
  'inputs-with-limits',
  'many-combinations',
  'mounted-for-certain-or-not',
  'right-though-widened',
  'secrets-and-configs-that-nothing-uses',
  'small-languages-warned',
  'used-correctly-but-warned',
  'warned-of-in-containers',
  'warned-of-jobs-and-volumes',
]

describe('a wrong program is refused with its golden message', () => {
  test.each(names)('%s', async (name) => {
    const deadlineMs = name === 'built-in-that-does-not-end' ? 200 : 60_000
    const result = await check({ file: join(stacks, `${name}.stack.ts`), cacheFolder: null, deadlineMs })
    expect(result.ok).toBe(compiling.includes(name))
    expectGolden(name, render(see(result.ok ? result.warnings : result.diagnostics)))
  })
})

/** Programs without inputs, one for each way in which a program ends. */
const alike = [
  'comments-in-templates',
  'default-export-is-no-stack',
  'endless-loop',
  'import-of-a-missing-file',
  'missing-image',
  'one-mistake-one-error',
  'outside-of-the-body',
  'several-mistakes-of-which-one-throws',
  'templates-that-are-not-reached',
  'throws-beside-a-type-error',
  'throws-while-modules-are-read',
]

describe('what is compiled is refused with the same words as what is checked', () => {
  test.each(alike)('%s', async (name) => {
    const file = join(stacks, `${name}.stack.ts`)
    const result = await compile({ file, inputs: {}, cacheFolder: null, deadlineMs: 60_000 })
    expect(`${render(result.ok ? [] : result.diagnostics)}\n`).toBe(
      readFileSync(join(goldens, `${name}.txt`), 'utf8'),
    )
  })
})

describe('inputs that do not fit are refused with their golden message', () => {
  test.each([
    { name: 'inputs-missing', inputs: {} },
    {
      name: 'inputs-unknown',
      inputs: { stage: 'dev', port: '80', domain: 'a', stag: 'prod', colour: 'red' },
    },
    { name: 'inputs-not-one-of', inputs: { stage: 'pord', port: '80', domain: 'a' } },
    { name: 'inputs-of-a-wrong-type', inputs: { stage: 'dev', port: 'eighty', debug: 'yes', domain: 'a' } },
    {
      name: 'inputs-outside-of-their-limits',
      stack: 'inputs-with-limits',
      inputs: { domain: 'Shop.example', port: '70000' },
    },
    { name: 'inputs-missing-with-limits', stack: 'inputs-with-limits', inputs: { port: '80.5' } },
    {
      name: 'inputs-with-a-secret',
      stack: 'inputs-with-limits',
      inputs: { domain: 'shop.example', port: '80', token: 'hunter2' },
    },
  ])('$name', async ({ name, inputs, stack = 'inputs' }) => {
    const result = await compile({ file: join(stacks, `${stack}.stack.ts`), inputs, cacheFolder: null })
    expect(result.ok).toBe(false)
    expectGolden(name, render(see(result.ok ? [] : result.diagnostics)))
  })
})

test('a folder that cannot be built from is refused when its content is needed', async () => {
  const file = join(stacks, 'build-folder-that-is-unreadable.stack.ts')
  const result = await compile({ file, inputs: {}, cacheFolder: null })
  expect(result.ok).toBe(false)
  // The fault names the whole path.
  expectGolden(
    'build-folder-unreadable',
    render(see(result.ok ? [] : result.diagnostics)).replaceAll(stacks, '<stacks>/'),
  )
})

test('every code of the table was given, and can be explained', () => {
  expect([...seen].sort()).toEqual(Object.keys(codes).sort())
  for (const code of seen) expect(explain(code), code).toContain(code)
})

test('no golden text is left over', () => {
  const known = new Set([
    ...names,
    'inputs-missing',
    'inputs-unknown',
    'inputs-not-one-of',
    'inputs-of-a-wrong-type',
    'inputs-outside-of-their-limits',
    'inputs-missing-with-limits',
    'inputs-with-a-secret',
    'build-folder-unreadable',
  ])
  expect(readdirSync(goldens).filter((name) => !known.has(name.replace('.txt', '')))).toEqual([])
})
