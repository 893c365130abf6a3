// Formats the templates of one file. Invariant: nothing but the literal parts of templates changes, byte for byte, and
// the holes stay what they are and in their order; a template with a mistake in it, or whose text is written with
// escapes, stays as it is.

import type { TemplateFile, TemplateKind, TemplateSite } from '../../compiler/index.ts'
import type { GrammarMistake } from '../../../grammar/index.ts'
import type { Diagnostic } from '../../model/index.ts'

/** Stands for a hole in the text of a template. */
export const holeMark = '\uFFFC'

/** What `grammar` gives. */
export interface Formatter {
  /** Undefined for a text with mistakes. */
  readonly format: (
    kind: TemplateKind,
    text: string,
    options: { readonly indent: string; readonly width: number; readonly holes: readonly string[] },
  ) => string | undefined
  readonly mistakesIn: (kind: TemplateKind, text: string) => readonly GrammarMistake[]
}

export interface Rewritten {
  readonly text: string
  readonly mistakes: readonly Diagnostic[]
}

/** Columns of a line of a stack file; what is around a template is not ours to break. */
const lineWidth = 100

export function rewrite(file: TemplateFile, { format, mistakesIn }: Formatter): Rewritten {
  const mistakes: Diagnostic[] = []
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = []
  const isCrLf = file.text.includes('\r\n')
  for (const template of file.templates) {
    const written = template.pieces.map(([start, end]) => file.text.slice(start, end))
    if (written.some((piece) => piece.includes('\\') || piece.includes(holeMark))) continue
    const text = written.join(holeMark)
    const formatted = format(template.kind, text, layoutAt(file.text, template))
    if (formatted === undefined) {
      mistakes.push(...mistakesIn(template.kind, text).map((each) => diagnosticOf(each, template)))
      continue
    }
    const pieces = (isCrLf ? formatted.replaceAll('\n', '\r\n') : formatted).split(holeMark)
    // What would end the template early cannot come of one that did not have it.
    if (pieces.length !== written.length || /[`\\]|\$\{/.test(formatted))
      throw new Error(`the formatter broke a template: ${JSON.stringify(written)}`)
    for (const [index, [start, end]] of template.pieces.entries()) {
      const text = pieces[index] ?? ''
      if (text !== written[index]) edits.push({ start, end, text })
    }
  }
  const text = edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((all, edit) => all.slice(0, edit.start) + edit.text + all.slice(edit.end), file.text)
  return { text, mistakes }
}

function layoutAt(text: string, { pieces }: TemplateSite) {
  const start = pieces[0]?.[0] ?? 0
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  return {
    indent: /^[ \t]*/.exec(line)?.[0] ?? '',
    width: Math.max(40, lineWidth - line.length - 1),
    holes: pieces.slice(1).map(([next], index) => text.slice(pieces[index]?.[1], next)),
  }
}

function diagnosticOf(mistake: GrammarMistake, { pieces, spanOf }: TemplateSite): Diagnostic {
  const { code, message, label, fix } = mistake
  const at = placeIn(pieces, mistake.start)
  return {
    severity: 'error',
    code,
    summary: message,
    ...(label === undefined ? {} : { label }),
    ...(fix === undefined ? {} : { fix }),
    span: spanOf([at, Math.max(at, Math.min(placeIn(pieces, mistake.end), endOfPiece(pieces, at)))]),
  }
}

/** From an offset in the joined text, in which each hole is one character, to the offset in the file. */
function placeIn(pieces: TemplateSite['pieces'], offset: number): number {
  let left = offset
  for (const [start, end] of pieces) {
    if (left <= end - start) return start + left
    left -= end - start + 1
  }
  return pieces.at(-1)?.[1] ?? 0
}

function endOfPiece(pieces: TemplateSite['pieces'], at: number): number {
  return pieces.find(([start, end]) => start <= at && at <= end)?.[1] ?? at
}
