import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatBytes, formatCpu, humanBytes, parseCpu, parseMemory } from './quantity.ts'

describe('cpu', () => {
  test.each([
    ['0', 0],
    ['250m', 250],
    ['2', 2000],
    ['0.5', 500],
    ['1.001', 1001],
    ['2.05', 2050],
  ])('%s is %i thousandths', (text, millis) => expect(parseCpu(text)).toBe(millis))

  test.each([
    '',
    'm',
    '-1',
    '1.0001',
    '.5',
    '5.',
    '05',
    '1e3',
    '0x1',
    ' 1',
    '1 ',
    '0.5m',
    '1M',
    'NaN',
    '9999999999999999999',
  ])('%j is none', (text) => expect(parseCpu(text)).toBeUndefined())

  test('what is written is read back, and spelled in one way', () =>
    fc.assert(
      fc.property(fc.maxSafeNat(), (millis) => {
        expect(parseCpu(formatCpu(millis))).toBe(millis)
        expect(parseCpu(`${millis}m`)).toBe(millis)
      }),
    ))
})

describe('memory', () => {
  test.each([
    ['0Mi', 0],
    ['1000B', 1000],
    ['1Ki', 1024],
    ['512Mi', 536_870_912],
    ['1.5Gi', 1_610_612_736],
    ['1Ti', 1_099_511_627_776],
    ['0.001Ki', 1],
  ])('%s is %i bytes', (text, bytes) => expect(parseMemory(text)).toBe(bytes))

  test.each([
    '',
    '512',
    '512MB',
    '512M',
    '512mi',
    '-5Mi',
    '+5Mi',
    '05Mi',
    ' 5Mi',
    '1e3Mi',
    '0x10Mi',
    '1.0001Gi',
    '1.5B',
    'NaNMi',
    'InfinityMi',
    '9999999999Ti',
  ])('%j is none', (text) => expect(parseMemory(text)).toBeUndefined())

  test('what is written is read back', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(100_000),
          fc.maxSafeNat(),
          fc.tuple(fc.nat(2000), fc.nat(4)).map(([n, p]) => n * 1024 ** p),
        ),
        (bytes) => {
          expect(parseMemory(formatBytes(bytes))).toBe(bytes)
        },
      ),
    ))

  test.each([
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1Ki'],
    [1536, '1536B'],
    [1_048_576, '1Mi'],
  ])('%i bytes are written %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  test.each([
    [512, '512B'],
    [1536, '1.5Ki'],
    [10 * 1024 ** 2, '10Mi'],
    [1.25 * 1024 ** 3, '1.3Gi'],
  ])('%i bytes read %s', (bytes, text) => expect(humanBytes(bytes)).toBe(text))
})
