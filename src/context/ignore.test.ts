import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ignoreLimits,
  isIgnored,
  matchRules,
  mayKeepInside,
  parseIgnoreFile,
  TooManySteps,
} from './ignore.ts'
import type { FolderMatches, IgnoreRule } from './ignore.ts'

function rulesOf(...lines: string[]): readonly IgnoreRule[] {
  const parsed = parseIgnoreFile(lines.join('\n'))
  if (!parsed.ok) throw new Error(`${parsed.line}: ${parsed.message}`)
  return parsed.rules
}

function ignores(rules: readonly IgnoreRule[], path: string): boolean {
  const names = path.split('/')
  let matches: FolderMatches = []
  for (const [index] of names.entries())
    matches = matchRules(rules, names.slice(0, index + 1).join('/'), matches, { left: ignoreLimits.steps })
  return isIgnored(rules, matches)
}

describe('a pattern', () => {
  // The examples of Docker's documentation, and what its own matcher (moby/patternmatcher) decides where that is silent.
  test.each([
    { pattern: '*/temp*', hits: ['a/temp.txt', 'a/temp/x'], misses: ['temp', 'a/b/temp'] },
    { pattern: '*/*/temp*', hits: ['a/b/temporary'], misses: ['a/temp'] },
    { pattern: 'temp?', hits: ['tempa', 'tempb/x'], misses: ['temp', 'tempab', 'a/tempa'] },
    { pattern: '**/*.go', hits: ['x.go', 'a/b/x.go'], misses: ['x.gox'] },
    { pattern: '/foo/bar', hits: ['foo/bar', 'foo/bar/x'], misses: ['bar', 'x/foo/bar'] },
    { pattern: 'foo/bar/', hits: ['foo/bar', 'foo/bar/x'], misses: ['foo/barx'] },
    { pattern: './foo/../bar', hits: ['bar'], misses: ['foo'] },
    { pattern: '**', hits: ['a', 'a/b'], misses: [] },
    { pattern: '**/', hits: ['a', 'a/b'], misses: [] },
    { pattern: 'a/**', hits: ['a/b', 'a/b/c'], misses: ['a', 'b'] },
    { pattern: 'a/**/b', hits: ['a/b', 'a/x/b', 'a/x/y/b'], misses: ['ab', 'a/xb'] },
    { pattern: '**.pyc', hits: ['x.pyc', 'a/x.pyc', '.pyc'], misses: ['x.pycx'] },
    { pattern: '**/secret', hits: ['secret', 'a/secret', 'a/secret/x'], misses: ['nosecret', 'a/nosecret'] },
    { pattern: '*.md', hits: ['a.md', '.md'], misses: ['a/b.md'] },
    { pattern: '[a-c]x', hits: ['ax', 'cx'], misses: ['dx', 'x'] },
    { pattern: '[^a-c]x', hits: ['dx'], misses: ['ax', '/x'] },
    { pattern: String.raw`\*`, hits: ['*'], misses: ['a'] },
    { pattern: String.raw`\#x`, hits: ['#x'], misses: ['x'] },
    { pattern: 'a+b(c)|d$', hits: ['a+b(c)|d$'], misses: ['aab(c)|d$'] },
    { pattern: 'ü?', hits: ['ü😀'], misses: ['ü'] },
    { pattern: '.', hits: [], misses: ['a'] },
    { pattern: '..', hits: [], misses: ['a'] },
  ])('$pattern', ({ pattern, hits, misses }) => {
    const rules = rulesOf(pattern)
    expect(hits.filter((path) => !ignores(rules, path))).toEqual([])
    expect(misses.filter((path) => ignores(rules, path))).toEqual([])
  })
})

test('the last rule that matches decides', () => {
  const secretLast = rulesOf('*.md', '!README*.md', 'README-secret.md')
  expect(['a.md', 'README.md', 'README-secret.md'].map((path) => ignores(secretLast, path))).toEqual([
    true,
    false,
    true,
  ])
  const keptLast = rulesOf('*.md', 'README-secret.md', '! README*.md')
  expect(ignores(keptLast, 'README-secret.md')).toBe(false)
})

test('a rule with "!" brings a file back from inside an ignored folder', () => {
  const rules = rulesOf('node_modules', '!node_modules/keep/**/*.js')
  expect(ignores(rules, 'node_modules/keep/a/b.js')).toBe(false)
  expect(ignores(rules, 'node_modules/other/b.js')).toBe(true)
})

test('comments, blank lines, a byte order mark and carriage returns do not count', () => {
  const rules = rulesOf('\uFEFF# all of it', '', '  ', 'a\r', '  b  ')
  expect(rules.map((rule) => rule.pattern)).toEqual(['a', 'b'])
})

test.each([
  { text: 'a\n!', line: 2, message: 'a "!" without a pattern' },
  { text: '[a', line: 1, message: 'a "[" that is not closed, or is empty' },
  { text: '[]', line: 1, message: 'a "[" that is not closed, or is empty' },
  { text: '[z-a]', line: 1, message: 'a range that runs backwards: z-a' },
  { text: 'a\\', line: 1, message: String.raw`a "\" with nothing behind it` },
  { text: 'x'.repeat(1025), line: 1, message: 'the pattern is longer than 1024 characters' },
])('refuses $message at its line', ({ text, line, message }) => {
  expect(parseIgnoreFile(text)).toEqual({ ok: false, line, message })
})

test('an ignored folder is looked into exactly when a "!" rule can match something in it', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '*', '**', '?'), { minLength: 1, maxLength: 4 })
    .map((each) => each.join('/'))
  fc.assert(
    fc.property(
      pattern,
      fc.array(name, { minLength: 1, maxLength: 3 }),
      fc.array(name, { minLength: 1, maxLength: 3 }),
      (kept, folder, inside) => {
        const rules = rulesOf(`!${kept}`)
        const path = [...folder, ...inside].join('/')
        const matched = matchRules(rules, path, [], { left: 100_000 })[0]
        if (matched) expect(mayKeepInside(rules, folder.join('/'), { left: 100_000 })).toBe(true)
      },
    ),
  )
  expect(mayKeepInside(rulesOf('!a/b'), 'c', { left: 1000 })).toBe(false)
  expect(mayKeepInside(rulesOf('!a/b'), 'ab', { left: 1000 })).toBe(false)
})

test('a pattern that would make a backtracking matcher hang ends at its budget of steps', () => {
  const rules = rulesOf('**/*a'.repeat(200))
  const path = `${'a'.repeat(255)}b`
  const started = performance.now()
  expect(matchRules(rules, path, [], { left: ignoreLimits.steps })).toEqual([false])
  expect(performance.now() - started).toBeLessThan(5000)
  expect(() => matchRules(rules, path, [], { left: 1000 })).toThrow(TooManySteps)
})
