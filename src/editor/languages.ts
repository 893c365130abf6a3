// Completion and hover inside the small languages, in the form that TypeScript's language service gives them. What may be
// written where is known by the grammar. Invariant: outside of a template there is no answer, and TypeScript's stands.

import type ts from 'typescript'
import type * as smallLanguages from '../../grammar/index.ts'
import type { TemplateAt } from './templates.ts'

export type Grammar = typeof smallLanguages

export function completionsIn(
  typescript: typeof ts,
  grammar: Grammar,
  template: TemplateAt,
): ts.WithMetadata<ts.CompletionInfo> {
  const { language, text, offset, inFile } = template
  return {
    isGlobalCompletion: false,
    isMemberCompletion: false,
    // The names of the program are no part of the language.
    isNewIdentifierLocation: true,
    entries: grammar
      .completionsAt(language, text, offset)
      .map(({ label, detail, insert, replace }, index) => {
        const [start, end] = replace
        return {
          name: label,
          kind: typescript.ScriptElementKind.keyword,
          kindModifiers: '',
          // In the grammar's order, which is by likelihood.
          sortText: String(index).padStart(4, '0'),
          insertText: insert,
          replacementSpan: { start: inFile(start), length: inFile(end) - inFile(start) },
          ...(detail === '' ? {} : { labelDetails: { description: detail } }),
        }
      }),
  }
}

export function completionDetails(
  typescript: typeof ts,
  grammar: Grammar,
  { language, text, offset }: TemplateAt,
  name: string,
): ts.CompletionEntryDetails | undefined {
  const found = grammar.completionsAt(language, text, offset).find(({ label }) => label === name)
  return (
    found && {
      name,
      kind: typescript.ScriptElementKind.keyword,
      kindModifiers: '',
      displayParts: [{ kind: 'text', text: found.label }],
      documentation: [{ kind: 'text', text: found.detail }],
    }
  )
}

export function hoverIn(
  typescript: typeof ts,
  grammar: Grammar,
  { language, text, offset, inFile }: TemplateAt,
): ts.QuickInfo | undefined {
  const hover = grammar.hoverAt(language, text, offset)
  if (!hover) return undefined
  const [title = '', ...rest] = hover.text.split('\n\n')
  const start = inFile(hover.start)
  return {
    kind: typescript.ScriptElementKind.keyword,
    kindModifiers: '',
    textSpan: { start, length: inFile(hover.end) - start },
    displayParts: [{ kind: 'text', text: title }],
    documentation: rest.length === 0 ? [] : [{ kind: 'text', text: rest.join('\n\n') }],
  }
}
