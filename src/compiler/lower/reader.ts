// Reads values of the evaluated program into plain, typed data, one at a time, and says what is wrong with those that
// do not fit. Invariant: undefined comes back for what is not given and for what was refused; whoever reads on need not
// know which. The words of the vocabulary say what a field takes.

import type { Amount } from '../amounts.ts'
import { notAnAmount, parseAmount } from '../amounts.ts'
import { isList, isObject, isReference, membersOf } from '../sandbox/opened.ts'
import type { Encoded, Made, Reference } from '../sandbox/opened.ts'
import { fieldNames, takesAt } from '../vocabulary.ts'
import type { Word } from '../vocabulary.ts'
import { listNames, meantChoice, meantFields } from '../suggest.ts'
import { fieldOf, missingField, unknownField, wouldBeText, wrongValue } from '../words.ts'
import type { Words } from '../words.ts'
import { within } from './report.ts'
import type { Mark, Report, Where } from './report.ts'
import { describeValue } from './references.ts'
import type { References } from './references.ts'

/** References that have no text while the plan is made. */
const deferred: ReadonlySet<string> = new Set([
  'text',
  'port',
  'host',
  'number',
  'secret',
  'file',
  'env',
  'output',
])

export class Reader {
  readonly report: Report
  readonly references: References
  readonly word: Word
  /** `service 'api'`, for messages. */
  readonly subject: string
  /** Path in the arguments of the call to the object that is read: `['1']`, `['1', 'sidecars', 'proxy']`. */
  readonly root: readonly string[]
  /** The call that declares it. */
  readonly where: Where
  /** Fields that are probably meant by others that do not exist, which was said: they are not missing. */
  readonly #meant = new Set<string>()
  /** Objects with a field that does not exist and may stand for any other, which was said. */
  readonly #unclear = new Set<string>()

  constructor(
    report: Report,
    references: References,
    of: {
      readonly word: Word
      readonly subject: string
      readonly calls: readonly number[]
      readonly root?: readonly string[]
    },
  ) {
    this.report = report
    this.references = references
    this.word = of.word
    this.subject = of.subject
    this.root = of.root ?? ['1']
    this.where = { calls: of.calls, path: [] }
  }

  /** A reader of what stands further in, with a subject of its own: a sidecar of a service. */
  inner(path: readonly string[], subject: string): Reader {
    const { word, where } = this
    return new Reader(this.report, this.references, { word, subject, calls: where.calls, root: path })
  }

  /** The path of a field of what is read. */
  path(...keys: readonly string[]): readonly string[] {
    return [...this.root, ...keys]
  }

  at(path: readonly string[]): Where {
    return within(this.where, ...path)
  }

  /** The field in words: `memory of service 'api'`; the subject itself for an argument that is no field. */
  fieldAt(path: readonly string[]): string {
    return fieldOf(this.subject, this.#within(path))
  }

  #within(path: readonly string[]): readonly string[] {
    return path.slice(this.root.length)
  }

  refuse(path: readonly string[], words: Words, mark: Mark = 'value'): void {
    this.report.refuse(this.at(path), words, mark)
  }

