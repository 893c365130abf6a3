// One `gantry up` or `down` of a cluster at a time. Invariant: a lock whose holder has died is no lock. It guards the
// processes of this host, not the cluster's state, which needs no lock.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { exitCodes, Fault, sha256 } from '../../model/index.ts'
import type { Home } from '../home.ts'

/** Resolves with what releases it. A Fault when another command holds it. */
export async function holdLock(home: Home): Promise<() => Promise<void>> {
  // Not below the home, which may not be there yet, or not any more.
  const folder = join(tmpdir(), `gantry-lock-${process.geteuid?.() ?? 0}-${sha256(home.root).slice(0, 12)}`)
  const file = join(folder, 'holder')
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      await mkdir(folder, { mode: 0o700 })
      await writeFile(file, String(process.pid))
      return async () => rm(folder, { recursive: true, force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const holder = await readFile(file, 'utf8').catch(() => '') // just being made, or just gone
      if (holder !== '' && existsSync(`/proc/${holder}`) && holder !== String(process.pid))
        throw new Fault({
          what: `another gantry (process ${holder}) is starting or stopping this cluster`,
          fix: 'wait for it to end',
          exit: exitCodes.failed,
        })
      await rm(folder, { recursive: true, force: true })
    }
  }
  throw new Fault({ what: `cannot take the lock ${folder}`, fix: 'remove it if no gantry is running' })
}
