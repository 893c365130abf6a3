// Where the values of the document come from: written in the program, or a default. Invariant: a path that is neither
// was computed, and has the span of the declaration around it (`spanAt` of the model finds it).

import { documentPath } from '../../model/index.ts'
import type { Sources, Span } from '../../model/index.ts'
import type { Report, Where } from './report.ts'

/** Grows when a default changes, so that a plan can say that gantry changed and not the program. */
const defaultsVersion = 'default@1'

export type DocumentKeys = readonly string[]

export class SourceRecorder {
  readonly #report: Report
  readonly #isNeeded: boolean
  readonly #spans: Record<string, Span> = {}
  readonly #defaults: Record<string, string> = {}
  readonly #components: Record<string, Span> = {}

  /** `isNeeded`: false when nobody will ask, as in `check`. */
  constructor(report: Report, isNeeded: boolean) {
    this.#report = report
    this.#isNeeded = isNeeded
  }

  written(keys: DocumentKeys, where: Where): void {
    const span = this.#isNeeded ? this.#report.exactSpan(where) : undefined
    if (span) this.#spans[documentPath(...keys)] = span
    const inner = this.#isNeeded ? this.#report.componentSpan(where) : undefined
    if (inner) this.#components[documentPath(...keys)] = inner
  }

  /** The value when one was given, else the default, which is noted as such. */
  orDefault<Value>(keys: DocumentKeys, value: Value | undefined, fallback: Value): Value {
    if (value !== undefined) return value
    if (this.#isNeeded) this.#defaults[documentPath(...keys)] = defaultsVersion
    return fallback
  }

  sources(files: Sources['files']): Sources {
    return { files, spans: this.#spans, components: this.#components, defaults: this.#defaults }
  }
}
