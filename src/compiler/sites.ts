// Where the calls of a program and the values in their arguments stand in its files. The checker collects them, the
// cache keeps them, and whoever has a mistake to show looks its place up here. Invariant: offsets are UTF-16 offsets in
// the file that was compiled; a place that is not known falls back to the nearest one around it, never to a wrong one.

import type { Span } from '../model/index.ts'
import { componentOf } from './files.ts'
import { positionsIn } from './positions.ts'
import type { Positions } from './positions.ts'

/** Start and end of something written. */
export type Range = readonly [start: number, end: number]

/** A parameter of one of the program's functions, or a part of it: its index, then the keys that lead there. */
export interface Origin {
  readonly function: number
  readonly path: ArgumentPath
}

/** A value in an argument. `file` is set when it stands in another file than the call. */
export interface ValueSite {
  readonly file?: number
  readonly value: Range
  /** The name of the member, when it is one of an object. */
  readonly name?: Range
  readonly members?: Readonly<Record<string, ValueSite>>
  readonly items?: readonly ValueSite[]
  /** The parameter that the value is, when it is one. */
  readonly from?: Origin
  /** Parameters that are spread into the object, with the names of the members that are written behind them. */
  readonly spreads?: readonly { readonly from: Origin; readonly behind: readonly string[] }[]
}

export interface CallSite {
  /** Index in the program's files. */
  readonly file: number
  readonly call: Range
  /** The callee: `service` of `service('db', …)`. */
  readonly callee: Range
  /**
   * The word of 'gantry' that is called (`service`, `input.oneOf`), null for a function of the program's own; empty where
   * the types do not tell: it may be any word.
   */
  readonly word: string | null
  /** Number of the function of the program that is called, when it is known. */
  readonly function?: number
  readonly arguments?: readonly ValueSite[]
  /** Of a tagged template: the literal parts between the holes, without the marks around them. */
  readonly template?: readonly Range[]
  /** Of a tagged template: the expressions in its holes. */
  readonly holes?: readonly Range[]
}

/**
 * A place in the arguments of a call: `['1', 'health', 'port']`; `['holes', '0']` in a template; empty: the call itself.
 */
export type ArgumentPath = readonly string[]

export interface ProgramText {
  /** Relative to the stack's folder, with `/`. */
  readonly path: string
  readonly text: string
}

/** Looks up places in one program. */
export class Places {
  readonly #files: readonly ProgramText[]
  readonly #calls: readonly CallSite[]
  readonly #positions = new Map<number, Positions>()
  #hasComponents: boolean | undefined

  constructor(files: readonly ProgramText[], calls: readonly CallSite[]) {
    this.#files = files
    this.#calls = calls
  }

  call(id: number): CallSite | undefined {
    return this.#calls[id]
  }

  /** The innermost of the running calls that is a word of 'gantry'; undefined when none is known. */
  wordOf(calls: readonly number[]): number | undefined {
    return calls.findLast((id) => typeof this.#calls[id]?.word === 'string')
  }

  span(file: number, [start, end]: Range): Span {
    let positions = this.#positions.get(file)
    if (!positions) {
      const { path, text } = this.#files[file] ?? { path: '?', text: '' }
      positions = positionsIn(path, text)
      this.#positions.set(file, positions)
    }
    return positions.spanOf(start, end)
  }

  text(file: number, [start, end]: Range): string {
    return this.#files[file]?.text.slice(start, end) ?? ''
  }

  calleeSpan(id: number): Span | undefined {
    const call = this.#calls[id]
    return call && this.span(call.file, call.callee)
  }

  callSpan(id: number): Span | undefined {
    const call = this.#calls[id]
    return call && this.span(call.file, call.call)
  }

  /** Of the value at a path, and only when it is known exactly. */
  valueSpan(id: number, path: ArgumentPath): Span | undefined {
    return this.#exact(id, path, (site) => site.value)
  }

  /** Of the member's name; of the value where there is no name. */
  nameSpan(id: number, path: ArgumentPath): Span | undefined {
    return this.#exact(id, path, (site) => site.name ?? site.value)
  }

  /** Of the value at the path, or the nearest around it that is known, or the callee. */
  nearestSpan(id: number, path: ArgumentPath): Span | undefined {
    const exact = this.valueSpan(id, path)
    if (exact) return exact
    // An object of options as a whole is too much to mark; the word that is called says as much.
    for (let length = path.length - 1; length > 1; length -= 1) {
      const found = this.valueSpan(id, path.slice(0, length))
      if (found) return found
    }
    return this.calleeSpan(id)
  }

  /** Whether any file of the program is not the stack's own. */
  get hasComponents(): boolean {
    this.#hasComponents ??= this.#files.some((each) => componentOf(each.path) !== null)
    return this.#hasComponents
  }

  /** What a file belongs to that is not the stack's own (files.ts); null for the stack's own. */
  componentOf(file: number): string | null {
    return componentOf(this.#files[file]?.path ?? '')
  }

  /**
   * Where the value at a path in the arguments of the call `calls[at]` was written: there, or, when it is a parameter of
   * a function around it, in the call of that function, and so on outward. Undefined when it is written nowhere.
   */
  trace(calls: readonly number[], at: number, path: ArgumentPath): TracedValue | undefined {
    return this.#trace(calls, at, path, traceLimit)
  }

  #trace(calls: readonly number[], at: number, path: ArgumentPath, limit: number): TracedValue | undefined {
    const call = this.#calls[calls[at] ?? -1]
    if (!call || limit === 0) return undefined
    if (path[0] === 'holes') {
      const hole = call.holes?.[Number(path[1])]
      return hole && { at, file: call.file, site: { value: hole } }
    }
    const jump = (from: Origin, rest: ArgumentPath): TracedValue | undefined => {
      const outer = calls.slice(0, at).findLastIndex((id) => this.#calls[id]?.function === from.function)
      return outer === -1 ? undefined : this.#trace(calls, outer, [...from.path, ...rest], limit - 1)
    }
    let file = call.file
    let site: ValueSite | undefined
    for (const [depth, key] of path.entries()) {
      const rest = path.slice(depth)
      for (const { from, behind } of site?.spreads?.toReversed() ?? []) {
        const found = behind.includes(key) ? undefined : jump(from, rest)
        if (found) return found
      }
      const found = site?.from && jump(site.from, rest)
      if (found) return found
      site = depth === 0 ? call.arguments?.[Number(key)] : memberOf(site, key)
      if (!site) return undefined
      file = site.file ?? file
    }
    if (!site) return undefined
    return (site.from && jump(site.from, [])) ?? { at, file, site }
  }

  #exact(id: number, path: ArgumentPath, rangeOf: (site: ValueSite) => Range): Span | undefined {
    const found = this.#trace([id], 0, path, 1)
    return found && this.span(found.file, rangeOf(found.site))
  }
}

/** How many functions a value is followed through. */
const traceLimit = 16

/** A value that is written in the arguments of the call with index `at` among those that were running. */
export interface TracedValue {
  readonly at: number
  readonly file: number
  readonly site: ValueSite
}

function memberOf(site: ValueSite | undefined, key: string): ValueSite | undefined {
  if (site?.members && Object.hasOwn(site.members, key)) return site.members[key]
  return site?.items?.[Number(key)]
}
