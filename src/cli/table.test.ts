import { expect, test } from 'vitest'
import { renderTable } from './table.ts'
import type { Column } from './table.ts'

interface Row {
  readonly name: string
  readonly count: string
  readonly note: string
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', cell: (row) => row.name, min: 6 },
  { title: 'COUNT', cell: (row) => row.count, align: 'right' },
  { title: 'NOTE', cell: (row) => row.note, min: 4 },
]

test('columns are as wide as their widest cell, numbers stand right, no line ends in blanks', () => {
  const text = renderTable(
    [
      { name: 'a', count: '1', note: '' },
      { name: 'longer', count: '20000', note: 'x' },
    ],
    columns,
    80,
  )
  expect(text).toBe(['NAME    COUNT  NOTE', 'a           1', 'longer  20000  x'].join('\n'))
})

test('a table that is too wide is cut in its widest column that may be cut, with an ellipsis', () => {
  const text = renderTable([{ name: 'n'.repeat(10), count: '1', note: 'm'.repeat(40) }], columns, 40)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(40)
  expect(text).toContain('…')
  expect(text).toContain('n'.repeat(10))
})

test('no column is cut below its least width', () => {
  const text = renderTable([{ name: 'n'.repeat(10), count: '1', note: 'm'.repeat(40) }], columns, 5)
  expect(text.split('\n')[1]).toBe('nnnnn…      1  mmm…')
})
