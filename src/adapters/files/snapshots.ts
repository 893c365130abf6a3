// Snapshots of the state as files of a folder, named by the record they stand on. Invariant: a file is there whole or not
// at all, also after a power failure, and no other file of the folder is touched. What is in one is not looked at.

import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Seq } from '../../model/index.ts'
import type { Snapshots } from '../../server/index.ts'
import { codeOf, writeFault, writeFileAtomically } from './atomic.ts'

const namePattern = /^state-(\d{1,15})\.gz$/

/** Makes the folder when it is not there. */
export async function openSnapshots(folder: string): Promise<Snapshots> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw writeFault(folder, error)
  }
  const pathOf = (seq: Seq) => join(folder, `state-${seq}.gz`)
  return {
    list: async () =>
      (await readdir(folder))
        .flatMap((name) => namePattern.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => b - a),
    read: async (seq) => {
      try {
        return await readFile(pathOf(seq))
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return null
        throw error
      }
    },
    write: (seq, bytes) => writeFileAtomically(pathOf(seq), bytes),
    remove: (seq) => rm(pathOf(seq), { force: true }),
  }
}
