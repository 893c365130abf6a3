// Template files of configs: text with places such as {{port}} in it. Invariant: every character of the file is plain, a
// place, or part of a mistake; nothing else has a meaning. `{{{{` is the text `{{`.

export type TemplatePart = string | { readonly value: string; readonly line: number }

export interface ParsedTemplate {
  readonly parts: readonly TemplatePart[]
  /** What begins like a place and is none, by line. */
  readonly mistakes: readonly { readonly line: number; readonly text: string }[]
}

/** Of the values of a template. */
export const valueName = /^[A-Za-z_][A-Za-z0-9_]*$/

const longestShown = 40

export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = []
  const mistakes: { line: number; text: string }[] = []
  let line = 1
  let at = 0
  const plain = (until: number): void => {
    const piece = text.slice(at, until)
    if (piece !== '') parts.push(piece)
    line += piece.split('\n').length - 1
    at = until
  }
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', at)) {
    plain(open)
    if (text.startsWith('{{{{', at)) {
      parts.push('{{')
      at += 4
      continue
    }
    const close = text.indexOf('}}', at)
    const inner = close === -1 ? undefined : text.slice(at + 2, close).trim()
    if (inner !== undefined && valueName.test(inner)) {
      parts.push({ value: inner, line })
      at = close + 2
      continue
    }
    const end = close === -1 ? text.length : close + 2
    const shown = text.slice(at, Math.min(end, at + longestShown)).split('\n')[0] ?? ''
    mistakes.push({ line, text: shown })
    at += 2
  }
  plain(text.length)
  return { parts, mistakes }
}
