import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { check } from '../index.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-failure-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function codesOf(body: string, head = 'service, stack'): Promise<string[]> {
  const file = join(folder, 'deep.stack.ts')
  writeFileSync(
    file,
    `import { ${head} } from 'gantry'\nexport default stack('shop', {}, () => { ${body} })\n`,
  )
  const result = await check({ file, cacheFolder: null })
  return result.ok ? [] : result.diagnostics.map(({ code, span }) => `${code} ${span?.line ?? 0}`)
}

test('a file that is nested deeper than TypeScript can follow is a mistake with a place', async () => {
  for (const [open, close] of [
    ['[', ']'],
    ['(', ')'],
    ['{ a: ', '}'],
    ['!', ''],
    ['f(', ')'],
    ['() => ', ''],
    ['1 + ', ''],
  ] as const) {
    const body = `service('a', { image: 'a:1', args: ${open.repeat(30_000)}1${close.repeat(30_000)} })`
    expect(await codesOf(body), open).not.toEqual([])
  }
})

test('an assertion of TypeScript is told as what brought it about', async () => {
  const body =
    "service('a', { image: 'a:1', env: { B: text`${b}` } }); const b = service('b', { image: 'b:1', placement: place`avoid ${b}` })"
  expect(await codesOf(body, 'place, service, stack, text')).toEqual(['GT1011 2', 'GT1011 2'])
})
