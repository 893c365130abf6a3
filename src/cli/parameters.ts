// The parameters of a job that `gantry run` starts: values as they are written, judged by what the job declares. Pure.
// All that is wrong is said at once.

import { matchesPattern, nearest, parseBoolean, parseDecimal, parsePattern } from '../model/index.ts'
import type { Parameter } from '../model/index.ts'

export type ParameterValue = string | number | boolean

export interface JudgedParameters {
  /** With defaults; complete when there are no problems. */
  readonly values: Readonly<Record<string, ParameterValue>>
  readonly problems: readonly string[]
}

export function judgeParameters(
  declared: Readonly<Record<string, Parameter>>,
  written: Readonly<Record<string, string>>,
): JudgedParameters {
  const names = Object.keys(declared).sort()
  const problems: string[] = []
  const values = new Map<string, ParameterValue>()
  for (const name of Object.keys(written).filter((each) => !Object.hasOwn(declared, each))) {
    const guess = nearest(name, names)
    const known = names.length === 0 ? 'it has none' : `they are ${names.join(', ')}`
    problems.push(`there is no parameter ${name}: ${guess === undefined ? known : `did you mean ${guess}?`}`)
  }
  for (const name of names) {
    const parameter = declared[name]
    if (!parameter) continue
    const text = Object.hasOwn(written, name) ? written[name] : undefined
    if (text !== undefined) {
      const value = readValue(parameter, text)
      const problem = value === undefined ? kindProblem(parameter) : limitProblem(parameter, value)
      if (value === undefined || problem !== null)
        problems.push(`${name}=${shown(text)} ${problem ?? ''}`.trimEnd())
      else values.set(name, value)
    } else if (parameter.default !== undefined) values.set(name, parameter.default)
    else problems.push(`${name} is not given, and has no default`)
  }
  return { values: Object.fromEntries(values), problems }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function readValue({ type, values = [] }: Parameter, text: string): ParameterValue | undefined {
  switch (type) {
    case 'string':
      return text
    case 'number':
      return parseDecimal(text)
    case 'boolean':
      return parseBoolean(text)
    case 'oneOf':
      return values.includes(text) ? text : undefined
  }
}

function kindProblem({ type, values = [] }: Parameter): string {
  switch (type) {
    case 'string':
      return 'is not a text'
    case 'number':
      return 'is not a number'
    case 'boolean':
      return 'is neither true nor false'
    case 'oneOf':
      return `is not one of ${values.join(', ')}`
  }
}

function limitProblem({ min, max, pattern }: Parameter, value: ParameterValue): string | null {
  if (typeof value === 'number') {
    if (min !== undefined && value < min) return `is less than ${min}`
    return max !== undefined && value > max ? `is more than ${max}` : null
  }
  if (typeof value !== 'string' || pattern === undefined) return null
  const parsed = parsePattern(pattern)
  return parsed.ok && !matchesPattern(parsed.pattern, value) ? `does not match ${pattern}` : null
}
