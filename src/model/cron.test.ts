import { Cron } from 'croner'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCron } from './cron.ts'

const number = (min: number, max: number) => fc.integer({ min, max })

function field(min: number, max: number, names: readonly string[] = []): fc.Arbitrary<string> {
  const one = fc.oneof(number(min, max).map(String), ...(names.length > 0 ? [fc.constantFrom(...names)] : []))
  const range = fc
    .tuple(number(min, max), number(min, max))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const stepped = fc.tuple(fc.oneof(fc.constant('*'), range), number(1, max)).map((each) => each.join('/'))
  return fc.oneof(
    fc.constant('*'),
    fc.array(fc.oneof(one, range, stepped), { minLength: 1, maxLength: 3 }).map((items) => items.join(',')),
  )
}

const cron = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    field(1, 31),
    field(1, 12, ['jan', 'MAR', 'dec']),
    field(0, 7, ['sun', 'Fri']),
  )
  .map((fields) => fields.join(' '))

const from = new Date('2024-01-01T00:00:00Z')

test('what is accepted is due at the times that croner has for what was written, and is accepted again', () => {
  fc.assert(
    fc.property(cron, (written) => {
      const read = readCron(written)
      const due = (text: string) =>
        new Cron(text, { timezone: 'UTC' }).nextRuns(3, from).map((each) => each.getTime())
      if ('cron' in read) {
        expect(due(read.cron)).toEqual(due(written))
        expect(due(read.cron)).not.toEqual([])
        expect(readCron(read.cron)).toEqual(read)
      } else {
        expect(read.mistakes.every((each) => each.isNeverDue)).toBe(true)
        expect(due(written)).toEqual([])
      }
    }),
    { numRuns: 500 },
  )
})

test('any text is read or refused, and mistakes lie within it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d*,/ a-z-]{0,20}$/)), (text) => {
      const read = readCron(text)
      for (const { start, end } of 'mistakes' in read ? read.mistakes : []) {
        expect(start).toBeLessThanOrEqual(end)
        expect(end).toBeLessThanOrEqual(Math.max(text.length, 1))
      }
    }),
  )
})
