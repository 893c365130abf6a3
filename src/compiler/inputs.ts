// The inputs of a stack: what it declares, what is given on the command line, and which combinations `check` tries.
// Invariant: it depends on nothing but its arguments; the sandbox's thread and the compiler both use it and agree.

import { indexIn, isList, isObject, isReference, membersOf } from './sandbox/opened.ts'
import type { Encoded, Opened } from './sandbox/opened.ts'

export type InputValue = string | number | boolean
export type InputValues = Readonly<Record<string, InputValue>>

export interface DeclaredInput {
  readonly name: string
  readonly type: 'string' | 'number' | 'boolean' | 'oneOf'
  /** Of `oneOf`, in the order in which they were written. */
  readonly values: readonly string[]
  readonly default: InputValue | undefined
  readonly description: string | undefined
}

/** Something wrong with the inputs; input-words.ts has the sentences. `calls` lead to what declares the input. */
export type InputProblem = { readonly name: string; readonly calls: readonly number[] } & (
  | { readonly kind: 'declaration'; readonly summary: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'missing'; readonly input: DeclaredInput }
  | { readonly kind: 'misfit'; readonly input: DeclaredInput; readonly text: string }
)

export interface InputPlan {
  readonly declared: readonly DeclaredInput[]
  readonly problems: readonly InputProblem[]
  /** What to run with; empty when there are problems. */
  readonly combinations: readonly InputValues[]
  /** How many there would be without the limit. */
  readonly total: number
  /** Inputs without a default that were not given, and the sample that `check` uses for them. */
  readonly samples: InputValues
}

/** `check` tries no more combinations than this. */
export const combinationLimit = 64

const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

export function planInputs(opened: Opened, given: Readonly<Record<string, string>>, all: boolean): InputPlan {
  const nothing: InputPlan = { declared: [], problems: [], combinations: [], total: 0, samples: {} }
  const stack = opened.main === null ? undefined : opened.stacks[opened.main]
  if (!stack) return nothing
  const problems: InputProblem[] = []
  const declared: DeclaredInput[] = []
  const where = new Map<string, readonly number[]>()
  if (!isObject(stack.inputs) || isReference(stack.inputs))
    problems.push({
      kind: 'declaration',
      summary: 'the inputs of a stack are an object',
      name: '',
      calls: stack.calls,
    })
  else
    for (const [name, value] of membersOf(stack.inputs)) {
      const made = isReference(value) && value.$ === 'input' ? opened.made[indexIn(value)] : undefined
      const calls = made?.calls ?? stack.calls
      const problem = (summary: string) => problems.push({ kind: 'declaration', summary, name, calls })
      where.set(name, calls)
      if (!made)
        problem(`the input '${name}' is not made by input.string(), .number(), .boolean() or .oneOf()`)
      else if (!namePattern.test(name) || name === 'constructor')
        problem(
          `'${name}' cannot be the name of an input: letters, digits, "_" and "-", starting with a letter`,
        )
      else {
        const input = readInput(name, made.values, problem)
        if (input) declared.push(input)
      }
    }
  const place = (name: string) => ({ name, calls: where.get(name) ?? stack.calls })

  const fixed = new Map<string, InputValue>()
  const refused = new Set<string>()
  for (const [name, text] of Object.entries(given)) {
    const input = declared.find((each) => each.name === name)
    if (!input) {
      if (where.has(name)) continue
      problems.push({ kind: 'unknown', ...place(name) })
    } else {
      const value = parseInput(input, text)
      if (value === undefined) {
        refused.add(name)
        problems.push({ kind: 'misfit', input, text, ...place(name) })
      } else fixed.set(name, value)
    }
  }
  const samples: Record<string, InputValue> = {}
  const choices: (readonly InputValue[])[] = []
  for (const input of declared) {
    const value = fixed.get(input.name)
    if (refused.has(input.name)) continue
    if (value !== undefined) choices.push([value])
    else if (all && input.type === 'oneOf') choices.push(input.values)
    else if (all && input.type === 'boolean') choices.push([false, true])
    else if (input.default !== undefined) choices.push([input.default])
    else if (all) {
      const sample = input.type === 'number' ? 1 : 'sample'
      samples[input.name] = sample
      choices.push([sample])
    } else problems.push({ kind: 'missing', input, ...place(input.name) })
  }
  if (problems.length > 0) return { declared, problems, combinations: [], total: 0, samples }
  const total = choices.reduce((product, each) => product * each.length, 1)
  return { declared, problems, combinations: combine(declared, choices, total), total, samples }
}

