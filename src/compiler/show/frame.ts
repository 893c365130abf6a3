// Diagnostics for people: the message, the place in the program with the text marked, second places, notes. Invariant: what
// comes from a program (its text, its names) never reaches the terminal as control characters, and every line fits the
// width.

import { readFileSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import picocolors from 'picocolors'
import type { Diagnostic, Span } from '../../model/index.ts'
import { componentOf, placeOfFile } from '../files.ts'
import { displayWidth, printable, tabsToBlanks } from './width.ts'

export interface RenderOptions {
  readonly color: boolean
  /** The compiler's own words too. */
  readonly verbose: boolean
  /** Columns of the terminal. */
  readonly width: number
  /** Files are shown relative to it. */
  readonly root: string
  /** What the files of spans are relative to: the stack's folder. Default: `root`. */
  readonly base?: string
  /** Gets the absolute path. Default: reads it; undefined when that fails. */
  readonly readSource?: (file: string) => string | undefined
}

type Colors = ReturnType<typeof picocolors.createColors>

export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  const colors = picocolors.createColors(options.color)
  const sources = new Map<string, readonly string[] | undefined>()
  const linesOf = (file: string): readonly string[] | undefined => {
    const path = isAbsolute(file) ? file : placeOfFile(options.base ?? options.root, file)
    if (!sources.has(path)) sources.set(path, (options.readSource ?? readSource)(path)?.split(/\r?\n/))
    return sources.get(path)
  }
  return diagnostics.map((each) => renderOne(each, options, colors, linesOf)).join('\n\n')
}

function readSource(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The place is still named; there is no frame then.
    return undefined
  }
}

function renderOne(
  diagnostic: Diagnostic,
  options: RenderOptions,
  colors: Colors,
  linesOf: (file: string) => readonly string[] | undefined,
): string {
  const { severity, code, summary, span, notes = [], fix, onlyWhen, original } = diagnostic
  const related = eachOnce(diagnostic)
  const paint = severity === 'error' ? colors.red : colors.yellow
  const when = onlyWhen === undefined ? '' : ` (only when ${onlyWhen})`
  const out = [
    `${colors.bold(paint(`${severity}[${code}]`))}${colors.bold(`: ${printable(summary + when)}`)}`,
  ]
  const spans = [...(span ? [span] : []), ...related.map((each) => each.span)]
  const gutter = Math.max(2, ...spans.map((each) => String(each.line).length + 1))
  if (span) {
    out.push(`${' '.repeat(gutter)}${colors.cyan('-->')} ${where(span, options)}`)
    const line = linesOf(span.file)?.[span.line - 1] ?? ''
    const beside = related.filter(
      (each) =>
        each.span.file === span.file &&
        each.span.line === span.line &&
        isInSight(line, span, each.span, roomFor(gutter, options)),
    )
    out.push(...frame(span, diagnostic.label, beside, gutter, options, colors, paint, linesOf))
    let file = span.file
    for (const each of related.filter((other) => !beside.includes(other))) {
      if (each.span.file !== file)
        out.push(`${' '.repeat(gutter)}${colors.cyan('-->')} ${where(each.span, options)}`)
      file = each.span.file
      out.push(...secondary(each.span, each.label, gutter, options, colors, linesOf))
    }
  }
  const say = (kind: string, text: string): void => {
    const head = `${' '.repeat(gutter + 1)}${colors.cyan('=')} ${kind === '' ? '' : `${colors.bold(kind)}: `}`
    const indent = gutter + 3 + (kind === '' ? 0 : kind.length + 2)
    out.push(`${head}${wrap(printable(text), options.width - indent, indent)}`)
  }
  for (const note of notes) say('', note)
  if (fix !== undefined) say('fix', fix)
  if (options.verbose && original !== undefined) for (const line of original.split('\n')) say('', line)
  return out.join('\n')
}

/** Second places without those that say again what was said of the same place. */
function eachOnce({ span, label, related = [] }: Diagnostic): typeof related {
  const keyOf = (at: Span, words: string) => JSON.stringify([at, words])
  const said = new Set(span && label !== undefined ? [keyOf(span, label)] : [])
  return related.filter((each) => {
    const key = keyOf(each.span, each.label)
    const isNew = !said.has(key)
    said.add(key)
    return isNew
  })
}

function roomFor(gutter: number, { width }: RenderOptions): number {
  return Math.max(20, width - gutter - 4)
}

/** Whether the whole of `other` is in what is shown of the line around `span`; if not, it has a frame of its own. */
function isInSight(line: string, span: Span, other: Span, room: number): boolean {
  const { text, skipped } = cut(line, span, room)
  const { before, marked } = cut(line, other, Infinity)
  const from = before - skipped
  const isCutBehind = text.endsWith('…')
  return from >= (skipped > 0 ? 1 : 0) && from + marked <= displayWidth(text) - (isCutBehind ? 1 : 0)
}

function where(span: Span, { root, base }: RenderOptions): string {
  const isNamed = !isAbsolute(span.file) && componentOf(span.file) !== null
  if (isNamed) return `${printable(span.file)}:${span.line}:${span.column}`
  const path = isAbsolute(span.file) ? span.file : join(base ?? root, span.file)
  const shown = relative(root, path)
  // A file far away is clearer by its whole path.
  const name = shown.startsWith(`..${sep}..${sep}`) ? path : shown
  return `${printable(name)}:${span.line}:${span.column}`
}

