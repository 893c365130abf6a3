// The log does not trust its store: three servers whose store loses its end, grows another one, or comes back changed,
// and whose copies are cut back. What was acknowledged is there afterwards, or nobody leads. The last tests break the
// rules on purpose, and see what was acknowledged lost.

import { describe, expect, test } from 'vitest'
import { encodeJson, parseRecord } from '../../src/model/index.ts'
import { World } from '../../src/sim/index.ts'
import type { SimServer, WorldOptions } from '../../src/sim/index.ts'
import { leaderOf } from './cluster.ts'

async function three(options: WorldOptions = {}): Promise<World> {
  const world = new World({ servers: 3, nodes: 0, ...options })
  await world.until('one leads', () => world.leader !== undefined && world.state.cluster !== null)
  await world.pass(500)
  return world
}

const set = (world: World, name: string) =>
  world.ask('secretSet', { stack: 'shop', name, value: 'AAAA' }, 5000)
const secrets = (world: World) =>
  [...world.state.secrets.keys()].map((key) => key.replace('shop/secret:', ''))
const others = (world: World, server: SimServer) => world.servers.filter((each) => each !== server)
const termsIn = (world: World) =>
  world.log.records.flatMap(({ bytes }) => {
    const parsed = parseRecord(bytes)
    return parsed.ok && parsed.record.kind === 'term' ? [parsed.record.term] : []
  })

/** Starts whoever is dead, and waits until one leads with whom all others agree. */
async function heal(world: World): Promise<void> {
  for (const server of world.servers) {
    world.heal(server)
    world.startServer(server)
  }
  const { term } = world.state
  await world.until('one leads again', () => world.leader !== undefined && world.state.term > term, 30_000)
  await set(world, 'afterwards')
  await world.pass(2000)
  for (const { copy } of world.servers) expect(copy.records).toEqual(world.log.records)
}

describe('an answer', () => {
  test('waits until a majority has copied the commit, and goes out then', async () => {
    const world = await three()
    const leader = leaderOf(world)
    for (const other of others(world, leader)) world.killServer(other)
    const order: string[] = []
    const asked = ['one', 'two', 'three'].map((name) =>
      world.send('secretSet', { stack: 'shop', name, value: 'AAAA' }, 60_000).then(
        () => order.push(name),
        () => order.push(`${name} refused`),
      ),
    )
    await world.pass(3000)
    // It is in the store, and may be lost with it.
    expect(secrets(world)).toHaveLength(3)
    expect(order).toEqual([])
    const [second] = others(world, leader)
    if (second) world.startServer(second)
    await world.wait(Promise.all(asked))
    expect([...order].sort()).toEqual(['one', 'three', 'two'])
    expect(leader.role).toBe('leader')
  })

  test('is not given by a leader that nobody copies from, which makes way and says that it is not known', async () => {
    const world = await three()
    const leader = leaderOf(world)
    for (const other of others(world, leader)) world.killServer(other)
    const refusal = await world.wait(
      world
        .send('secretSet', { stack: 'shop', name: 'one', value: 'AAAA' }, 60_000)
        .catch((error: unknown) => error),
    )
    expect(String(refusal)).toMatch(
      /it is not known whether this was carried out: this server does not lead any more; ask gantry status/,
    )
    expect(leader.role).toBe('follower')
  })

  test('to a question for what is now rests on an append that came after it; a poll rests on none', async () => {
    const world = await three()
    const before = world.log.records.length
    await world.wait(Promise.all(Array.from({ length: 30 }, () => world.send('secretList', {}))))
    const confirms = world.log.records.length - before
    expect(confirms).toBeGreaterThanOrEqual(1)
    expect(confirms).toBeLessThan(15)
    await world.ask('status', { after: world.state.seq - 1, waitMs: 100 })
    await world.pass(60_000)
    expect(world.log.records).toHaveLength(before + confirms)
  })

  test('that must be current is not given by a leader that was deposed and does not know', async () => {
    const world = await three()
    const leader = leaderOf(world)
    await set(world, 'one')
    // It hears nobody; whoever asks it, and its way to the store, are on its side of the cut until the last moment.
    world.sever(leader)
    await world.until('another leads', () => world.state.leader !== leader.id, 10_000)
    await set(world, 'two')
    expect(secrets(world)).toEqual(['one', 'two'])
    world.heal(leader)
    const listed = JSON.stringify(await world.ask('secretList', {}))
    expect(listed).toContain('two')
  })
})

