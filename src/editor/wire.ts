// What the plugin in the editor's TypeScript server and gantry's own process say to each other: one JSON document a line.

import type { Diagnostic } from '../model/index.ts'

/** Check a stack file; `unsaved` are texts that count instead of those on the disk, by absolute path. */
export interface Ask {
  readonly id: number
  readonly file: string
  readonly unsaved: readonly (readonly [path: string, text: string])[]
}

/** An answer may be followed by a better one with the same id. Files of spans are relative to the stack's folder. */
export type Tell =
  | { readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  /** A newer question took its place. */
  | { readonly id: number; readonly isOutdated: true }
  | { readonly id: number; readonly failed: string }
