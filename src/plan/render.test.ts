import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyDocument, hostileText } from '../../test/support/any-documents.ts'
import { compiled, node, TestCluster } from '../../test/support/documents.ts'
import { takeSnapshot } from '../model/index.ts'
import type { StackDocument } from '../model/index.ts'
import { makePlan, renderPlan, renderPlanMarkdown } from './index.ts'
import type { Plan } from './index.ts'
import { columns, harmless } from './layout.ts'
import { clipped } from './render.ts'

function planBetween(first: StackDocument, second: StackDocument): Plan {
  const cluster = new TestCluster([node('h1'), node('h2')])
  cluster.apply(compiled(first))
  return makePlan({
    compiled: compiled(second),
    snapshot: takeSnapshot(cluster.state, cluster.now),
    now: cluster.now,
    planId: 'plan-0001',
  })
}

const anyPlan = fc
  .record({
    first: anyDocument({ value: hostileText }),
    second: anyDocument({ value: hostileText, canBeUnplaceable: true }),
    words: hostileText,
  })
  .map(({ first, second, words }): Plan => {
    const plan = planBetween(first, second)
    return {
      ...plan,
      inputs: { [words]: words },
      cluster: { id: words, name: words },
      files: { [words]: 'f'.repeat(64) },
      steps: plan.steps.map((step) => ({ ...step, summary: words, reason: words, note: words })),
      refusals: [...plan.refusals, { address: words, what: words, fix: words, code: null, source: null }],
    }
  })

test('no line of a plan is wider than asked for, and none holds a character that is not printable', () => {
  fc.assert(
    fc.property(anyPlan, fc.integer({ min: 60, max: 140 }), fc.boolean(), (plan, width, full) => {
      for (const line of renderPlan(plan, { width, color: false, full }).split('\n')) {
        expect(line).not.toMatch(/(?! )[\p{C}\p{Z}]/u)
        expect(columns(line)).toBeLessThanOrEqual(width)
        expect(line).toBe(line.trimEnd())
      }
    }),
    { numRuns: 150 },
  )
})

test('colour adds nothing but colour', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const options = { width: 80, full: true }
      const coloured = renderPlan(plan, { ...options, color: true })

      expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderPlan(plan, { ...options, color: false }))
    }),
    { numRuns: 50 },
  )
})

test('no text becomes markup in Markdown', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const ours = /<\/?(?:code|details|summary)>|<br>|^#{3} |\*\*[a-z- ]+\*\*|^\|.*\|$|^- /gmu
      for (const line of renderPlanMarkdown(plan).split('\n')) {
        expect(line).toBe(harmless(line))
        const cells = line
          .replaceAll(/&#\d+;/g, '')
          .replaceAll(ours, (found) =>
            found.startsWith('|') ? found.replaceAll(/[|-]|<[^>]+>|\*\*/g, '') : '',
          )
        expect(cells.replace(/^\*\*Forecast\*\*/, '')).not.toMatch(/[<>`*_[\]()!|@]/)
      }
    }),
    { numRuns: 100 },
  )
})

test.each([
  { text: 'abc', is: 3 },
  { text: '漢字', is: 4 },
  { text: 'e\u0301', is: 1 },
  { text: '\u001b', is: 6 },
  { text: '🚀', is: 2 },
  { text: '\u00a0', is: 6 },
])('$text takes $is columns', ({ text, is }) => expect(columns(text)).toBe(is))

test.each([
  { name: 'a short value stands as it is', value: 'abc', other: 'abd', most: 60, shown: 'abc' },
  {
    name: 'a long one is shown where it differs',
    value: `${'x'.repeat(500)}NEW${'y'.repeat(500)}`,
    other: `${'x'.repeat(500)}OLD${'y'.repeat(500)}`,
    most: 80,
    shown: `… 490 more … ${'x'.repeat(10)}NEW${'y'.repeat(27)} … 473 more`,
  },
  {
    name: 'one that is new is shown from its beginning',
    value: 'z'.repeat(100),
    other: null,
    most: 80,
    shown: `${'z'.repeat(40)} … 60 more`,
  },
])('$name', ({ value, other, most, shown }) => expect(clipped(value, other, most)).toBe(shown))
