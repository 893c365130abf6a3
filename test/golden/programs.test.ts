// Whole programs as people would write them, which have to type-check and to compile. The first is the example of
// language.md, section 6a, as it stands there.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ProgramFiles } from '../../src/compiler/files.ts'
import { check, compile } from '../../src/compiler/index.ts'
import { typescriptChecker } from '../../src/compiler/typescript/checker.ts'

const folder = fileURLToPath(new URL('./programs/', import.meta.url))

test.each(readdirSync(folder).filter((name) => name.endsWith('.stack.ts')))(
  '%s has no type error',
  (name) => {
    expect(typescriptChecker.open(new ProgramFiles(folder), name).diagnose()).toEqual([])
  },
)

test('the example of language.md compiles, with everything that it says', async () => {
  const file = join(folder, 'shop.stack.ts')
  const checked = await check({ file, cacheFolder: null })
  expect(checked).toMatchObject({ ok: true, stack: 'shop', combinations: 2 })
  const result = await compile({ file, inputs: { stage: 'prod' }, cacheFolder: null })
  if (!result.ok) throw new Error(result.diagnostics.map((each) => each.summary).join('\n'))
  const { document } = result.compiled
  expect(Object.keys(document.services).sort()).toEqual(['api', 'db', 'web', 'worker'])
  expect(Object.keys(document.crons)).toEqual(['report'])
  expect(document.ingresses['public']).toMatchObject({ hosts: ['shop.example'] })
  expect(document.services['db']).toMatchObject({ onLost: 'fence' })
})
