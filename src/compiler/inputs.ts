// The inputs of a stack: what it declares, what is given on the command line, and which combinations `check` tries.
// Invariant: it depends on nothing but its arguments; the sandbox's thread and the compiler both use it and agree.

import { parseBoolean, parseDecimal, samplePattern } from '../model/values.ts'
import { brokenLimit, patternOf, readInput } from './input-declarations.ts'
import type { DeclaredInput, InputLimits, InputValue, RefuseInput } from './input-declarations.ts'
import { indexIn, isObject, isReference, membersOf } from './sandbox/opened.ts'
import type { Opened, OpenedStack } from './sandbox/opened.ts'
import type { ArgumentPath } from './sites.ts'
import type { Words } from './words.ts'

export type { DeclaredInput, InputValue } from './input-declarations.ts'
export type InputValues = Readonly<Record<string, InputValue>>

/** A place in the call that declares an input. */
interface Place {
  readonly calls: readonly number[]
  readonly path?: ArgumentPath
  readonly mark?: 'name'
}

/**
 * Something wrong with the inputs; input-words.ts has the sentences. `calls` lead to what declares the input, `other` to
 * what it contradicts.
 */
export type InputProblem = { readonly name: string; readonly other?: Place } & Place &
  (
    | { readonly kind: 'declaration'; readonly words: Words }
    | { readonly kind: 'unknown' }
    | { readonly kind: 'missing' | 'secret'; readonly input: DeclaredInput }
    | {
        readonly kind: 'misfit'
        readonly input: DeclaredInput
        readonly text: string
        /** What it does not keep to; absent when it is not of the kind at all. */
        readonly limit?: keyof InputLimits
      }
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

/**
 * What a program is run with. A secret has no value here: it is declared, and whoever gives it a value does so elsewhere.
 */
export function planInputs(opened: Opened, given: Readonly<Record<string, string>>, all: boolean): InputPlan {
  const stack = opened.main === null ? undefined : opened.stacks[opened.main]
  if (!stack) return { declared: [], problems: [], combinations: [], total: 0, samples: {} }
  const { declared, problems, where } = readInputs(opened, stack)
  const place = (name: string): Place => ({ calls: where.get(name) ?? stack.calls })

  const fixed = new Map<string, InputValue>()
  const refused = new Set<string>()
  for (const [name, text] of Object.entries(given)) {
    const input = declared.find((each) => each.name === name)
    if (!input) {
      if (!where.has(name)) problems.push({ kind: 'unknown', name, calls: stack.calls })
      continue
    }
    if (input.type === 'secret') {
      problems.push({ kind: 'secret', name, input, ...place(name) })
      continue
    }
    const value = parseInput(input, text)
    const limit = value === undefined ? undefined : brokenLimit(input.limits, value)
    if (value !== undefined && limit === undefined) {
      fixed.set(name, value)
      continue
    }
    refused.add(name)
    problems.push({
      kind: 'misfit',
      name,
      input,
      text,
      ...place(name),
      ...(limit === undefined ? {} : { limit, other: { ...place(name), path: ['0', limit] } }),
    })
  }
  const samples: Record<string, InputValue> = {}
  const plain = declared.filter((each) => each.type !== 'secret')
  const choices: (readonly InputValue[])[] = []
  for (const input of plain) {
    const value = fixed.get(input.name)
    if (refused.has(input.name)) continue
    if (value !== undefined) choices.push([value])
    else if (all && input.type === 'oneOf') choices.push(input.values)
    else if (all && input.type === 'boolean') choices.push([false, true])
    else if (input.default !== undefined) choices.push([input.default])
    else if (all) {
      const sample = sampleFor(input)
      samples[input.name] = sample
      choices.push([sample])
    } else problems.push({ kind: 'missing', name: input.name, input, ...place(input.name) })
  }
  if (problems.length > 0) return { declared, problems, combinations: [], total: 0, samples }
  const total = choices.reduce((product, each) => product * each.length, 1)
  return { declared, problems, combinations: combine(plain, choices, total), total, samples }
}

interface ReadInputs {
  readonly declared: DeclaredInput[]
  readonly problems: InputProblem[]
  /** The calls that declare each. */
  readonly where: ReadonlyMap<string, readonly number[]>
}

function readInputs(opened: Opened, stack: OpenedStack): ReadInputs {
  const problems: InputProblem[] = []
  const declared: DeclaredInput[] = []
  const where = new Map<string, readonly number[]>()
  const problem = (name: string, calls: readonly number[], summary: string) =>
    problems.push({ kind: 'declaration', words: { code: 'GT2205', summary }, name, calls })
  if (!isObject(stack.inputs) || isReference(stack.inputs)) {
    problem('', stack.calls, 'the inputs of a stack are an object')
    return { declared, problems, where }
  }
  /** Which input each variable gives. */
  const variables = new Map<string, { readonly name: string; readonly place: Place }>()
  for (const [name, value] of membersOf(stack.inputs)) {
    const made = isReference(value) && value.$ === 'input' ? opened.made[indexIn(value)] : undefined
    const calls = made?.calls ?? stack.calls
    where.set(name, calls)
    if (!made) {
      problem(
        name,
        calls,
        `the input '${name}' is not made by input.string(), .number(), .boolean(), .oneOf() or .secret()`,
      )
      continue
    }
    if (!namePattern.test(name) || name === 'constructor') {
      problem(
        name,
        calls,
        `'${name}' cannot be the name of an input: letters, digits, "_" and "-", starting with a letter`,
      )
      continue
    }
    const refuse: RefuseInput = (words, { path, mark, other } = { path: [] }) =>
      problems.push({
        kind: 'declaration',
        words,
        name,
        calls,
        ...(path.length === 0 ? {} : { path }),
        ...(mark ? { mark } : {}),
        ...(other ? { other: { calls, path: other } } : {}),
      })
    const of = { name, subject: `the input '${name}'`, secret: stack.secrets[name] }
    const input = readInput(of, made, refuse)
    if (!input) continue
    declared.push(input)
    if (input.env === undefined) continue
    const path = [input.type === 'oneOf' ? '1' : '0', 'env']
    const first = variables.get(input.env)
    if (!first) {
      variables.set(input.env, { name, place: { calls, path } })
      continue
    }
    problems.push({
      kind: 'declaration',
      words: {
        code: 'GT2207',
        summary: `the variable ${input.env} gives two inputs, '${first.name}' and '${name}'`,
      },
      name,
      calls,
      path,
      other: first.place,
    })
  }
  return { declared, problems, where }
}

/** Something that `check` can run with, which says where it is shown that it is made up. */
function sampleFor({ type, limits }: DeclaredInput): InputValue {
  if (type === 'number') {
    const { min = -Infinity, max = Infinity, whole = false } = limits
    const near = Math.min(max, Math.max(min, 1))
    return whole ? Math.min(Math.floor(max), Math.ceil(near)) : near
  }
  if (brokenLimit(limits, 'sample') === undefined) return 'sample'
  const { minLength = 0, maxLength = Infinity } = limits
  const pattern = patternOf(limits)
  if (pattern) return samplePattern(pattern, minLength, maxLength) ?? 'sample'
  return 'sample'.padEnd(minLength, '-').slice(0, maxLength)
}

/** A number is written as a decimal, `-1.5` or `2e3`; undefined when the text does not fit. */
export function parseInput(input: DeclaredInput, text: string): InputValue | undefined {
  switch (input.type) {
    case 'string':
      return text
    case 'number':
      return parseDecimal(text)
    case 'boolean':
      return parseBoolean(text)
    case 'oneOf':
      return input.values.includes(text) ? text : undefined
    case 'secret':
      return undefined
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
