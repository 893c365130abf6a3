// Collects what the rules find wrong, and finds the place for each. Invariant: a mistake is shown at the value that
// causes it when that is written in the program, else at the call that declares it, never nowhere.

import type { Diagnostic, Span } from '../../model/index.ts'
import type { ArgumentPath, Places } from '../sites.ts'
import type { Words } from '../words.ts'

/** A place in what was evaluated: the calls that led there, and the path in the arguments of the innermost. */
export interface Where {
  /** Calls of the program, outermost first. */
  readonly calls: readonly number[]
  readonly path: ArgumentPath
}

/** What is marked: the value, the name of the member, or the word that is called. */
export type Mark = 'value' | 'name' | 'callee'

export interface RuleMistake {
  readonly diagnostic: Diagnostic
  readonly call: number | undefined
  readonly path: ArgumentPath
}

export class Report {
  readonly #mistakes: RuleMistake[] = []
  readonly warnings: Diagnostic[] = []
  readonly #places: Places
  /** Where the stack is declared: the place of last resort. */
  readonly #fallback: Span | undefined

  constructor(places: Places, fallback: Span | undefined) {
    this.#places = places
    this.#fallback = fallback
  }

  refuse(where: Where, words: Words, mark: Mark = 'value'): void {
    const call = this.#places.wordOf(where.calls)
    this.#mistakes.push({ diagnostic: this.#diagnostic('error', where, words, mark), call, path: where.path })
  }

  /** At a place that is known better than `where`; there when `span` is undefined. */
  refuseAt(span: Span | undefined, where: Where, words: Words): void {
    const call = this.#places.wordOf(where.calls)
    const diagnostic = this.#diagnostic('error', where, words, 'value')
    this.#mistakes.push({ diagnostic: span ? { ...diagnostic, span } : diagnostic, call, path: where.path })
  }

  /** A value that is used twice (a text, a build) is wrong once. */
  found(): RuleMistake[] {
    const seen = new Set<string>()
    return this.#mistakes.filter(({ diagnostic: { code, summary, span } }) => {
      const key = `${span?.file ?? ''}:${span?.start ?? ''}:${code}:${summary}`
      return !seen.has(key) && seen.add(key)
    })
  }

  warn(where: Where, words: Words, mark: Mark = 'value'): void {
    this.warnings.push(this.#diagnostic('warning', where, words, mark))
  }

  /** The place of a value, for a second span; undefined when it is not written anywhere. */
  spanOf(where: Where, mark: Mark = 'value'): Span | undefined {
    const call = this.#places.wordOf(where.calls)
    if (call === undefined) return undefined
    if (mark === 'callee') return this.#places.calleeSpan(call)
    return mark === 'name'
      ? this.#places.nameSpan(call, where.path)
      : this.#places.nearestSpan(call, where.path)
  }

  /** Exactly there, or undefined. */
  exactSpan(where: Where): Span | undefined {
    const call = this.#places.wordOf(where.calls)
    if (call === undefined) return undefined
    return where.path.length === 0 ? this.#places.callSpan(call) : this.#places.valueSpan(call, where.path)
  }

  #diagnostic(severity: Diagnostic['severity'], where: Where, words: Words, mark: Mark): Diagnostic {
    const { code, summary, label, notes, fix } = words
    const span = this.spanOf(where, mark) ?? this.spanOf(where) ?? this.#fallback
    const related = [...(words.related ?? []), ...this.#callers(where.calls)]
    return {
      severity,
      code,
      summary,
      ...(label === undefined ? {} : { label }),
      ...(notes === undefined ? {} : { notes }),
      ...(fix === undefined ? {} : { fix }),
      ...(span === undefined ? {} : { span }),
      ...(related.length === 0 ? {} : { related }),
    }
  }

  /** The call of the program's own that led there, when the place is inside one of its functions. */
  #callers(calls: readonly number[]): { span: Span; label: string }[] {
    const outer = calls.find((id) => this.#places.call(id)?.word === null)
    const span = outer === undefined ? undefined : this.#places.callSpan(outer)
    return span ? [{ span, label: 'called from here' }] : []
  }
}

/** A place further in. */
export function within(where: Where, ...keys: readonly string[]): Where {
  return { calls: where.calls, path: [...where.path, ...keys] }
}