function readInput(
  name: string,
  made: Readonly<Record<string, Encoded>>,
  problem: (summary: string) => void,
): DeclaredInput | undefined {
  const { values, options = {} } = made
  const type = (['string', 'number', 'boolean', 'oneOf'] as const).find((each) => each === made['type'])
  if (type === undefined) return undefined
  const texts = isList(values) ? values.filter((each): each is string => typeof each === 'string') : []
  if (type === 'oneOf' && (!isList(values) || texts.length !== values.length || texts.length === 0)) {
    problem(`the input '${name}' is one of a list of strings`)
    return undefined
  }
  if (new Set(texts).size !== texts.length) {
    problem(`the input '${name}' has a value twice`)
    return undefined
  }
  if (!isObject(options) || isReference(options)) {
    problem(`the options of the input '${name}' are an object with default and description`)
    return undefined
  }
  for (const [key] of membersOf(options))
    if (key !== 'default' && key !== 'description') {
      problem(`the input '${name}' has no option '${key}': its options are default and description`)
      return undefined
    }
  const { default: preset, description } = options
  if (description !== undefined && typeof description !== 'string') {
    problem(`the description of the input '${name}' is a string`)
    return undefined
  }
  const base = { name, type, values: texts, description }
  if (preset === undefined) return { ...base, default: undefined }
  const fits =
    type === 'oneOf' ? typeof preset === 'string' && texts.includes(preset) : typeof preset === type
  if (fits && (typeof preset === 'string' || typeof preset === 'number' || typeof preset === 'boolean'))
    return { ...base, default: preset }
  problem(`the default of the input '${name}' is not ${kindWords[type]}`)
  return undefined
}

/** What a value of each kind is. */
export const kindWords = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  oneOf: 'one of its values',
} as const

/** A number is written as a decimal, `-1.5` or `2e3`; undefined when the text does not fit. */
export function parseInput(input: DeclaredInput, text: string): InputValue | undefined {
  switch (input.type) {
    case 'string':
      return text
    case 'number': {
      const value = /^-?\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : NaN
      return Number.isFinite(value) ? value : undefined
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'oneOf':
      return input.values.includes(text) ? text : undefined
  }
}

/**
 * All combinations when they are few enough. Else the first of each, then each other value once with the rest as in the
 * first, then in order until the limit: a mistake that depends on one input is still found.
 */
function combine(
  declared: readonly DeclaredInput[],
  choices: readonly (readonly InputValue[])[],
  total: number,
): InputValues[] {
  const picked = new Map<string, InputValues>()
  const pick = (indexes: readonly number[]): void => {
    const values = Object.fromEntries(
      declared.map(({ name }, at): [string, InputValue] => [name, choices[at]?.[indexes[at] ?? 0] ?? '']),
    )
    picked.set(JSON.stringify(values), values)
  }
  const first = choices.map(() => 0)
  if (total > combinationLimit) {
    pick(first)
    for (const [at, values] of choices.entries())
      for (let index = 1; index < values.length && picked.size < combinationLimit; index += 1)
        pick(first.with(at, index))
  }
  for (let number = 0; number < total && picked.size < combinationLimit; number += 1) {
    let rest = number
    // The last input changes fastest, as one would write them down.
    const indexes = choices.map(() => 0)
    for (let at = choices.length - 1; at >= 0; at -= 1) {
      const count = choices[at]?.length ?? 1
      indexes[at] = rest % count
      rest = Math.floor(rest / count)
    }
    pick(indexes)
  }
  return [...picked.values()]
}
