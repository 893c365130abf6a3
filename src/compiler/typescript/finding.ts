// An error of TypeScript with its place, and what gantry makes of it when it knows nothing better: the vocabulary of
// everything that finds words (types.ts, names.ts, values.ts). It decides nothing by itself.

import type ts from 'typescript'
import type { Words } from '../words.ts'
import type { Collector } from './collect.ts'
import { withoutTypeNames } from './context.ts'
import type { ArgumentPlace } from './context.ts'
import { sentence } from './syntax.ts'

export interface Marked extends Words {
  /** What is marked; TypeScript's own choice when absent. */
  readonly node?: ts.Node
  /** Of a name that the types do not know: that the value is there all the same. */
  readonly isThere?: true
}

export interface Finding {
  readonly collector: Collector
  readonly source: ts.SourceFile
  readonly code: number
  /** TypeScript's first line. */
  readonly text: string
  /** The node that TypeScript marks. */
  readonly node: ts.Node
  readonly place: ArgumentPlace | undefined
}

/** TypeScript's own sentence. */
export function plain({ text }: Finding): Marked {
  return { code: 'GT1000', summary: sentence(withoutTypeNames(withoutRules(text))) }
}

/** What the types of gantry say by a literal that nothing is (`"✗ …"`) is no part of the values that are taken. */
export function withoutRules(text: string): string {
  return text.replaceAll(/ \| "✗ [^"]*"|"✗ [^"]*" \| /g, '').replaceAll(/"✗ ([^"]*)"/g, '$1')
}
