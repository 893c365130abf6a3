// The plugin as editors see it: in TypeScript's own server, on a real folder.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stackProgram } from '../../test/bench/stack-program.ts'
import { Editor } from './server.testing.ts'
import type { EditorDiagnostic } from './server.testing.ts'

const shop = `import { every, http, place, scale, secret, service, stack, text } from 'gantry'

export default stack('shop', {}, () => {
  const token = secret('token')
  const db = service('db', {
    image: 'postgres:17',
    ports: { pg: http(5432) },
  })
  service('api', {
    image: 'shop/api:2.1',
    env: { DB: text\`http://\${db.ports.pg}/\`, TOKEN_FILE: token.file },
    placement: place\`require node.os == "linux"; avoid \${db} weight 20\`,
  })
})
`

const lines = (found: readonly EditorDiagnostic[]): string[] =>
  found.map(({ start, end, text, code, source }) => {
    const place = `${start.line}:${start.offset}-${end.line === start.line ? '' : `${end.line}:`}${end.offset}`
    return `${place} ${source ?? ''} ${code} ${text.split('\n')[0] ?? ''}`
  })

const isQuiet = (found: readonly EditorDiagnostic[]): boolean => found.length === 0
const has =
  (...codes: readonly number[]) =>
  (found: readonly EditorDiagnostic[]): boolean =>
    JSON.stringify(found.map((each) => each.code)) === JSON.stringify(codes)

