// What every part of the lowering needs.

import type { ConfigSpec } from '../../model/index.ts'
import type { Places } from '../sites.ts'
import type { ConfigFiles } from './config-files.ts'
import type { BuildFolders } from './image.ts'
import { Reader } from './reader.ts'
import type { References } from './references.ts'
import type { Report } from './report.ts'
import type { SourceRecorder } from './sources.ts'
import type { Grammar } from './template.ts'
import { isReference, textIn } from '../sandbox/opened.ts'
import type { Declared, Encoded } from '../sandbox/opened.ts'
import type { Word } from '../vocabulary.ts'

export interface Scope {
  readonly report: Report
  readonly references: References
  readonly places: Places
  readonly sources: SourceRecorder
  readonly folders: BuildFolders
  readonly texts: ConfigFiles
  /** Configs that were read already, by their names; those that were refused are not among them. */
  readonly configs: Map<string, ConfigSpec>
  /** Calls whose templates were read so far. */
  readonly templates: Set<number>
  /** Loaded only when a program has a template of it: the parser takes longer to load than most stacks to compile. */
  readonly grammar: Grammar | null
}

export interface Declaration {
  readonly name: string
  readonly reader: Reader
  readonly fields: Map<string, Encoded>
}

/** The name and the options of a declaration; undefined when they are neither. */
export function openDeclaration(scope: Scope, declared: Declared): Declaration | undefined {
  const { kind, calls } = declared
  const word: Word = kind
  const name = typeof declared.name === 'string' ? declared.name : ''
  const reader = new Reader(scope.report, scope.references, { word, subject: `${kind} '${name}'`, calls })
  // Called without options: what is missing in them is what is said.
  const isGiven = !isReference(declared.options) || textIn(declared.options, 'what') !== 'undefined'
  const fields = reader.fields(isGiven ? declared.options : {}, ['1'])
  return fields && { name, reader, fields }
}
