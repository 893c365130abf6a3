// Collects what the rules find wrong, and finds the place for each. Invariant: a mistake is shown in the stack's own files,
// never nowhere: at the value that causes it, where that was written (for a parameter of a function in the call of it), else
// at the call that declares it. What a component declares wrongly (a package, gantry/std) is shown at the stack's call of
// it; the line of the component, or of the function that uses the value, is the second place.

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
  /** The declaration that it is a mistake of, in words: `service 'api'`; undefined when it is one of the whole. */
  readonly subject?: string | undefined
}

export interface Warning {
  readonly diagnostic: Diagnostic
  /** As of a mistake. */
  readonly subject: string | undefined
  /** Address of the declaration that is warned of; undefined for the stack as a whole. */
  readonly about: string | undefined
}

export class Report {
  readonly #mistakes: RuleMistake[] = []
  readonly warnings: Warning[] = []
  /** Address of the declaration that is being read: what a warning is about. */
  about: string | undefined
  /** The same declaration in words. */
  subject: string | undefined
  readonly #places: Places
  /** Where the stack is declared: the place of last resort. */
  readonly #fallback: Span | undefined

  constructor(places: Places, fallback: Span | undefined) {
    this.#places = places
    this.#fallback = fallback
  }

  refuse(where: Where, words: Words, mark: Mark = 'value'): void {
    const call = this.#places.wordOf(where.calls)
    this.#mistakes.push({
      diagnostic: this.#diagnostic('error', where, words, mark),
      call,
      path: where.path,
      subject: this.subject,
    })
  }

  /** At a place that is known better than `where`; there when `span` is undefined. */
  refuseAt(span: Span | undefined, where: Where, words: Words): void {
    const call = this.#places.wordOf(where.calls)
    const diagnostic = this.#diagnostic('error', where, words, 'value', span)
    this.#mistakes.push({ diagnostic, call, path: where.path, subject: this.subject })
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
    this.warnings.push({
      diagnostic: this.#diagnostic('warning', where, words, mark),
      subject: this.subject,
      about: this.about,
    })
  }

  /** At a place that is known better than `where`; there when `span` is undefined. */
  warnAt(span: Span | undefined, where: Where, words: Words): void {
    this.warnings.push({
      diagnostic: this.#diagnostic('warning', where, words, 'value', span),
      subject: this.subject,
      about: this.about,
    })
  }

  /** A warning that nothing can answer for. */
  warning(where: Where, words: Words): Diagnostic {
    return this.#diagnostic('warning', where, words, 'value')
  }

  /** The place of a value, for a second span; undefined when it is not written anywhere. */
  spanOf(where: Where, mark: Mark = 'value'): Span | undefined {
    return this.#placesOf(where, mark)?.span
  }

  /** Exactly there, or undefined. In a component only the call of it is a place. */
  exactSpan({ calls, path }: Where): Span | undefined {
    const at = this.#wordAt(calls)
    const id = calls[at]
    if (id === undefined) return undefined
    if (path.length > 0) {
      const found = this.#places.trace(calls, at, path)
      return found && this.#places.componentOf(found.file) === null
        ? this.#places.span(found.file, found.site.value)
        : undefined
    }
    if (this.#isOwn(id)) return this.#places.callSpan(id)
    const own = calls.slice(0, at).findLast((each) => this.#isOwn(each))
    return own === undefined ? undefined : this.#places.callSpan(own)
  }

  /** The place inside of a component that writes it, or that calls the word; undefined for what the stack's own files say. */
  componentSpan({ calls, path }: Where): Span | undefined {
    const places = this.#places
    if (!places.hasComponents) return undefined
    const at = this.#wordAt(calls)
    const id = calls[at]
    if (id === undefined) return undefined
    if (path.length === 0) return this.#isOwn(id) ? undefined : places.calleeSpan(id)
    const found = places.trace(calls, at, path)
    return found && places.componentOf(found.file) !== null
      ? places.span(found.file, found.site.value)
      : undefined
  }

  /** Index of the innermost word of 'gantry' that was running; -1 when there is none. */
  #wordAt(calls: readonly number[]): number {
    return calls.findLastIndex((id) => typeof this.#places.call(id)?.word === 'string')
  }

  #isOwn(id: number): boolean {
    const file = this.#places.call(id)?.file
    return file !== undefined && this.#places.componentOf(file) === null
  }

  #placesOf({ calls, path }: Where, mark: Mark, better?: Span): ShownPlaces | undefined {
    const places = this.#places
    const at = this.#wordAt(calls)
    const word = calls[at]
    if (word === undefined) return undefined
    // An object of options as a whole is too much to mark; the word that is called says as much.
    let traced = mark === 'callee' || better ? undefined : places.trace(calls, at, path)
    for (let length = path.length - 1; !traced && mark !== 'callee' && !better && length > 1; length -= 1)
      traced = places.trace(calls, at, path.slice(0, length))
    const inner = better ?? innerSpan(places, word, path, mark)
    if (!inner) return undefined
    if (traced && traced.at < at && places.componentOf(traced.file) === null) {
      const { value, name } = traced.site
      const user = calls[traced.at]
      return {
        span: places.span(traced.file, mark === 'name' ? (name ?? value) : value),
        second: { span: inner, label: `used here by ${calleeText(places, user)}` },
        callers: calls.slice(0, traced.at),
        isInComponent: false,
      }
    }
    const file = traced?.file ?? places.call(word)?.file
    const own = calls.slice(0, at).findLastIndex((id) => this.#isOwn(id))
    const outer = calls[own]
    const outerSpan = outer === undefined ? undefined : places.calleeSpan(outer)
    if (file === undefined || places.componentOf(file) === null || !outerSpan)
      return { span: inner, callers: calls.slice(0, at), isInComponent: false }
    return {
      span: outerSpan,
      second: { span: inner, label: `declared here by ${calleeText(places, outer)}` },
      callers: calls.slice(0, own),
      isInComponent: true,
    }
  }

  #diagnostic(
    severity: Diagnostic['severity'],
    where: Where,
    words: Words,
    mark: Mark,
    better?: Span,
  ): Diagnostic {
    const { code, summary, notes, fix } = words
    const found = this.#placesOf(where, mark, better) ?? this.#placesOf(where, 'value')
    const span = found?.span ?? better ?? this.#fallback
    // What is to be done about a component's line is said at that line.
    const isAtInner = found?.isInComponent === true && words.label !== undefined
    const second = found?.second && {
      span: found.second.span,
      label: isAtInner ? `${found.second.label}: ${words.label ?? ''}` : found.second.label,
    }
    const label = isAtInner ? undefined : words.label
    const related = [
      ...(second ? [second] : []),
      ...(words.related ?? []),
      ...this.#callers(found?.callers ?? []),
    ]
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

  /** The outermost call of the program's own that led there, when the place is inside one of its functions. */
  #callers(calls: readonly number[]): { span: Span; label: string }[] {
    const outer = calls.find((id) => this.#places.call(id)?.word === null && this.#isOwn(id))
    const span = outer === undefined ? undefined : this.#places.callSpan(outer)
    return span ? [{ span, label: 'called from here' }] : []
  }
}

/** Where a mistake is shown: in the stack's own files, and inside of what is called there. */
interface ShownPlaces {
  readonly span: Span
  readonly second?: { readonly span: Span; readonly label: string }
  /** The calls around the place. */
  readonly callers: readonly number[]
  readonly isInComponent: boolean
}

function innerSpan(places: Places, word: number, path: ArgumentPath, mark: Mark): Span | undefined {
  if (mark === 'callee') return places.calleeSpan(word)
  if (mark === 'name') return places.nameSpan(word, path) ?? places.nearestSpan(word, path)
  return places.nearestSpan(word, path)
}

/** `postgres()`, as it is written. */
export function calleeText(places: Places, id: number | undefined): string {
  const site = id === undefined ? undefined : places.call(id)
  return site ? `${places.text(site.file, site.callee)}()` : 'a call'
}

/** A place further in. */
export function within(where: Where, ...keys: readonly string[]): Where {
  return { calls: where.calls, path: [...where.path, ...keys] }
}
