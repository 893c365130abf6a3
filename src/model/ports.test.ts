import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeJson, encodeJson } from './ports.ts'

test('what is sent is what arrives', () =>
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(decodeJson(encodeJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  ))

test.each([
  ['nothing', []],
  ['half a text', [0x22]],
  ['bytes that are no text', [0x22, 0xff, 0x22]],
])('%s is no message', (_, bytes) => expect(decodeJson(Uint8Array.from(bytes))).toBeUndefined())
