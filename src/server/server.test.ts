import { describe, expect, test } from 'vitest'
import { encodeRecord, messageOf, parseRecord, recordFormat, rowsOf } from '../model/index.ts'
import { SimCopy, simVault } from '../sim/index.ts'
import type { SimConnection } from '../sim/bus.ts'
import type { LogCopy } from './ports.ts'
import { startServer } from './server.ts'
import { Bench } from './testing.ts'

interface Running {
  readonly roles: string[]
  readonly copy: LogCopy
  readonly connection: SimConnection
  readonly stop: AbortController
  /** Null while it runs; 'ended' or the message of what it died of. */
  end: string | null
}

/** A whole server on the bench's log and bus. */
function start(bench: Bench, id: string, copy: LogCopy = new SimCopy()): Running {
  const stop = new AbortController()
  const connection = bench.bus.connect()
  const running: Running = { roles: [], copy, connection, stop, end: null }
  startServer({
    ...bench.logDeps,
    id,
    copy,
    bus: connection,
    ...(bench.founders.length === 0
      ? {}
      : { founders: bench.founders.map((each) => ({ id: each, name: each, address: null })) }),
    entropy: bench.chance.fork(),
    vault: simVault,
    signal: stop.signal,
    onRole: (role, term) => running.roles.push(`${role} ${term}`),
  }).then(
    () => (running.end = 'ended'),
    (error: unknown) => (running.end = messageOf(error)),
  )
  return running
}

/** As when its process is killed: nothing of it is heard any more. */
function kill(server: Running): void {
  server.connection.close()
  server.stop.abort()
}

const leads = (server: Running) => server.end === null && server.roles.at(-1)?.startsWith('leader')
const termsOf = (bench: Bench) =>
  bench.store.records.flatMap(({ bytes }) => {
    const parsed = parseRecord(bytes)
    return parsed.ok && parsed.record.kind === 'term' ? [`${parsed.record.term} ${parsed.record.server}`] : []
  })

/** Three servers, one of which leads. */
async function three() {
  const bench = new Bench()
  bench.founders = ['s1', 's2', 's3']
  const servers = bench.founders.map((id) => start(bench, id))
  await bench.clock.pass(5000)
  const [leader, ...more] = servers.filter(leads)
  if (!leader || more.length > 0) throw new Error(`${more.length + 1} lead`)
  return { bench, servers, leader, others: servers.filter((each) => each !== leader) }
}

describe('a server', () => {
  test('of a new cluster leads at once', async () => {
    const bench = new Bench()
    const server = start(bench, 's1')
    await bench.clock.pass(100)
    expect(server.roles).toEqual(['follower 0', 'leader 1'])
    expect(bench.folded().cluster).not.toBeNull()
    server.stop.abort()
    await bench.clock.pass(100)
    expect(server.end).toBe('ended')
  })

  test('that is started again folds its log, waits for others, and leads the next term', async () => {
    const bench = new Bench()
    const first = start(bench, 's1')
    await bench.clock.pass(100)
    await bench.answer('secretSet', { stack: 'a', name: 'x', value: 'AAAA' })
    kill(first)
    const before = JSON.stringify(rowsOf(bench.folded()))
    const again = start(bench, 's1', first.copy)
    await bench.clock.pass(900)
    expect(again.roles).toEqual(['follower 1'])
    await bench.clock.pass(1200)
    expect(again.roles).toEqual(['follower 1', 'leader 2'])
    expect(JSON.stringify(rowsOf(bench.folded()))).toBe(before)
  })

  test('that has lost its copy takes the log from the store before it leads', async () => {
    const bench = new Bench()
    const first = start(bench, 's1')
    await bench.clock.pass(100)
    await bench.answer('secretSet', { stack: 'a', name: 'x', value: 'AAAA' })
    kill(first)
    const again = start(bench, 's1')
    await bench.clock.pass(5000)
    expect(leads(again)).toBe(true)
    expect((await again.copy.load()).records).toEqual(bench.store.records)
    expect(bench.folded().secrets.size).toBe(1)
    expect(bench.folded().cluster).not.toBeNull()
  })

  test('that follows keeps up with the log, and takes over when the leader falls silent', async () => {
    const { bench, servers, leader, others } = await three()
    await bench.clock.pass(10_000)
    expect(servers.filter(leads)).toEqual([leader])
    await bench.answer('secretSet', { stack: 'a', name: 'x', value: 'AAAA' })
    await bench.settle()
    for (const { copy } of servers) expect((await copy.load()).records).toEqual(bench.store.records)
    kill(leader)
    await bench.clock.pass(2600)
    expect(others.filter(leads)).toHaveLength(1)
    expect(await bench.answer('secretSet', { stack: 'a', name: 'x', value: 'AAAA' })).toMatchObject({
      ok: true,
      value: { version: 2 },
    })
  })

  test.each([3, 5])(
    'of %i that try at once one leads, in every term, while a majority is there',
    async (count) => {
      const bench = new Bench()
      bench.founders = Array.from({ length: count }, (_, index) => `s${index + 1}`)
      const servers = bench.founders.map((id) => start(bench, id))
      for (let left = count; left > 0; left -= 1) {
        await bench.clock.pass(8000)
        const leaders = servers.filter(leads)
        expect(leaders).toHaveLength(left > count / 2 ? 1 : 0)
        const victim = leaders[0] ?? servers.find(({ end }) => end === null)
        if (victim) kill(victim)
      }
      const terms = termsOf(bench)
      expect(new Set(terms.map((each) => each.split(' ')[0])).size).toBe(terms.length)
    },
  )

  test('that led and is cut off from the others is followed by one of them, and writes nothing more', async () => {
    const { bench, leader, others } = await three()
    // It still reaches the log, which is all that a deposed leader needs to do harm.
    leader.connection.isCut = true
    await bench.clock.pass(4000)
    expect(others.filter(leads)).toHaveLength(1)
    leader.connection.isCut = false
    await bench.clock.pass(1000)
    expect(leads(leader)).toBe(false)
    expect(leader.end).toBeNull()
    expect(termsOf(bench)).toHaveLength(2)
  })

  test('does not lead on a log that is not its own', async () => {
    const bench = new Bench()
    const first = start(bench, 's1')
    await bench.clock.pass(100)
    kill(first)
    const other = new Bench()
    const second = start(other, 's2')
    await other.clock.pass(100)
    kill(second)
    bench.store.records = other.store.records
    const again = start(bench, 's1', first.copy)
    await bench.clock.pass(5000)
    expect(again.roles).toEqual(['follower 1'])
    expect(again.end).toMatch(/nobody leads on a divided log$/)
  })

  test('never passes over a record that it cannot fold', async () => {
    const bench = new Bench()
    const first = start(bench, 's1')
    await bench.clock.pass(100)
    const second = start(bench, 's2')
    await bench.clock.pass(500)
    // A commit of a term that nobody holds, with a good digest: a bug of another server.
    const last = bench.store.records.at(-1)
    const parsed = parseRecord(last?.bytes ?? new Uint8Array())
    bench.store.put(
      encodeRecord({
        format: recordFormat,
        prev: parsed.ok ? parsed.digest : '',
        kind: 'commit',
        term: 77,
        at: 0,
        parts: [],
      }).bytes,
    )
    await bench.clock.pass(1000)
    expect(second.end).toMatch(
      /^record \d+ of the log does not follow from those before it: assertion failed: commit of term 77/,
    )
    kill(first)
  })
})
