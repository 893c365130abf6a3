import { describe, expect, test } from 'vitest'
import { emptyHoldings, takeSet } from '../agent/holdings.ts'
import { assignmentsFor } from '../control/index.ts'
import { emptySources, encodeJson, subjects } from '../model/index.ts'
import type { AssignmentSet, StackDocument } from '../model/index.ts'
import { documentOf, imageOf, jobOf, rolloutOf, serviceOf, templateOf, volumeOf } from '../model/testing.ts'
import { Chance } from '../sim/index.ts'
import { Bench } from './testing.ts'
import type { BenchNode, Led } from './testing.ts'

const api = (over: Parameters<typeof serviceOf>[0] = {}): StackDocument =>
  documentOf({ services: { api: serviceOf({ rollout: rolloutOf({ minHealthyMs: 0 }), ...over }) } })

async function withNode(id = 'n1'): Promise<{ bench: Bench; led: Led; node: BenchNode }> {
  const bench = new Bench()
  const led = await bench.lead()
  const node = bench.node(id)
  await node.hello()
  return { bench, led, node }
}

const statusOf = (led: Led, id = 'n1') => led.state.nodes.get(id)?.status
const refused = (reason: string) => expect.objectContaining({ ok: false, reason }) as unknown

describe('a hello', () => {
  test('makes the node known, and is answered with the whole set', async () => {
    const { led, node } = await withNode()
    expect(led.state.nodes.get('n1')).toMatchObject({ status: 'ready', name: 'n1', sealKey: 'key-of-n1' })
    expect(await node.hello()).toEqual({
      term: led.term,
      base: null,
      version: led.state.seq,
      set: [],
      remove: [],
      deleteVolumes: [],
    })
  })

  test('with a newer term than the leader has is not answered: somebody else leads', async () => {
    const { led, node } = await withNode()
    expect(await node.say('hello', { ...node.greeting, term: led.term + 1 })).toBeNull()
    expect(await node.say('hello', { ...node.greeting, term: led.term })).toMatchObject({ ok: true })
  })

  test.each([
    ['another protocol', { protocol: 2 }],
    ['a field too many', { extra: 1 }],
    ['half of it missing', { platform: undefined }],
  ])('with %s is refused', async (_, over) => {
    const { led, node } = await withNode()
    expect(await node.say('hello', { ...node.greeting, ...over })).toEqual({
      ok: false,
      term: led.term,
      reason: 'this agent speaks another version of the protocol',
    })
  })

  test('of a node without a proper id is not answered', async () => {
    const { bench, led } = await withNode()
    const odd = bench.node('n 1')
    expect(await odd.say('hello', odd.greeting)).toBeNull()
    expect([...led.state.nodes.keys()]).toEqual(['n1'])
  })

  test('begins a new session, and the old one is over', async () => {
    const { node } = await withNode()
    const old = node.session
    await node.hello({ boot: 'boot-2' })
    expect(node.session).not.toBe(old)
    expect(await node.heartbeat({ session: old })).toEqual(refused('no such session'))
    expect(await node.report([], { session: old })).toEqual(refused('no such session'))
    expect(await node.heartbeat()).toMatchObject({ ok: true, assignments: null })
  })

  test('whose answer cannot be made begins nothing', async () => {
    const { bench, led, node } = await withNode()
    await bench.apply(
      documentOf({
        services: { api: serviceOf({ template: templateOf({ secretFiles: ['token'] }) }) },
        secrets: { token: { generateBytes: 24 } },
      }),
    )
    await bench.settle()
    bench.failSealing = true
    await expect(node.hello()).rejects.toThrow('sealing failed')
    bench.failSealing = false
    expect(led.ended).toBeNull()
    expect((await node.hello()).set).toHaveLength(1)
  })
})

