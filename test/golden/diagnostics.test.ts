// Every wrong program in stacks/ and what gantry says of it. `UPDATE_GOLDEN=1 npx vitest run test/golden` writes the
// expected texts anew; they are read in review.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
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

describe('a wrong program is refused with its golden message', () => {
  test.each(names)('%s', async (name) => {
    const result = await check({
      file: join(stacks, `${name}.stack.ts`),
      cacheFolder: null,
      deadlineMs: 60_000,
    })
    const diagnostics = result.ok ? result.warnings : result.diagnostics
    for (const { code } of diagnostics) seen.add(code)
    expect(result.ok).toBe(['used-correctly-but-warned', 'inputs'].includes(name))
    expectGolden(name, render(diagnostics))
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
  ])('$name', async ({ name, inputs }) => {
    const result = await compile({
      file: join(stacks, 'inputs.stack.ts'),
      inputs,
      cacheFolder: null,
      deadlineMs: 60_000,
    })
    const diagnostics = result.ok ? [] : result.diagnostics
    for (const { code } of diagnostics) seen.add(code)
    expect(result.ok).toBe(false)
    expectGolden(name, render(diagnostics))
  })
})

test('every code that was given can be explained', () => {
  for (const code of seen) expect(explain(code), code).toContain(code)
})
