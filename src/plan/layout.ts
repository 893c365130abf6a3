// Lines for a terminal: text from outside made harmless, measured in columns, wrapped, and painted. Invariant: no line
// is wider than asked for, and no character that could steer a terminal or reorder a line gets out. It knows nothing
// of plans.

import type pc from 'picocolors'

export type Paint = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'changed'

export interface Piece {
  readonly text: string
  readonly paint: Paint
}

type Colors = ReturnType<typeof pc.createColors>

/** Control, format (bidirectional marks among them), private and unassigned characters, and every space but the plain one. */
const unsafe = /(?! )[\p{C}\p{Z}]/gu

/** Text as it may be shown: what is not printable is written out, `\n` or `\u{1b}`. */
export function harmless(text: string): string {
  return text.replaceAll(unsafe, (char) => {
    if (char === '\n') return '\\n'
    if (char === '\t') return '\\t'
    if (char === '\r') return '\\r'
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`
  })
}

const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f320}\u{20000}-\u{3fffd}]/u
const combining = /^\p{M}$/u
/** Asks for the emoji form of the character before it, which is a column wider. */
const emojiForm = '\ufe0f'

function columnsOf(char: string): number {
  if (char >= ' ' && char <= '~') return 1
  if (char === emojiForm) return 1
  if (combining.test(char)) return 0
  return wide.test(char) ? 2 : 1
}

/** Columns that a text takes on a terminal; of characters that are not printable it counts what they are written as. */
export function columns(text: string): number {
  let sum = 0
  for (const char of harmless(text)) sum += columnsOf(char)
  return sum
}

export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)))
}

export interface LineOptions {
  readonly width: number
  /** Columns that further lines are indented by. */
  readonly hang: number
  /** Stands at the right edge of the first line, or on a line of its own where there is no room. */
  readonly right?: string | undefined
}

interface Cell {
  readonly char: string
  readonly columns: number
  readonly paint: Paint
}

/** One thing to say, as one or more lines, painted. */
export function lay(
  pieces: readonly Piece[],
  { width, hang, right = '' }: LineOptions,
  colors: Colors,
): string[] {
  const cells = cellsOf(pieces)
  const edge = cellsOf([{ text: right, paint: 'faint' }])
  const edgeColumns = sum(edge)
  const hasRoom = edgeColumns > 0 && edgeColumns + 2 <= width / 2
  const lines = wrap(cells, width, hang, hasRoom ? edgeColumns + 2 : 0)
  const [first = []] = lines
  if (hasRoom) first.push(...blanks(width - sum(first) - edgeColumns), ...edge)
  else if (edgeColumns > 0)
    lines.push(...wrap([...blanks(Math.max(hang, width - edgeColumns)), ...edge], width, hang, 0))
  return lines.map((line) => paintLine(line, colors))
}

function cellsOf(pieces: readonly Piece[]): Cell[] {
  return pieces.flatMap(({ text, paint }) =>
    Array.from(harmless(text), (char) => ({ char, columns: columnsOf(char), paint })),
  )
}

function blanks(count: number): Cell[] {
  return Array.from({ length: Math.max(0, count) }, () => ({ char: ' ', columns: 1, paint: 'plain' }))
}

function sum(cells: readonly Cell[]): number {
  return cells.reduce((total, cell) => total + cell.columns, 0)
}

/** Breaks at spaces, else behind a slash or a comma, else anywhere; `reserved` columns of the first line stay free. */
function wrap(cells: readonly Cell[], width: number, hang: number, reserved: number): Cell[][] {
  const lines: Cell[][] = []
  let rest = [...cells]
  for (;;) {
    const indent = lines.length === 0 ? 0 : hang
    const room = width - indent - (lines.length === 0 ? reserved : 0)
    const fitting = fittingCells(rest, room)
    if (fitting === rest.length) {
      lines.push([...blanks(indent), ...rest])
      return lines
    }
    const end = breakBefore(rest, fitting, lines.length === 0 ? hang : 0)
    lines.push([...blanks(indent), ...trimmedEnd(rest.slice(0, end))])
    rest = rest.slice(end)
    while (rest[0]?.char === ' ') rest = rest.slice(1)
  }
}

function fittingCells(cells: readonly Cell[], room: number): number {
  let used = 0
  for (const [index, cell] of cells.entries()) {
    used += cell.columns
    // At least one character a line, so that every text ends.
    if (used > room && index > 0) return index
  }
  return cells.length
}

function breakBefore(cells: readonly Cell[], limit: number, least: number): number {
  for (let at = limit; at > least; at--) if (cells[at]?.char === ' ') return at
  for (let at = limit; at > Math.max(least, limit / 2); at--)
    if (/[/,]/.test(cells[at - 1]?.char ?? '')) return at
  return limit
}

function trimmedEnd(cells: readonly Cell[]): Cell[] {
  const last = cells.findLastIndex((cell) => cell.char !== ' ')
  return cells.slice(0, last + 1)
}

function paintLine(cells: readonly Cell[], colors: Colors): string {
  let line = ''
  let run = ''
  let paint: Paint = 'plain'
  const flush = () => {
    line += run === '' ? '' : painted(run, paint, colors)
    run = ''
  }
  for (const cell of trimmedEnd(cells)) {
    if (cell.paint !== paint) flush()
    paint = cell.paint
    run += cell.char
  }
  flush()
  return line
}

function painted(text: string, paint: Paint, colors: Colors): string {
  switch (paint) {
    case 'plain':
      return text
    case 'strong':
      return colors.bold(text)
    case 'faint':
      return colors.dim(text)
    case 'good':
      return colors.green(text)
    case 'bad':
      return colors.red(text)
    case 'changed':
      return colors.yellow(text)
  }
}
