import { expect, test } from 'vitest'
import { withoutLineEnd } from './secret.ts'

test.each([
  { name: 'a line end after a text goes', value: 'pässword\n', left: 'pässword' },
  { name: 'so does one as Windows writes it', value: 'password\r\n', left: 'password' },
  { name: 'only the last goes', value: 'a\n\n', left: 'a\n' },
  { name: 'a text without one stays', value: 'password', left: 'password' },
])('$name', ({ value, left }) => expect(withoutLineEnd(Buffer.from(value)).toString()).toBe(left))

test.each([
  { name: 'bytes that are not UTF-8', value: [0x30, 0x82, 0xff, 0x0a] },
  { name: 'bytes with a NUL among them', value: [0x30, 0x00, 0x0d, 0x0a] },
])('$name stay as they are', ({ value }) => expect([...withoutLineEnd(Buffer.from(value))]).toEqual(value))
