import { describe, expect, test } from 'vitest'
import { encodeJson, subjects } from '../model/index.ts'
import { SimCopy } from '../sim/index.ts'
import { Log } from './log.ts'
import { Standing } from './standing.ts'
import { Bench } from './testing.ts'
import { voteReply } from './vote.ts'
import type { VoteReply } from './vote.ts'

async function voter(bench: Bench, copy: SimCopy) {
  const log = await Log.open({ ...bench.logDeps, copy }, () => undefined)
  const bus = bench.bus.connect()
  const standing = new Standing({ id: 's1', bus, clock: bench.clock, logger: bench.logger, copy }, log)
  const services = standing.serve()
  const other = bench.bus.connect()
  const ask = async (candidate: string, term: number): Promise<VoteReply | null> => {
    const request = { term, candidate, tip: log.tip, trial: false }
    const found: { reply: VoteReply | null } = { reply: null }
    other
      .request(subjects.server('s1', 'vote'), encodeJson(request), { timeoutMs: 500 })
      .then((bytes) => (found.reply = voteReply.parse(JSON.parse(new TextDecoder().decode(bytes)))))
      .catch(() => undefined) // no answer
    await bench.settle(600)
    return found.reply
  }
  const stop = () => {
    for (const each of services) each.close()
    bus.close()
  }
  return { standing, ask, stop }
}

describe('a word', () => {
  test('is on the disk before it is given, and holds after a start', async () => {
    const bench = new Bench()
    const copy = new SimCopy()
    const first = await voter(bench, copy)
    expect(await first.ask('s2', 4)).toMatchObject({ isGiven: true, term: 4 })
    expect((await copy.load()).promised).toEqual({ term: 4, candidate: 's2' })
    first.stop()
    const again = await voter(bench, copy)
    expect(await again.ask('s3', 4)).toMatchObject({ isGiven: false, term: 4 })
    expect(await again.ask('s2', 4)).toMatchObject({ isGiven: true })
    expect(await again.ask('s3', 5)).toMatchObject({ isGiven: true })
  })

  test('that cannot be written down is given to nobody, and to nobody else either', async () => {
    const bench = new Bench()
    const copy = new SimCopy()
    const { ask, standing } = await voter(bench, copy)
    copy.isFull = true
    expect(await ask('s2', 4)).toBeNull()
    copy.isFull = false
    expect(await ask('s3', 4)).toMatchObject({ isGiven: false })
    expect(standing.promised).toBe(4)
  })

  test('of its own is given by a candidate first, and not to another one while it asks', async () => {
    const bench = new Bench()
    const copy = new SimCopy()
    const { ask, standing } = await voter(bench, copy)
    const standingFor = standing.stand(3, new Set(['s1', 's2', 's3']), bench.stop.signal)
    expect(await ask('s2', 3)).toMatchObject({ isGiven: false })
    await bench.settle(1000)
    expect(await standingFor).toBe(false)
    expect((await copy.load()).promised).toEqual({ term: 3, candidate: 's1' })
  })

  test('is said to all together with what was copied', async () => {
    const bench = new Bench()
    const copy = new SimCopy()
    const { ask, standing } = await voter(bench, copy)
    const heard: string[] = []
    bench.bus.connect().serve(subjects.anyServer('copied'), async ({ subject, data }) => {
      heard.push(`${subject} ${new TextDecoder().decode(data).slice(0, 14)}`)
      return null
    })
    await ask('s2', 4)
    void standing.repeat(() => true, bench.stop.signal)
    await bench.settle(1100)
    bench.stop.abort()
    expect(new Set(heard)).toEqual(new Set(['gantry.server.s1.copied {"promised":4,']))
    expect(heard).toHaveLength(4)
  })
})
