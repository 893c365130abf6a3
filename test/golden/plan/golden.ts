// Golden texts: what a rendering looked like when somebody last approved it. `UPDATE_GOLDEN=1` writes them anew.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

const folder = join(import.meta.dirname, 'texts')

export function expectGolden(name: string, text: string): void {
  const file = join(folder, `${name}.txt`)
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${text}\n`)
    return
  }
  if (!existsSync(file))
    throw new Error(`there is no ${file}: run UPDATE_GOLDEN=1 npx vitest run test/golden/plan`)
  expect(`${text}\n`).toBe(readFileSync(file, 'utf8'))
}
