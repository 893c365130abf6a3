// Runs the built command as a user does, and looks at how it ends.

import { execFile } from 'node:child_process'
import { join } from 'node:path'

export const root = new URL('../../', import.meta.url).pathname

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
  /** Standard input; empty when left away. */
  readonly input?: string
}

export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, env, uid, input } = options
  return new Promise((resolve) => {
    const child = execFile(
      file,
      args,
      {
        env: { ...process.env, NO_COLOR: '1', ...env },
        maxBuffer: 64 * 1024 * 1024,
        ...(cwd === undefined ? {} : { cwd }),
        ...(uid === undefined ? {} : { uid, gid: uid }),
      },
      (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ code, out, err })
      },
    )
    child.stdin?.on('error', () => undefined) // a command that reads nothing closes it
    child.stdin?.end(input ?? '')
  })
}

export function runGantry(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run(process.execPath, [join(root, 'bin/gantry.js'), ...args], options)
}
