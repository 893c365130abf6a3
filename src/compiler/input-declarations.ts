// How an input is declared: what input.string() and the others were given, judged by itself. The inputs of a stack and
// the parameters of a job are both declared so. Invariant: a default fits what its own input allows.

import { matchesPattern, parsePattern } from '../model/values.ts'
import type { Pattern } from '../model/index.ts'
import { isList, isObject, isReference, membersOf } from './sandbox/opened.ts'
import type { Encoded, Made } from './sandbox/opened.ts'
import type { ArgumentPath } from './sites.ts'
import { fieldNames, takesAt } from './vocabulary.ts'
import { unknownField, wrongValue } from './words.ts'
import type { Words } from './words.ts'

export type InputValue = string | number | boolean

export interface DeclaredInput {
  readonly name: string
  readonly type: 'string' | 'number' | 'boolean' | 'oneOf' | 'secret'
  /** Of `oneOf`, in the order in which they were written. */
  readonly values: readonly string[]
  readonly default: InputValue | undefined
  readonly description: string | undefined
  /** The variable of the environment that gives it when nothing else does. The compiler never looks at it. */
  readonly env: string | undefined
  /** Of a secret: its name in the stack, under which its value is set. */
  readonly secret: string | undefined
  readonly limits: InputLimits
}

export interface InputLimits {
  /** What all of a string has to match. */
  readonly pattern?: string
  /** Of a string, in characters. */
  readonly minLength?: number
  readonly maxLength?: number
  /** Of a number. */
  readonly min?: number
  readonly max?: number
  readonly whole?: true
}

/** Says what is wrong, at a path in the arguments of the call that makes the input; `other` is what it contradicts. */
export type RefuseInput = (
  words: Words,
  place?: { readonly path: ArgumentPath; readonly mark?: 'name'; readonly other?: ArgumentPath },
) => void

/** What a value of each kind is. */
export const kindWords = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  oneOf: 'one of its values',
  secret: 'a secret',
} as const

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/
/** More than any text that is given on a command line. */
const longest = 1_000_000

/** `subject` is what the input is to its stack or job: "the input 'stage'". */
export function readInput(
  of: { readonly name: string; readonly subject: string; readonly secret: string | undefined },
  made: Made,
  refuse: RefuseInput,
): DeclaredInput | undefined {
  const { name, subject, secret } = of
  const { values, options = {} } = made.values
  const types = ['string', 'number', 'boolean', 'oneOf', 'secret'] as const
  const type = types.find((each) => each === made.values['type'])
  if (type === undefined) return undefined
  const texts = isList(values) ? values.filter((each): each is string => typeof each === 'string') : []
  if (type === 'oneOf' && (!isList(values) || texts.length !== values.length || texts.length === 0)) {
    refuse({ code: 'GT2205', summary: `${subject} is one of a list of strings` })
    return undefined
  }
  if (new Set(texts).size !== texts.length) {
    refuse({ code: 'GT2205', summary: `${subject} has a value twice` })
    return undefined
  }
  const read = new OptionReader(type, subject, options, refuse)
  const limits = readLimits(read, subject)
  const env = readVariable(read, subject)
  const description = read.string('description')
  const preset = readDefault(read, { type, texts, subject, limits })
  if (read.isRefused) return undefined
  return { name, type, values: texts, default: preset, description, env, secret, limits }
}

/** The options of one call. */
class OptionReader {
  readonly type: DeclaredInput['type']
  isRefused = false
  readonly #path: ArgumentPath
  readonly #subject: string
  readonly #refuse: RefuseInput
  readonly #options: ReadonlyMap<string, Encoded>

