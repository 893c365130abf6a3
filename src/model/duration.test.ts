import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, humanDuration, parseDuration } from './duration.ts'

test.each([
  ['0s', 0],
  ['250ms', 250],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  ['1.5h', 5_400_000],
  ['0.25s', 250],
  ['1.001s', 1001],
  ['2.007s', 2007],
  ['1.1d', 95_040_000],
])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

test.each([
  '',
  '5',
  's',
  '-5s',
  '+5s',
  ' 5s',
  '5s ',
  '5 s',
  '05s',
  '5S',
  '5sec',
  '5w',
  '1e3s',
  '0x5s',
  '5.s',
  '.5s',
  '1.0001s',
  '0.5ms',
  'NaNs',
  'Infinitys',
  '1h30m',
  '99999999999999999d',
  '5s\n',
])('%j is no span of time', (text) => expect(parseDuration(text)).toBeUndefined())

const duration = fc.oneof(
  fc.integer({ min: 0, max: 10_000 }),
  fc.maxSafeNat(),
  fc
    .tuple(fc.nat(1000), fc.constantFrom(1, 1000, 60_000, 3_600_000, 86_400_000))
    .map(([n, unit]) => n * unit),
)

test('what is written is read back', () =>
  fc.assert(
    fc.property(duration, (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }),
  ))

test('a value has one canonical spelling', () =>
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      fc.option(fc.nat(999), { nil: undefined }),
      fc.constantFrom('ms', 's', 'm', 'h', 'd'),
      (whole, fraction, unit) => {
        const text = `${whole}${fraction === undefined ? '' : `.${fraction}`}${unit}`
        const ms = parseDuration(text)
        if (ms === undefined) return
        expect(formatDuration(parseDuration(formatDuration(ms)) ?? -1)).toBe(formatDuration(ms))
      },
    ),
  ))

test('thousandths of a second are exact', () =>
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(999), (seconds, millis) => {
      expect(parseDuration(`${seconds}.${String(millis).padStart(3, '0')}s`)).toBe(seconds * 1000 + millis)
    }),
  ))

test.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [172_799_999, '47 h'],
  [172_800_000, '2 d'],
])('%i ms reads %s', (ms, text) => expect(humanDuration(ms)).toBe(text))
