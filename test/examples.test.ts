// The examples: each compiles, without a warning nobody answered for; together they show every word and every option of
// the language; and what the control plane cannot carry out of them is refused or noticed by name.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { compile } from '../src/compiler/index.ts'
import type { CompileResult } from '../src/compiler/index.ts'
import { fieldsOf } from '../src/compiler/vocabulary.ts'
import type { Fields } from '../src/compiler/fields.ts'
import { noticesOf, supportCodes, unsupported, validateDocument } from '../src/control/index.ts'

const folder = fileURLToPath(new URL('../examples/', import.meta.url))
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.stack.ts') && !name.includes('node_modules'))
  .sort()

/** What has to be given where there is no default. */
const inputs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'shop/shop.stack.ts': { stage: 'prod' },
}

const compiled = new Map<string, Promise<CompileResult>>()

function compileExample(name: string): Promise<CompileResult> {
  const known = compiled.get(name)
  if (known) return known
  const result = compile({ file: join(folder, name), inputs: inputs[name] ?? {}, cacheFolder: null })
  compiled.set(name, result)
  return result
}

test.each(files)('%s compiles, with nothing to warn of', async (name) => {
  const result = await compileExample(name)
  expect(result.ok ? result.warnings : result.diagnostics).toEqual([])
  expect(result.ok).toBe(true)
})

test.each(files)('%s becomes a document that holds together', async (name) => {
  const result = await compileExample(name)
  if (result.ok) expect(validateDocument(result.compiled.document)).toEqual([])
})

test('every word and every option of the language is shown in an example', () => {
  const shown = new Map<string, Set<string>>()
  const visit = (node: ts.Node, words: readonly string[]): void => {
    const callee = ts.isCallExpression(node)
      ? node.expression
      : ts.isTaggedTemplateExpression(node)
        ? node.tag
        : undefined
    const word = callee && wordOf(callee)
    const within = word === undefined ? words : [...words, word]
    if (word !== undefined && !shown.has(word)) shown.set(word, new Set())
    if (
      (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) &&
      ts.isIdentifier(node.name)
    )
      for (const each of within) shown.get(each)?.add(node.name.text)
    ts.forEachChild(node, (child) => visit(child, within))
  }
  for (const name of files)
    visit(ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.Latest), [])
  const missing = Object.entries(fieldsOf).flatMap(([word, fields]) => {
    if (!shown.has(word)) return [word]
    const together = families.find((family) => family.includes(word)) ?? [word]
    return namesOf(fields)
      .filter((name) => !together.some((each) => shown.get(each)?.has(name)))
      .map((name) => `${word}: ${name}`)
  })
  expect(missing).toEqual([])
})

/** Words that share options: one of them showing an option is enough. */
const families = [
  ['service', 'job', 'cron'],
  ['http', 'tcp', 'udp', 'grpc'],
  ['input.string', 'input.number', 'input.boolean', 'input.oneOf', 'input.secret'],
]

/** `service`, `input.oneOf`; the word of a tag that is a call (`` scale({…})`…` ``) is that of the call. */
function wordOf(callee: ts.Expression): string | undefined {
  if (ts.isIdentifier(callee)) return callee.text
  if (ts.isPropertyAccessExpression(callee) && ts.isIdentifier(callee.expression))
    return `${callee.expression.text}.${callee.name.text}`
  return undefined
}

function namesOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => [
    name,
    ...namesOf(field.fields ?? {}),
    ...namesOf(field.each?.fields ?? {}),
  ])
}

test('what the control plane cannot carry out of the examples is refused or noticed by a name of its table', async () => {
  const seen = new Set<string>()
  for (const name of files) {
    const result = await compileExample(name)
    if (!result.ok) continue
    for (const { code, address, what, fix } of unsupported(result.compiled.document)) {
      expect(Object.keys(supportCodes), relative(folder, name)).toContain(code)
      expect(`${address} ${what} ${fix}`).not.toMatch(/undefined|\[object/)
      seen.add(code ?? '')
    }
    for (const { code } of noticesOf(result.compiled.document, 2)) seen.add(code)
  }
  expect([...seen].sort()).toEqual(Object.keys(supportCodes).sort())
})

test('hello is carried out as it is', async () => {
  const result = await compileExample('hello/hello.stack.ts')
  expect(result.ok && unsupported(result.compiled.document)).toEqual([])
})
