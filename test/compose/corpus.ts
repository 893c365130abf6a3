// The Compose files of fixtures/ and the files beside them.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FileAnswer, Files } from '../../src/compose/index.ts'

export const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url))

export const fixtureNames: readonly string[] = readdirSync(fixtures).sort()

/** Of one folder, and of nothing outside of it. */
export function filesOf(folder: string): Files {
  return {
    read(path): FileAnswer {
      if (path.startsWith('/') || path.startsWith('..')) return { ok: false, trouble: 'outside' }
      const stat = statSync(join(folder, path), { throwIfNoEntry: false })
      if (!stat) return { ok: false, trouble: 'missing' }
      if (stat.isDirectory()) return { ok: false, trouble: 'folder' }
      return { ok: true, text: readFileSync(join(folder, path), 'utf8') }
    },
  }
}

export const noFiles: Files = { read: () => ({ ok: false, trouble: 'missing' }) }
