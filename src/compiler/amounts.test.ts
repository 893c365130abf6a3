import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatBytes, formatCpu, formatDuration } from '../model/index.ts'
import { notAnAmount, parseAmount } from './amounts.ts'
import type { Amount } from './amounts.ts'

test.each<{ kind: Amount; written: string | number; suggested: string }>([
  { kind: 'size', written: '512MB', suggested: "'512Mi', or '489Mi' for 512 MB" },
  { kind: 'size', written: '1GB', suggested: "'1Gi', or '954Mi' for 1 GB" },
  { kind: 'size', written: '512M', suggested: "'512Mi'" },
  { kind: 'size', written: '512 MiB', suggested: "'512Mi'" },
  { kind: 'size', written: '512mi', suggested: "'512Mi'" },
  { kind: 'size', written: '1e3Mi', suggested: "'1000Mi'" },
  { kind: 'size', written: '0x10Mi', suggested: "'16Mi'" },
  { kind: 'size', written: ' 5Mi', suggested: "'5Mi'" },
  { kind: 'size', written: '05Mi', suggested: "'5Mi'" },
  { kind: 'size', written: 536870912, suggested: "'512Mi'" },
  { kind: 'size', written: 512, suggested: "'512Mi' or '1.5Gi'" },
  { kind: 'size', written: '-5Mi', suggested: "'512Mi' or '1.5Gi'" },
  { kind: 'size', written: 'much', suggested: "'512Mi' or '1.5Gi'" },
  { kind: 'cores', written: '2 cores', suggested: "'2'" },
  { kind: 'cores', written: 0.5, suggested: "'0.5'" },
  { kind: 'cores', written: '500 m', suggested: "'500m'" },
  { kind: 'cores', written: '1e1', suggested: "'10'" },
  { kind: 'time', written: '5sec', suggested: "'5s'" },
  { kind: 'time', written: '5 minutes', suggested: "'5m'" },
  { kind: 'time', written: 5, suggested: "'5s'" },
  { kind: 'time', written: '5 weeks', suggested: "'30s' or '5m'" },
])('$kind $written: write $suggested', ({ kind, written, suggested }) => {
  expect(notAnAmount(kind, 'field', written).summary).toMatch(
    new RegExp(`: write ${suggested.replaceAll('.', '\\.')}$`),
  )
})

test('what is suggested for anything is accepted', () => {
  const units = fc.constantFrom(
    '',
    'm',
    'k',
    'K',
    'MB',
    'mib',
    'Gi',
    'TB',
    's',
    'sec',
    'hours',
    'd',
    'cores',
    'x',
  )
  const numbers = fc.oneof(
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.constantFrom(-0, 1e21, 1e-7, Infinity),
  )
  fc.assert(
    fc.property(fc.constantFrom<Amount>('size', 'cores', 'time'), numbers, units, (kind, number, unit) => {
      const { summary } = notAnAmount(kind, 'f', `${number}${unit}`)
      const suggested = summary.slice(summary.indexOf(': write ')).match(/'[^']*'/g) ?? []
      expect(suggested.length).toBeGreaterThan(0)
      for (const each of suggested) expect(parseAmount(kind, each.slice(1, -1)), each).toBeDefined()
    }),
  )
})

test('what the model writes is read back', () => {
  fc.assert(
    fc.property(fc.nat(1e9), (value) => {
      expect(parseAmount('cores', formatCpu(value))).toBe(value)
      expect(parseAmount('time', formatDuration(value))).toBe(value)
      if (value % 1024 === 0 && value > 0) expect(parseAmount('size', formatBytes(value))).toBe(value)
    }),
  )
})
