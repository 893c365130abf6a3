import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyOf } from '../../test/support/any-schema.ts'
import { condition as conditionSchema } from '../model/index.ts'
import type { Comparison, Condition } from '../model/index.ts'
import { nodeOf } from '../model/testing.ts'
import { comparisonsIn, conditionText, holds, mistakeIn } from './condition.ts'

const node = nodeOf('n1', {
  name: 'alpha',
  labels: { zone: 'a', region: 'eu', disk: 'ssd' },
  capacity: { cpu: 4000, memory: 8 * 1024 ** 3 },
})

const is = (attribute: string, operator: Comparison['operator'], value: string | number): Comparison => ({
  attribute,
  operator,
  value,
})
const ssd = is('node.labels.disk', '==', 'ssd')
const big = is('node.memory', '>=', 8 * 1024 ** 3)
const small = is('node.cpu', '<', 2000)

describe('conditions on a node', () => {
  test.each<[Condition, boolean, string]>([
    [ssd, true, 'node.labels.disk == "ssd"'],
    [is('node.zone', '==', 'a'), true, 'node.zone == "a"'],
    [is('node.region', '!=', 'eu'), false, 'node.region != "eu"'],
    [is('node.id', '==', 'n1'), true, 'node.id == "n1"'],
    [is('node.name', '!=', 'alpha'), false, 'node.name != "alpha"'],
    [is('node.os', '==', 'linux'), true, 'node.os == "linux"'],
    [is('node.arch', '==', 'arm64'), false, 'node.arch == "arm64"'],
    [big, true, 'node.memory >= 8Gi'],
    [is('node.memory', '>', 8 * 1024 ** 3), false, 'node.memory > 8Gi'],
    [small, false, 'node.cpu < 2'],
    [is('node.cpu', '<=', 4000), true, 'node.cpu <= 4'],
    // What a node does not have equals nothing and is in no order.
    [is('node.labels.gpu', '==', 'yes'), false, 'node.labels.gpu == "yes"'],
    [is('node.labels.gpu', '!=', 'yes'), true, 'node.labels.gpu != "yes"'],
    [is('node.labels.constructor', '==', 'x'), false, 'node.labels.constructor == "x"'],
    [{ all: [ssd, big] }, true, 'node.labels.disk == "ssd" && node.memory >= 8Gi'],
    [{ any: [small, ssd] }, true, 'node.cpu < 2 || node.labels.disk == "ssd"'],
    [{ not: ssd }, false, '!(node.labels.disk == "ssd")'],
    [
      { all: [ssd, { any: [small, big] }] },
      true,
      'node.labels.disk == "ssd" && (node.cpu < 2 || node.memory >= 8Gi)',
    ],
    [{ all: [] }, true, 'true'],
    [{ any: [] }, false, 'false'],
  ])('%j is %s and reads %s', (condition, expected, text) => {
    expect(holds(condition, node)).toBe(expected)
    expect(conditionText(condition)).toBe(text)
    expect(comparisonsIn(condition).flatMap((each) => mistakeIn(each) ?? [])).toEqual([])
  })

  test('on measurements read in their units', () => {
    const text = (attribute: string, value: number, of?: string) =>
      conditionText({ attribute, operator: '>', value, ...(of === undefined ? {} : { of }) })
    expect([text('cpu', 70), text('memory', 80.5), text('errors', 1)]).toEqual([
      'cpu > 70%',
      'memory > 80.5%',
      'errors > 1%',
    ])
    expect([text('p50', 300), text('p99', 1500), text('p95', 2000)]).toEqual([
      'p50 > 300ms',
      'p99 > 1500ms',
      'p95 > 2s',
    ])
    expect([text('queue', 100, 'orders'), text('requests', 5)]).toEqual([
      'queue("orders") > 100',
      'requests > 5',
    ])
  })

  test('what is not is the opposite, and both sides of a comparison are too', () => {
    const opposite = { '==': '!=', '<': '>=', '>': '<=' } as const
    fc.assert(
      fc.property(
        fc.constantFrom('==' as const, '<' as const, '>' as const),
        fc.constantFrom(0, 4000, 9000),
        (operator, value) => {
          const condition = is('node.cpu', operator, value)
          expect(holds({ not: condition }, node)).toBe(!holds(condition, node))
          expect(holds(is('node.cpu', opposite[operator], value), node)).toBe(!holds(condition, node))
        },
      ),
    )
  })

  test('every condition of the schema has a text', () =>
    fc.assert(
      fc.property(anyOf(conditionSchema), (condition) => {
        expect(conditionText(condition).length).toBeGreaterThan(0)
      }),
    ))
})

test.each([
  [is('node.kernel', '==', 'x'), 'node.kernel, which no node has'],
  [is('node.labels.', '==', 'x'), 'node.labels., which no node has'],
  [is('cpu', '>', 70), 'cpu, which no node has'],
  [is('node.cpu', '>', 'two'), 'node.cpu compared with the text "two"'],
  [is('node.zone', '<', 'b'), 'node.zone < "b", and words are only compared by == and !='],
  [is('node.zone', '==', 3), 'node.zone == 3, and words are only compared by == and !='],
  [{ ...ssd, of: 'x' }, 'node.labels.disk("x"), and attributes of nodes have no argument'],
])('%j is a mistake', (comparison, mistake) => expect(mistakeIn(comparison)).toBe(mistake))