interface Piece {
  readonly text: string
  /** Blanks before the mark, and its width. */
  readonly before: number
  readonly marked: number
}

/** The line with the marked part in sight; long lines are cut on both sides. */
function cut(line: string, span: Span, room: number): Piece & { readonly skipped: number } {
  const from = Math.min(span.column - 1, line.length)
  const to = span.endLine === span.line ? Math.max(span.endColumn - 1, from) : line.length
  const prefix = tabsToBlanks(printable(line.slice(0, from), true))
  const inside = tabsToBlanks(printable(line.slice(from, to), true))
  const whole = tabsToBlanks(printable(line, true))
  const before = displayWidth(prefix)
  const marked = Math.max(1, displayWidth(inside))
  if (displayWidth(whole) <= room) return { text: whole, before, marked, skipped: 0 }
  // A third of the room stays in front of the mark.
  const start = Math.max(0, Math.min(before - Math.floor(room / 3), displayWidth(whole) - room + 1))
  let text = start === 0 ? whole : `…${sliceColumns(whole, start + 1)}`
  if (displayWidth(text) > room) text = `${sliceColumns(text, 0, room - 1)}…`
  return {
    text,
    before: before - start,
    marked: Math.min(marked, Math.max(1, room - (before - start) - 1)),
    skipped: start,
  }
}

function sliceColumns(text: string, from: number, to = Infinity): string {
  let column = 0
  let out = ''
  for (const character of text) {
    const width = displayWidth(character)
    if (column >= from && column + width <= to) out += character
    // Half of a wide character is a blank.
    else if (column < from && column + width > from) out += ' '
    column += width
  }
  return out
}

function frame(
  span: Span,
  label: string | undefined,
  beside: readonly { readonly span: Span; readonly label: string }[],
  gutter: number,
  options: RenderOptions,
  colors: Colors,
  paint: (text: string) => string,
  linesOf: (file: string) => readonly string[] | undefined,
): string[] {
  const line = linesOf(span.file)?.[span.line - 1]
  if (line === undefined) return []
  const room = roomFor(gutter, options)
  const piece = cut(line, span, room)
  const marks = new Map<number, string>()
  for (const other of beside) {
    const { before, marked } = cut(line, other.span, Infinity)
    for (let column = before; column < before + marked; column += 1) marks.set(column - piece.skipped, '-')
  }
  for (let column = piece.before; column < piece.before + piece.marked; column += 1) marks.set(column, '^')
  const last = Math.max(...marks.keys())
  const mark = Array.from({ length: last + 1 }, (_, column) => marks.get(column) ?? ' ').join('')
  const bar = colors.cyan('|')
  const text = label === undefined ? '' : printable(label)
  const fits = displayWidth(mark) + 1 + displayWidth(text) <= room
  const painted = mark
    .replaceAll(/\^+/g, (part) => paint(part))
    .replaceAll(/-+/g, (part) => colors.cyan(part))
  const lines = [
    `${colors.cyan(String(span.line).padStart(gutter))} ${bar} ${piece.text}`,
    `${' '.repeat(gutter)} ${bar} ${painted}${text !== '' && fits ? ` ${paint(text)}` : ''}`,
  ]
  if (text !== '' && !fits) {
    const indent = Math.max(0, Math.min(piece.before, room - displayWidth(text)))
    lines.push(
      `${' '.repeat(gutter)} ${bar} ${' '.repeat(indent)}${paint(wrap(text, room - indent, gutter + 3 + indent))}`,
    )
  }
  for (const other of beside) {
    const { before } = cut(line, other.span, Infinity)
    const column = Math.max(0, Math.min(before - piece.skipped, room - displayWidth(other.label)))
    lines.push(`${' '.repeat(gutter)} ${bar} ${' '.repeat(column)}${colors.cyan(printable(other.label))}`)
  }
  return lines
}

function secondary(
  span: Span,
  label: string,
  gutter: number,
  options: RenderOptions,
  colors: Colors,
  linesOf: (file: string) => readonly string[] | undefined,
): string[] {
  const line = linesOf(span.file)?.[span.line - 1]
  if (line === undefined) return []
  const room = roomFor(gutter, options)
  const { text, before, marked } = cut(line, span, room)
  const bar = colors.cyan('|')
  const mark = '-'.repeat(marked)
  const fits = before + marked + 1 + displayWidth(label) <= room
  return [
    `${colors.cyan(String(span.line).padStart(gutter))} ${bar} ${text}`,
    `${' '.repeat(gutter)} ${bar} ${' '.repeat(before)}${colors.cyan(fits ? `${mark} ${label}` : mark)}`,
    ...(fits
      ? []
      : [
          `${' '.repeat(gutter)} ${bar} ${' '.repeat(Math.max(0, Math.min(before, room - displayWidth(label))))}${colors.cyan(label)}`,
        ]),
  ]
}

/** Lines behind the first are indented by `indent` blanks. A word that is longer than the room stays whole. */
function wrap(text: string, room: number, indent: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > Math.max(20, room)) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}
