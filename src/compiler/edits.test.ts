import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyEdits, originalOffset } from './edits.ts'
import type { Edit } from './edits.ts'

/** A text and edits of it that do not overlap. */
const edited = fc
  .tuple(
    fc.string({ minLength: 0, maxLength: 60 }),
    fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.string({ maxLength: 6 }))),
  )
  .map(([text, steps]) => {
    const edits: Edit[] = []
    let at = 0
    for (const [skip, length, inserted] of steps) {
      const start = at + skip
      const end = start + length
      if (end > text.length) break
      edits.push({ start, end, text: inserted })
      at = end
    }
    return { text, edits }
  })

test('every character that was left is found again at its place in the original', () => {
  fc.assert(
    fc.property(edited, ({ text, edits }) => {
      const result = applyEdits(text, edits)
      const isCut = (offset: number): boolean =>
        edits.some(({ start, end }) => start <= offset && offset < end)
      let at = 0
      for (let offset = 0; offset <= text.length; offset += 1) {
        for (const { start, text: inserted } of edits) if (start === offset) at += inserted.length
        if (offset === text.length || isCut(offset)) continue
        expect(result.text[at]).toBe(text[offset])
        expect(originalOffset(result.pieces, at)).toBe(offset)
        at += 1
      }
      expect(result.text.length).toBe(at)
    }),
  )
})

test('edits at one place are applied in the order in which they were made', () => {
  const { text } = applyEdits('f(x)', [
    { start: 0, end: 0, text: 'outer(' },
    { start: 0, end: 0, text: 'inner(' },
    { start: 4, end: 4, text: ')' },
    { start: 4, end: 4, text: ')' },
  ])
  expect(text).toBe('outer(inner(f(x)))')
})

test('edits that overlap are a bug', () => {
  expect(() =>
    applyEdits('abcdef', [
      { start: 0, end: 3, text: '' },
      { start: 2, end: 4, text: '' },
    ]),
  ).toThrow('overlap')
})
