// A new stack folder as a user gets it: it type-checks, compiles, and its test passes; nothing is overwritten.

import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { root, run, runGantry } from '../support/gantry.ts'

const work = mkdtempSync(join(tmpdir(), 'gantry-init-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

test('it type-checks in an editor, compiles, and its test passes', { timeout: 120_000 }, async () => {
  const made = await runGantry(['init', 'shop'], { cwd: work })
  expect({ code: made.code, out: made.out }).toEqual({
    code: 0,
    out:
      'made package.json, tsconfig.json, shop.stack.ts, shop.test.ts, .vscode/settings.json, ' +
      '.gitignore in shop\n',
  })
  // A checkout, named by its folder: a runner could not install it.
  expect(made.err).toMatch(/no workflow of CI was made: .*file:/)
  const folder = join(work, 'shop')
  const checked = await runGantry(['check'], { cwd: folder })
  expect(checked).toEqual({ code: 0, out: 'ok: shop: 1 service\n', err: '' })
  for (const args of [
    ['check', '--strict', '--format', 'github'],
    ['fmt', '--check'],
  ])
    expect({ args, ...(await runGantry(args, { cwd: folder })) }).toMatchObject({ code: 0, out: '' })
  const settings = z.object({
    compilerOptions: z.object({ plugins: z.array(z.object({ name: z.string() })) }),
  })
  expect(
    settings.parse(JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8'))).compilerOptions.plugins,
  ).toEqual([{ name: 'gantry' }])
  // What `npm install` would bring besides gantry itself.
  symlinkSync(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
  const types = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
    cwd: folder,
  })
  expect(types).toEqual({ code: 0, out: '', err: '' })
  const tests = await run(process.execPath, [join(folder, 'node_modules/vitest/vitest.mjs'), 'run'], {
    cwd: folder,
  })
  expect(tests.code, tests.out + tests.err).toBe(0)
  // An editor sees the same mistake as the command.
  const file = join(folder, 'shop.stack.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace("'64Mi'", "'64MB'"))
  expect(
    (await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: folder }))
      .out,
  ).toMatch(/shop\.stack\.ts\(12,\d+\): error/)
  const refused = await runGantry(['check'], { cwd: folder })
  expect(refused.code).toBe(3)
  expect(refused.err).toMatch(/GT1102.*'64MB'[\s\S]*shop\.stack\.ts:12:/)
})

test('what is in the way is named, and nothing is written', async () => {
  const folder = mkdtempSync(join(work, 'full-'))
  writeFileSync(join(folder, 'package.json'), '{}')
  const refused = await runGantry(['init', '--name', 'x'], { cwd: folder })
  expect(refused.code).toBe(1)
  expect(refused.err).toMatch(/package\.json is there already .* overwrites nothing/)
  expect(existsSync(join(folder, 'x.stack.ts'))).toBe(false)
  expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{}')
})

test('a name that no stack can have is refused', async () => {
  const refused = await runGantry(['init', 'My Shop!'], { cwd: work })
  expect(refused.code).toBe(64)
  expect(refused.err).toMatch(/"My Shop!" cannot be the name of a stack/)
  expect(existsSync(join(work, 'My Shop!'))).toBe(false)
})