describe('a change of its assignments', () => {
  test('is told to the node at once, as what follows from what it holds', async () => {
    const { bench, node } = await withNode()
    const { version } = node
    await bench.apply(api({ replicas: 2 }))
    await bench.settle()
    expect(node.sets).toMatchObject([{ base: version, remove: [], set: [{}, {}] }])
    expect(node.sets[0]?.set.map(({ slot }) => slot).toSorted()).toEqual([1, 2])
    await bench.apply(api({ replicas: 1 }), 1)
    await bench.settle()
    expect(node.sets[1]).toMatchObject({
      base: node.sets[0]?.version,
      remove: [],
      set: [{ slot: 2, desired: 'stop' }],
    })
    const stopped = node.sets[1]?.set[0]?.task ?? ''
    await node.report([{ task: stopped, phase: 'stopped', health: 'unknown' }])
    await bench.settle()
    expect(node.sets[2]).toMatchObject({ base: node.sets[1]?.version, set: [], remove: [stopped] })
  })

  test('is told to nobody else', async () => {
    const { bench, node } = await withNode()
    const other = bench.node('n2')
    await other.hello()
    await bench.apply(api())
    await bench.settle()
    expect([node.sets.length, other.sets.length].toSorted()).toEqual([0, 1])
  })

  test('is no news when it is the agent that said it', async () => {
    const { bench, node } = await withNode()
    await bench.apply(api())
    await bench.settle()
    await node.report([{ task: node.sets[0]?.set[0]?.task ?? '' }])
    await bench.settle()
    expect(node.sets).toHaveLength(1)
  })

  test.each<[string, (node: BenchNode) => BenchNode['takes']]>([
    ['did not take', () => () => null],
    ['could not take', (node) => () => node.version],
    [
      'took without being heard',
      (node) => (set) => {
        node.version = set.version
        return null
      },
    ],
  ])('that the agent %s comes again as the whole set', async (_, takes) => {
    const { bench, node } = await withNode()
    const proper = node.takes
    node.takes = takes(node)
    await bench.apply(api({ replicas: 2 }))
    await bench.clock.pass(6000)
    node.takes = proper
    // Until it is known what it holds, nothing is sent that follows from it.
    await bench.answer('secretSet', { stack: 'other', name: 'x', value: 'AAAA' })
    await bench.apply(api({ replicas: 1 }), 1)
    await bench.apply(api({ replicas: 2 }), 2)
    await bench.settle()
    expect(node.sets).toHaveLength(1)
    const reply = await node.heartbeat()
    expect(reply).toMatchObject({ ok: true, assignments: { base: null } })
    const { set } = reply?.['assignments'] as AssignmentSet
    expect(set.filter(({ desired }) => desired === 'run').map(({ slot }) => slot)).toEqual([1, 2])
    node.version = (reply?.['assignments'] as AssignmentSet).version
    expect(await node.heartbeat()).toMatchObject({ ok: true, assignments: null })
    // From there on it goes piece by piece again.
    await bench.apply(api({ replicas: 3 }), 3)
    await bench.settle()
    expect(node.sets.at(-1)).toMatchObject({ base: expect.any(Number) as unknown, set: [{ slot: 3 }] })
  })

  test('is not swallowed by a heartbeat that comes late', async () => {
    const { bench, node } = await withNode()
    await bench.apply(api())
    await bench.settle()
    let open: () => void = () => undefined
    bench.store.gate = new Promise((resolve) => (open = resolve))
    const wish = {
      document: api({ replicas: 2 }),
      sources: emptySources,
      planId: 'plan-0002',
      baseVersion: 1,
    }
    bench.ask('apply', wish)
    await bench.settle(5)
    // Sent before it took the last set; the answer is lost.
    const late = node.heartbeat({ version: 0 })
    await bench.settle(5)
    bench.store.gate = null
    open()
    expect(await late).toMatchObject({ ok: true, assignments: null })
    await bench.settle()
    expect(node.sets.at(-1)).toMatchObject({ set: [{ slot: 2 }] })
  })

  test('whatever is lost on the way, an agent that keeps asking comes to hold what it is to hold', async () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const chance = new Chance(seed)
      const { bench, led, node } = await withNode()
      let holdings = emptyHoldings('x')
      const take = (set: AssignmentSet) => {
        const taking = takeSet(holdings, set)
        if (taking.ok) holdings = taking.holdings
        node.version = holdings.version
      }
      take(await node.hello())
      let isLossy = true
      node.takes = (set) => {
        if (isLossy && chance.fraction() < 0.3) return null
        take(set)
        return isLossy && chance.fraction() < 0.3 ? null : holdings.version
      }
      for (let step = 0; step < 12; step += 1) {
        const replicas = chance.between(0, 5)
        const tag = String(chance.between(1, 3))
        await bench.apply(
          api({ replicas, template: imageOf(tag) }),
          led.state.stacks.get('shop')?.version ?? 0,
          `plan-${step}-xxxx`,
        )
        if (chance.fraction() < 0.3)
          await node.report(
            [...holdings.tasks.values()].map(({ task, desired }) =>
              desired === 'stop' ? { task, phase: 'stopped' as const, health: 'unknown' as const } : { task },
            ),
          )
        await bench.clock.pass(chance.between(0, 3000))
        if (chance.fraction() < 0.5) {
          const reply = await node.heartbeat()
          if (reply?.['assignments']) take(reply['assignments'] as AssignmentSet)
        }
      }
      isLossy = false
      await bench.clock.pass(6000)
      for (let beat = 0; beat < 2; beat += 1) {
        const reply = await node.heartbeat()
        if (reply?.['assignments']) take(reply['assignments'] as AssignmentSet)
        await bench.settle()
      }
      const wanted = assignmentsFor(led.state, 'n1').map(({ task, desired }) => [task, desired])
      const held = [...holdings.tasks.values()].map(({ task, desired }) => [task, desired])
      expect([seed, held.toSorted()]).toEqual([seed, wanted.toSorted()])
    }
  }, 60_000)
})

