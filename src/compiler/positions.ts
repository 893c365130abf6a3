// From offsets in a text to lines, columns and bytes, as `Span` counts them. Invariant: a line ends at \n or \r\n, a
// column counts UTF-16 units from 1, a byte counts UTF-8 from 0 of the text without a byte order mark.

import type { Span } from '../model/index.ts'

export interface Positions {
  /** `end` is at least `start`; both are UTF-16 offsets. */
  spanOf(start: number, end: number): Span
}

export function positionsIn(file: string, text: string): Positions {
  let known: Lines | undefined
  return {
    spanOf(start, end) {
      known ??= linesOf(text)
      const { starts: lineStarts, bytes } = known
      const byteOf = (line: number, offset: number) =>
        bytes === null
          ? offset
          : (bytes[line] ?? 0) + Buffer.byteLength(text.slice(lineStarts[line] ?? 0, offset))
      const from = Math.min(start, text.length)
      const to = Math.min(Math.max(end, from), text.length)
      const first = lineAt(lineStarts, from)
      const last = lineAt(lineStarts, to)
      return {
        file,
        line: first + 1,
        column: from - (lineStarts[first] ?? 0) + 1,
        endLine: last + 1,
        endColumn: to - (lineStarts[last] ?? 0) + 1,
        start: byteOf(first, from),
        end: byteOf(last, to),
      }
    },
  }
}

/** The UTF-16 offset of a line and column, both from 1; clipped to the text. */
export function offsetAt(text: string, line: number, column: number): number {
  const start = lineStartsOf(text)[line - 1] ?? text.length
  return Math.min(start + column - 1, text.length)
}

interface Lines {
  readonly starts: readonly number[]
  /** Where the lines start in bytes; null when that is the same, because the text is ASCII. */
  readonly bytes: readonly number[] | null
}

function linesOf(text: string): Lines {
  const starts = lineStartsOf(text)

  if (!/[^\0-\x7f]/.test(text)) return { starts, bytes: null }
  let total = 0
  const bytes = starts.map((start, line) => {
    const before = total
    total += Buffer.byteLength(text.slice(start, starts[line + 1] ?? text.length))
    return before
  })
  return { starts, bytes }
}

function lineStartsOf(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** The last line that starts at or before the offset, by bisection. */
function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0
  let high = lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
