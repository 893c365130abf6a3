import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../model/index.ts'
import { positionsIn } from '../positions.ts'
import { renderDiagnostics } from './frame.ts'
import { displayWidth } from './width.ts'

const root = '/work/stacks'

function diagnosticAt(text: string, marked: string, rest: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(marked)
  const span = positionsIn('a.stack.ts', text).spanOf(start, start + marked.length)
  return { severity: 'error', code: 'GT1004', summary: 'wrong', span, ...rest }
}

function render(
  text: string,
  diagnostic: Diagnostic,
  options: { width?: number; verbose?: boolean; color?: boolean } = {},
): string {
  const { width = 80, verbose = false, color = false } = options
  return renderDiagnostics([diagnostic], { color, verbose, width, root, readSource: () => text })
}

/** The characters above the `^`. */
function markedText(shown: string): string {
  const lines = shown.split('\n')
  const at = lines.findIndex((line) => /^ *\| [ -]*\^/.test(line))
  const mark = lines[at] ?? ''
  const from = mark.indexOf('^')
  const line = lines[at - 1] ?? ''
  // By columns, because some characters take two.
  let column = 0
  let out = ''
  for (const character of line) {
    if (column >= from && column <= mark.lastIndexOf('^')) out += character
    column += displayWidth(character)
  }
  return out
}

describe('the mark stands below what it marks', () => {
  test.each([
    { name: 'plain', line: "const a = 'bad value' // end" },
    { name: 'behind tabs', line: "\t\tconst a = 'bad value'" },
    { name: 'behind wide characters', line: "/* 漢字 😀 */ const a = 'bad value'" },
    { name: 'behind combining marks', line: "/* e\u0301 */ const a = 'bad value'" },
    { name: 'in a long line', line: `${'x'.repeat(300)} 'bad value' ${'y'.repeat(300)}` },
    { name: 'at the end of a long line', line: `${'x'.repeat(300)} 'bad value'` },
  ])('$name', ({ line }) => {
    const shown = render(line, diagnosticAt(line, "'bad value'"))
    expect(markedText(shown)).toBe("'bad value'")
  })

  test('anywhere in any text, at any width', () => {
    const words = fc.array(
      fc.oneof(fc.stringMatching(/^[a-z]{1,9}$/), fc.constantFrom('漢字', '\t', ' ', '😀', '{', '`')),
    )
    fc.assert(
      fc.property(words, words, fc.integer({ min: 40, max: 200 }), (before, after, width) => {
        const line = `${before.join(' ')} MARK ${after.join(' ')}`
        const shown = render(line, diagnosticAt(line, 'MARK'), { width })
        expect(markedText(shown)).toBe('MARK')
        for (const each of shown.split('\n')) expect(displayWidth(each)).toBeLessThanOrEqual(width)
      }),
    )
  })
})

test('several places on a line share one line of marks', () => {
  const text = "service('db', { mounts: { '/d': data }, replicas: 3 })"
  const related = [{ span: positionsIn('a.stack.ts', text).spanOf(32, 36), label: 'mounted here' }]
  expect(render(text, diagnosticAt(text, '3', { related, label: 'three tasks', fix: 'one' }))).toBe(
    [
      'error[GT1004]: wrong',
      '  --> a.stack.ts:1:51',
      " 1 | service('db', { mounts: { '/d': data }, replicas: 3 })",
      '   |                                 ----              ^ three tasks',
      '   |                                 mounted here',
      '   = fix: one',
    ].join('\n'),
  )
})

test('a second place that the window cuts off has a frame of its own', () => {
  const text = `volume('data'); ${'x'.repeat(200)}; volume('data')`
  const related = [{ span: positionsIn('a.stack.ts', text).spanOf(7, 13), label: 'declared first here' }]
  const at = positionsIn('a.stack.ts', text).spanOf(text.length - 7, text.length - 1)
  const shown = render(text, { ...diagnosticAt(text, 'x'), span: at, label: 'again', related })
  const lines = shown.split('\n')
  const second = lines.findIndex((line) => line.includes('declared first here'))
  expect(lines[second - 1]).toContain("volume('data')")
  expect(lines[second]).toMatch(/\| {8}------ declared first here$/)
  expect(lines.filter((line) => line.startsWith(' 1 |'))).toHaveLength(2)
})

test('what is said twice of one place is shown once', () => {
  const text = "service('db', { mounts: { '/d': data }, replicas: 3 })"
  const place = { span: positionsIn('a.stack.ts', text).spanOf(32, 36), label: 'mounted here' }
  const shown = render(text, diagnosticAt(text, '3', { related: [place, { ...place }], label: 'three' }))
  expect(shown.match(/mounted here/g)).toHaveLength(1)
})

test('nothing that a terminal would act upon comes through', () => {
  const text = "const a = '\u001b[2J\u202e' // \u0007"
  const shown = render(
    text,
    diagnosticAt(text, 'a', { summary: 'name \u001b]0;x\u0007', label: '\u001b[31m', notes: ['a\nb'] }),
  )
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u202e]/)
})

test('a file that cannot be read still has its place named', () => {
  const diagnostic = diagnosticAt('abc', 'b')
  expect(
    renderDiagnostics([diagnostic], {
      color: false,
      verbose: false,
      width: 80,
      root,
      readSource: () => undefined,
    }),
  ).toBe('error[GT1004]: wrong\n  --> a.stack.ts:1:2')
})

test('files are named relative to the root, wherever the stack is', () => {
  const shown = (base: string): string =>
    renderDiagnostics([diagnosticAt('abc', 'b')], {
      color: false,
      verbose: false,
      width: 80,
      root,
      base,
      readSource: () => 'abc',
    })
  expect(shown('/work/stacks/shop')).toContain('--> shop/a.stack.ts:1:2')
  expect(shown('/elsewhere/far/shop')).toContain('--> /elsewhere/far/shop/a.stack.ts:1:2')
})

test("the checker's own words are shown when asked for", () => {
  const diagnostic = diagnosticAt('abc', 'b', { original: 'TS2322: Type\n  x' })
  expect(render('abc', diagnostic)).not.toContain('TS2322')
  expect(render('abc', diagnostic, { verbose: true })).toContain('= TS2322: Type')
})

test('colours are only there when asked for', () => {
  const diagnostic = diagnosticAt('abc', 'b', { label: 'x' })
  expect(render('abc', diagnostic)).not.toContain('\u001b')
  expect(render('abc', diagnostic, { color: true })).toContain('\u001b[31m')
})
