// Writes docs/words.md from the doc comments of the language. `node scripts/words-table.ts`; a test says when it is out of date.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wordsTable } from '../test/golden/words-table.ts'

const { text, words } = wordsTable()
writeFileSync(join(import.meta.dirname, '../docs/words.md'), text)
console.log(`docs/words.md: ${words.length} words`)
