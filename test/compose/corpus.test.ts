// Every Compose file of fixtures/: the stack file and the report that come of it, as goldens. The stack files are laid out
// as prettier would, and compile. `UPDATE_GOLDEN=1 npx vitest run test/compose` writes them anew; they are read in review.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { format } from 'prettier'
import { describe, expect, test } from 'vitest'
import { check, renderDiagnostics } from '../../src/compiler/index.ts'
import { importCompose, renderReport } from '../../src/compose/index.ts'
import { filesOf, fixtureNames, fixtures } from './corpus.ts'

function expectGolden(file: string, text: string): void {
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(file, text)
  expect(existsSync(file), `${file} is missing: run UPDATE_GOLDEN=1 npx vitest run test/compose`).toBe(true)
  expect(text).toBe(readFileSync(file, 'utf8'))
}

describe.each(fixtureNames)('%s', (name) => {
  const folder = join(fixtures, name)
  const result = importCompose({
    text: readFileSync(join(folder, 'compose.yaml'), 'utf8'),
    file: 'compose.yaml',
    folder: `/srv/${name}`,
    files: filesOf(folder),
  })
  if (!result.ok) throw new Error(result.problem.what)
  const { code, report } = result
  const stackFile = join(folder, 'imported.stack.ts')

  test('gives its golden stack file', () => expectGolden(stackFile, code))

  test('gives its golden report', () =>
    expectGolden(join(folder, 'report.txt'), `${renderReport(report, { all: false, keys: [] }, true)}\n`))

  test('is laid out as prettier does', async () => {
    const options = { semi: false, singleQuote: true, printWidth: 110, trailingComma: 'all' } as const
    expect(await format(code, { parser: 'typescript', ...options })).toBe(code)
  })

  test('type-checks and compiles', async () => {
    const checked = await check({ file: stackFile, cacheFolder: null, deadlineMs: 60_000 })
    const shown = renderDiagnostics(checked.ok ? [] : checked.diagnostics, {
      color: false,
      verbose: true,
      width: 110,
      root: folder,
      base: folder,
    })
    expect(shown).toBe('')
  }, 60_000)
})
