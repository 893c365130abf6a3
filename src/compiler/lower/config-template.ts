// Template files of configs: text with places such as {{port}} in it. Invariant: every character of the file is plain, a
// place, or part of a mistake; nothing else has a meaning. `{{{{` is the text `{{`.

export type TemplatePart = string | { readonly value: string; readonly line: number }

export interface ParsedTemplate {
  readonly parts: readonly TemplatePart[]
  /** What begins like a place and is none, by line. */
  readonly mistakes: readonly { readonly line: number; readonly text: string }[]
}

/** Of the values of a template. */
export const valueName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

/** Bounded in every part, so that a file of nothing but braces is read as fast as any other. */
const place = /\{\{[ \t]{0,20}([A-Za-z_][A-Za-z0-9_]{0,63})[ \t]{0,20}\}\}/y

const longestShown = 40
/** Mistakes of one file that are told. */
const mostMistakes = 100

export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = []
  const mistakes: { line: number; text: string }[] = []
  let line = 1
  let at = 0
  const plain = (until: number): void => {
    const piece = text.slice(at, until)
    if (piece !== '') parts.push(piece)
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', end + 1)) line += 1
    at = until
  }
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', at)) {
    plain(open)
    if (text.startsWith('{{{{', at)) {
      parts.push('{{')
      at += 4
      continue
    }
    // A brace of the text itself, such as JSON's, and a place.
    if (text.startsWith('{{{', at)) plain(at + 1)
    place.lastIndex = at
    const found = place.exec(text)
    if (found?.[1] !== undefined) {
      parts.push({ value: found[1], line })
      at = place.lastIndex
    } else {
      if (mistakes.length < mostMistakes) mistakes.push({ line, text: shownAt(text, at) })
      at += 2
    }
  }
  plain(text.length)
  return { parts, mistakes }
}

/** What begins like a place, to its end or that of its line. */
function shownAt(text: string, at: number): string {
  const [line = ''] = text.slice(at, at + longestShown).split('\n')
  const close = line.indexOf('}}')
  return close === -1 ? line : line.slice(0, close + 2)
}
