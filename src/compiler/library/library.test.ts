import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { evaluateText } from '../sandbox/evaluate.testing.ts'
import { denied, generateFile } from './generate.ts'
import { standardLibrary } from './standard.generated.ts'

test('the committed library is what TypeScript’s lib files give', () => {
  expect(readFileSync(new URL('./standard.generated.ts', import.meta.url), 'utf8')).toBe(generateFile())
})

test('the library is whole: it type-checks on its own', () => {
  const name = '/library.d.ts'
  const file = ts.createSourceFile(name, standardLibrary, ts.ScriptTarget.ES2024)
  const host = ts.createCompilerHost({})
  const program = ts.createProgram({
    rootNames: [name],
    options: { noLib: true, strict: true, types: [] },
    host: {
      ...host,
      getSourceFile: (each) => (each === name ? file : undefined),
      fileExists: (each) => each === name,
    },
  })
  const errors = ts
    .getPreEmitDiagnostics(program)
    .map((each) => ts.flattenDiagnosticMessageText(each.messageText, '\n'))
  expect(errors).toEqual([])
})

/** `Array.prototype.map`, `Math.max`, `parseInt`: expressions for all values that the library promises. */
function promised(): string[] {
  const file = ts.createSourceFile('library.d.ts', standardLibrary, ts.ScriptTarget.ES2024, true)
  const globals = new Map<string, string>()
  const members = new Map<string, Set<string>>()
  const found = new Set<string>()
  const nameOf = (name: ts.Node | undefined): string | undefined => {
    if (!name) return undefined
    if (ts.isIdentifier(name) || ts.isStringLiteral(name)) return `.${name.text}`
    return ts.isComputedPropertyName(name) ? `[${name.expression.getText()}]` : undefined
  }
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name) found.add(statement.name.text)
    if (ts.isVariableStatement(statement))
      for (const { name, type } of statement.declarationList.declarations) {
        found.add(name.getText())
        if (type && ts.isTypeReferenceNode(type)) globals.set(type.typeName.getText(), name.getText())
      }
    if (ts.isInterfaceDeclaration(statement)) {
      const known = members.get(statement.name.text) ?? new Set<string>()
      members.set(statement.name.text, known)
      // Not optional ones, and not those of the elements of a tuple or a string.
      for (const member of statement.members) {
        const name = nameOf(member.name)
        if (name !== undefined && member.questionToken === undefined) known.add(name)
      }
    }
  }
  for (const [type, global] of globals)
    for (const name of members.get(type) ?? []) found.add(`${global}${name}`)
  const constructors = [...globals.values()].filter(
    (name) => members.has(name) && name !== 'Math' && name !== 'JSON',
  )
  // `length`, `size`, `source`, `message`: read from an instance.
  const instances = {
    Array: '[]', String: "''", Number: '(1)', Boolean: 'true', RegExp: '/a/', Map: 'new Map()', Set: 'new Set()',
    WeakMap: 'new WeakMap()', WeakSet: 'new WeakSet()', Object: '({})', Error: "new Error('')", Symbol: 'Symbol()',
  } as Record<string, string> // prettier-ignore
  for (const name of constructors)
    for (const member of members.get(name) ?? [])
      if (instances[name] !== undefined) found.add(`${instances[name]}${member}`)
  return [...found]
}

test('everything that the library promises is there in the sandbox', async () => {
  const expressions = promised()
  expect(expressions.length).toBeGreaterThan(250)
  const checks = expressions.map(
    (each) =>
      `if ((() => { try { return ${each} } catch { return undefined } })() === undefined) missing.push(${JSON.stringify(each)})`,
  )
  const missing = await evaluateText(`const missing = []; ${checks.join('\n')}; return missing.join(' ')`)
  expect(missing).toBe('')
})

test('what the library denies is not in the sandbox either, where it would differ from run to run', async () => {
  const names = ['Date', 'Promise', 'eval', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'performance', 'Intl', 'console', 'setTimeout', 'fetch', 'process', 'require', 'navigator', 'crypto', 'queueMicrotask', 'structuredClone'] // prettier-ignore
  const present = await evaluateText(
    `return [${names.map((name) => `typeof ${name} === 'undefined' ? '' : '${name}'`).join(',')}, Math.random === undefined ? '' : 'Math.random'].filter((each) => each !== '').join(' ')`,
  )
  expect(present).toBe('')
  for (const name of ['Date', 'Promise', 'Math.random']) expect(denied.has(name)).toBe(true)
})
