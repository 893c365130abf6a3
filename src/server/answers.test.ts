import { describe, expect, test } from 'vitest'
import { emptySources, encodeJson, rowsOf, subjects } from '../model/index.ts'
import type { ApiReply } from '../model/index.ts'
import { documentOf, serviceOf } from '../model/testing.ts'
import { changeMembership } from './membership.ts'
import { Bench } from './testing.ts'

/** A leader among three, whose followers say what the test makes them say. */
async function leading() {
  const bench = new Bench()
  bench.founders = ['s1', 's2', 's3']
  const led = await bench.lead()
  const other = bench.bus.connect()
  const say = async (server: string, over: object = {}) => {
    other.publish(
      subjects.server(server, 'copied'),
      encodeJson({ promised: led.term, tip: led.log.tip, ...over }),
    )
    await bench.settle(5)
  }
  return { bench, led, say }
}

const secret = (stack: string) => ({ stack, name: 'x', value: 'AAAA' })
const wordsOf = (reply: ApiReply | undefined) => (reply?.ok === false ? reply.error.what : reply?.ok)

describe('a leader of three', () => {
  test('decides on while it waits, and answers in the order of the log once one other has copied it', async () => {
    const { bench, led, say } = await leading()
    const a = bench.ask('secretSet', secret('a'))
    await bench.settle(5)
    const { tip } = led.log
    const b = bench.ask('secretSet', secret('b'))
    await bench.settle(5)
    expect(led.state.secrets.size).toBe(2)
    expect([a.reply, b.reply]).toEqual([undefined, undefined])
    await say('s2', { tip })
    expect([a.reply?.ok, b.reply]).toEqual([true, undefined])
    await say('s3')
    expect(b.reply?.ok).toBe(true)
  })

  test.each([
    ['of one who has given its word for a newer term', 's2', { promised: 9 }],
    ['of one whose log is another', 's2', { tip: { term: 1, seq: 3, digest: 'f'.repeat(64) } }],
    ['of one who does not count', 's9', {}],
    ['that is none', 's2', { tip: 'all of it' }],
  ])('does not answer on the report %s', async (_, server, over) => {
    const { bench, say } = await leading()
    const asked = bench.ask('secretSet', secret('a'))
    await bench.settle(5)
    await say(server, over)
    expect(asked.reply?.ok).not.toBe(true)
  })

  test('makes way as soon as another has given its word for a newer term, and says that it does not know', async () => {
    const { bench, led, say } = await leading()
    const asked = bench.ask('secretSet', secret('a'))
    await bench.settle(5)
    await say('s2', { promised: led.term + 1 })
    expect(led.ended).toBe('another server has given its word for a newer term')
    expect(wordsOf(asked.reply)).toBe(
      'it is not known whether this was carried out: this server does not lead any more; ask gantry status',
    )
    // It is in the log all the same, and this server stands where the log does.
    expect(JSON.stringify(rowsOf(led.state))).toBe(JSON.stringify(rowsOf(bench.folded())))
  })

  test('makes way when it gives its own word, and does not try again what had no answer', async () => {
    const { bench, led, say } = await leading()
    await say('s2')
    bench.store.fates.push('lost')
    const asked = bench.ask('secretSet', secret('a'))
    await bench.settle(5)
    const { appends } = bench.store
    const candidate = bench.bus.connect()
    const vote = { term: led.term + 1, candidate: 's2', tip: led.log.tip, trial: false }
    const answer = candidate.request(subjects.server('s1', 'vote'), encodeJson(vote), { timeoutMs: 1000 })
    await bench.settle(1000)
    expect(new TextDecoder().decode(await answer)).toContain('"isGiven":true')
    expect(led.ended).toBe('this server has given its word for a newer term')
    expect(wordsOf(asked.reply)).toMatch(/^it is not known whether this was carried out/)
    expect(bench.store.appends).toBe(appends)
  })

  test('makes way when nobody copies for ten seconds', async () => {
    const { bench, led, say } = await leading()
    await say('s2')
    await bench.clock.pass(30_000)
    expect(led.ended).toBeNull()
    bench.ask('secretSet', secret('a'))
    await bench.clock.pass(9000)
    expect(led.ended).toBeNull()
    await bench.clock.pass(2000)
    expect(led.ended).toBe('a majority of the servers does not copy the log')
  })

  test('tells agents what to run when another one has copied it, and no sooner', async () => {
    const { bench, led, say } = await leading()
    const node = bench.node('n1')
    const hello = node.say('hello', node.greeting, 60_000)
    await bench.settle(50)
    await say('s2')
    const reply = await hello
    expect(reply).toMatchObject({ ok: true, assignments: { term: 1, set: [] } })
    Object.assign(node, { session: reply?.['session'], version: led.state.seq, term: 1 })
    const apply = bench.ask('apply', {
      document: documentOf({ services: { api: serviceOf({ replicas: 1 }) } }),
      sources: emptySources,
      planId: 'plan-0001',
      baseVersion: 0,
    })
    await bench.settle(500)
    expect(led.state.tasks.size).toBe(1)
    expect([node.sets, apply.reply]).toEqual([[], undefined])
    await say('s3')
    expect(apply.reply?.ok).toBe(true)
    await bench.settle(20)
    expect(node.sets.map(({ set }) => set.length)).toEqual([1])
  })
})

