// A server that starts with a log of 1,000,000 records: in a process of its own, as it is, so that what it holds at its
// highest is seen too. The copy is whole: reading, proving the chain and folding are all of it.

import { join } from 'node:path'
import { openLogCopy } from '../../src/adapters/files/index.ts'
import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { Series } from './figure.ts'
import { writeHistory } from './history.ts'
import { timed } from './timed.ts'

const records = 1_000_000

const names = {
  start: '1,000,000 records: from the copy file to the state',
  rate: '1,000,000 records: a second',
  memory: '1,000,000 records: highest resident memory',
  cpu: '1,000,000 records: processor time',
} as const

export const million: Bench = {
  name: 'million',
  run: async (surroundings) => {
    const { workspace, signal, say } = surroundings
    const path = join(workspace.folder('log'), 'records')
    await write(path, say)
    const series = new Series()
    await inRounds(surroundings, surroundings.rounds ?? 3, async () => {
      const script = join(import.meta.dirname, 'start-from-copy.ts')
      const { out, cpuMs } = await timed(process.execPath, [script, path], { signal })
      const { ms, peakMb } = JSON.parse(out) as { ms: number; peakMb: number } // written by that script
      series.add(names.start, ms / 1000)
      series.add(names.rate, records / (ms / 1000))
      series.add(names.memory, peakMb)
      series.add(names.cpu, cpuMs / 1000)
    })
    return [
      series.figure(names.start, 's'),
      series.figure(names.rate, '/s'),
      series.figure(names.memory, 'MB'),
      series.figure(names.cpu, 's'),
    ]
  },
}

async function write(path: string, say: (line: string) => void): Promise<void> {
  const history = writeHistory({ records })
  say(`${history.records.length} records, ${history.rows} rows, ${Math.round(history.bytes / 1e6)} MB`)
  const copy = await openLogCopy(path)
  await copy.load()
  for (let at = 0; at < records; at += 10_000) await copy.append(history.records.slice(at, at + 10_000))
  await copy.close()
}
