// The agent's own disk: what it was last told to run and who it is, so that a host that boots without a leader runs what
// it ran. Invariant: each file is old or new, never torn, and on the disk when `save` resolves. What the values mean is
// the agent's business.

import { join } from 'node:path'
import { z } from 'zod'
import type { AgentStore } from '../../agent/index.ts'
import { writeFileAtomically } from './atomic.ts'
import { readJson } from './json.ts'

/** `load` gives null when nothing was saved yet, and throws a `Fault` when the file is not JSON. */
export function openAgentStore(folder: string): AgentStore {
  const pathOf = (name: string) => join(folder, `${name}.json`)
  return {
    load: (name) => readJson(pathOf(name), z.unknown(), `the agent's file`),
    save: (name, value) => writeFileAtomically(pathOf(name), `${JSON.stringify(value)}\n`),
  }
}
