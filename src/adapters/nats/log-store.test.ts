// The log on the real JetStream: one winner for each sequence, nothing doubled over a crash, a tail without gaps.
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { encodeUser } from '@nats-io/jwt'
import { createUser, fromPublic, fromSeed } from '@nats-io/nkeys'
import { connect } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startNats } from '../../../test/support/nats.ts'
import type { TestNats } from '../../../test/support/nats.ts'
import type { AppendResult, LogStore, StoredRecord } from '../../server/index.ts'
import { waitFor } from '../host/index.ts'
import { proofOf } from './connection.ts'
import type { Credentials } from './index.ts'
import { maxPayloadBytes } from './index.ts'

let nats: TestNats
let log: LogStore

beforeEach(async () => {
  nats = await startNats()
  log = (await nats.connect({ role: 'server' })).log()
})
afterEach(() => nats.stop())

const bytes = (text: string) => new TextEncoder().encode(text)
const text = ({ seq, bytes: data }: StoredRecord) => `${seq} ${new TextDecoder().decode(data)}`

/** Records from `from` on until there are `count`. */
async function read(store: LogStore, from: number, count: number): Promise<string[]> {
  const over = new AbortController()
  const found: string[] = []
  for await (const record of store.tail(from, AbortSignal.any([over.signal, AbortSignal.timeout(10_000)]))) {
    found.push(text(record))
    if (found.length === count) over.abort()
  }
  return found
}

/** Appends until it is known what became of it, as server/log.ts does. */
async function settle(store: LogStore, data: Uint8Array, expectedLast: number): Promise<AppendResult> {
  for (;;) {
    const result = await store.append(data, expectedLast)
    if (result.ok || result.reason === 'conflict') return result
    await sleep(20)
  }
}

describe('append', () => {
  test('an empty log has bounds 0 and 0, and takes a first record once', async () => {
    expect(await log.bounds()).toEqual({ first: 0, last: 0 })
    expect(await log.append(bytes('a'), 0)).toEqual({ ok: true, seq: 1 })
    expect(await log.append(bytes('b'), 0)).toEqual({ ok: false, reason: 'conflict' })
    expect(await log.append(bytes('b'), 2)).toEqual({ ok: false, reason: 'conflict' })
    expect(await log.append(bytes('b'), 1)).toEqual({ ok: true, seq: 2 })
    expect(await log.bounds()).toEqual({ first: 1, last: 2 })
    expect(await read(log, 1, 2)).toEqual(['1 a', '2 b'])
  })

  test('of 50 appends at once, over five connections, exactly one wins each sequence', async () => {
    const logs = [log]
    for (let more = 0; more < 4; more++) logs.push((await nats.connect({ role: 'server' })).log())
    const rounds = 20
    const winners: string[] = []
    for (let last = 0; last < rounds; last++) {
      const results = await Promise.all(
        Array.from({ length: 50 }, async (_, racer) => ({
          racer,
          result: await (logs[racer % logs.length] ?? log).append(bytes(`racer ${racer}`), last),
        })),
      )
      const won = results.filter(({ result }) => result.ok)
      expect(won.map(({ result }) => result)).toEqual([{ ok: true, seq: last + 1 }])
      expect(results.filter(({ result }) => !result.ok && result.reason === 'conflict')).toHaveLength(49)
      winners.push(`${last + 1} racer ${won[0]?.racer ?? -1}`)
    }
    expect(await read(log, 1, rounds)).toEqual(winners)
  })

  test('a record as large as may be is stored; one byte more is refused with the limit', async () => {
    const limit = maxPayloadBytes - 64
    expect(await log.append(new Uint8Array(limit), 0)).toEqual({ ok: true, seq: 1 })
    expect(await log.append(new Uint8Array(limit + 1), 1)).toEqual({
      ok: false,
      reason: 'too-large',
      message: `${limit + 1} bytes, and the NATS server takes at most ${limit} for one record`,
    })
    expect(await log.bounds()).toEqual({ first: 1, last: 1 })
  })

  test('a node has no right to the log', async () => {
    const node = await nats.connect({ role: 'node', id: 'n1' })
    await expect(node.log().bounds()).rejects.toThrow()
  })
})

