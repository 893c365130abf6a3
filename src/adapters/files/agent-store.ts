// The agent's own disk: what it was last told to run and who it is, so that a host that boots without a leader runs what
// it ran. Invariant: each file is old or new, never torn, and on the disk when `save` resolves. What the values mean is
// the agent's business.

import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StoreDamage } from '../../agent/index.ts'
import type { AgentStore } from '../../agent/index.ts'
import { syncFolder, writeFault, writeFileAtomically } from './atomic.ts'
import { FileDamage, readJson } from './json.ts'

/** All of it throws a `Fault` when the disk does not do it. */
export function openAgentStore(folder: string): AgentStore {
  const pathOf = (name: string) => join(folder, `${name}.json`)
  return {
    load: async (name) => {
      try {
        return await readJson(pathOf(name), z.unknown(), `the agent's file`)
      } catch (error) {
        throw error instanceof FileDamage ? new StoreDamage(error.message, { cause: error }) : error
      }
    },
    save: (name, value) => writeFileAtomically(pathOf(name), `${JSON.stringify(value)}\n`),
    setAside: async (name) => {
      const keptAs = `${pathOf(name)}.damaged`
      try {
        await rename(pathOf(name), keptAs)
        await syncFolder(folder)
        return keptAs
      } catch (error) {
        throw writeFault(keptAs, error)
      }
    },
  }
}
