import { describe, expect, test } from 'vitest'
import { combinationLimit, parseInput, planInputs } from './inputs.ts'
import type { DeclaredInput } from './inputs.ts'
import type { Encoded, Made, Opened } from './sandbox/opened.ts'

type Declaration = readonly [
  type: string,
  values?: readonly string[],
  options?: { readonly [key: string]: Encoded },
]

/** A program with these inputs. */
function opened(inputs: Readonly<Record<string, Declaration>>): Opened {
  const made = Object.values(inputs).map(([type, values = [], options = {}]): Made => ({
    kind: 'input',
    values: { type, values, options },
    calls: [],
  }))
  const references = Object.fromEntries(Object.keys(inputs).map((name, at) => [name, { $: 'input', at }]))
  return {
    stacks: [{ name: 'shop', inputs: references, secrets: {}, calls: [] }],
    made,
    hasDefault: true,
    main: 0,
  }
}

function number(text: string): unknown {
  const input: DeclaredInput = {
    name: 'n',
    type: 'number',
    values: [],
    default: undefined,
    description: undefined,
    env: undefined,
    secret: undefined,
    limits: {},
  }
  return parseInput(input, text)
}

test.each(['8080', '-1.5', '2e3', '0', '007'])('%s is a number', (text) =>
  expect(number(text)).toBe(Number(text)),
)

test.each(['', ' 1', '1 ', '0x10', 'Infinity', 'NaN', '1e999', '1_000', '+1', '.5', '1.', 'true'])(
  '%j is no number',
  (text) => expect(number(text)).toBeUndefined(),
)

describe('combinations', () => {
  test('an apply has one, with defaults for what is not given', () => {
    const plan = planInputs(
      opened({
        stage: ['oneOf', ['dev', 'prod']],
        port: ['number', [], { default: 80 }],
        debug: ['boolean'],
      }),
      { stage: 'prod', debug: 'false' },
      false,
    )
    expect(plan.problems).toEqual([])
    expect(plan.combinations).toEqual([{ stage: 'prod', port: 80, debug: false }])
  })

  test('a check has each of the finite inputs, and samples where there is no default', () => {
    const plan = planInputs(
      opened({
        stage: ['oneOf', ['dev', 'prod']],
        debug: ['boolean', [], { default: true }],
        domain: ['string'],
      }),
      {},
      true,
    )
    expect(plan.combinations).toHaveLength(4)
    expect(plan.combinations[0]).toEqual({ stage: 'dev', debug: false, domain: 'sample' })
    expect(plan.samples).toEqual({ domain: 'sample' })
  })

  test('what is given is fixed', () => {
    const plan = planInputs(
      opened({ stage: ['oneOf', ['dev', 'prod']], debug: ['boolean'] }),
      { stage: 'dev' },
      true,
    )
    expect(plan.combinations).toEqual([
      { stage: 'dev', debug: false },
      { stage: 'dev', debug: true },
    ])
  })

  test('more than the limit are cut, and each value is still tried', () => {
    const inputs = Object.fromEntries(
      Array.from({ length: 12 }, (_, index): [string, Declaration] => [`i${index}`, ['boolean']]),
    )
    const plan = planInputs(opened(inputs), {}, true)
    expect(plan.total).toBe(4096)
    expect(plan.combinations).toHaveLength(combinationLimit)
    for (const name of Object.keys(inputs))
      expect(new Set(plan.combinations.map((each) => each[name]))).toEqual(new Set([true, false]))
    expect(new Set(plan.combinations.map((each) => JSON.stringify(each))).size).toBe(combinationLimit)
  })
})

test('names that objects have by themselves are not inputs', () => {
  const plan = planInputs(
    opened({ stage: ['string', [], { default: 'a' }] }),
    { constructor: 'x', __proto__: 'y' },
    false,
  )
  expect(plan.problems.map((each) => each.kind)).toEqual(['unknown'])
})

describe('limits', () => {
  test('what is made up for a check keeps to them', () => {
    const { samples, problems } = planInputs(
      opened({
        domain: ['string', [], { pattern: '[a-z]+\\.example', minLength: 12 }],
        short: ['string', [], { maxLength: 3 }],
        long: ['string', [], { minLength: 9 }],
        port: ['number', [], { min: 1024, max: 65535, whole: true }],
        below: ['number', [], { max: -0.5, whole: true }],
        plain: ['string'],
      }),
      {},
      true,
    )
    expect(problems).toEqual([])
    expect(samples).toEqual({
      domain: 'aaaa.example',
      short: 'sam',
      long: 'sample---',
      port: 1024,
      below: -1,
      plain: 'sample',
    })
  })

  test.each([
    ['a pattern', { pattern: '[a-z]+' }, 'Shop', 'pattern'],
    ['the least length', { minLength: 3 }, 'ab', 'minLength'],
    ['the most characters, not units', { maxLength: 2 }, '\u{1F600}\u{1F600}\u{1F600}', 'maxLength'],
  ])('%s is kept to', (_, limits, text, limit) => {
    const { problems } = planInputs(opened({ it: ['string', [], limits] }), { it: text }, false)
    expect(problems).toMatchObject([{ kind: 'misfit', limit }])
  })

  test('characters are counted, not units', () => {
    const plan = planInputs(
      opened({ it: ['string', [], { maxLength: 2 }] }),
      { it: '\u{1F600}\u{1F600}' },
      false,
    )
    expect(plan.problems).toEqual([])
  })
})

test('a secret is no part of what a program is run with, and is refused among the others', () => {
  const inputs = opened({ token: ['secret'], stage: ['oneOf', ['dev', 'prod']] })
  expect(planInputs(inputs, {}, true)).toMatchObject({
    combinations: [{ stage: 'dev' }, { stage: 'prod' }],
    total: 2,
  })
  expect(planInputs(inputs, { stage: 'dev', token: 'hunter2' }, false).problems).toMatchObject([
    { kind: 'secret' },
  ])
})
