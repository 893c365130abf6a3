import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CheckerThread, openInThread } from './thread.ts'

const wrong = `import { service, stack } from 'gantry'
export default stack('shop', {}, () => {
  service('api', { imagee: 'nginx:1.27' })
})
`

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-thread-'))
  writeFileSync(join(folder, 'stack.ts'), wrong)
})

afterAll(() => rmSync(folder, { recursive: true }))

test('a program is there before its mistakes are, with the digests of its files', async () => {
  const { program, digests, mistakes } = await openInThread({ folder, entry: 'stack.ts' })
  expect(program.files).toEqual([{ path: 'stack.ts', text: wrong }])
  expect(program.modules.map(({ path }) => path)).toEqual(['stack.ts'])
  expect(Object.keys(digests ?? {})).toEqual(['stack.ts'])
  const found = await mistakes
  expect(found.map(({ diagnostic }) => diagnostic.summary)).toEqual(["service 'api' has no field 'imagee'"])
})

test('a thread that runs out of memory is a mistake of the program that it was at', async () => {
  const thread = new CheckerThread(24)
  const asked = { folder, entry: 'stack.ts' }
  const all = await Promise.all([thread.open(asked), thread.open(asked)])
  for (const { program, digests, mistakes } of all) {
    expect(digests).toBeNull()
    expect(program.modules).toEqual([])
    expect((await mistakes).map(({ diagnostic }) => diagnostic.code)).toEqual(['GT1014'])
  }
})

test('programs that are asked for at once get each their own answer', async () => {
  const folders = ['a', 'b', 'c'].map((name) => {
    const inner = join(folder, name)
    mkdirSync(inner)
    writeFileSync(join(inner, 'stack.ts'), wrong.replace('imagee', name))
    return inner
  })
  const all = await Promise.all(folders.map((each) => openInThread({ folder: each, entry: 'stack.ts' })))
  const summaries = await Promise.all(
    all.map(async ({ mistakes }) => (await mistakes).map(({ diagnostic }) => diagnostic.summary)),
  )
  expect(summaries.flat()).toEqual(['a', 'b', 'c'].map((name) => `service 'api' has no field '${name}'`))
})
