// Plain tables: columns as wide as their widest cell, the last one free; too wide a table is cut in the columns that
// may be cut. Invariant: no line is wider than the terminal unless its fixed columns alone are. It colours nothing but
// through the caller's functions, which get the padded text.

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  /** May be cut with an ellipsis when the table is too wide, but never below `min` characters. */
  readonly min?: number
  readonly align?: 'right'
  readonly style?: (text: string, row: Row) => string
}

const gap = '  '

export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
  title: (text: string) => string = (text) => text,
): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)))
  const widths = fit(
    columns.map((column, index) =>
      Math.max(column.title.length, ...cells.map((line) => line[index]?.length ?? 0)),
    ),
    columns,
    width,
  )
  const line = (texts: readonly string[], style: (text: string, index: number) => string) =>
    texts
      .map((text, index) => {
        const size = widths[index] ?? 0
        const cut = text.length > size ? `${text.slice(0, Math.max(0, size - 1))}…` : text
        const isLast = index === texts.length - 1
        const padded =
          columns[index]?.align === 'right' ? cut.padStart(size) : isLast ? cut : cut.padEnd(size)
        return style(padded, index)
      })
      .join(gap)
      .trimEnd()
  return [
    line(
      columns.map((column) => column.title),
      (text) => title(text),
    ),
    ...cells.map((texts, at) => {
      const row = rows[at]
      return line(texts, (text, index) => {
        const style = columns[index]?.style
        return style && row !== undefined ? style(text, row) : text
      })
    }),
  ].join('\n')
}

function fit<Row>(widths: readonly number[], columns: readonly Column<Row>[], limit: number): number[] {
  const result = [...widths]
  let over = result.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1) - limit
  // The widest of the columns that may be cut gives way first.
  while (over > 0) {
    let widest = -1
    for (const [index, column] of columns.entries())
      if (
        column.min !== undefined &&
        (result[index] ?? 0) > column.min &&
        (widest < 0 || (result[index] ?? 0) > (result[widest] ?? 0))
      )
        widest = index
    if (widest < 0) break
    result[widest] = (result[widest] ?? 0) - 1
    over -= 1
  }
  return result
}
