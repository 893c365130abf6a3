import { expect, test } from 'vitest'
import { printable, wantsColor } from './terminal.ts'

test.each([
  { name: 'a terminal has colour', choice: 'auto', env: {}, tty: true, expected: true },
  { name: 'a pipe has none', choice: 'auto', env: {}, tty: false, expected: false },
  { name: 'NO_COLOR takes it away', choice: 'auto', env: { NO_COLOR: '1' }, tty: true, expected: false },
  {
    name: 'an empty NO_COLOR says nothing',
    choice: 'auto',
    env: { NO_COLOR: '' },
    tty: true,
    expected: true,
  },
  {
    name: 'FORCE_COLOR gives it to a pipe',
    choice: 'auto',
    env: { FORCE_COLOR: '1' },
    tty: false,
    expected: true,
  },
  {
    name: 'FORCE_COLOR=0 takes it away',
    choice: 'auto',
    env: { FORCE_COLOR: '0' },
    tty: true,
    expected: false,
  },
  {
    name: 'NO_COLOR goes before FORCE_COLOR',
    choice: 'auto',
    env: { FORCE_COLOR: '1', NO_COLOR: '1' },
    tty: true,
    expected: false,
  },
  { name: 'a dumb terminal has none', choice: 'auto', env: { TERM: 'dumb' }, tty: true, expected: false },
  { name: 'the flag goes before all', choice: 'always', env: { NO_COLOR: '1' }, tty: false, expected: true },
  { name: 'never means never', choice: 'never', env: { FORCE_COLOR: '1' }, tty: true, expected: false },
] as const)('$name', ({ choice, env, tty, expected }) => {
  expect(wantsColor(choice, env, tty)).toBe(expected)
})

test.each([
  { name: 'escape sequences are written out', text: 'a\u001b[2Jb', expected: 'a\\u001b[2Jb' },
  { name: 'so are C1 controls', text: '\u009b31m', expected: '\\u009b31m' },
  { name: 'and what turns the direction of text', text: 'x\u202ey', expected: 'x\\u202ey' },
  { name: 'a carriage return cannot overwrite a line', text: 'good\rbad', expected: 'goodbad' },
  { name: 'tabs and line ends stay', text: 'a\tb\nc', expected: 'a\tb\nc' },
  { name: 'other letters stay', text: 'żółć 🚢', expected: 'żółć 🚢' },
])('printable: $name', ({ text, expected }) => {
  expect(printable(text)).toBe(expected)
})
