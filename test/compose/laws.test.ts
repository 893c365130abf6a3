// Laws of the import, over made-up files: every key is in the report once, no text of a file becomes code, and nothing
// that a file holds makes it throw or run away.

import fc from 'fast-check'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { isMap, isScalar, isSeq, parseDocument, stringify } from 'yaml'
import { importCompose } from '../../src/compose/index.ts'
import type { ImportResult } from '../../src/compose/index.ts'
import { printFlat, quote } from '../../src/compose/print.ts'
import { pathKey } from '../../src/compose/tree.ts'
import { noFiles } from './corpus.ts'
import { officialKeys } from './official-keys.ts'

function run(text: string): ImportResult {
  return importCompose({ text, file: 'compose.yaml', folder: '/srv/made-up', files: noFiles })
}

/** Paths of all keys, by another way than the import's own. */
function keysOf(text: string): string[] {
  const found: string[] = []
  const visit = (node: unknown, path: string): void => {
    if (isSeq(node)) node.items.forEach((item, index) => visit(item, `${path}[${index}]`))
    if (isMap(node))
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : String(key)
        const inner = path === '' ? pathKey(name) : `${path}.${pathKey(name)}`
        found.push(inner)
        visit(value, inner)
      }
  }
  visit(parseDocument(text).contents, '')
  return found
}

const callable = new Set('stack service job volume secret config build http grpc tcp udp'.split(' '))
const methods = new Set(['string', 'number', 'boolean', 'oneOf', 'secret', 'readOnly'])
const tags = new Set(['text', 'place'])

/** Everything in the program that does something, beyond what the import may write. */
function strangeCode(code: string): string[] {
  const file = ts.createSourceFile('a.ts', code, ts.ScriptTarget.ES2024, true)
  const strange: string[] = []
  const parsed = ts.transpileModule(code, { reportDiagnostics: true })
  for (const { messageText } of parsed.diagnostics ?? [])
    strange.push(ts.flattenDiagnosticMessageText(messageText, ' '))
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression } = node
      const isKnown =
        (ts.isIdentifier(expression) && callable.has(expression.text)) ||
        (ts.isPropertyAccessExpression(expression) && methods.has(expression.name.text))
      if (!isKnown) strange.push(node.getText())
    }
    if (ts.isTaggedTemplateExpression(node) && !(ts.isIdentifier(node.tag) && tags.has(node.tag.text)))
      strange.push(node.getText())
    if (ts.isNewExpression(node) || ts.isDeleteExpression(node) || ts.isAwaitExpression(node))
      strange.push(node.getText())
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken)
      strange.push(node.getText())
    ts.forEachChild(node, visit)
  }
  visit(file)
  return strange
}

// --- made-up files ----------------------------------------------------------------------------------------------

const nasty = fc.oneof(
  fc.constantFrom(
    '',
    '`${process.exit(1)}`',
    "'",
    '"',
    '\\',
    '${A}',
    '${A:-b}',
    '${A:-${B}}',
    '${A:?say}',
    '${A:+c}',
    '$$',
    '${',
    '*/',
    '\u2028',
    'line\nend',
    'a:1',
    './x:/y',
    'db:5432',
    'http://db:80/x',
    '/run/secrets/s',
    '8080:80',
    '127.0.0.1:1:2',
    '1m30s',
    '512m',
    '0.5',
    '__proto__',
    'constructor',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const scalar = fc.oneof(
  nasty,
  nasty,
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
)
const names = fc.oneof(fc.constantFrom('db', 'web', 'my_service', 'a.b', 'class', '__proto__', 'x-y'), nasty)

function lastParts(prefix: string): string[] {
  return officialKeys
    .filter((key) => key.startsWith(`${prefix}.`) && !key.slice(prefix.length + 1).includes('.'))
    .map((key) => key.slice(prefix.length + 1))
}

const allParts = [...new Set(officialKeys.flatMap((key) => key.split('.')))].filter(
  (part) => !/[*[]/.test(part),
)
const someKey = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...allParts) },
  { weight: 1, arbitrary: nasty },
)

const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 2, arbitrary: fc.dictionary(someKey, tie('value'), { maxKeys: 4, noNullPrototype: false }) },
  ),
}))

const serviceKeys = lastParts('services.*')
const someService = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...serviceKeys), anyValue, { maxKeys: 8 }),
    fc.constantFrom('a:1', 'postgres', '${IMAGE}', 'r/x:${TAG:-1}'),
  )
  .map(([service, image]) => ({ image, ...service }))

const someFile = fc.record(
  {
    services: fc.dictionary(names, someService, { minKeys: 1, maxKeys: 4 }),
    volumes: fc.dictionary(
      names,
      fc.oneof(fc.constant(null), fc.dictionary(fc.constantFrom(...lastParts('volumes.*')), anyValue)),
    ),
    networks: fc.dictionary(names, fc.dictionary(fc.constantFrom(...lastParts('networks.*')), anyValue)),
    configs: fc.dictionary(names, fc.dictionary(fc.constantFrom(...lastParts('configs.*')), anyValue)),
    secrets: fc.dictionary(names, fc.dictionary(fc.constantFrom(...lastParts('secrets.*')), anyValue)),
    name: scalar,
    'x-more': anyValue,
  },
  { requiredKeys: ['services'] },
)

