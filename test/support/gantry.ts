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
  /** Standard input; empty when left away. */
  readonly input?: string
}

export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, env, input } = options
  return new Promise((resolve) => {
    const child = execFile(
      file,
      args,
      {
        env: { ...process.env, NO_COLOR: '1', ...env },
        maxBuffer: 64 * 1024 * 1024,
        ...(cwd === undefined ? {} : { cwd }),
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

/**
 * As another user, who may not be able to enter the folder that this checkout lies in: it is shown to him at
 * `shownAt`, an empty folder, in a mount namespace of the command's own.
 */
export function runGantryAs(
  uid: number,
  shownAt: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const shown = (path: string) => (path.startsWith(root) ? join(shownAt, path.slice(root.length)) : path)
  const script =
    'mount --bind "$1" "$2" && shift 2 && exec setpriv --reuid "$1" --regid "$1" --clear-groups -- "${@:2}"'
  return run(
    'unshare',
    [
      ...['--mount', '--', 'bash', '-c', script, 'bash', root, shownAt, String(uid)],
      ...[shown(process.execPath), join(shownAt, 'bin/gantry.js'), ...args],
    ],
    options,
  )
}