describe('a report', () => {
  test('is recorded with the time of the leader, and answered once it is in the log', async () => {
    const { bench, led, node } = await withNode()
    await bench.apply(api())
    await bench.settle()
    const task = node.sets[0]?.set[0]?.task ?? ''
    expect(await node.report([{ task, ip: '10.0.0.2' }])).toEqual({
      ok: true,
      term: led.term,
      assignments: null,
    })
    expect(bench.folded().tasks.get(task)?.status).toMatchObject({
      phase: 'running',
      health: 'healthy',
      ip: '10.0.0.2',
    })
  })

  test('speaks for the tasks of its own node only', async () => {
    const { bench, led, node } = await withNode()
    const other = bench.node('n2')
    await other.hello()
    await bench.apply(api())
    await bench.settle()
    const [task] = [...led.state.tasks.values()]
    const liar = task?.node === 'n1' ? other : node
    expect(await liar.report([{ task: task?.id ?? '' }])).toMatchObject({ ok: true })
    expect(led.state.tasks.get(task?.id ?? '')?.status.phase).toBe('assigned')
  })

  test('that arrives after a later one is left out', async () => {
    const { bench, led, node } = await withNode()
    await bench.apply(api())
    await bench.settle()
    const [task = ''] = [...led.state.tasks.keys()]
    await node.report([{ task, phase: 'backoff', health: 'unknown', restarts: 1 }], { number: 2 })
    expect(await node.report([{ task }], { number: 1 })).toMatchObject({ ok: true })
    expect(led.state.tasks.get(task)?.status.phase).toBe('backoff')
    expect(await node.report([{ task, restarts: 1 }], { number: 3 })).toMatchObject({ ok: true })
    expect(led.state.tasks.get(task)?.status.phase).toBe('running')
    // A new session counts anew.
    await node.hello({ boot: 'boot-2' })
    await node.report([{ task, phase: 'backoff', health: 'unknown', restarts: 2 }], { number: 1 })
    expect(led.state.tasks.get(task)?.status.phase).toBe('backoff')
  })

  test.each([
    ['of an older term', { term: 0 }, 'no such session'],
    ['of another session', { session: 'x' }, 'no such session'],
    ['that is none', { tasks: 'x' }, 'not a report'],
  ])('%s is refused', async (_, over, reason) => {
    const { node } = await withNode()
    expect(await node.report([], over)).toEqual(refused(reason))
  })

  test('that is no JSON is refused', async () => {
    const { bench, node } = await withNode()
    let answer: Uint8Array | null = null
    void node.bus
      .request(subjects.node('n1', 'report'), Uint8Array.from([1]), { timeoutMs: 1000 })
      .then((bytes) => (answer = bytes))
    await bench.settle()
    expect(answer).toEqual(encodeJson({ ok: false, term: 1, reason: 'not a report' }))
  })
})