describe('whatever a file holds', () => {
  test('every key of it stands in the report exactly once, and nothing of it becomes code', () => {
    let read = 0
    fc.assert(
      fc.property(someFile, (file) => {
        const text = stringify(file, { aliasDuplicateObjects: false })
        const result = run(text)
        if (!result.ok) return
        read += 1
        const reported = result.report
          .filter(({ file: from }) => from === 'compose.yaml')
          .map(({ key }) => key)
        expect([...reported].sort()).toEqual(keysOf(text).sort())
        expect(strangeCode(result.code)).toEqual([])
        for (const { remarks } of result.report) expect(remarks.length).toBeGreaterThan(0)
      }),
      { numRuns: 400 },
    )
    expect(read).toBeGreaterThan(300)
  }, 120_000)

  test('the same file gives the same text and report', () => {
    fc.assert(
      fc.property(someFile, (file) => {
        const text = stringify(file)
        expect(run(text)).toEqual(run(text))
      }),
      { numRuns: 50 },
    )
  })

  test('any bytes end in a result or in a problem with a line', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60, unit: 'binary' }),
          fc.stringMatching(/^[-:[\]{}&*!|>'"%@`#a <\n]{0,40}$/),
        ),
        (text) => {
          const result = run(`services:\n  a: ${text}`)
          if (!result.ok) expect(result.problem.line).toBeGreaterThan(0)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('a text that is printed', () => {
  const evaluate = (code: string): unknown => {
    const made: unknown = new Function(`return ${code}`)() // eslint-disable-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- what is proved is what the engine makes of it
    return made
  }
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('`', '$', '{', '}', '\\', "'", '"', '\n', '\r', 'a') }),
  )

  test('is read back as itself, in quotes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(evaluate(quote(text))).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  test('is read back as itself, in a template', () => {
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        const code = printFlat({
          kind: 'template',
          tag: undefined,
          pieces: [before, { kind: 'number', value: 1 }, after],
        })
        expect(evaluate(code)).toBe(`${before}1${after}`)
      }),
      { numRuns: 2000 },
    )
  })

  test('is printed without what ends a line or steers a terminal', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(quote(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
      }),
    )
  })
})

describe('a file that is made to harm', () => {
  const problem = (text: string) => {
    const result = run(text)
    return result.ok ? 'it was read' : `${result.problem.line}: ${result.problem.what}`
  }

  test('bombs of aliases are bounded', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'x-0: &a0 [a, a, a, a, a, a, a, a, a]'
        : `x-${level}: &a${level} [${Array(9)
            .fill(`*a${level - 1}`)
            .join(', ')}]`,
    )
    expect(problem(`${levels.join('\n')}\nservices: { a: { image: 'a:1', command: *a11 } }`)).toMatch(
      /more than 100000 values/,
    )
  })

  test('bombs of merges are bounded', () => {
    const first = Array.from({ length: 900 }, (_, index) => `k${index}: 1`).join(', ')
    const levels = Array.from(
      { length: 400 },
      (_, level) => `x-${level}: &m${level} { <<: *${level === 0 ? 'm' : `m${level - 1}`} }`,
    )
    expect(problem(`x-m: &m { ${first} }\n${levels.join('\n')}\nservices: { a: { image: 'a:1' } }`)).toMatch(
      /too much to merge/,
    )
  })

  test.each([
    ['deep flow', `services: ${'['.repeat(100_000)}`, /nested more than 64 deep/],
    ['deep blocks', `services:\n${'- '.repeat(50_000)}a`, /nested more than 64 deep/],
    ['deep maps', `a: ${'{ a: '.repeat(20_000)}`, /nested more than 64 deep/],
    ['too large', `services: { a: { image: 'a:1' } } # ${'x'.repeat(1024 * 1024)}`, /larger than 1 MiB/],
    ['a key twice', 'services:\n  a: { image: x }\n  a: { image: y }', /3: this key stands twice/],
    ['an alias in itself', 'services:\n  a: &a { image: x, labels: *a }', /stands inside itself/],
    ['no such anchor', 'services: { a: *b }', /b/],
    ['two documents', 'services: { a: { image: x } }\n---\nb: 1', /more than one document/],
    ['a tag', 'services: { a: !!js/function "x" }', /tag|Unresolved/i],
    ['a binary', 'services: { a: !!binary "x" }', /./],
    ['nothing', '', /empty/],
    ['a list', '- a', /is a mapping/],
    ['the first version of Compose', 'web:\n  image: a', /no services/],
  ])('%s is refused with its line', (_, text, message) => expect(problem(text)).toMatch(message))

  test('extending in a circle ends', () => {
    const result = run(
      'services:\n  a: { image: "a:1", extends: { service: b } }\n  b: { image: "a:1", extends: { service: a } }',
    )
    expect(result.ok && result.report.find(({ key }) => key === 'services.a.extends')?.verdict).toBe(
      'refused',
    )
  })
})
