// The pages about the language are true: the reference is that of the source, and every program in the guide compiles.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { check, codes } from '../../src/compiler/index.ts'
import { supportCodes } from '../../src/control/index.ts'
import { wordsTable } from './words-table.ts'

const docs = join(import.meta.dirname, '../../docs')
const read = (name: string) => readFileSync(join(docs, name), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'gantry-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the reference is that of the source: node scripts/words-table.ts writes it', () => {
  const { text, words } = wordsTable()
  expect(words).toEqual(expect.arrayContaining(['service', 'input', 'place', 'outputs', 'ack']))
  expect(read('words.md')).toBe(text)
})

describe('a program of the guide or the README compiles', { timeout: 60_000 }, () => {
  for (const name of ['api', 'web']) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'Dockerfile'), 'FROM scratch\n')
  }
  const programs = [
    ...`${read('language.md')}\n${read('../README.md')}`.matchAll(/^```ts\n([^]*?)^```$/gm),
  ].map((match) => match[1] ?? '')
  test('there are some', () => expect(programs.length).toBeGreaterThan(1))
  test.each(programs.map((text, index) => ({ text, index })))('number $index', async ({ text, index }) => {
    const file = join(folder, `guide-${index}.stack.ts`)
    writeFileSync(file, text)
    const result = await check({ file, cacheFolder: null })
    expect(result.ok ? [] : result.diagnostics).toEqual([])
  })
})

test('the guide speaks of every word, and of no code that does not exist', () => {
  const guide = read('language.md')
  for (const word of wordsTable().words) expect(guide, word).toMatch(new RegExp(`\\b${word}\\b`))
  const known = new Set([...Object.keys(codes), ...Object.keys(supportCodes)])
  for (const [code] of guide.matchAll(/GT\d{4}/g)) expect(known, code).toContain(code)
})
