// Key files on this host. Invariant: a key is read only from a file that belongs to the user who reads it and that
// nobody else may read; a key that exists is never overwritten. What a key is good for is not known here.

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { Fault, exitCodes, messageOf } from '../../model/index.ts'
import { createFileAtomically } from '../files/index.ts'

/** Keys are small; a larger file is something else. */
const sizeLimitBytes = 8192

/** The content, or null when there is no such file. A `Fault` on a wrong owner, mode or kind; `what` is "the cluster key". */
export async function readKeyFile(path: string, what: string): Promise<Buffer | null> {
  const unusable = (why: string, fix: string) =>
    new Fault({ what: `${what} in ${path} cannot be used`, why, fix, exit: exitCodes.rights })
  // A link could lead anywhere; and the checks below are of the very file that is read.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw unusable(messageOf(error), 'run as the user it belongs to')
  })
  if (file === null) return null
  try {
    const { uid, mode, size } = await file.stat()
    const own = process.geteuid?.()
    if (own !== undefined && uid !== own)
      throw unusable(`it belongs to user ${uid}, not to user ${own} who runs this`, `chown ${own} ${path}`)
    if ((mode & 0o077) !== 0)
      throw unusable(`others may read it (mode ${(mode & 0o777).toString(8)})`, `chmod 600 ${path}`)
    if (size > sizeLimitBytes) throw unusable(`it has ${size} bytes`, 'put back the key from your backup')
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** Reads the key, or makes it first when there is none. Of several at once one makes it and all read the same. */
export async function readOrCreateKeyFile(
  path: string,
  what: string,
  make: () => Uint8Array,
): Promise<Buffer> {
  const there = await readKeyFile(path, what)
  if (there !== null) return there
  await createFileAtomically(path, make())
  const made = await readKeyFile(path, what)
  if (made === null) throw new Fault({ what: `${what} in ${path} vanished while it was made` })
  return made
}
