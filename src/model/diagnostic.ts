// A diagnostic: one mistake in a stack program, with a numbered code, a place and a way out. The shape follows
// Terraform's JSON (severity, code, summary, detail, range, snippet), from which the other formats come. It does not
// know how it is rendered.

import type { Span } from './document.ts'

export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** `GT` and four digits; the first says the stage: 0 files, 1 types, 2 rules, 3 small languages, 4 warnings, 5 evaluation. */
  readonly code: string
  /** One line in the user's words, without a full stop. */
  readonly summary: string
  /** Under the marked text: a few words. */
  readonly label?: string
  /** Further notes, a line each (`= note`). */
  readonly notes?: readonly string[]
  /** What to write instead. */
  readonly fix?: string
  readonly span?: Span
  readonly related?: readonly { readonly span: Span; readonly label: string }[]
  /** "stage = prod", when the mistake exists for some inputs only. */
  readonly onlyWhen?: string
  /** The compiler's own words, shown with `--verbose`. */
  readonly original?: string
}
