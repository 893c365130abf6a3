// Writes docs/rules.md from the golden tests. `npm run golden` calls it; a test says when the page is out of date.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rulesTable } from '../test/golden/rules-table.ts'

const { text, programs, unproved } = rulesTable()
writeFileSync(join(import.meta.dirname, '../docs/rules.md'), text)
console.log(`docs/rules.md: ${programs} wrong programs`)
if (unproved.length > 0) console.log(`no golden message shows ${unproved.join(', ')}`)
