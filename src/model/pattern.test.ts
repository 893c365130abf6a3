import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesPattern, parsePattern, samplePattern } from './pattern.ts'
import type { Pattern } from './pattern.ts'

function patternOf(text: string): Pattern {
  const parsed = parsePattern(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem}`)
  return parsed.pattern
}

test.each([
  ['[a-z]+', 'shop', true],
  ['[a-z]+', 'Shop', false],
  ['^[a-z]+$', 'shop', true],
  ['a|b', 'ab', false],
  ['(?:a|b){2,3}', 'aba', true],
  ['(?:a|b){2,3}', 'abab', false],
  ['\\d{4}-\\d\\d', '2026-11', true],
  ['[^/]+', 'a/b', false],
  ['[-a]+', 'a-', true],
  ['[\\w.-]+@[\\w.-]+\\.[a-z]{2,}', 'a.b@shop.example', true],
  ['', '', true],
  ['', 'a', false],
  ['.', '😀', true],
  ['[^\\d\\s]', 'x', true],
  ['[\\D]', '1', false],
])('%s and %s: %s', (pattern, text, expected) => {
  expect(matchesPattern(patternOf(pattern), text)).toBe(expected)
})

/** Patterns over a few characters, so that texts have a chance to match. */
const anyPattern = fc.letrec<{ pattern: string; one: string }>((tie) => ({
  one: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom('a', 'b', '-', '\\.', '.', '[ab]', '[^a]', '[a-c.]', '\\d', '\\W', '\\s'),
    },
    { weight: 1, arbitrary: tie('pattern').map((inner) => `(${inner})`) },
  ),
  pattern: fc
    .array(
      fc.tuple(tie('one'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,1}?', '{2,}', '|')),
      { maxLength: 4 },
    )
    .map((parts) => parts.map(([one, suffix]) => one + suffix).join('')),
})).pattern

describe('laws', () => {
  test("a pattern matches what JavaScript's regular expression matches", () => {
    fc.assert(
      fc.property(
        anyPattern,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '-', '1', ' ', '\n', '😀'), maxLength: 8 }),
        (pattern, text) => {
          expect(matchesPattern(patternOf(pattern), text)).toBe(
            new RegExp(`^(?:${pattern})$`, 'u').test(text),
          )
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('what is refused is never a crash, and what is taken JavaScript takes too', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('ab01{},[]()?*+|^$\\.-:<=!dwsbu')), maxLength: 14 }),
        (pattern) => {
          if (parsePattern(pattern).ok) expect(() => new RegExp(pattern, 'u')).not.toThrow()
        },
      ),
      { numRuns: 5000 },
    )
  })

  test('a sample matches', () => {
    fc.assert(
      fc.property(anyPattern, (pattern) => {
        const sample = samplePattern(patternOf(pattern), 0, 50)
        if (sample !== undefined) expect(matchesPattern(patternOf(pattern), sample)).toBe(true)
      }),
    )
  })
})

test('samples keep to a length', () => {
  expect(samplePattern(patternOf('[a-z]+\\.example'), 0, 100)).toBe('a.example')
  expect(samplePattern(patternOf('[a-z]*'), 3, 5)).toBe('aaa')
  expect(samplePattern(patternOf('[a-z]{4}'), 0, 3)).toBeUndefined()
})

test('patterns that take backtracking engines for ever are linear', () => {
  const text = `${'a'.repeat(50_000)}!`
  for (const pattern of ['(a*)*b', '(a|a)*b', '(a|aa)+b', 'a*a*a*a*b', '(.*.*=.*)+'])
    expect(matchesPattern(patternOf(pattern), text)).toBe(false)
})

test.each([
  ['(?=a)b', 0],
  ['(a)\\1', 3],
  ['a{2', 1],
  ['a{3,2}', 1],
  ['[b-a]', 1],
  ['[a', 0],
  ['(a', 0],
  ['a)', 1],
  ['*a', 0],
  ['a^b', 1],
  ['a$b', 1],
  ['\\bword', 0],
  ['a\\', 1],
  ['((a{1000}){1000}){1000}', 0],
  ['('.repeat(200), 51],
])('%s is refused at its offset', (pattern, at) => {
  expect(parsePattern(pattern)).toMatchObject({ ok: false, at })
})