  /** What is not what the field takes. */
  misfit(value: Encoded, path: readonly string[]): void {
    const takes = takesAt(this.word, path) ?? 'something else'
    this.refuse(
      path,
      wrongValue(this.subject, this.#within(path), takes, describeValue(value, this.references)),
    )
  }

  /** Members of an object of options; unknown ones are refused. */
  fields(value: Encoded | undefined, path: readonly string[]): Map<string, Encoded> | undefined {
    const members = this.record(value, path)
    if (!members) return undefined
    const known = fieldNames(this.word, path.slice(1))
    for (const [name, member] of members)
      if (!known.includes(name)) {
        const meant = meantFields(name, known)
        for (const each of meant) this.#meant.add([...path, each].join('\0'))
        if (meant.length === 0) this.#unclear.add(path.join('\0'))
        this.refuse([...path, name], unknownField(this.subject, name, this.#within(path), known), 'name')
        members.delete(name)
      } else if (isReference(member) && member.$ === 'unfit') {
        this.misfit(member, [...path, name])
        members.delete(name)
      }
    return members
  }

  /** Members of an object whose names are the program's own. */
  record(value: Encoded | undefined, path: readonly string[]): Map<string, Encoded> | undefined {
    if (value === undefined) return undefined
    if (!isObject(value) || isReference(value)) {
      this.misfit(value, path)
      return undefined
    }
    return new Map(membersOf(value))
  }

  require(fields: ReadonlyMap<string, Encoded>, name: string, path: readonly string[]): Encoded | undefined {
    const value = fields.get(name)
    if (value === undefined && !this.#meant.has([...path, name].join('\0'))) {
      const takes = takesAt(this.word, [...path, name]) ?? ''
      this.refuse(
        path,
        missingField(this.subject, name, this.#within(path), takes),
        path.length === 1 ? 'callee' : path.length === this.root.length ? 'name' : 'value',
      )
    }
    return value
  }

  /** Whether a field that does not exist, which was said, may be meant to be one of these. */
  mayBeMisspelt(path: readonly string[], names: readonly string[]): boolean {
    return (
      this.#unclear.has(path.join('\0')) || names.some((name) => this.#meant.has([...path, name].join('\0')))
    )
  }

  list(value: Encoded | undefined, path: readonly string[]): readonly Encoded[] | undefined {
    if (value === undefined) return undefined
    if (isList(value)) return value
    this.misfit(value, path)
    return undefined
  }

  string(value: Encoded | undefined, path: readonly string[]): string | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'string') {
      this.#refuseNoString(value, path)
      return undefined
    }
    if (value.includes('\0')) {
      this.refuse(path, {
        code: 'GT2112',
        summary: `${this.fieldAt(path)} has a NUL character in it`,
        notes: ['neither arguments nor variables can carry one'],
      })
      return undefined
    }
    return value
  }

  /** What is put together where the task runs has a place in env and in configs alone. */
  #refuseNoString(value: Encoded, path: readonly string[]): void {
    const takes = takesAt(this.word, path) ?? 'a string'
    const found = describeValue(value, this.references)
    const words = wrongValue(this.subject, this.#within(path), takes, found)
    if (!isReference(value) || !deferred.has(value.$)) this.refuse(path, words)
    else if (value.$ === 'secret') this.refuse(path, wouldBeText({ what: found, isSecret: true }))
    else this.refuse(path, { ...words, fix: 'hand it over in env, or in a config' })
  }

  strings(value: Encoded | undefined, path: readonly string[]): string[] | undefined {
    return this.list(value, path)?.flatMap((item, index) => this.string(item, [...path, String(index)]) ?? [])
  }

  boolean(value: Encoded | undefined, path: readonly string[]): boolean | undefined {
    if (value === undefined) return undefined
    if (typeof value === 'boolean') return value
    this.misfit(value, path)
    return undefined
  }

  /** A whole number within bounds, both included. */
  whole(
    value: Encoded | undefined,
    path: readonly string[],
    bounds: { readonly min: number; readonly max: number },
  ): number | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'number') {
      this.misfit(value, path)
      return undefined
    }
    if (Number.isInteger(value) && value >= bounds.min && value <= bounds.max) return value
    const field = this.fieldAt(path)
    this.refuse(path, {
      code: 'GT2109',
      summary: `${field} is ${value}, and must be a whole number from ${bounds.min} to ${bounds.max}`,
    })
    return undefined
  }

  amount(
    kind: Amount,
    value: Encoded | undefined,
    path: readonly string[],
    bounds: { readonly min?: number; readonly atLeast?: string } = {},
  ): number | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'string' && typeof value !== 'number') {
      this.misfit(value, path)
      return undefined
    }
    const field = path.at(-1) ?? ''
    const amount = typeof value === 'string' ? parseAmount(kind, value) : undefined
    if (amount === undefined) {
      this.refuse(path, notAnAmount(kind, field, value))
      return undefined
    }
    if (bounds.min !== undefined && amount < bounds.min) {
      this.refuse(path, {
        code: 'GT2109',
        summary: `${this.fieldAt(path)} is '${value}', and must be at least '${bounds.atLeast ?? ''}'`,
      })
      return undefined
    }
    return amount
  }

  oneOf<Choice extends string>(
    value: Encoded | undefined,
    path: readonly string[],
    choices: readonly Choice[],
  ): Choice | undefined {
    if (value === undefined) return undefined
    const chosen = choices.find((each) => each === value)
    if (chosen !== undefined) return chosen
    if (typeof value !== 'string') {
      this.misfit(value, path)
      return undefined
    }
    const guess = meantChoice(value, choices)
    this.refuse(path, {
      code: 'GT1004',
      summary: `${this.fieldAt(path)} is ${listNames(choices)}, not '${value}'`,
      ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
    })
    return undefined
  }

  /** What a reference of the given kinds leads to; `takes` of the vocabulary says what else is refused. */
  reference(
    value: Encoded | undefined,
    path: readonly string[],
    ...kinds: readonly string[]
  ): Reference | undefined {
    if (value === undefined) return undefined
    if (isReference(value) && kinds.includes(value.$)) return value
    this.misfit(value, path)
    return undefined
  }

  /** What a call has made that has no name: a port, a text, a build. */
  made(value: Encoded | undefined, path: readonly string[], kind: Made['kind']): Made | undefined {
    const reference = this.reference(value, path, kind)
    return reference && this.references.made(reference)
  }
}
