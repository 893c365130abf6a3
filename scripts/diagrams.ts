// Writes docs/small-languages.md and docs/diagrams/*.svg from the grammar. A test says when they are out of date.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diagrams, page } from './lib/diagrams.ts'

const docs = join(import.meta.dirname, '../docs')
const folder = join(docs, 'diagrams')
mkdirSync(folder, { recursive: true })
const drawn = diagrams()
for (const name of readdirSync(folder)) if (!drawn.has(name)) rmSync(join(folder, name))
for (const [name, svg] of drawn) writeFileSync(join(folder, name), svg)
writeFileSync(join(docs, 'small-languages.md'), page())
console.log(`docs/small-languages.md and ${drawn.size} diagrams`)
