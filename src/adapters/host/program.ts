// Finding programs of the host. Invariant: what is given is an executable file. It runs nothing.

import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Daemons live here, and the PATH of an ordinary user often lacks it. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The path of a program, from PATH and where daemons are installed; null when there is none. */
export async function findProgram(name: string): Promise<string | null> {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter).filter((each) => each !== ''),
    ...systemFolders,
  ]
  for (const folder of folders) {
    const path = join(folder, name)
    if (await isExecutable(path)) return path
  }
  return null
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false // absent or not ours to run: both mean that it is not to be had here
  }
}
