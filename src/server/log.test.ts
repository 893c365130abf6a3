import { describe, expect, test } from 'vitest'
import { encodeRecord, noRecord, recordFormat, sha256 } from '../model/index.ts'
import type { LogRecord } from '../model/index.ts'
import { Division, LogDamage, NotSettled, StoreShort } from './log-errors.ts'
import { Log } from './log.ts'
import type { FoldedRecord, LogDeps } from './log.ts'
import type { LogCopy, StoredRecord } from './ports.ts'
import { Bench } from './testing.ts'

const never = new AbortController().signal
const ignore = () => undefined
const always = () => true
const term = (number: number, prev: string, server = 's1'): LogRecord => ({
  format: recordFormat,
  prev,
  kind: 'term',
  term: number,
  server,
  at: number,
})

/** A chain of `count` records. */
function chain(count: number, server = 's1'): StoredRecord[] {
  let prev = noRecord
  return Array.from({ length: count }, (_, index) => {
    const { bytes, digest } = encodeRecord(term(index + 1, prev, server))
    prev = digest
    return { seq: index + 1, bytes }
  })
}

async function benchWith(given: {
  readonly copy?: readonly StoredRecord[]
  readonly store?: readonly StoredRecord[]
}): Promise<Bench> {
  const bench = new Bench()
  await bench.copy.append(given.copy ?? [])
  for (const { bytes } of given.store ?? []) bench.store.put(bytes)
  return bench
}

/** Opens it and makes the store whole, letting as much time pass as that needs; with the records it gave to fold. */
async function opened(bench: Bench) {
  const records: FoldedRecord[] = []
  const opening = openAndRestore(bench.logDeps, (folded) => records.push(folded))
  let isOver = false
  opening.then(
    () => (isOver = true),
    () => (isOver = true),
  )
  await bench.clock.passUntil(() => isOver, 60_000)
  return { log: await opening, records }
}

async function openAndRestore(deps: LogDeps, fold: (folded: FoldedRecord) => void): Promise<Log> {
  const log = await Log.open(deps, fold)
  await log.restore(always, never)
  return log
}

const copied = async (bench: Bench) => (await bench.copy.load()).records
const warnings = (bench: Bench) =>
  bench.lines.filter(({ level }) => level === 'warn').map((line) => line.message)

