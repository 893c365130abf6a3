import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTemplate } from './config-template.ts'

function filled(text: string, values: Readonly<Record<string, string>>): string {
  return parseTemplate(text)
    .parts.map((part) => (typeof part === 'string' ? part : (values[part.value] ?? '?')))
    .join('')
}

test.each([
  ['', ''],
  ['plain { text } }}', 'plain { text } }}'],
  ['a={{a}}', 'a=1'],
  ['{{ a }}{{b}}', '12'],
  ['{{{{ a }}', '{{ a }}'],
  ['{{{{{{a}}', '{{1'],
  ['{{{a}}', '{1'],
  ['{"a":{{{a}}}', '{"a":{1}'],
])('%j becomes %j', (text, expected) => {
  expect(filled(text, { a: '1', b: '2' })).toBe(expected)
})

test('a place knows its line, and what is none is told by its line', () => {
  const { parts, mistakes } = parseTemplate('one\n{{two}}\n\n{{ four-4 }} {{four\n')
  expect(parts).toContainEqual({ value: 'two', line: 2 })
  expect(mistakes).toEqual([
    { line: 4, text: '{{ four-4 }}' },
    { line: 4, text: '{{four' },
  ])
})

test('what is escaped comes out as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'a', ' ', '\n') }), (text) => {
      const escaped = text.replaceAll('{{', '{{{{')
      const { mistakes } = parseTemplate(escaped)
      expect(mistakes).toEqual([])
      expect(filled(escaped, {})).toBe(text)
    }),
  )
})

test('a file of braces is read in no time', () => {
  const { mistakes } = parseTemplate('{{ '.repeat(170_000))
  expect(mistakes).toHaveLength(100)
})
