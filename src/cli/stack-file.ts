// Which stack file a command means: the file named, or the only one in the folder named or stood in. Invariant: when
// it is not clear, nothing is guessed. It does not read the file.

import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { Fault, messageOf } from '../model/index.ts'

/** Absolute path of the stack file. Throws a Fault when there is none, or more than one. */
export function findStackFile(argument: string | undefined, cwd: string): string {
  const path = resolve(cwd, argument ?? '.')
  const shown = argument ?? 'this folder'
  let isFolder: boolean
  try {
    isFolder = statSync(path).isDirectory()
  } catch (error) {
    throw new Fault({
      what: `cannot open ${shown}`,
      why: isMissing(error) ? 'no such file or folder' : messageOf(error),
      fix: 'name a stack file, or a folder that holds one',
    })
  }
  if (!isFolder) return path
  const files = stackFilesIn(path)
  const [only] = files
  if (only !== undefined && files.length === 1) return join(path, only)
  throw new Fault(
    only === undefined
      ? {
          what: `there is no stack file in ${shown}`,
          why: 'a stack file is called stack.ts or NAME.stack.ts',
          fix: 'name one, or make one with gantry init',
        }
      : {
          what: `there are ${files.length} stack files in ${shown}`,
          why: files.map((file) => relative(cwd, join(path, file))).join(', '),
          fix: 'name the one you mean',
        },
  )
}

function stackFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name === 'stack.ts' || name.endsWith('.stack.ts'))
      .sort()
  } catch (error) {
    throw new Fault({
      what: `cannot read the folder ${folder}`,
      why: messageOf(error),
      fix: 'check its rights',
    })
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
