import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { completionsAt, formatTemplate, hoverAt } from './index.ts'
import type { HoleValue, Language } from './index.ts'
import {
  readFilterText,
  readGateText,
  readPlacementText,
  readScalingText,
  readScheduleText,
} from './index.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'
import { anything, languages, sentence, withoutNumbers, withoutPlaces } from './testing.ts'

const fields = [{ name: 'state', type: 'text', detail: 'a state', values: ['running', 'failed'] }] as const

function meaningOf(language: Language, text: string, holes?: readonly HoleValue[]): object {
  switch (language) {
    case 'place':
      return readPlacementText(text, holes)
    case 'scale':
      return readScalingText(text, holes)
    case 'every':
      return readScheduleText(text, holes)
    case 'gate':
      return readGateText(text, holes)
    case 'where':
      return readFilterText(text, fields, 'a task has')
  }
}

describe('trees and texts', () => {
  test('a tree that is printed is parsed as the same tree, and printed as the same text', () => {
    fc.assert(
      fc.property(sentence, (tree) => {
        const printed = print(tree)
        const { sentence: read, mistakes } = parse(tree.language, printed)
        expect(mistakes, printed).toEqual([])
        expect(withoutNumbers(withoutPlaces(read)), printed).toEqual(withoutPlaces(tree))
        expect(read && print(read)).toBe(printed)
      }),
      { numRuns: 3000 },
    )
  })

  test('formatting changes no meaning, keeps the holes, and leaves a formatted text as it is', () => {
    const shape = fc.record({
      width: fc.integer({ min: 10, max: 120 }),
      indent: fc.constantFrom('', '  ', '      '),
    })
    fc.assert(
      fc.property(sentence, shape, fc.boolean(), (tree, options, isLoose) => {
        const printed = print(tree)
        const text = isLoose ? ` ${printed.replaceAll('; ', ' ;\n ;')}\n` : printed
        const formatted = formatTemplate(tree.language, text, options)
        expect(formatted).toBeDefined()
        const read = parse(tree.language, formatted ?? '')
        expect(read.mistakes).toEqual([])
        expect(withoutPlaces(read.sentence)).toEqual(withoutPlaces(parse(tree.language, text).sentence))
        expect(formatTemplate(tree.language, formatted ?? '', options)).toBe(formatted)
      }),
      { numRuns: 2000 },
    )
  })
})

test('formatting writes no escape where there was none', () => {
  fc.assert(
    fc.property(fc.constantFrom(...languages), anything, (language, text) => {
      fc.pre(!/[\\`]|\$\{/.test(text))
      expect(formatTemplate(language, text) ?? '').not.toMatch(/[\\`]|\$\{/)
    }),
  )
  expect(formatTemplate('where', `name=='say "hi"\t'&&a=="it's"`)).toBe(`name == 'say "hi"\t' && a == "it's"`)
})

describe('any text', () => {
  const holes: readonly HoleValue[] = [
    { kind: 'service', name: 'db', what: "service 'db'" },
    { kind: 'number', number: 5 },
    { kind: 'text', text: '70%' },
    { kind: 'other', what: 'a list' },
  ]

  test('gives a meaning or mistakes that lie within it, never an exception', () => {
    fc.assert(
      fc.property(fc.constantFrom(...languages), anything, fc.boolean(), (language, text, isKnown) => {
        const meaning = meaningOf(language, text, isKnown ? holes : undefined)
        const { mistakes, warnings } = meaning as ReturnType<typeof readGateText>
        for (const { start, end } of [...mistakes, ...warnings]) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(start).toBeLessThanOrEqual(end)
          expect(end).toBeLessThanOrEqual(text.length)
        }
        const formatted = formatTemplate(language, text)
        if (formatted !== undefined && mistakes.length === 0)
          expect(stripped(meaningOf(language, formatted, isKnown ? holes : undefined))).toEqual(
            stripped(meaning),
          )
      }),
      { numRuns: 5000 },
    )
  })

  test('can be completed and hovered over at any place', () => {
    fc.assert(
      fc.property(fc.constantFrom(...languages), anything, fc.nat(), (language, text, at) => {
        const offset = at % (text.length + 1)
        for (const { replace } of completionsAt(language, text, offset, fields)) {
          expect(replace[0]).toBeLessThanOrEqual(offset)
          expect(replace[1]).toBeGreaterThanOrEqual(offset)
          expect(replace[1]).toBeLessThanOrEqual(text.length)
        }
        const hover = hoverAt(language, text, offset, fields)
        if (hover) expect(hover.start <= offset && offset <= hover.end).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    { name: 'parentheses', text: `${'('.repeat(4000)}cpu > 1%${')'.repeat(4000)}` },
    { name: 'negations', text: `${'!'.repeat(9000)}cpu > 1%` },
    { name: 'a chain', text: `cpu > 1%${' && cpu > 1%'.repeat(800)}` },
    { name: 'a chain that ends early', text: `cpu > 1%${' || cpu > '.repeat(900)}` },
    { name: 'empty rules', text: ';'.repeat(9999) },
    { name: 'unclosed lists', text: 'cpu in ('.repeat(1000) },
    { name: 'quotes', text: '"'.repeat(9999) },
    { name: 'names', text: 'a.'.repeat(4999) },
    { name: 'too long', text: 'x'.repeat(1_000_000) },
  ])(
    'of $name ends soon',
    ({ text }) => {
      for (const language of languages) {
        meaningOf(language, text)
        completionsAt(language, text, text.length, fields)
      }
    },
    5000,
  )
})

/** What is meant, without where it stands. */
function stripped(meaning: object): unknown {
  return JSON.parse(
    JSON.stringify(meaning, (key, value: unknown) =>
      ['start', 'end', 'keepAt', 'mistakes', 'warnings'].includes(key) ? undefined : value,
    ),
  )
}
