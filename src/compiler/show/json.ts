// Diagnostics for machines: one document in the shape of `terraform validate -json`, with codes.

import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { Diagnostic, Span } from '../../model/index.ts'

/** The same for every JSON that gantry writes; grows when a member changes its meaning or goes. */
const formatVersion = 1

/** `root` is what the files of the spans are relative to: the stack's folder. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[], root: string): unknown {
  const errors = diagnostics.filter((each) => each.severity === 'error').length
  return {
    format_version: formatVersion,
    valid: errors === 0,
    error_count: errors,
    warning_count: diagnostics.length - errors,
    diagnostics: diagnostics.map((each) => ({
      severity: each.severity,
      code: each.code,
      summary: each.summary,
      detail: [each.label, ...(each.notes ?? []), each.fix].filter((line) => line !== undefined).join('\n'),
      ...(each.onlyWhen === undefined ? {} : { only_when: each.onlyWhen }),
      ...(each.span ? { range: rangeOf(each.span), snippet: snippetOf(each.span, root) } : {}),
      ...(each.related
        ? { related: each.related.map(({ span, label }) => ({ label, range: rangeOf(span) })) }
        : {}),
      ...(each.original === undefined ? {} : { original: each.original }),
    })),
  }
}

function rangeOf(span: Span): unknown {
  return {
    filename: span.file,
    start: { line: span.line, column: span.column, byte: span.start },
    end: { line: span.endLine, column: span.endColumn, byte: span.end },
  }
}

/** The line that the span begins on; null when the file cannot be read any more. */
function snippetOf(span: Span, root: string): unknown {
  try {
    const path = isAbsolute(span.file) ? span.file : join(root, span.file)
    const code = readFileSync(path, 'utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)[span.line - 1]
    if (code === undefined) return null
    return {
      context: null,
      code,
      start_line: span.line,
      highlight_start_offset: span.column - 1,
      highlight_end_offset: span.endLine === span.line ? span.endColumn - 1 : code.length,
      values: [],
    }
  } catch {
    return null
  }
}
