// The list of a document's values for a terminal: three columns, no line wider than the terminal, and nothing cut off:
// what does not fit goes on in the next line, so that what is piped is whole.

import type { Colors } from '../terminal.ts'
import { printable } from '../terminal.ts'
import type { ListedThing, Source } from './listing.ts'

export interface ListingOptions {
  readonly width: number
  readonly color: Colors
  /** File of the stack: places in it are shown by line and column alone. */
  readonly file: string
}

const gap = 2
const indent = 2

export function renderListing(things: readonly ListedThing[], options: ListingOptions): string {
  return things.map((thing) => renderThing(thing, options).join('\n')).join('\n\n')
}

function renderThing({ title, source, values }: ListedThing, options: ListingOptions): string[] {
  const { width, color, file } = options
  const component = source?.kind === 'component' ? source.inner.file : null
  const sources = values.map((each) => sourceText(each.source, file, component))
  const columns = columnsFor(
    width - indent - 2 * gap,
    Math.max(0, ...values.map((each) => each.label.length)),
    Math.max(0, ...sources.map((each) => each.length)),
  )
  const head = source === null ? '' : placeText(source, '')
  const fits = head !== '' && title.length + gap + head.length <= width
  return [
    `${color.bold(printable(title))}${fits ? `${' '.repeat(gap)}${color.dim(head)}` : ''}`,
    ...(head === '' || fits
      ? []
      : wrap(head, width - indent).map((each) => ' '.repeat(indent) + color.dim(each))),
    ...values.flatMap(({ label, text }, index) => {
      const cells = [
        wrap(printable(label), columns.label),
        wrap(printable(text), columns.value),
        wrap(sources[index] ?? '', columns.source),
      ] as const
      return Array.from({ length: Math.max(...cells.map((cell) => cell.length)) }, (_, line) =>
        (
          ' '.repeat(indent) +
          [
            color.cyan((cells[0][line] ?? '').padEnd(columns.label)),
            (cells[1][line] ?? '').padEnd(columns.value),
            color.dim(cells[2][line] ?? ''),
          ].join(' '.repeat(gap))
        ).trimEnd(),
      )
    }),
  ]
}

/** The value gets what label and source leave, which get no more than a third each. */
function columnsFor(room: number, label: number, source: number) {
  const third = Math.floor(room / 3)
  const columns = { label: Math.min(label, third), source: Math.min(source, third) }
  return { ...columns, value: Math.max(8, room - columns.label - columns.source) }
}

function placeText(source: Source, file: string): string {
  switch (source.kind) {
    case 'written':
      return at(source.span, file)
    case 'component':
      return source.span === undefined
        ? at(source.inner, '')
        : `${at(source.span, file)}, in ${at(source.inner, '')}`
    case 'default':
    case 'computed':
    case 'input':
      return ''
  }
}

/** `component`: the file in which the thing itself is declared, when that is a component's. */
function sourceText(source: Source, file: string, component: string | null): string {
  switch (source.kind) {
    case 'written':
      return at(source.span, file)
    case 'component':
      return source.inner.file === component ? `in ${at(source.inner, component)}` : at(source.inner, file)
    case 'default':
      return source.version
    case 'computed':
      return 'computed'
    case 'input':
      return source.from
  }
}

function at(
  span: { readonly file: string; readonly line: number; readonly column: number },
  file: string,
): string {
  return `${span.file === file ? '' : printable(span.file)}:${span.line}:${span.column}`
}

/** Breaks at blanks where it can. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text.replaceAll('\n', ' ')
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width)
    const cut = blank > width / 2 ? blank : width
    lines.push(rest.slice(0, cut))
    rest = rest.slice(cut).trimStart()
  }
  return [...lines, rest]
}