describe('opening the log', () => {
  test('of a new cluster finds nothing', async () => {
    const { log, records } = await opened(await benchWith({}))
    expect(records).toEqual([])
    expect([log.last, log.digest]).toEqual([0, noRecord])
  })

  test('gives the records of the copy, and knows where they end', async () => {
    const all = chain(3)
    const { log, records } = await opened(await benchWith({ copy: all, store: all }))
    expect(records.map(({ seq, record }) => [seq, record.term])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    expect(log.last).toBe(3)
  })

  test('leaves what the store has more for following', async () => {
    const all = chain(5)
    const { log, records } = await opened(await benchWith({ copy: all.slice(0, 2), store: all }))
    expect(records).toHaveLength(2)
    expect(log.last).toBe(2)
  })

  test('puts back what the store has lost', async () => {
    const all = chain(5)
    const bench = await benchWith({ copy: all, store: all.slice(0, 3) })
    await opened(bench)
    expect(bench.store.records).toEqual(all)
    expect(warnings(bench)).toEqual(['the store came back short; its missing records were put back'])
  })

  test('puts back all of it, though the store answers badly', async () => {
    const all = chain(5)
    const bench = await benchWith({ copy: all })
    bench.store.silences = 3
    bench.store.fates.push('lost', 'stored without an answer', 'lost', 'lost')
    await opened(bench)
    expect(bench.store.records).toEqual(all)
  })

  test('may be done by two servers at once', async () => {
    const all = chain(20)
    const bench = await benchWith({ copy: all })
    const other = new Bench()
    await other.copy.append(all)
    await Promise.all([
      openAndRestore(bench.logDeps, ignore),
      openAndRestore({ ...bench.logDeps, copy: other.copy }, ignore),
    ])
    expect(bench.store.records).toEqual(all)
  })

  test.each([
    ['as long', 3],
    ['shorter', 2],
    ['longer', 6],
  ])('refuses a store that is %s and says something else', async (_, count) => {
    const bench = await benchWith({ copy: chain(3), store: chain(count, 'somebody else') })
    await expect(opened(bench)).rejects.toThrow(Division)
    expect(bench.store.records).toEqual(chain(count, 'somebody else'))
    expect(await copied(bench)).toEqual(chain(3))
  })

  test('cuts a copy before its first damage, and takes the rest from the store', async () => {
    const all = chain(5)
    const broken = all.with(2, { seq: 3, bytes: Uint8Array.from([1, 2, 3]) })
    const bench = await benchWith({ copy: broken, store: all })
    const { log, records } = await opened(bench)
    expect(records).toHaveLength(2)
    expect(await copied(bench)).toEqual(all.slice(0, 2))
    expect(bench.store.records).toEqual(all)
    const rest: number[] = []
    const stop = new AbortController()
    for await (const records of log.follow(stop.signal)) {
      rest.push(...records.map(({ seq }) => seq))
      if (log.last === 5) break
    }
    expect(rest).toEqual([3, 4, 5])
    expect(await copied(bench)).toEqual(all)
  })

  test.each([
    [
      'a record is exchanged',
      (all: StoredRecord[]) => all.with(2, chain(5, 'x')[2] ?? { seq: 3, bytes: new Uint8Array() }),
    ],
    ['a record is missing', (all: StoredRecord[]) => all.filter(({ seq }) => seq !== 3)],
  ])('notices when %s in the copy', async (_, change) => {
    const all = chain(5)
    const bench = await benchWith({ copy: change(all), store: all })
    const { records } = await opened(bench)
    expect(records).toHaveLength(2)
    expect(bench.store.records).toEqual(all)
  })

  test('cuts a copy that ends in half a record', async () => {
    const all = chain(3)
    const bench = await benchWith({ copy: all, store: all })
    const { copy } = bench
    let cutAt = -1
    const damaged: LogCopy = {
      load: async () => ({ ...(await copy.load()), damage: 'half a record' }),
      read: (from, to) => copy.read(from, to),
      promise: (promised) => copy.promise(promised),
      setAside: (last) => copy.setAside(last),
      append: (records: readonly StoredRecord[]) => copy.append(records),
      truncate: async (last: number) => void (cutAt = last),
      close: () => copy.close(),
    }
    await Log.open({ ...bench.logDeps, copy: damaged }, ignore)
    expect(cutAt).toBe(3)
  })
})

describe('appending', () => {
  async function ready(count = 2) {
    const all = chain(count)
    const bench = await benchWith({ copy: all, store: all })
    const { log } = await opened(bench)
    const next = term(count + 1, log.digest)
    return { bench, log, next }
  }

  /** The result, letting the time pass that settling takes. */
  async function append(bench: Bench, log: Log, record: LogRecord) {
    const appending = log.append(record, always, never)
    let isOver = false
    appending.then(
      () => (isOver = true),
      () => (isOver = true),
    )
    await bench.clock.passUntil(() => isOver, 60_000)
    return appending
  }

  test('puts the record into the store and into the copy', async () => {
    const { bench, log, next } = await ready()
    expect(await append(bench, log, next)).toEqual({ ok: true, seq: 3 })
    expect(bench.store.records).toHaveLength(3)
    expect(await copied(bench)).toEqual(bench.store.records)
    expect(log.last).toBe(3)
    expect(log.digest).toBe(encodeRecord(next).digest)
  })

  test('is refused when another record came first, and changes nothing here', async () => {
    const { bench, log, next } = await ready()
    bench.depose()
    const before = [log.last, log.digest]
    expect(await append(bench, log, next)).toEqual({ ok: false, reason: 'conflict' })
    expect([log.last, log.digest]).toEqual(before)
    expect(await copied(bench)).toHaveLength(2)
  })

  test('is refused when the record is too large, and changes nothing', async () => {
    const { bench, log, next } = await ready()
    bench.store.limit = 10
    expect(await append(bench, log, next)).toMatchObject({ ok: false, reason: 'too-large' })
    expect([log.last, bench.store.records.length]).toEqual([2, 2])
  })

  test.each([
    ['was never stored', ['lost', 'lost'] as const, 3],
    ['was stored', ['stored without an answer'] as const, 2],
    ['was stored at the second try', ['lost', 'stored without an answer'] as const, 3],
  ])('without an answer is settled when it %s, and stored once', async (_, fates, tries) => {
    const { bench, log, next } = await ready()
    bench.store.fates.push(...fates)
    expect(await append(bench, log, next)).toEqual({ ok: true, seq: 3 })
    expect(bench.store.records).toHaveLength(3)
    expect(await copied(bench)).toHaveLength(3)
    expect(bench.store.appends).toBe(tries)
  })

  test('without an answer is settled as refused when another came first meanwhile', async () => {
    const { bench, log, next } = await ready()
    bench.store.fates.push('lost')
    const appending = log.append(next, always, never)
    await bench.settle(1)
    bench.depose()
    await bench.clock.pass(1000)
    expect(await appending).toEqual({ ok: false, reason: 'conflict' })
    expect(bench.store.records).toHaveLength(3)
  })

  test('gives up when it is told to stop, and the next follower finds out', async () => {
    const { bench, log, next } = await ready()
    const stop = new AbortController()
    bench.store.fates.push('stored without an answer')
    const appending = log.append(next, always, stop.signal)
    await bench.settle(1)
    stop.abort(new Error('stopped'))
    await expect(appending).rejects.toThrow('stopped')
    expect(log.last).toBe(2)
    for await (const records of log.follow(never)) {
      expect(records).toMatchObject([{ seq: 3, record: { term: 3 } }])
      break
    }
    expect(log.last).toBe(3)
  })

  test('without an answer is not tried again once the word is given for a newer term', async () => {
    const { bench, log, next } = await ready()
    bench.store.fates.push('lost')
    let promised = 3
    const appending = log.append(next, () => promised <= 3, never)
    const failure = appending.catch((error: unknown) => error)
    await bench.settle(1)
    promised = 4
    await bench.clock.pass(1000)
    expect(await failure).toBeInstanceOf(NotSettled)
    expect([bench.store.appends, bench.store.records.length, log.last]).toEqual([1, 2, 2])
  })

  test('without an answer is not tried again when the store has lost what it was to follow', async () => {
    const { bench, log, next } = await ready()
    bench.store.fates.push('lost')
    const failure = log.append(next, always, never).catch((error: unknown) => error)
    await bench.settle(1)
    bench.store.records = bench.store.records.slice(0, 1)
    await bench.clock.pass(300)
    // By now it fits again, and would stand behind a record that this server knows nothing of.
    bench.store.put(encodeRecord(term(9, noRecord, 's2')).bytes)
    await bench.clock.pass(1000)
    expect(await failure).toBeInstanceOf(NotSettled)
    expect([bench.store.appends, bench.store.records.length]).toEqual([1, 2])
  })

  test('is damage when the store puts the record elsewhere', async () => {
    const { bench, log, next } = await ready()
    bench.store.fates.push('wrong sequence')
    await expect(append(bench, log, next)).rejects.toThrow(LogDamage)
  })

  test('does not count while the copy has not got it', async () => {
    const { bench, log, next } = await ready()
    bench.copy.append = () => Promise.reject(new Error('no space left on device'))
    await expect(append(bench, log, next)).rejects.toThrow('no space left')
    expect(log.last).toBe(2)
  })
})

describe('following', () => {
  test('gives records as they come, each in the copy before it is given', async () => {
    const all = chain(4)
    const bench = await benchWith({ store: all.slice(0, 2) })
    const { log } = await opened(bench)
    const seen: number[] = []
    for await (const records of log.follow(never)) {
      seen.push(...records.map(({ seq }) => seq))
      expect((await copied(bench)).at(-1)?.seq).toBe(seen.at(-1))
      if (log.last === 2) for (const { bytes } of all.slice(2)) bench.store.put(bytes)
      if (log.last === 4) break
    }
    expect(seen).toEqual([1, 2, 3, 4])
  })

  test('writes what has come while the disk was busy at once', async () => {
    const all = chain(1000)
    const bench = await benchWith({ store: all })
    const { log } = await opened(bench)
    const append = bench.copy.append.bind(bench.copy)
    let writes = 0
    bench.copy.append = async (records) => {
      writes += 1
      await new Promise(setImmediate)
      await append(records)
    }
    for await (const records of log.follow(never)) if (records.at(-1)?.seq === 1000) break
    expect(await copied(bench)).toEqual(all)
    expect(writes).toBeLessThan(20)
  })

  test.each([recordFormat - 1, recordFormat + 1])(
    'a copy that another version of gantry wrote (format %i) is left as it is',
    async (format) => {
      const foreign = { seq: 1, bytes: encodeRecord({ ...term(1, noRecord), format }).bytes }
      const bench = await benchWith({ store: [foreign], copy: [foreign] })
      await expect(opened(bench)).rejects.toThrow('was written by another version of gantry')
      expect(await copied(bench)).toEqual([foreign])
    },
  )

  test.each([
    ['one that is no record', Uint8Array.from([1]), 'record 3 of the log: not JSON'],
    [
      'one that does not continue the chain',
      encodeRecord(term(3, noRecord)).bytes,
      'record 3 of the log: it does not continue the record before it',
    ],
    [
      'one of a newer format',
      encodeRecord({ ...term(3, noRecord), format: recordFormat + 1 }).bytes,
      `record 3 of the log: format ${recordFormat + 1} is newer than this server reads (${recordFormat})`,
    ],
  ])('stops at %s', async (_, bytes, message) => {
    const bench = await benchWith({ store: chain(2) })
    bench.store.put(bytes)
    const { log } = await opened(bench)
    const seen: number[] = []
    const follow = async () => {
      for await (const records of log.follow(never)) seen.push(...records.map(({ seq }) => seq))
    }
    await expect(follow()).rejects.toThrow(new LogDamage(message))
    expect(seen).toEqual([1, 2])
    expect(await copied(bench)).toHaveLength(2)
  })

  test('puts nothing back by itself when the store has lost its end: that is for who has the word of a majority', async () => {
    const all = chain(4)
    const bench = await benchWith({ copy: all, store: all })
    const { log } = await opened(bench)
    bench.store.records = all.slice(0, 1)
    await expect(log.follow(never).next()).rejects.toThrow(StoreShort)
    expect(bench.store.records).toEqual(all.slice(0, 1))
  })

  test('notices a store that lost its end and grew another one, also while it reads', async () => {
    const all = chain(4)
    const other = chain(6, 's2')
    const bench = await benchWith({ copy: all, store: all })
    const { log } = await opened(bench)
    bench.store.records = [...all.slice(0, 2), ...other.slice(2, 4)]
    // The same chain up to 2; what follows was never here.
    const division = await log
      .follow(never)
      .next()
      .catch((error: unknown) => error)
    expect(division).toBeInstanceOf(Division)
    expect(division).toMatchObject({ shared: 2 })
    expect(division instanceof Division ? [...division.theirs.keys(), ...division.mine.keys()] : []).toEqual([
      3, 4, 3, 4,
    ])
    const late = await benchWith({ copy: all, store: all })
    const { log: reading } = await opened(late)
    const next = reading.follow(never).next()
    await late.settle(1)
    late.store.records = [...other.slice(0, 4)]
    late.store.put(other[4]?.bytes ?? new Uint8Array())
    await expect(next).rejects.toThrow(Division)
    expect(await copied(late)).toEqual(all)
  })

  test('does not take a void record for proof that what it has before it is what the store has', async () => {
    const all = chain(3)
    const bench = await benchWith({ copy: all, store: all })
    const { log } = await opened(bench)
    const next = log.follow(never).next()
    await bench.settle(1)
    // Record 3 is exchanged, and a deposed leader appends behind it, all while this server reads.
    bench.store.records = [...all.slice(0, 2), ...chain(4, 's2').slice(2, 3)]
    bench.store.put(encodeRecord(term(1, noRecord, 'late')).bytes)
    await expect(next).rejects.toThrow(Division)
    expect(await copied(bench)).toEqual(all)
  })

  test('passes over what a deposed leader brought in late, and goes on behind it', async () => {
    const all = chain(3)
    const bench = await benchWith({ store: all })
    bench.store.put(encodeRecord(term(2, noRecord, 'late')).bytes)
    const last = bench.store.records.at(-1)
    // What comes after it stands for all before it, although the void record does not.
    const before = all.at(-1)
    const digest = last && before ? sha256(`${sha256(before.bytes)}${sha256(last.bytes)}`) : ''
    bench.store.put(encodeRecord(term(4, digest)).bytes)
    const { log } = await opened(bench)
    const seen: number[] = []
    for await (const records of log.follow(never)) {
      seen.push(...records.map(({ record }) => record.term))
      if (log.last === 5) break
    }
    expect(seen).toEqual([1, 2, 3, 2, 4])
    expect(log.tip.term).toBe(4)
  })
})