describe('changing the servers', () => {
  type Desk = Parameters<typeof changeMembership>[0]
  const identity = (id: string) => ({ id, name: id, address: null })

  async function withDesk() {
    const bench = new Bench()
    bench.founders = ['s1', 's2', 's3']
    const desks: Desk[] = []
    const led = await bench.lead((given) => desks.push(given))
    const [desk] = desks
    if (!desk) throw new Error('no desk')
    const other = bench.bus.connect()
    const say = async (server: string) => {
      other.publish(subjects.server(server, 'copied'), encodeJson({ promised: led.term, tip: led.log.tip }))
      await bench.settle(5)
    }
    return { bench, led, desk, say }
  }

  const outcome = (asked: ReturnType<typeof changeMembership>) => {
    const found: { value: unknown } = { value: null }
    void asked.then((value) => (found.value = value))
    return found
  }

  test('waits for a majority of those who count from then on, and one waits for the other', async () => {
    const { bench, led, desk, say } = await withDesk()
    const early = outcome(changeMembership(desk, { add: identity('s4') }, 'admin'))
    await bench.settle(5)
    // Not even the founding is copied yet.
    expect(led.state.servers.size).toBe(3)
    await say('s2')
    await bench.settle(1000)
    expect(led.state.servers.size).toBe(4)
    const next = outcome(changeMembership(desk, { add: identity('s5') }, 'admin'))
    await bench.settle(1000)
    await say('s2')
    expect([early.value, led.state.servers.size]).toEqual([null, 4])
    await say('s4')
    expect(early.value).toEqual({ ok: true })
    await bench.settle(1000)
    expect(led.state.servers.size).toBe(5)
    await say('s2')
    await say('s5')
    expect(next.value).toEqual({ ok: true })
    await bench.clock.pass(1)
  })

  test('makes a leader that was removed make way, once that is copied', async () => {
    const { bench, led, desk, say } = await withDesk()
    await say('s2')
    const removed = outcome(changeMembership(desk, { remove: 's1' }, 'admin'))
    await bench.settle(100)
    await say('s2')
    expect([removed.value, led.ended]).toEqual([null, null])
    await say('s3')
    expect(removed.value).toEqual({ ok: true })
    await bench.settle(500)
    expect(led.ended).toBe('this server is none any more')
  })

  test('says what is refused', async () => {
    const { bench, desk, say } = await withDesk()
    await say('s2')
    const refused = outcome(changeMembership(desk, { remove: 's9' }, 'admin'))
    await bench.settle(100)
    expect(refused.value).toMatchObject({ ok: false, what: 'there is no server s9' })
  })
})
