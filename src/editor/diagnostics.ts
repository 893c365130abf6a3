// gantry's diagnostics as TypeScript's, which is what editors show. Invariant: one mistake is one error with source
// 'gantry' and the number of its code; everything that the command line says in lines below it is in the text.

import { join } from 'node:path'
import type ts from 'typescript'
import type { Diagnostic, Span } from '../model/index.ts'
import type { Placed } from './checks.ts'

/** Those of a stack file, by offsets in its text. `name` is its name in its folder. */
export function placeIn(diagnostics: readonly Diagnostic[], name: string, text: string): Placed[] {
  const starts = lineStarts(text)
  return diagnostics.flatMap((diagnostic): Placed[] => {
    const span = spanIn(diagnostic, name)
    if (!span) return [{ diagnostic, start: 0, end: 0 }]
    const start = offsetOf(starts, text, span.line, span.column)
    const end = offsetOf(starts, text, span.endLine, span.endColumn)
    return [{ diagnostic, start, end }]
  })
}

/** Where it is shown in the file: what is wrong in another file is shown where the stack leads to it. */
function spanIn({ span, related = [] }: Diagnostic, name: string): Span | undefined {
  if (span?.file === name) return span
  return related.find((each) => each.span.file === name)?.span
}

export function toTypescript(
  typescript: typeof ts,
  { diagnostic, start, end }: Placed,
  source: ts.SourceFile,
  context: { readonly folder: string; readonly program: ts.Program | undefined },
): ts.Diagnostic {
  const { DiagnosticCategory } = typescript
  const related = relatedOf(typescript, diagnostic, context)
  return {
    category: diagnostic.severity === 'error' ? DiagnosticCategory.Error : DiagnosticCategory.Warning,
    code: Number(diagnostic.code.slice(2)),
    source: 'gantry',
    file: source,
    start,
    length: Math.max(0, end - start),
    messageText: wordsOf(diagnostic),
    ...(related.length > 0 ? { relatedInformation: related } : {}),
  }
}

function wordsOf({ summary, label, notes = [], fix, onlyWhen }: Diagnostic): string {
  return [
    onlyWhen === undefined ? summary : `${summary} (only when ${onlyWhen})`,
    ...(label === undefined ? [] : [label]),
    ...notes,
    ...(fix === undefined ? [] : [`fix: ${fix}`]),
  ].join('\n')
}

/** Second places, in files that the editor knows. */
function relatedOf(
  typescript: typeof ts,
  { span, related = [] }: Diagnostic,
  { folder, program }: { readonly folder: string; readonly program: ts.Program | undefined },
): ts.DiagnosticRelatedInformation[] {
  const places = [...related, ...(span ? [{ span, label: 'here' }] : [])]
  return places.flatMap((each, index): ts.DiagnosticRelatedInformation[] => {
    const isMain = index === related.length
    const file = program?.getSourceFile(join(folder, each.span.file).replaceAll('\\', '/'))
    // The place itself is named only when it is shown elsewhere.
    if (!file || (isMain && !related.some((other) => other.span.file !== each.span.file))) return []
    const starts = lineStarts(file.text)
    const start = offsetOf(starts, file.text, each.span.line, each.span.column)
    const end = offsetOf(starts, file.text, each.span.endLine, each.span.endColumn)
    return [
      {
        category: typescript.DiagnosticCategory.Message,
        code: 0,
        file,
        start,
        length: Math.max(0, end - start),
        messageText: each.label,
      },
    ]
  })
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Of a line and column from 1, clipped to the text. */
function offsetOf(starts: readonly number[], text: string, line: number, column: number): number {
  return Math.min((starts[line - 1] ?? text.length) + column - 1, text.length)
}