  constructor(type: DeclaredInput['type'], subject: string, options: Encoded, refuse: RefuseInput) {
    this.type = type
    this.#subject = subject
    this.#refuse = refuse
    this.#path = [type === 'oneOf' ? '1' : '0']
    const isPlain = isObject(options) && !isReference(options)
    this.#options = new Map(isPlain ? membersOf(options) : [])
    const known = fieldNames(`input.${type}`)
    if (!isPlain) this.refuse([], { code: 'GT2205', summary: `the options of ${subject} are an object` })
    for (const name of this.#options.keys())
      if (!known.includes(name)) {
        this.isRefused = true
        const path = [...this.#path, name]
        refuse(unknownField(`input.${type}()`, name, [], known), { path, mark: 'name' })
      }
  }

  get(name: string): Encoded | undefined {
    return this.#options.get(name)
  }

  /** `at` are fields of the options, the second one what the first contradicts. */
  refuse(at: readonly string[], words: Words): void {
    this.isRefused = true
    const [field, other] = at
    if (field === undefined) this.#refuse(words)
    else
      this.#refuse(words, {
        path: [...this.#path, field],
        ...(other === undefined ? {} : { other: [...this.#path, other] }),
      })
  }

  string(name: string): string | undefined {
    const value = this.get(name)
    if (value === undefined || typeof value === 'string') return value
    this.#misfit(name, value)
    return undefined
  }

  number(name: string): number | undefined {
    const value = this.get(name)
    if (value === undefined || typeof value === 'number') return value
    this.#misfit(name, value)
    return undefined
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name)
    if (value === undefined || typeof value === 'boolean') return value
    this.#misfit(name, value)
    return undefined
  }

  length(name: string): number | undefined {
    const value = this.number(name)
    if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= longest)) return value
    this.refuse([name], {
      code: 'GT2209',
      summary: `${name} of ${this.#subject} is ${value}, and must be a whole number from 0 to ${longest}`,
    })
    return undefined
  }

  #misfit(name: string, value: Encoded): void {
    const takes = takesAt(`input.${this.type}`, [...this.#path, name]) ?? ''
    const found =
      typeof value === 'string' ? `'${value}'` : typeof value === 'object' ? 'something else' : String(value)
    this.refuse([name], wrongValue(this.#subject, [name], takes, found))
  }
}

function readLimits(read: OptionReader, subject: string): InputLimits {
  switch (read.type) {
    case 'string': {
      const pattern = read.string('pattern')
      const parsed = pattern === undefined ? undefined : parsePattern(pattern)
      if (parsed?.ok === false)
        read.refuse(['pattern'], {
          code: 'GT2208',
          summary: `the pattern of ${subject} is none: ${parsed.problem}`,
          label: `at character ${parsed.at + 1}`,
        })
      const [minLength, maxLength] = [read.length('minLength'), read.length('maxLength')]
      refuseCrossed(read, subject, ['minLength', minLength], ['maxLength', maxLength])
      return {
        ...(pattern === undefined ? {} : { pattern }),
        ...(minLength === undefined ? {} : { minLength }),
        ...(maxLength === undefined ? {} : { maxLength }),
      }
    }
    case 'number': {
      const [min, max, whole] = [read.number('min'), read.number('max'), read.boolean('whole')]
      refuseCrossed(read, subject, ['min', min], ['max', max])
      return {
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
        ...(whole === true ? { whole } : {}),
      }
    }
    case 'boolean':
    case 'oneOf':
    case 'secret':
      return {}
  }
}

function refuseCrossed(
  read: OptionReader,
  subject: string,
  [lowName, low]: readonly [string, number | undefined],
  [highName, high]: readonly [string, number | undefined],
): void {
  if (low === undefined || high === undefined || low <= high) return
  read.refuse([highName, lowName], {
    code: 'GT2209',
    summary: `${highName} of ${subject} is ${high}, which is less than its ${lowName} ${low}`,
    label: 'nothing would fit',
  })
}

function readVariable(read: OptionReader, subject: string): string | undefined {
  const env = read.string('env')
  if (env === undefined || variable.test(env)) return env
  read.refuse(['env'], {
    code: 'GT2206',
    summary: `'${env}' cannot be the variable that gives ${subject}`,
    notes: ['a variable has letters, digits and "_" in its name, and does not start with a digit'],
  })
  return undefined
}

function readDefault(
  read: OptionReader,
  {
    type,
    texts,
    subject,
    limits,
  }: {
    readonly type: DeclaredInput['type']
    readonly texts: readonly string[]
    readonly subject: string
    readonly limits: InputLimits
  },
): InputValue | undefined {
  const preset = type === 'secret' ? undefined : read.get('default')
  if (preset === undefined) return undefined
  const isOfKind =
    type === 'oneOf' ? typeof preset === 'string' && texts.includes(preset) : typeof preset === type
  if (
    !isOfKind ||
    (typeof preset !== 'string' && typeof preset !== 'number' && typeof preset !== 'boolean')
  ) {
    read.refuse(['default'], {
      code: 'GT2205',
      summary: `the default of ${subject} is not ${kindWords[type]}`,
    })
    return undefined
  }
  if (read.isRefused) return preset
  const limit = brokenLimit(limits, preset)
  if (limit)
    read.refuse(['default', limit], {
      code: 'GT2210',
      summary: `the default of ${subject} ${limitWords(limit, limits)}`,
    })
  return preset
}

/** The first limit that a value does not keep to. */
export function brokenLimit(limits: InputLimits, value: InputValue): keyof InputLimits | undefined {
  if (typeof value === 'number') {
    if (limits.whole === true && !Number.isInteger(value)) return 'whole'
    if (limits.min !== undefined && value < limits.min) return 'min'
    return limits.max !== undefined && value > limits.max ? 'max' : undefined
  }
  if (typeof value === 'boolean') return undefined
  const length = Array.from(value).length
  if (limits.minLength !== undefined && length < limits.minLength) return 'minLength'
  if (limits.maxLength !== undefined && length > limits.maxLength) return 'maxLength'
  const pattern = patternOf(limits)
  return pattern && !matchesPattern(pattern, value) ? 'pattern' : undefined
}

export function patternOf({ pattern }: InputLimits): Pattern | undefined {
  const parsed = pattern === undefined ? undefined : parsePattern(pattern)
  return parsed?.ok === true ? parsed.pattern : undefined
}

/** What a value does that breaks the limit; follows what the value is. */
export function limitWords(limit: keyof InputLimits, limits: InputLimits): string {
  switch (limit) {
    case 'pattern':
      return `does not match its pattern '${limits.pattern ?? ''}'`
    case 'minLength':
      return `is shorter than ${limits.minLength ?? 0} characters`
    case 'maxLength':
      return `is longer than ${limits.maxLength ?? 0} characters`
    case 'min':
      return `is less than ${limits.min ?? 0}`
    case 'max':
      return `is more than ${limits.max ?? 0}`
    case 'whole':
      return 'is not a whole number'
  }
}
