// One `gantry up` or `down` of a cluster at a time. Invariant: a lock names its holder from the moment it is there, and
// one whose holder has died is no lock. It guards the processes of this host, not the cluster's state, which needs none.

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { Fault, messageOf } from '../../model/index.ts'
import type { Home } from '../home.ts'

/** Resolves with what releases it. A Fault when another command holds it, or when there is no place for it. */
export async function holdLock(home: Home): Promise<() => Promise<void>> {
  // Beside the home, which may not be there yet, or not any more; and where nobody else may write.
  const folder = dirname(home.root)
  const lock = join(folder, `.${basename(home.root)}.lock`)
  let made: string
  try {
    await mkdir(folder, { recursive: true })
    made = await mkdtemp(`${lock}-`)
    await writeFile(join(made, 'holder'), String(process.pid))
  } catch (error) {
    throw new Fault(
      {
        what: `cannot write to ${folder}`,
        why: messageOf(error),
        fix: 'choose another folder with --home, or run this as a user who may',
      },
      { cause: error },
    )
  }
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      // Fails when the lock is there, since it is not empty.
      await rename(made, lock)
      return async () => rm(lock, { recursive: true, force: true })
    } catch (error) {
      const holder = await readFile(join(lock, 'holder'), 'utf8').catch(() => null) // just released
      if (holder !== null && existsSync(`/proc/${holder}`)) {
        await rm(made, { recursive: true, force: true })
        throw new Fault(
          {
            what: `another gantry (process ${holder}) is starting or stopping this cluster`,
            fix: 'wait for it to end',
          },
          { cause: error },
        )
      }
      await rm(lock, { recursive: true, force: true })
    }
  }
  await rm(made, { recursive: true, force: true })
  throw new Fault({ what: `cannot take the lock ${lock}`, fix: 'remove it if no gantry is running' })
}