test('appends while the server is killed and started again are settled, and nothing is doubled', async () => {
  let last = 0
  let unknown = 0
  const writing = (async () => {
    while (last < 2000) {
      const data = bytes(`record ${last + 1}`)
      const first = await log.append(data, last)
      if (!first.ok && first.reason === 'unknown') unknown += 1
      const result = first.ok ? first : await settle(log, data, last)
      // A conflict after an unknown outcome: the first try had been stored. Nobody else writes here.
      if (result.ok) expect(result.seq).toBe(last + 1)
      last += 1
    }
  })()
  for (const at of [300, 900, 1500]) {
    await waitFor(() => last >= at, { timeoutMs: 20_000, everyMs: 1, what: `record ${at}` })
    await nats.kill()
    await nats.restart()
  }
  await writing
  expect(unknown).toBeGreaterThan(0)
  expect(await log.bounds()).toEqual({ first: 1, last: 2000 })
  const all = await read(log, 1, 2000)
  expect(all).toEqual(Array.from({ length: 2000 }, (_, index) => `${index + 1} record ${index + 1}`))
})

describe('tail', () => {
  test('gives what is there, then what comes, and ends with its signal', async () => {
    for (let seq = 0; seq < 500; seq++) await log.append(bytes('x'), seq)
    const over = new AbortController()
    const seen: number[] = []
    const reading = (async () => {
      for await (const { seq } of log.tail(100, over.signal)) seen.push(seq)
    })()
    await waitFor(() => seen.length === 401, { timeoutMs: 5000, what: 'the records that are there' })
    for (let seq = 500; seq < 600; seq++) await log.append(bytes('y'), seq)
    await waitFor(() => seen.length === 501, { timeoutMs: 5000, what: 'the records that came' })
    over.abort()
    await reading
    expect(seen).toEqual(Array.from({ length: 501 }, (_, index) => index + 100))
  })

  test('stays alive while nothing comes, and gives the next record at once', async () => {
    await log.append(bytes('x'), 0)
    const over = new AbortController()
    const seen: number[] = []
    const reading = (async () => {
      for await (const { seq } of log.tail(1, over.signal)) seen.push(seq)
    })()
    await sleep(4500) // longer than the silence that ends a tail: the heartbeats are what is tried here
    const before = performance.now()
    await log.append(bytes('y'), 1)
    await waitFor(() => seen.length === 2, { timeoutMs: 5000, everyMs: 1, what: 'the next record' })
    expect(performance.now() - before).toBeLessThan(500)
    over.abort()
    await reading
  })

  test('many records larger than the server sends at once arrive in order to a slow reader', async () => {
    const size = 1024 * 1024
    for (let seq = 0; seq < 60; seq++) await log.append(new Uint8Array(size).fill(seq), seq)
    const over = new AbortController()
    let next = 1
    for await (const { seq, bytes: data } of log.tail(1, over.signal)) {
      expect([seq, data.length, data[0]]).toEqual([next, size, next - 1])
      await sleep(5)
      if (next++ === 60) over.abort()
    }
    expect(next).toBe(61)
  })

  test('throws when the connection breaks; from the next record on it goes on after the restart', async () => {
    for (let seq = 0; seq < 10; seq++) await log.append(bytes('x'), seq)
    const seen: number[] = []
    let breaks = 0
    const over = new AbortController()
    const reading = (async () => {
      while (!over.signal.aborted)
        try {
          for await (const { seq } of log.tail(seen.length + 1, over.signal)) seen.push(seq)
        } catch {
          breaks += 1
          await sleep(50)
        }
    })()
    await waitFor(() => seen.length === 10, { timeoutMs: 5000, what: 'the first records' })
    await nats.kill()
    await waitFor(() => breaks > 0, { timeoutMs: 1000, what: 'the tail to notice' })
    await nats.restart()
    for (let seq = 10; seq < 20; seq++) await settle(log, bytes('y'), seq)
    await waitFor(() => seen.length === 20, { timeoutMs: 10_000, what: 'the records after the restart' })
    over.abort()
    await reading
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  test('refuses to wait for a record when the one before it is not in the store', async () => {
    await log.append(bytes('x'), 0)
    const first = log.tail(3, new AbortController().signal)[Symbol.asyncIterator]().next()
    await expect(first).rejects.toThrow('the log in the store ends at 1; record 3 cannot be next')
  })

  test('leaves no consumer behind', async () => {
    await log.append(bytes('x'), 0)
    for (let turn = 0; turn < 10; turn++) await read(log, 1, 1)
    const manager = await admin()
    await waitFor(async () => (await manager.info()).consumer_count === 0, {
      timeoutMs: 5000,
      what: 'no consumers',
    })
    await manager.close()
  })
})

test('a store whose data were deleted has an empty stream again, made with the same settings', async () => {
  await log.append(bytes('x'), 0)
  await nats.kill()
  nats.wipe()
  await nats.restart()
  const bounds = await waitFor(() => log.bounds().catch(() => null), { timeoutMs: 10_000, what: 'the store' })
  expect(bounds).toEqual({ first: 0, last: 0 })
  const manager = await admin()
  expect((await manager.info()).config).toMatchObject({
    subjects: ['gantry.log'],
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    max_age: 0,
    deny_delete: true,
    deny_purge: true,
  })
  await manager.close()
})

test('a stream that is deleted under a server is made again, and what follows is settled', async () => {
  // None of our identities may; who has the account's signing key can make one that may.
  const manager = await admin(await almighty())
  await settle(log, bytes('x'), 0)
  await waitFor(() => manager.delete().catch(() => false), { timeoutMs: 10_000, what: 'the stream to go' })
  expect(await log.append(bytes('y'), 0)).toMatchObject({ ok: false, reason: 'unknown' })
  expect(await settle(log, bytes('y'), 0)).toEqual({ ok: true, seq: 1 })
  await manager.close()
})

test('a stream of that name that is not fit for the log is a fault', async () => {
  const manager = await admin()
  await manager.add()
  await expect(log.bounds()).rejects.toThrow(
    'the stream GANTRY_LOG cannot hold the log: subjects is ["other"], not ["gantry.log"], storage is "memory", not "file"',
  )
  await manager.close()
})

/** The same server, seen past our adapter. */
async function admin(credentials: Credentials = nats.credentials({ role: 'server' })) {
  const connection = await connect({
    servers: nats.url,
    ...proofOf(credentials),
    inboxPrefix: 'gantry.inbox.server',
  })
  const manager = await jetstreamManager(connection)
  return {
    info: async () => {
      const { config, state } = await manager.streams.info('GANTRY_LOG')
      return { config, consumer_count: state.consumer_count }
    },
    add: () => manager.streams.add({ name: 'GANTRY_LOG', subjects: ['other'], storage: 'memory' }),
    delete: () => manager.streams.delete('GANTRY_LOG'),
    close: () => connection.close(),
  }
}

/** A user without limits, as somebody with the cluster's keys could make one. */
async function almighty(): Promise<Credentials> {
  const user = createUser()
  const { account, signingSeeds } = nats.authority
  const signer = fromSeed(bytes(signingSeeds[0] ?? ''))
  const rights = { pub: { allow: ['>'] }, sub: { allow: ['>'] } }
  const jwt = await encodeUser('almighty', fromPublic(user.getPublicKey()), fromPublic(account), rights, {
    signer,
  })
  const { ca } = nats.credentials({ role: 'server' })
  return { seed: new TextDecoder().decode(user.getSeed()), jwt, ca }
}
