// Whether bytes are text that an environment, an argument or a line can carry. Invariant: text comes out exactly as the
// bytes say, a byte order mark included, or not at all.

/** The text that the bytes are in UTF-8; null when they are not, or hold a NUL, which ends a text for the system. */
export function textOfBytes(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Lines of at most `width` columns, but for a word that is longer. */
export function wrapWords(text: string, width: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}

/** How many characters two texts begin with alike, and how many of the rest they end with alike. */
export function commonEnds(a: string, b: string): { readonly head: number; readonly tail: number } {
  const most = Math.min(a.length, b.length)
  let head = 0
  while (head < most && a.charCodeAt(head) === b.charCodeAt(head)) head += 1
  let tail = 0
  while (tail < most - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail))
    tail += 1
  return { head, tail }
}

/** A finite decimal, `-1.5` or `2e3`; undefined for any other text. */
export function parseDecimal(text: string): number | undefined {
  const value = /^-?\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : NaN
  return Number.isFinite(value) ? value : undefined
}

/** `true` or `false`; undefined for any other text. */
export function parseBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined
}