describe('a store', () => {
  test.each([1, 3, 6, 1000])(
    'that lost its last %i records while nobody ran has them again',
    async (count) => {
      const world = await three()
      for (const name of ['one', 'two', 'three']) await set(world, name)
      for (const server of world.servers) world.killServer(server)
      world.log.loseTail(count)
      await heal(world)
      expect(secrets(world)).toEqual(['one', 'two', 'three', 'afterwards'])
    },
  )

  test.each([1, 3, 6, 1000])(
    'that lost its last %i records under the servers has them again',
    async (count) => {
      const world = await three()
      for (const name of ['one', 'two', 'three']) await set(world, name)
      world.log.loseTail(count)
      // The leader finds out with its next append, and makes way for whoever has the word of a majority.
      await world.wait(
        world.send('secretSet', { stack: 'shop', name: 'x', value: 'AAAA' }).catch(() => undefined),
      )
      await heal(world)
      expect(secrets(world)).toEqual(expect.arrayContaining(['one', 'two', 'three', 'afterwards']))
    },
  )

  test('that lost what one server has not copied is mended by one that has', async () => {
    const world = await three()
    const leader = leaderOf(world)
    const [late, other] = others(world, leader)
    if (!late || !other) throw new Error('there are three')
    world.killServer(late)
    await set(world, 'one')
    await set(world, 'two')
    world.killServer(leader)
    world.log.loseTail(2)
    // Of the two that are left the late one has nothing to say against the store, and does not get the word of the other.
    world.startServer(late)
    await world.until('one leads', () => world.leader !== undefined, 30_000)
    expect(world.leader?.id).toBe(other.id)
    await makeWhole(world)
    expect(secrets(world)).toEqual(['one', 'two', 'afterwards'])
  })

  test('that lost its end and has another one by now: who had copied the old one gives it up, and keeps it aside', async () => {
    const world = await three()
    const leader = leaderOf(world)
    await set(world, 'one')
    // The others have not copied what it appends now, so nobody is told of it.
    for (const other of others(world, leader)) world.killServer(other)
    const asked = world.send('secretSet', { stack: 'shop', name: 'lost', value: 'AAAA' }, 60_000).then(
      () => 'acknowledged',
      () => 'refused',
    )
    await world.pass(500)
    const { length } = leader.copy.records
    expect(secrets(world)).toEqual(['one', 'lost'])
    world.killServer(leader)
    world.log.loseTail(1)
    for (const other of others(world, leader)) world.startServer(other)
    await world.until('one of the others leads', () => world.leader !== undefined, 30_000)
    await set(world, 'two')
    world.startServer(leader)
    await world.pass(5000)
    expect(leader.copy.aside.map((records) => records.map(({ seq }) => seq))).toEqual([[length]])
    expect(leader.copy.records).toEqual(world.log.records)
    expect(secrets(world)).toEqual(['one', 'two'])
    expect(await world.wait(asked, 70_000)).toBe('refused')
  })

  test('whose last record is another one leads nobody: what a majority has copied is the truth', async () => {
    const ends: string[] = []
    const world = await three({
      forgives: (error) => {
        ends.push(error instanceof Error ? error.message : '')
        return true
      },
    })
    await set(world, 'one')
    const before = termsIn(world)
    for (const server of world.servers) world.killServer(server)
    world.log.flip(world.log.records.length)
    for (const server of world.servers) world.startServer(server)
    await world.clock.pass(30_000)
    expect(world.leader).toBeUndefined()
    expect(world.log.records.length).toBe(world.servers[0]?.copy.records.length)
    expect(ends.filter((each) => each.includes('nobody leads on a divided log')).length).toBeGreaterThan(3)
    expect(before.length).toBeGreaterThan(0)
  })
})

describe('a copy', () => {
  test.each([1, 4, 1000])('that lost its last %i records is made whole from the store', async (count) => {
    const world = await three()
    for (const name of ['one', 'two', 'three']) await set(world, name)
    const [victim] = others(world, leaderOf(world))
    if (!victim) throw new Error('there are three')
    world.killServer(victim)
    await victim.copy.truncate(Math.max(0, victim.copy.records.length - count))
    await makeWhole(world)
    expect(secrets(world)).toEqual(['one', 'two', 'three', 'afterwards'])
  })
})

/** Starts whoever is dead, and waits until all have what the log has. */
async function makeWhole(world: World): Promise<void> {
  for (const server of world.servers) world.startServer(server)
  await set(world, 'afterwards')
  await world.pass(3000)
  for (const { copy } of world.servers) expect(copy.records).toEqual(world.log.records)
}

describe('without the word of a majority', () => {
  /** One server has not copied what was acknowledged, the store has lost it, and that one is alone. */
  async function leftAlone(options: WorldOptions): Promise<{ world: World; late: SimServer }> {
    const world = await three(options)
    const leader = leaderOf(world)
    const [late, other] = others(world, leader)
    if (!late || !other) throw new Error('there are three')
    world.killServer(late)
    await set(world, 'one')
    world.killServer(leader)
    world.killServer(other)
    world.log.loseTail(1)
    world.startServer(late)
    await world.pass(20_000)
    return { world, late }
  }

  test('nobody leads, and what was acknowledged is there once a majority is', async () => {
    const { world } = await leftAlone({})
    expect(world.leader).toBeUndefined()
    await heal(world)
    expect(secrets(world)).toEqual(['one', 'afterwards'])
  })

  test('broken on purpose: who takes every answer for a yes leads, and what was acknowledged is lost', async () => {
    const { world, late } = await leftAlone({
      forgives: () => true,
      doctorServer: (options) => {
        const { bus } = options
        return {
          ...options,
          bus: {
            publish: (subject, data) => bus.publish(subject, data),
            serve: (subject, handler) => bus.serve(subject, handler),
            request: async (subject, data, rest) =>
              subject.endsWith('.vote')
                ? encodeJson({ isGiven: true, term: 0, reason: '' })
                : bus.request(subject, data, rest),
          },
        }
      },
    })
    expect(world.leader).toBe(late)
    expect(secrets(world)).toEqual([])
  })
})
