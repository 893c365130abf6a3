// How fast the log takes records: through JetStream alone, and with the fsynced copy behind it, one append in flight at
// a time as the leader has it. Real nats-server, real disk, a server of its own for each round.

import { rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openLogCopy } from '../../src/adapters/files/index.ts'
import { startNats } from '../support/nats.ts'
import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { Series } from './figure.ts'

const warmUp = 200
const appends = 2000
/** About what one report of one task is. */
const bytes = 700

const names = {
  store: `JetStream`,
  both: `JetStream and fsynced copy`,
} as const

export const logAppends: Bench = {
  name: 'log',
  run: async (surroundings) => {
    const series = new Series()
    const record = new Uint8Array(bytes).fill(97)
    let shared = ''
    await inRounds(surroundings, surroundings.rounds ?? 5, async () => {
      await using nats = await startNats()
      shared = dirname(nats.folder)
      const log = (await nats.connect({ role: 'server' })).log()
      const copy = await openLogCopy(join(surroundings.workspace.folder('log'), 'records'))
      await copy.load()
      let last = 0
      const append = async () => {
        const result = await log.append(record, last)
        if (!result.ok) throw new Error(`an append that nobody raced was refused: ${result.reason}`)
        last = result.seq
      }
      let copied = 0
      const appendBoth = async () => {
        await append()
        copied += 1
        await copy.append([{ seq: copied, bytes: record }])
      }
      const measure = async (name: string, act: () => Promise<void>) => {
        const began = performance.now()
        for (let turn = 0; turn < appends; turn += 1) {
          const before = performance.now()
          await act()
          series.add(`${name}, one append`, performance.now() - before)
        }
        series.add(name, (appends / (performance.now() - began)) * 1000)
        surroundings.signal.throwIfAborted()
      }
      for (let turn = 0; turn < warmUp; turn += 1) await append()
      await measure(names.store, append)
      await measure(names.both, appendBoth)
      await copy.close()
    }).finally(() => removeIfEmpty(shared))
    return Object.values(names).flatMap((name) => [
      series.figure(name, '/s'),
      series.figure(`${name}, one append`, 'ms'),
    ])
  },
}

/** The folder of all servers of tests: others may have one in it. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // it is in use, or was never made
  }
}
