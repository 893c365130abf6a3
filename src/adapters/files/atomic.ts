// Replacing files whole. Invariant: whoever reads a file written here finds the old content or the new one, also after a
// crash or a power failure, and what was written is on the disk when the call returns. It locks nothing.

import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Fault, exitCodes, messageOf } from '../../model/index.ts'

export const privateMode = 0o600

/** Makes the folder when it is not there. A `Fault` when the disk is full, the folder not writable, and the like. */
export async function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  mode: number = privateMode,
): Promise<void> {
  await writeBeside(path, data, mode, (temporary) => rename(temporary, path))
}

/** False, and nothing written, when there is a file already. */
export async function createFileAtomically(
  path: string,
  data: string | Uint8Array,
  mode: number = privateMode,
): Promise<boolean> {
  let isNew = true
  await writeBeside(path, data, mode, async (temporary) => {
    try {
      await link(temporary, path)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      isNew = false
    }
  })
  return isNew
}

async function writeBeside(
  path: string,
  data: string | Uint8Array,
  mode: number,
  putInPlace: (temporary: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      const file = await open(temporary, 'wx', mode)
      try {
        await file.chmod(mode) // the umask may have taken bits away
        await file.writeFile(data)
        await file.sync()
      } finally {
        await file.close()
      }
      await putInPlace(temporary)
    } finally {
      await rm(temporary, { force: true })
    }
    await syncFolder(folder)
  } catch (error) {
    throw writeFault(path, error)
  }
}

/** What was created, renamed or removed in the folder is on the disk when it resolves. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function writeFault(path: string, error: unknown): Fault {
  if (error instanceof Fault) return error
  const code = codeOf(error)
  const isDenied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
  return new Fault(
    {
      what: `cannot write ${path}`,
      why: messageOf(error),
      ...(code === 'ENOSPC' ? { fix: 'make room on its disk' } : {}),
      ...(isDenied
        ? { fix: 'run as a user who may write there, or give another folder', exit: exitCodes.rights }
        : {}),
    },
    { cause: error },
  )
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