describe('silence', () => {
  test('makes a node suspect after 6 s and lost after 10 s', async () => {
    const { bench, led } = await withNode()
    await bench.clock.pass(5900)
    expect(statusOf(led)).toBe('ready')
    await bench.clock.pass(200)
    expect(statusOf(led)).toBe('suspect')
    await bench.clock.pass(3700)
    expect(statusOf(led)).toBe('suspect')
    await bench.clock.pass(400)
    expect(statusOf(led)).toBe('lost')
    expect(bench.folded().nodes.get('n1')?.status).toBe('lost')
  })

  test.each(['heartbeat', 'report'] as const)('ends with a %s', async (message) => {
    const { bench, led, node } = await withNode()
    await bench.clock.pass(7000)
    expect(statusOf(led)).toBe('suspect')
    await (message === 'heartbeat' ? node.heartbeat() : node.report([]))
    await bench.settle()
    expect(statusOf(led)).toBe('ready')
    await bench.clock.pass(5900)
    expect(statusOf(led)).toBe('ready')
  })

  test('of several nodes is counted for each', async () => {
    const { bench, led } = await withNode()
    await bench.clock.pass(3000)
    await bench.node('n2').hello()
    await bench.clock.pass(3100)
    expect([statusOf(led, 'n1'), statusOf(led, 'n2')]).toEqual(['suspect', 'ready'])
    // The first is to be looked at again only after the second has become suspect.
    await bench.clock.pass(3000)
    expect([statusOf(led, 'n1'), statusOf(led, 'n2')]).toEqual(['suspect', 'suspect'])
    await bench.clock.pass(1000)
    expect([statusOf(led, 'n1'), statusOf(led, 'n2')]).toEqual(['lost', 'suspect'])
  })

  test('begins anew with a new leader, who has heard nobody yet', async () => {
    const { bench, led } = await withNode()
    await bench.clock.pass(5000)
    bench.stop.abort()
    await led.done
    const next = new Bench()
    await next.copy.append(bench.store.records)
    for (const { bytes } of bench.store.records) next.store.put(bytes)
    const again = await next.lead()
    await next.clock.pass(5900)
    expect(statusOf(again)).toBe('ready')
    await next.clock.pass(200)
    expect(statusOf(again)).toBe('suspect')
  })

  test('is not held against a node that is heard while it is being decided', async () => {
    const { bench, led, node } = await withNode()
    await bench.clock.pass(5990)
    let open: () => void = () => undefined
    bench.store.gate = new Promise((resolve) => (open = resolve))
    bench.ask('secretSet', { stack: 'a', name: 'x', value: 'AAAA' })
    await bench.clock.pass(100)
    const heard = node.heartbeat()
    bench.store.gate = null
    open()
    await heard
    await bench.settle()
    expect(statusOf(led)).toBe('ready')
  })
})

test('secrets come sealed to the node, in their newest version, with the tasks that use them', async () => {
  const { bench, node } = await withNode()
  const value = Buffer.from('hunter2').toString('base64')
  await bench.answer('secretSet', { stack: 'shop', name: 'token', value: 'AAAA' })
  await bench.answer('secretSet', { stack: 'shop', name: 'token', value })
  await bench.apply(
    documentOf({
      services: {
        api: serviceOf({ template: templateOf({ secretFiles: ['token'] }) }),
        web: serviceOf(),
      },
      secrets: { token: {} },
    }),
  )
  await bench.settle()
  const sets = node.sets.flatMap(({ set }) => set)
  expect(sets.find(({ name }) => name === 'api')?.secrets).toEqual([
    { name: 'token', version: 2, sealed: `key-of-n1|${value}` },
  ])
  expect(sets.find(({ name }) => name === 'web')?.secrets).toEqual([])
})

