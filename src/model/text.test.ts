import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textOfBytes } from './text.ts'

test('what text is encoded to is that text again, and nothing else is text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(textOfBytes(new TextEncoder().encode(text))).toBe(text.includes('\0') ? null : text)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = textOfBytes(bytes)
      if (text !== null) expect(new TextEncoder().encode(text)).toEqual(bytes)
    }),
  )
})

test.each([
  { name: 'a byte order mark is part of it', bytes: [0xef, 0xbb, 0xbf, 0x78], text: '\ufeffx' },
  { name: 'nothing is a text', bytes: [], text: '' },
  { name: 'a NUL is in none', bytes: [0x61, 0], text: null },
  { name: 'half a character is none', bytes: [0xc3], text: null },
  { name: 'UTF-16 is none', bytes: [0xff, 0xfe, 0x61, 0x62], text: null },
])('$name', ({ bytes, text }) => expect(textOfBytes(new Uint8Array(bytes))).toBe(text))
