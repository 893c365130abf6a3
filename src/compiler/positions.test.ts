import fc from 'fast-check'
import { expect, test } from 'vitest'
import { offsetAt, positionsIn } from './positions.ts'

const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 5 }),
      fc.constantFrom('\n', '\r\n', 'é', '漢', '😀', '\t'),
    ),
  )
  .map((parts) => parts.join(''))

test('lines, columns and bytes are what counting from the start gives', () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(), (text, a, b) => {
      const from = a % (text.length + 1)
      const to = from + (b % (text.length - from + 1))
      const span = positionsIn('a.ts', text).spanOf(from, to)
      const before = text.slice(0, from).split('\n')
      expect(span.line).toBe(before.length)
      expect(span.column).toBe((before.at(-1)?.length ?? 0) + 1)
      expect(offsetAt(text, span.line, span.column)).toBe(from)
      expect(offsetAt(text, span.endLine, span.endColumn)).toBe(to)
      // Half of a surrogate pair has no bytes of its own.
      if (text.slice(0, from).isWellFormed() && text.slice(0, to).isWellFormed()) {
        expect(span.start).toBe(Buffer.byteLength(text.slice(0, from)))
        expect(span.end).toBe(Buffer.byteLength(text.slice(0, to)))
      }
    }),
  )
})

test('a place behind the end is the end', () => {
  expect(positionsIn('a.ts', 'ab').spanOf(5, 9)).toMatchObject({
    line: 1,
    column: 3,
    endColumn: 3,
    start: 2,
    end: 2,
  })
})
