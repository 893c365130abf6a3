// Writes the published JSON Schemas into schema/. `node scripts/schema.ts`; a test says when they are out of date.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { schemaFiles, schemaNames, schemaText } from '../src/cli/schema/schema.ts'

const folder = join(import.meta.dirname, '..', 'schema')
mkdirSync(folder, { recursive: true })
for (const name of schemaNames) {
  writeFileSync(join(folder, schemaFiles[name]), schemaText(name))
  console.log(`schema/${schemaFiles[name]}`)
}