test('a secret that is set goes at once to the tasks that use it, and only to them', async () => {
  const { bench, node } = await withNode()
  for (const name of ['token', 'other'])
    await bench.answer('secretSet', { stack: 'shop', name, value: 'AAAA' })
  await bench.apply(
    documentOf({
      services: {
        api: serviceOf({ template: templateOf({ secretFiles: ['token'] }) }),
        web: serviceOf({ template: templateOf({ secretFiles: ['other'] }) }),
      },
      jobs: { seed: jobOf({ template: templateOf({ secretFiles: ['token'] }) }) },
      secrets: { token: {}, other: {} },
    }),
  )
  await bench.settle()
  const seed = node.sets.flatMap(({ set }) => set).find(({ name }) => name === 'seed')?.task ?? ''
  await node.report([{ task: seed, phase: 'complete', health: 'unknown', exitCode: 0 }])
  await bench.settle()
  const told = node.sets.length
  await bench.answer('secretSet', { stack: 'shop', name: 'token', value: 'BBBB' })
  await bench.settle()
  expect(node.sets.slice(told).flatMap(({ set }) => set)).toMatchObject([
    { name: 'api', secrets: [{ name: 'token', version: 2, sealed: 'key-of-n1|BBBB' }] },
  ])
})

describe('a volume that is to be deleted', () => {
  const data = { '/data': { volume: 'data', readOnly: false } }
  const document = documentOf({
    services: {
      db: serviceOf({
        template: templateOf({ mounts: data }),
        rollout: rolloutOf({ order: 'stop-first', minHealthyMs: 0 }),
        onLost: 'fence',
      }),
    },
    volumes: { data: volumeOf({ reclaim: 'delete' }) },
  })

  async function destroyed() {
    const made = await withNode()
    const { bench, node } = made
    await bench.apply(document)
    await bench.settle()
    const task = node.sets[0]?.set[0]?.task ?? ''
    await node.report([{ task }])
    await bench.answer('destroy', { stack: 'shop', baseVersion: 1, deleteVolumes: ['data'] })
    await bench.settle()
    return { ...made, task }
  }

  test('is named to its node once the task is gone, and until the node says that it is', async () => {
    const { bench, led, node, task } = await destroyed()
    expect(node.sets.at(-1)).toMatchObject({ deleteVolumes: [], set: [{ desired: 'stop' }] })
    await node.report([{ task, phase: 'stopped', health: 'unknown' }])
    await bench.settle()
    expect(node.sets.at(-1)).toMatchObject({ deleteVolumes: ['shop/volume:data'], remove: [task] })
    const told = node.sets.length
    await bench.answer('secretSet', { stack: 'other', name: 'x', value: 'AAAA' })
    await bench.settle()
    expect(node.sets).toHaveLength(told)
    await node.report([], { deletedVolumes: ['shop/volume:data'] })
    await bench.settle()
    expect(led.state.volumes.size + led.state.stacks.size).toBe(0)
  })

  test('is named once a rollout has shown that nothing needs it any more', async () => {
    const { bench, led, node } = await withNode()
    await bench.apply(document)
    await bench.settle()
    const first = node.sets[0]?.set[0]?.task ?? ''
    await node.report([{ task: first }])
    const without = documentOf({
      services: { db: serviceOf({ rollout: rolloutOf({ order: 'stop-first', minHealthyMs: 2000 }) }) },
    })
    const wish = { document: without, sources: emptySources, planId: 'plan-0002', baseVersion: 1 }
    expect(await bench.answer('apply', { ...wish, deleteVolumes: ['data'] })).toMatchObject({ ok: true })
    await bench.settle()
    await node.report([{ task: first, phase: 'stopped', health: 'unknown' }])
    await bench.settle()
    const second = [...led.state.tasks.keys()].find((id) => id !== first) ?? ''
    await node.report([{ task: second }])
    await bench.clock.pass(1500)
    expect(node.sets.flatMap((set) => set.deleteVolumes)).toEqual([])
    await bench.clock.pass(1000)
    expect(led.state.services.get('shop/db')?.rollout.status).toBe('done')
    expect(node.sets.at(-1)?.deleteVolumes).toEqual(['shop/volume:data'])
  })
})

test('a job that has ended is told as over, so that it never runs again', async () => {
  const { bench, node } = await withNode()
  await bench.apply(documentOf({ jobs: { seed: jobOf() } }))
  await bench.settle()
  await node.report([
    { task: node.sets[0]?.set[0]?.task ?? '', phase: 'complete', health: 'unknown', exitCode: 0 },
  ])
  const again = await node.hello({ boot: 'boot-2', version: 0 })
  expect(again.set).toMatchObject([{ kind: 'job', desired: 'run', over: true }])
})
