// How fast a server that starts has its state: reading its copy of the log, proving the chain, folding; beside JSON.parse
// of the same bytes, which is the least that a log of JSON can cost.

import { join } from 'node:path'
import { openLogCopy } from '../../src/adapters/files/index.ts'
import { systemClock } from '../../src/adapters/host/index.ts'
import { emptyState, foldRecord, parseRecord } from '../../src/model/index.ts'
import type { LogStore, StoredRecord } from '../../src/server/index.ts'
import { Log } from '../../src/server/log.ts'
import { recordLines } from '../support/nats.ts'
import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { Series } from './figure.ts'
import { writeHistory } from './history.ts'

const names = {
  start: 'from the copy file to the state',
  fold: 'fold alone',
  prove: 'parse and check the chain',
  load: 'read the copy file',
  parse: 'JSON.parse of the same bytes',
} as const

export const fold: Bench = {
  name: 'fold',
  run: async (surroundings) => {
    const { workspace, say } = surroundings
    const { records, rows, bytes } = writeHistory({ records: 100_000 })
    say(`${records.length} records, ${rows} rows, ${Math.round(bytes / 1e6)} MB`)
    const path = join(workspace.folder('log'), 'records')
    const writing = await openLogCopy(path)
    await writing.load()
    for (let at = 0; at < records.length; at += 1000) await writing.append(records.slice(at, at + 1000))
    await writing.close()

    const series = new Series()
    const measure = async <Result>(name: string, act: () => Promise<Result> | Result): Promise<Result> => {
      const began = performance.now()
      const result = await act()
      const seconds = (performance.now() - began) / 1000
      series.add(name, seconds * 1000)
      series.add(`${name}, records`, records.length / seconds)
      series.add(`${name}, rows`, rows / seconds)
      return result
    }
    await inRounds(surroundings, surroundings.rounds ?? 7, async () => {
      await measure(names.parse, () => {
        const decoder = new TextDecoder('utf-8', { fatal: true })
        for (const each of records) JSON.parse(decoder.decode(each.bytes))
      })
      await measure(names.start, async () => {
        const copy = await openLogCopy(path)
        const deps = { store: settled(records), copy, clock: systemClock, logger: recordLines() }
        const state = emptyState()
        await Log.open(deps, ({ seq, record }) => foldRecord(state, record, seq))
        await copy.close()
      })
      await measure(names.load, async () => {
        const copy = await openLogCopy(path)
        await copy.load()
        await copy.close()
      })
      const parsed = await measure(names.prove, () => records.map(({ bytes: each }) => parseRecord(each)))
      await measure(names.fold, () => {
        const state = emptyState()
        for (const [index, each] of parsed.entries()) if (each.ok) foldRecord(state, each.record, index + 1)
      })
    })
    return [
      ...Object.values(names).map((name) => series.figure(name, 'ms')),
      series.figure(`${names.start}, records`, '/s'),
      series.figure(`${names.start}, rows`, '/s'),
      series.figure(`${names.fold}, records`, '/s'),
      series.figure(`${names.fold}, rows`, '/s'),
      series.figure(`${names.parse}, records`, '/s'),
    ]
  },
}

/** A store that has exactly these records, as it is when a server starts again. */
function settled(records: readonly StoredRecord[]): LogStore {
  return {
    recordLimit: 8 * 1024 * 1024,
    append: () => Promise.reject(new Error('nothing is appended here')),
    bounds: async () => ({ first: 1, last: records.length }),
    tail: async function* (from) {
      yield* records.slice(from - 1)
    },
  }
}
