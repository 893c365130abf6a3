import { describe, expect, test } from 'vitest'
import { emptyState, messageOf, rowsOf } from '../model/index.ts'
import { SimCopy, SimSnapshots, simVault } from '../sim/index.ts'
import { Log } from './log.ts'
import { startServer } from './server.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshots.ts'
import { Bench } from './testing.ts'

const tip = { term: 3, seq: 9, digest: 'a'.repeat(64) }

describe('a snapshot', () => {
  test('says what the state was', async () => {
    const bench = new Bench()
    const led = await bench.lead()
    await bench.node('n1').hello()
    const back = decodeSnapshot(encodeSnapshot(led.state, led.log.tip))
    expect(back?.tip).toEqual(led.log.tip)
    expect(back && rowsOf(back.state)).toEqual(rowsOf(led.state))
    expect(back?.state).toMatchObject({ seq: led.state.seq, term: 1, leader: 's1', at: led.state.at })
  })

  test('that was changed or cut anywhere is none', () => {
    const bytes = encodeSnapshot({ ...emptyState(), seq: 9 }, tip)
    expect(decodeSnapshot(bytes)).not.toBeNull()
    for (let at = 0; at < bytes.length; at += 1) {
      expect(decodeSnapshot(bytes.slice(0, at))).toBeNull()
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 4
      const decoded = decodeSnapshot(changed)
      // Some bits of a gzip header say nothing, such as the time.
      if (decoded) expect(decoded.tip).toEqual(tip)
    }
  })
})

describe('a server with snapshots', () => {
  function start(bench: Bench, copy: SimCopy, snapshots: SimSnapshots) {
    const stop = new AbortController()
    const connection = bench.bus.connect()
    const running = { end: null as string | null, stop, connection, rows: '' }
    startServer({
      ...bench.logDeps,
      id: 's1',
      copy,
      snapshots,
      snapshotEvery: { records: 5, ms: 3_600_000 },
      bus: connection,
      entropy: bench.chance.fork(),
      vault: simVault,
      signal: stop.signal,
      onFold: (state) => (running.rows = JSON.stringify(rowsOf(state))),
    }).then(
      () => (running.end = 'ended'),
      (error: unknown) => (running.end = messageOf(error)),
    )
    return running
  }

  async function history(count: number) {
    const bench = new Bench()
    const copy = new SimCopy()
    const snapshots = new SimSnapshots()
    const first = start(bench, copy, snapshots)
    await bench.clock.pass(100)
    for (let index = 0; index < count; index += 1)
      await bench.answer('secretSet', { stack: 'a', name: `x${index}`, value: 'AAAA' })
    first.stop.abort()
    first.connection.close()
    await bench.clock.pass(100)
    return { bench, copy, snapshots }
  }

  const foldedFrom = (bench: Bench) =>
    bench.lines.filter(({ message }) => message === 'the log is folded').length

  test('keeps the five newest, and starts from the newest', async () => {
    const { bench, copy, snapshots } = await history(40)
    expect(snapshots.files.size).toBe(5)
    const newest = Math.max(...snapshots.files.keys())
    const read: number[] = []
    const load = copy.load.bind(copy)
    copy.load = async (after) => {
      const loaded = await load(after)
      read.push(...loaded.records.map(({ seq }) => seq))
      return loaded
    }
    const again = start(bench, copy, snapshots)
    await bench.clock.pass(3000)
    expect(read[0]).toBe(newest + 1)
    await bench.answer('secretSet', { stack: 'b', name: 'y', value: 'AAAA' })
    expect(again.rows).toBe(JSON.stringify(rowsOf(bench.folded())))
    expect(foldedFrom(bench)).toBe(2)
  })

  test.each([
    [
      'is damaged',
      (files: Map<number, Uint8Array>, newest: number) => void files.set(newest, Uint8Array.of(1)),
    ],
    [
      'stands on another record than the copy has',
      (files: Map<number, Uint8Array>, newest: number) =>
        void files.set(newest, encodeSnapshot({ ...emptyState(), seq: newest }, { ...tip, seq: newest })),
    ],
    ['is gone with all others', (files: Map<number, Uint8Array>) => files.clear()],
  ])('comes to the same state when the newest %s', async (_, hurt) => {
    const { bench, copy, snapshots } = await history(20)
    hurt(snapshots.files, Math.max(...snapshots.files.keys()))
    const again = start(bench, copy, snapshots)
    await bench.clock.pass(3000)
    await bench.answer('secretSet', { stack: 'b', name: 'y', value: 'AAAA' })
    expect(again.rows).toBe(JSON.stringify(rowsOf(bench.folded())))
  })

  test('does not use one that the copy does not reach any more', async () => {
    const { bench, copy, snapshots } = await history(20)
    await copy.truncate(4)
    const again = start(bench, copy, snapshots)
    await bench.clock.pass(3000)
    await bench.answer('secretSet', { stack: 'b', name: 'y', value: 'AAAA' })
    expect(again.rows).toBe(JSON.stringify(rowsOf(bench.folded())))
    expect(copy.records).toEqual(bench.store.records)
    const log = await Log.open({ ...bench.logDeps, copy }, () => undefined)
    expect(log.last).toBe(bench.store.records.length)
  })
})
