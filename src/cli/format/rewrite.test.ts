import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTemplate, parseTemplate } from '../../../grammar/index.ts'
import type { TemplateFile, TemplateKind, TemplateSite } from '../../compiler/index.ts'
import { holeMark, rewrite } from './rewrite.ts'
import type { Formatter } from './rewrite.ts'

/** Templates written as `<kind>` … `</>` in a text, with `${…}` as holes. */
function fileOf(text: string): TemplateFile {
  const templates = [...text.matchAll(/(place|scale|every|gate)`([^`]*)`/g)].map((match): TemplateSite => {
    const start = match.index + (match[1]?.length ?? 0) + 1
    const pieces: [number, number][] = []
    let at = start
    for (const hole of (match[2] ?? '').matchAll(/\$\{[^}]*\}/g)) {
      pieces.push([at, start + hole.index])
      at = start + hole.index + hole[0].length
    }
    pieces.push([at, start + (match[2]?.length ?? 0)])
    return {
      kind: match[1] as TemplateKind, // one of those in the expression
      pieces,
      spanOf: ([from, to]) => ({
        file: 'x.ts',
        line: 1,
        column: from + 1,
        endLine: 1,
        endColumn: to + 1,
        start: from,
        end: to,
      }),
    }
  })
  return { path: 'x.ts', text, templates }
}

/** Takes blanks together; refuses what has a `?` in it. */
const oneBlank: Formatter = {
  format: (_, text) => (text.includes('?') ? undefined : text.trim().replaceAll(/ +/g, ' ')),
  mistakesIn: (_, text) => [
    { code: 'GT3101', message: 'a question', start: text.indexOf('?'), end: text.indexOf('?') + 1 },
  ],
}

test('only the literal parts of templates change, and the holes stay in their order', () => {
  const text = 'a  b\r\nplace`  x   ${ a  + b }   y ${c}`  //  tail\nevery`ok`\n'
  expect(rewrite(fileOf(text), oneBlank)).toEqual({
    text: 'a  b\r\nplace`x ${ a  + b } y ${c}`  //  tail\nevery`ok`\n',
    mistakes: [],
  })
})

test('a template with a mistake stays as it is, and the mistake is told at its place', () => {
  const text = 'gate`a  b`; place`${h}  ?  b`'
  const { text: after, mistakes } = rewrite(fileOf(text), oneBlank)
  expect(after).toBe('gate`a b`; place`${h}  ?  b`')
  expect(mistakes).toMatchObject([
    { code: 'GT3101', span: { start: text.indexOf('?'), end: text.indexOf('?') + 1 } },
  ])
})

test('a template that is written with escapes stays as it is', () => {
  const text = `place\`a  "\\u0041"\` gate\`a  ${holeMark}\``
  expect(rewrite(fileOf(text), oneBlank)).toEqual({ text, mistakes: [] })
})

test('the formatter knows where the line begins, how much room there is, and what stands in the holes', () => {
  const seen: unknown[] = []
  rewrite(fileOf('x\n    placement: place`a${b}c${ d }`\n\tgate`b`'), {
    ...oneBlank,
    format: (_, text, options) => {
      seen.push(options)
      return text
    },
  })
  expect(seen).toEqual([
    { indent: '    ', width: 99 - '    placement: place`'.length, holes: ['${b}', '${ d }'] },
    { indent: '\t', width: 99 - '\tgate`'.length, holes: [] },
  ])
})

const real: Formatter = {
  format: formatTemplate,
  mistakesIn: (kind, text) => parseTemplate(kind, text).mistakes,
}

test('the real formatter is content with what it made, also where lines end as on Windows', () => {
  const long =
    'require node.labels.disk=="ssd";prefer node.zone!="c" weight 50;spread zone;avoid ${db} weight 20'
  const text = `x({\r\n  placement: place\`${long}\`,\r\n  a: every\`day  at 2:30\`,\r\n})\r\n`
  const once = rewrite(fileOf(text), real)
  expect(once.mistakes).toEqual([])
  expect(once.text).not.toMatch(/[^\r]\n/)
  expect(once.text).toContain('avoid ${db} weight 20')
  expect(rewrite(fileOf(once.text), real)).toEqual({ text: once.text, mistakes: [] })
})

test('several mistakes of one template are all told', () => {
  const { text, mistakes } = rewrite(fileOf('place`require node.arch = "x"; sprad zone`'), real)
  expect(text).toBe('place`require node.arch = "x"; sprad zone`')
  expect(mistakes.length).toBeGreaterThan(1)
})

test('what is around the templates is the same byte for byte, whatever it is', () => {
  const outside = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('`', ''))
  const inside = fc.stringMatching(/^[ a-z;]{0,20}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(outside, inside), { maxLength: 5 }), outside, (parts, tail) => {
      const text = parts.map(([before, template]) => `${before} place\`${template}\``).join('') + tail
      const after = rewrite(fileOf(text), oneBlank)
      const expected =
        parts
          .map(([before, template]) => `${before} place\`${template.trim().replaceAll(/ +/g, ' ')}\``)
          .join('') + tail
      expect(after.text).toBe(expected)
    }),
  )
})
