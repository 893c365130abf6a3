import { expect, test } from 'vitest'
import { judgeParameters } from './parameters.ts'

const declared = {
  SIZE: { type: 'oneOf', values: ['small', 'large'] },
  COUNT: { type: 'number', default: 3, min: 1, max: 9 },
  DRY: { type: 'boolean', default: false },
  TAG: { type: 'string', default: 'latest', pattern: '[a-z]+' },
} as const

test('what is given is read by its kind, and what is not has its default', () => {
  const written = { SIZE: 'large', COUNT: '7', DRY: 'true' }
  const of = { ...declared, SIZE: { ...declared.SIZE, values: [...declared.SIZE.values] } }
  expect(judgeParameters(of, written)).toEqual({
    values: { SIZE: 'large', COUNT: 7, DRY: true, TAG: 'latest' },
    problems: [],
  })
})

test('all that is wrong is said at once', () => {
  const of = { ...declared, SIZE: { ...declared.SIZE, values: [...declared.SIZE.values] } }
  expect(judgeParameters(of, { SIZES: 'x', COUNT: '10', DRY: 'yes', TAG: 'V1' }).problems).toEqual([
    'there is no parameter SIZES: did you mean SIZE?',
    'COUNT=10 is more than 9',
    'DRY=yes is neither true nor false',
    'SIZE is not given, and has no default',
    'TAG=V1 does not match [a-z]+',
  ])
  expect(judgeParameters({}, { X: '1' }).problems).toEqual(['there is no parameter X: it has none'])
})
