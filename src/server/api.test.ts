import { describe, expect, test } from 'vitest'
import { decodeJson, encodeJson, secretListReply, stateFromSnapshot, subjects } from '../model/index.ts'
import type { ApiReply, StateSnapshot } from '../model/index.ts'
import { after, documentOf, nodeOf, serviceOf, templateOf, volumeOf } from '../model/testing.ts'
import { compareStack, hasWork } from '../control/index.ts'
import { Bench } from './testing.ts'

async function leading(): Promise<Bench> {
  const bench = new Bench()
  await bench.lead()
  await bench.node('n1').hello()
  return bench
}

const valueOf = (reply: ApiReply): unknown => (reply.ok ? reply.value : reply.error)
const token = documentOf({ secrets: { token: { generateBytes: 24 } } })

describe('a request that cannot be understood is refused with a sentence', () => {
  test.each([
    ['an operation it does not know', 'frobnicate', '{}', 'this server knows no operation frobnicate'],
    ['no JSON', 'status', '{', 'the request is not JSON'],
  ])('%s', async (_, operation, text, what) => {
    const bench = await leading()
    let reply: unknown = null
    void bench.bus
      .connect()
      .request(`gantry.api.admin.${operation}`, new TextEncoder().encode(text), { timeoutMs: 1000 })
      .then((bytes) => (reply = decodeJson(bytes)))
    await bench.settle()
    expect(reply).toMatchObject({ ok: false, error: { what, exit: 1 } })
  })

  test.each([
    ['a field too many', 'status', { extra: 1 }],
    [
      'a document that is none',
      'apply',
      { document: { format: 9 }, sources: {}, planId: 'x', baseVersion: 0 },
    ],
    ['nothing', 'destroy', null],
  ] as const)('%s', async (_, operation, body) => {
    const reply = await (await leading()).answer(operation, body)
    expect(valueOf(reply)).toMatchObject({
      what: expect.stringMatching(/^the request is not what this server expects/) as unknown,
      fix: 'use a gantry of the same version as the cluster',
    })
  })
})

describe('apply', () => {
  test('answers with the version and the place in the log, and writes down who asked', async () => {
    const bench = await leading()
    await bench.user('eve', 'operator')
    const reply = await bench.answer(
      'apply',
      {
        document: token,
        sources: { files: {}, spans: {}, defaults: {} },
        planId: 'plan-0001',
        baseVersion: 0,
      },
      'eve',
    )
    expect(valueOf(reply)).toEqual({ version: 1, seq: bench.store.records.length })
    const state = bench.folded()
    expect(state.stacks.get('shop')).toMatchObject({ appliedBy: 'eve', planId: 'plan-0001' })
    expect(state.secrets.get('shop/secret:token')?.versions).toMatchObject([{ version: 1, createdBy: 'eve' }])
  })

  test('of a stale plan has its own exit code', async () => {
    const bench = await leading()
    await bench.apply(token)
    expect(valueOf(await bench.apply(token, 7))).toMatchObject({ exit: 4, fix: 'make a new plan' })
    expect(valueOf(await bench.apply(token, 0))).toMatchObject({
      exit: 4,
      what: 'this plan has been applied to shop already',
    })
  })

  test('two at once from the same version: one is carried out', async () => {
    const bench = await leading()
    const asked = ['plan-aaaa', 'plan-bbbb'].map((planId) =>
      bench.ask('apply', {
        document: token,
        sources: { files: {}, spans: {}, defaults: {} },
        planId,
        baseVersion: 0,
      }),
    )
    await bench.settle()
    expect(asked.map(({ reply }) => reply?.ok).toSorted()).toEqual([false, true])
  })

  test('of what does not hold together is refused', async () => {
    const reply = await (
      await leading()
    ).apply(documentOf({ services: { api: serviceOf({ dependsOn: [after('api')] }) } }))
    expect(valueOf(reply)).toMatchObject({
      what: 'shop/api waits for shop/api: none would ever start',
      exit: 1,
    })
  })

  describe('that would delete data', () => {
    const withData = documentOf({
      services: {
        db: serviceOf({ template: templateOf({ mounts: { '/data': { volume: 'data', readOnly: true } } }) }),
      },
      volumes: { data: volumeOf({ reclaim: 'delete' }) },
    })
    const without = {
      document: documentOf(),
      sources: { files: {}, spans: {}, defaults: {} },
      baseVersion: 1,
    }

    test('needs the name of each volume', async () => {
      const bench = await leading()
      await bench.apply(withData)
      await bench.settle()
      const refused = await bench.answer('apply', { ...without, planId: 'plan-0002' })
      expect(valueOf(refused)).toMatchObject({
        exit: 5,
        what: 'this deletes the data of shop/volume:data',
        fix: 'say so with --delete-volume data, or keep the volume declared',
      })
      expect(bench.folded().volumes.get('shop/volume:data')?.deleting).toBe(false)
      const agreed = await bench.answer('apply', { ...without, planId: 'plan-0003', deleteVolumes: ['data'] })
      expect(agreed.ok).toBe(true)
      expect(bench.folded().volumes.get('shop/volume:data')?.deleting).toBe(true)
    })

    test('is no question while there is none', async () => {
      const bench = await leading()
      await bench.apply(documentOf({ volumes: { data: volumeOf({ reclaim: 'delete' }) } }))
      expect(await bench.answer('apply', { ...without, planId: 'plan-0002' })).toMatchObject({ ok: true })
    })
  })
})

