// Figures as a plain table for a terminal or a file. It measures nothing.

import type { Figure } from './figure.ts'

export interface Section {
  readonly bench: string
  readonly figures: readonly Figure[]
}

const head = ['', 'min', 'median', 'max', 'unit', 'of', 'target']

/** One block a benchmark, all with the same columns. */
export function renderTable(sections: readonly Section[]): string {
  const blocks = sections.map(({ bench, figures }) => [[bench, ...head.slice(1)], ...figures.map(cellsOf)])
  const widths = head.map((_, column) =>
    Math.max(...blocks.flatMap((rows) => rows.map((row) => (row[column] ?? '').length))),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column >= 1 && column <= 3 ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return blocks.map((rows) => rows.map(line).join('\n')).join('\n\n')
}

function cellsOf(figure: Figure): string[] {
  const { min, median, max } = figure.spread
  return [
    `  ${figure.name}`,
    number(min),
    number(median),
    number(max),
    figure.unit,
    String(figure.runs),
    targetOf(figure),
  ]
}

function targetOf({ atMost, spread }: Figure): string {
  if (atMost === undefined) return ''
  return `≤ ${number(atMost)} ${spread.median <= atMost ? 'held' : 'missed'}`
}

/** Three digits are more than a shared machine can promise. */
function number(value: number): string {
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en')
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}
