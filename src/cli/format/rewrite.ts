// Formats the templates of one file. Invariant: nothing but the literal parts of templates changes, byte for byte, and
// the holes stay what they are and in their order; a template with a mistake in it, or whose text is written with
// escapes, stays as it is.

import type { TemplateFile, TemplateKind, TemplateSite } from '../../compiler/index.ts'
import type { GrammarMistake } from '../../../grammar/index.ts'
import type { Diagnostic } from '../../model/index.ts'

/** Stands for a hole in the text of a template. */
export const holeMark = '\uFFFC'

/** The formatter of the small languages: `grammar`'s `formatTemplate`. */
export type FormatTemplate = (
  kind: TemplateKind,
  text: string,
  options: { readonly indent: string; readonly width: number },
) => { readonly text: string } | { readonly mistakes: readonly GrammarMistake[] }

export interface Rewritten {
  readonly text: string
  readonly mistakes: readonly Diagnostic[]
}

/** Columns of a line of a stack file. */
const lineWidth = 100

export function rewrite(file: TemplateFile, format: FormatTemplate): Rewritten {
  const mistakes: Diagnostic[] = []
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = []
  for (const template of file.templates) {
    const written = template.pieces.map(([start, end]) => file.text.slice(start, end))
    if (written.some((piece) => piece.includes('\\') || piece.includes(holeMark))) continue
    const answer = format(template.kind, written.join(holeMark), layoutAt(file.text, template))
    if ('mistakes' in answer) {
      mistakes.push(...answer.mistakes.map((each) => diagnosticOf(each, template)))
      continue
    }
    const pieces = answer.text.split(holeMark)
    // What would end the template early cannot come of one that did not have it.
    if (pieces.length !== written.length || /[`\\]|\$\{/.test(answer.text))
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

/** A line that goes on is indented one step deeper than the line on which the template begins. */
function layoutAt(text: string, { pieces }: TemplateSite): { indent: string; width: number } {
  const start = pieces[0]?.[0] ?? 0
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  const own = /^[ \t]*/.exec(line)?.[0] ?? ''
  return { indent: own.includes('\t') ? `${own}\t` : `${own}  `, width: lineWidth - line.length }
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
