import { expect, test } from 'vitest'
import type { InputValues } from './inputs.ts'
import { onlyWhen } from './matrix.ts'

const tried: readonly InputValues[] = ['dev', 'test', 'prod'].flatMap((stage) =>
  [false, true].map((debug) => ({ stage, debug })),
)

test.each<{ name: string; holds: (inputs: InputValues) => boolean; expected: string | undefined }>([
  { name: 'all combinations', holds: () => true, expected: undefined },
  { name: 'one value of one input', holds: (each) => each['stage'] === 'prod', expected: 'stage = prod' },
  { name: 'one value of a boolean', holds: (each) => each['debug'] === true, expected: 'debug = true' },
  {
    name: 'one value of each of two inputs',
    holds: (each) => each['stage'] === 'prod' && each['debug'] === true,
    expected: 'stage = prod and debug = true',
  },
  { name: 'all values but one', holds: (each) => each['stage'] !== 'dev', expected: 'stage = test or prod' },
  {
    name: 'no simple condition',
    holds: (each) => (each['stage'] === 'prod') !== (each['debug'] === true),
    expected: '3 of 6 combinations of inputs, such as stage = dev and debug = true',
  },
])('a mistake of $name is told as $expected', ({ holds, expected }) => {
  const found = new Set(tried.flatMap((each, index) => (holds(each) ? [index] : [])))
  const told = onlyWhen(tried, found)
  if (expected?.includes(' of '))
    expect(told).toMatch(/^\d of 6 combinations of inputs, such as stage = dev and debug = true$/)
  else expect(told).toBe(expected)
})