describe('in the editor', () => {
  let editor: Editor
  beforeAll(async () => {
    editor = new Editor({
      'shop.stack.ts': shop,
      'other.ts': `import { service } from 'gantry'\nexport const wrong: number = 'text'\nexport { service }\n`,
    })
    editor.open('shop.stack.ts')
    editor.open('other.ts')
    await editor.diagnostics('shop.stack.ts', isQuiet)
  }, 60_000)
  afterAll(() => editor[Symbol.asyncDispose]())

  /** Makes one edit, looks, and takes it back. */
  async function with_(from: string, to: string, isDone: (found: readonly EditorDiagnostic[]) => boolean) {
    editor.edit('shop.stack.ts', from, to)
    try {
      return lines(await editor.diagnostics('shop.stack.ts', isDone))
    } finally {
      editor.write('shop.stack.ts', shop)
      await editor.diagnostics('shop.stack.ts', isQuiet)
    }
  }

  test('a rule of gantry is told at its value, while the file is not saved', async () => {
    expect(await with_("'postgres:17'", "'postgres'", has(1105))).toEqual([
      "6:12-22 gantry 1105 image 'postgres' names no version: add a tag, such as 'postgres:1.0'",
    ])
  })

  test("an error of TypeScript comes once, in gantry's words", async () => {
    expect(await with_('token.file', 'token', has(1201))).toEqual([
      "11:58-63 gantry 1201 secret 'token' would become plain text",
    ])
  })

  test('a mistake in a small language is told at its characters', async () => {
    const found = await with_('node.os == "linux"', 'node.os = "linux"', (all) => all.length > 0)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^12:38-39 gantry 3\d\d\d /)
  })

  test('what a stack does not have is told by what it is', async () => {
    expect(
      await with_("'shop/api:2.1'", 'String(Date.now()) + ":1"', (all) =>
        all.some((each) => each.code === 1006),
      ),
    ).toContainEqual("10:19-23 gantry 1006 a stack has no clock: there is no 'Date'")
  })

  test('a file that does not parse says so once, and is mended', async () => {
    const found = await with_('const db =', 'const db db =', (all) => all.length > 0)
    expect(found[0]).toBe("5:12-14 gantry 1001 this is not TypeScript: ',' expected")
    expect(found.every((each) => each.includes('gantry 1001'))).toBe(true)
  })

  test('of quick edits in a row the last one counts', async () => {
    for (const tag of ['1', '12', '123', ''])
      editor.edit(
        'shop.stack.ts',
        /postgres:\d*/.exec(editor.textOf('shop.stack.ts'))?.[0] ?? '',
        `postgres:${tag}`,
      )
    const found = lines(await editor.diagnostics('shop.stack.ts', has(1105)))
    expect(found[0]).toMatch(/^6:12-23 gantry 1105 /)
    editor.write('shop.stack.ts', shop)
    await editor.diagnostics('shop.stack.ts', isQuiet)
  })

  test('an edit above a mistake moves it at once', async () => {
    editor.edit('shop.stack.ts', "'shop/api:2.1'", "'shop/api'")
    await editor.diagnostics('shop.stack.ts', has(1105))
    editor.edit('shop.stack.ts', '  const token', '  // a line more\n  const token')
    expect(lines(await editor.shown('shop.stack.ts'))[0]).toMatch(/^11:12-22 gantry 1105 /)
    editor.write('shop.stack.ts', shop)
    await editor.diagnostics('shop.stack.ts', isQuiet)
  })

  test('completion in a small language offers what may stand there', async () => {
    const answer = await editor.at('completionInfo', 'shop.stack.ts', 'require node.o')
    const { entries } = answer as { entries: { name: string; replacementSpan: unknown }[] }
    const os = entries.find((each) => each.name === 'node.os')
    expect(os?.replacementSpan).toEqual({ start: { line: 12, offset: 30 }, end: { line: 12, offset: 37 } })
    expect(entries.some((each) => each.name === 'service')).toBe(false)
    const details = await editor.at('completionEntryDetails', 'shop.stack.ts', 'require node.o', {
      entryNames: ['node.os'],
    })
    expect(JSON.stringify(details)).toContain('operating system')
  })

  test("completion in a hole is TypeScript's", async () => {
    const answer = await editor.at('completionInfo', 'shop.stack.ts', 'avoid ${d')
    const { entries } = answer as { entries: { name: string }[] }
    expect(entries.some((each) => each.name === 'db')).toBe(true)
  })

  test('hover in a small language says what the word means', async () => {
    const answer = await editor.at('quickinfo', 'shop.stack.ts', 'require node.o')
    expect(answer).toMatchObject({
      start: { line: 12, offset: 30 },
      end: { line: 12, offset: 37 },
    })
    expect(JSON.stringify(answer)).toContain('operating system')
    expect(JSON.stringify(await editor.at('quickinfo', 'shop.stack.ts', 'const d'))).toContain('Service')
  })

  test('a declaration is renamed in the holes of the small languages too', async () => {
    const answer = await editor.at('rename', 'shop.stack.ts', 'const d')
    const { locs } = answer as { locs: { locs: { start: { line: number } }[] }[] }
    expect(locs[0]?.locs.map((each) => each.start.line)).toEqual([5, 11, 12])
  })

  test("the fix for a word that is not imported is TypeScript's", async () => {
    editor.edit('shop.stack.ts', '  const token', "  job('once', { image: 'once:1' })\n  const token")
    const found = await editor.diagnostics('shop.stack.ts', has(1005))
    const [{ start, end } = { start: { line: 0, offset: 0 }, end: { line: 0, offset: 0 } }] = found
    const fixes = await editor.request('getCodeFixes', {
      file: `${editor.folder}/shop.stack.ts`,
      startLine: start.line,
      startOffset: start.offset,
      endLine: end.line,
      endOffset: end.offset,
      errorCodes: [1005],
    })
    expect(JSON.stringify(fixes)).toMatch(/import from.*gantry/)
    editor.write('shop.stack.ts', shop)
    await editor.diagnostics('shop.stack.ts', isQuiet)
  })

  test("files that are no stacks have TypeScript's words", async () => {
    expect(lines(await editor.shown('other.ts'))).toEqual([
      "2:14-19  2322 Type 'string' is not assignable to type 'number'.",
    ])
  })

  test('what gantry does not know is in the log, and nothing there is a failure', () => {
    expect(editor.log()).not.toMatch(/gantry: .*failed|Plugin activation failed/)
  })
})

test('a stack of 1,000 services is answered without making the server wait', async () => {
  await using editor = new Editor({ 'bench.stack.ts': stackProgram({ services: 1000 }) })
  editor.open('bench.stack.ts')
  editor.edit('bench.stack.ts', 'app-500:1.2.3', 'app-500')
  await editor.diagnostics('bench.stack.ts', has(1105), 60_000)
  editor.edit('bench.stack.ts', "app-500'", "app-500:1.2.3'")
  await editor.diagnostics('bench.stack.ts', isQuiet, 60_000)
}, 150_000)

test('a gantry that cannot run leaves the words of TypeScript, and says so in the log', async () => {
  await using editor = new Editor({ 'shop.stack.ts': shop.replace('token.file', 'token') })
  editor.breakGantry()
  editor.open('shop.stack.ts')
  const found = await editor.shown('shop.stack.ts')
  expect(found.map((each) => each.code)).toEqual([2322])
  await editor.logged(/gantry: the check ended/)
  expect((await editor.shown('shop.stack.ts')).map((each) => each.code)).toEqual([2322])
}, 60_000)
