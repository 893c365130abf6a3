// Diagnostics as workflow commands of GitHub Actions, which mark the lines of a pull request. Invariant: whatever a
// program's names hold, one diagnostic is one line, and nothing in it ends a property early.
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions

import type { Diagnostic, Span } from '../../model/index.ts'
import { messageLines } from './message.ts'

/** `pathOf` gives the path of a span's file as GitHub knows it: from the root of the repository. */
export function githubAnnotations(
  diagnostics: readonly Diagnostic[],
  pathOf: (file: string) => string,
): string {
  return diagnostics
    .map((each) => {
      const properties = [...(each.span ? placeOf(each.span, pathOf) : []), ['title', each.code] as const]
      const written = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(',')
      return `::${each.severity} ${written}::${escapeData(messageLines(each).join('\n'))}`
    })
    .join('\n')
}

function placeOf(span: Span, pathOf: (file: string) => string): (readonly [string, string | number])[] {
  const lines = [
    ['file', pathOf(span.file)],
    ['line', span.line],
  ] as const
  // GitHub takes columns of one line only.
  return span.endLine === span.line
    ? [...lines, ['col', span.column], ['endLine', span.endLine], ['endColumn', span.endColumn]]
    : [...lines, ['endLine', span.endLine]]
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
