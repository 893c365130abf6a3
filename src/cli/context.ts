// What every command is given: the terminal, the surroundings, and how to reach the cluster. Invariant: a command
// reads the environment and the clock only through this.

import { readFileSync } from 'node:fs'
import type { Clock } from '../model/index.ts'
import type { Client } from './client.ts'
import type { ClusterFile, Home } from './home.ts'
import type { Terminal } from './terminal.ts'

export interface Context {
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly clock: Clock
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly signal: AbortSignal
  /** Aborted when nobody reads the results any more: the end of what only shows something. */
  readonly readerGone: AbortSignal
  readonly isDebug: boolean
  readonly home: Home
  /** Connects, acts, and closes the connection however it ends. Throws the Fault of a cluster that is not there. */
  readonly withClient: <Result>(
    act: (client: Client, cluster: ClusterFile) => Promise<Result>,
  ) => Promise<Result>
}

/** How a command ends; thrown and returned exit codes mean the same. */
export type Command<Args> = (context: Context, args: Args) => Promise<number>

/** Version of this gantry, from its package.json. */
export function ownVersion(): string {
  // Beside src/ in a checkout, two folders further up from dist/src/cli.
  for (const up of ['../../package.json', '../../../package.json'])
    try {
      const text = readFileSync(new URL(up, import.meta.url), 'utf8')
      const parsed: unknown = JSON.parse(text)
      if (isPackage(parsed) && parsed.name === 'gantry') return parsed.version
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  throw new Error('gantry was installed without its package.json')
}

function isPackage(value: unknown): value is { readonly name: string; readonly version: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'version' in value &&
    typeof value.version === 'string'
  )
}