describe('a snapshot', () => {
  test('gives the state to plan with, and nothing of a secret', async () => {
    const bench = await leading()
    const value = Buffer.from('hunter2').toString('base64')
    await bench.answer('secretSet', { stack: 'shop', name: 'token', value })
    await bench.apply(token)
    const reply = await bench.answer('snapshot', {})
    const text = JSON.stringify(valueOf(reply))
    expect(text).not.toContain(value)
    expect(JSON.stringify(bench.folded().secrets.get('shop/secret:token'))).toContain(value)
    const state = stateFromSnapshot(valueOf(reply) as StateSnapshot)
    expect(state.seq).toBe(bench.store.records.length)
    expect(hasWork(compareStack(token, state))).toBe(false)
    expect(state.nodes.get('n1')).toMatchObject({ id: 'n1', name: nodeOf('n1').name })
  })
})

describe('secrets', () => {
  test('are set, and listed without their values', async () => {
    const bench = await leading()
    await bench.user('eve', 'operator')
    await bench.apply(token)
    const set = await bench.answer(
      'secretSet',
      { stack: 'shop', name: 'token', value: 'aHVudGVyMg==' },
      'eve',
    )
    expect(valueOf(set)).toMatchObject({ version: 2 })
    await bench.answer('secretSet', { stack: 'other', name: 'key', value: 'AAAA' })
    const all = secretListReply.parse(valueOf(await bench.answer('secretList', {})))
    expect(
      all.map(({ address, declared, generated, versions }) => [
        address,
        declared,
        generated,
        versions.length,
      ]),
    ).toEqual([
      ['shop/secret:token', true, true, 2],
      ['other/secret:key', false, false, 1],
    ])
    expect(all[0]?.versions[1]).toMatchObject({ version: 2, createdBy: 'eve' })
    const some = secretListReply.parse(valueOf(await bench.answer('secretList', { stack: 'other' })))
    expect(some.map(({ address }) => address)).toEqual(['other/secret:key'])
  })

  test.each([
    [
      'a name that is none',
      { stack: 'Shop', name: 'x', value: 'AAAA' },
      'Shop/x is not the name of a secret',
    ],
    ['no value', { stack: 'shop', name: 'x', value: '' }, 'the value has 0 bytes'],
    [
      'a value that is too long',
      { stack: 'shop', name: 'x', value: Buffer.alloc(65_537).toString('base64') },
      'the value has 65537 bytes',
    ],
    ['what is not base64', { stack: 'shop', name: 'x', value: 'aHVudGV*yMg==' }, 'the value is not base64'],
    [
      'base64 that was cut off',
      { stack: 'shop', name: 'x', value: 'aHVudGVyMg=' },
      'the value is not base64',
    ],
    [
      'base64 with bits to spare',
      { stack: 'shop', name: 'x', value: 'aHVudGVyMh==' },
      'the value is not base64',
    ],
  ])('refuse %s', async (_, body, what) => {
    const bench = await leading()
    const before = bench.store.records.length
    expect(valueOf(await bench.answer('secretSet', body))).toMatchObject({ what, exit: 64 })
    expect(bench.store.records).toHaveLength(before)
  })
})

describe('logs', () => {
  const request = (task: string) => ({ task, stream: 'abcdefgh', follow: false, tail: 10 })

  test('are asked of the node that has the task', async () => {
    const bench = await leading()
    await bench.apply(documentOf({ services: { api: serviceOf() } }))
    await bench.settle()
    const [task = ''] = [...bench.folded().tasks.keys()]
    const got: unknown[] = []
    const agent = bench.bus.connect()
    agent.serve(subjects.node('n1', 'logs'), async ({ data }) => {
      got.push(decodeJson(data))
      return encodeJson({})
    })
    expect(valueOf(await bench.answer('logs', request(task)))).toEqual({ node: 'n1' })
    expect(got).toEqual([request(task)])
    agent.close()
    expect(valueOf(await bench.answer('logs', request(task)))).toMatchObject({
      what: 'nobody serves gantry.node.n1.logs',
      fix: 'try again',
    })
  })

  test('of a task that is nowhere are refused', async () => {
    expect(valueOf(await (await leading()).answer('logs', request('x')))).toMatchObject({
      what: 'there is no task x on any node',
    })
  })
})

test('destroy stops the stack, and says what is wrong otherwise', async () => {
  const bench = await leading()
  await bench.apply(token)
  const destroy = (over: object) =>
    bench.answer('destroy', { stack: 'shop', baseVersion: 1, deleteVolumes: [], ...over })
  expect(valueOf(await destroy({ stack: 'nope' }))).toMatchObject({ what: 'there is no stack nope' })
  expect(valueOf(await destroy({ baseVersion: 9 }))).toMatchObject({ exit: 4 })
  expect(valueOf(await destroy({}))).toMatchObject({ version: 2 })
  expect(bench.folded().stacks.size).toBe(0)
})
