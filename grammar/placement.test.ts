import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holeMark, parsePlacement } from './index.ts'

describe('what can be carried', () => {
  test('conditions of one rule and of several are required together', () => {
    expect(
      parsePlacement(
        `require node.labels.disk == "ssd" && (node.os != 'windows'); require node.arch == ${holeMark}`,
      ),
    ).toEqual({
      require: [
        { attribute: 'node.labels.disk', operator: '==', value: ['ssd'] },
        { attribute: 'node.os', operator: '!=', value: ['windows'] },
        { attribute: 'node.arch', operator: '==', value: [{ hole: 0 }] },
      ],
      mistakes: [],
    })
  })

  test('labels may have the signs that other tools use', () => {
    expect(
      parsePlacement('require node.labels.topology.kubernetes.io/zone == "a-1"').require[0]?.attribute,
    ).toBe('node.labels.topology.kubernetes.io/zone')
  })

  test('texts have escapes, and holes within them', () => {
    const { require } = parsePlacement(
      String.raw`require node.name == "a\"b" && node.id == "x-${holeMark}-${holeMark}" && node.os == ${holeMark}`,
    )
    expect(require.map((each) => each.value)).toEqual([
      ['a"b'],
      ['x-', { hole: 0 }, '-', { hole: 1 }],
      [{ hole: 2 }],
    ])
  })

  test('a rule may end with a semicolon', () => {
    expect(parsePlacement('require node.os == "linux";\n').mistakes).toEqual([])
  })
})

describe('what cannot', () => {
  test('several mistakes are found at once, each at its place', () => {
    const text = 'require node.labels.disk = "ssd"; sprad zone; prefer node.zone != "c"'
    const { mistakes } = parsePlacement(text)
    expect(mistakes.map(({ code, start, end }) => [code, text.slice(start, end)])).toEqual([
      ['GT3102', '='],
      ['GT3103', 'sprad'],
      ['GT3104', 'prefer'],
    ])
  })

  test('something missing is missed behind the last word', () => {
    const text = 'require node.os ==   ; require node.id == "a"'
    const [mistake] = parsePlacement(text).mistakes
    expect(mistake?.start).toBe('require node.os =='.length)
  })

  test('deep nesting ends in a mistake, not in a crash', () => {
    const { mistakes } = parsePlacement(`require ${'('.repeat(10_000)}node.os == "a"${')'.repeat(10_000)}`)
    expect(mistakes).toHaveLength(1)
  })
})

test('any text gives conditions or mistakes, never an error, and mistakes lie within it', () => {
  const words = fc.constantFrom(
    ...[
      'require',
      'prefer',
      'spread',
      'node.os',
      'node.labels.a',
      'node.zone',
      '"a"',
      "'b",
      '==',
      '!=',
      '=',
      '<=',
      '>',
      '&&',
    ],
    ...['||', '!', '(', ')', ';', holeMark, '5', '70%', '#', '$', '\n', '\\', 'é', '😀'],
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 3 }))), (parts) => {
      const text = parts.join(' ')
      const { require, mistakes } = parsePlacement(text)
      expect(require.length + mistakes.length).toBeGreaterThan(0)
      for (const { start, end } of mistakes) {
        expect(start).toBeLessThanOrEqual(end)
        expect(end).toBeLessThanOrEqual(text.length)
      }
    }),
    { numRuns: 500 },
  )
})

test('a condition that is printed is read back', () => {
  const names = fc.stringMatching(/^node\.(?:id|name|os|arch|labels\.[a-z]{1,5}(?:\/[a-z]{1,3})?)$/)
  const conditions = fc.array(
    fc.record({
      attribute: names,
      operator: fc.constantFrom('==', '!='),
      text: fc.stringMatching(/^[ -~]{0,8}$/),
    }),
    { minLength: 1, maxLength: 4 },
  )
  fc.assert(
    fc.property(conditions, fc.constantFrom(' && ', '; require '), (list, joint) => {
      const printed = list
        .map(
          ({ attribute, operator, text }) =>
            `${attribute} ${operator} "${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
        )
        .join(joint)
      expect(parsePlacement(`require ${printed}`)).toEqual({
        require: list.map(({ attribute, operator, text }) => ({
          attribute,
          operator,
          value: text === '' ? [] : [text],
        })),
        mistakes: [],
      })
    }),
  )
})
