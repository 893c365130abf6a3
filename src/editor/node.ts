// Which Node gantry's own process runs on: an editor brings its own, which may be older than gantry needs.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const needed = [22, 13] as const

/** Undefined when there is none that is new enough. `root` is the folder of gantry's package. */
export function findNode(root: string): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return process.execPath
  // npm's package of Node, in gantry's own modules or beside gantry.
  return [join(root, 'node_modules/node/bin/node'), join(root, '../node/bin/node')].find((path) =>
    existsSync(path),
  )
}
