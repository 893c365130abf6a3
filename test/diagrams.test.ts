import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diagrams, page } from '../scripts/lib/diagrams.ts'

const docs = join(import.meta.dirname, '../docs')

test('the page of the small languages and its diagrams are those of the grammar: node scripts/diagrams.ts', () => {
  const drawn = diagrams()
  expect(readdirSync(join(docs, 'diagrams')).sort()).toEqual([...drawn.keys()].sort())
  for (const [name, svg] of drawn) expect(readFileSync(join(docs, 'diagrams', name), 'utf8'), name).toBe(svg)
  expect(readFileSync(join(docs, 'small-languages.md'), 'utf8')).toBe(page())
})
