// A process that does what a server does before it follows: reads its copy of the log, proves the chain and folds it.
// Prints how long that took and the most memory it ever held.

import process from 'node:process'
import { openLogCopy } from '../../src/adapters/files/index.ts'
import { systemClock } from '../../src/adapters/host/index.ts'
import { emptyState, foldRecord } from '../../src/model/index.ts'
import type { LogStore } from '../../src/server/index.ts'
import { Log } from '../../src/server/log.ts'
import { recordLines } from '../support/nats.ts'

const began = performance.now()
const copy = await openLogCopy(process.argv[2] ?? '')
const state = emptyState()
const untouched = (): Promise<never> =>
  Promise.reject(new Error('the store is not asked before it is followed'))
const store: LogStore = {
  recordLimit: Infinity,
  append: untouched,
  bounds: untouched,
  tail: () => {
    throw new Error('the store is not followed here')
  },
}
const deps = { store, copy, clock: systemClock, logger: recordLines() }
const log = await Log.open(deps, ({ seq, record }) => foldRecord(state, record, seq))
const ms = performance.now() - began
await copy.close()
const peakMb = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ ms, peakMb, records: log.last }))
