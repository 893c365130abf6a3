// Tokens, hosts that join with them, and users, at a real leader.
import { beforeEach, describe, expect, test } from 'vitest'
import {
  decodeJson,
  encodeJson,
  exitCodes,
  joinAnswer,
  subjects,
  tokenCreateReply,
  tokenListReply,
  userCreateReply,
} from '../model/index.ts'
import type { JoinAnswer, JoinRequest, JoinToken } from '../model/index.ts'
import { Bench, userKey } from './testing.ts'

let bench: Bench

beforeEach(async () => {
  bench = new Bench()
  await bench.lead()
})

async function token(over: object = {}): Promise<JoinToken> {
  const reply = await bench.answer('tokenCreate', { role: 'agent', ttlMs: 60_000, uses: null, ...over })
  if (!reply.ok) throw new Error(reply.error.what)
  return tokenCreateReply.parse(reply.value).token
}

const agent = (name: string): JoinRequest => ({
  ...{ role: 'agent', name, publicKey: userKey(name), server: null },
  sealKey: userKey(name).replace('U', 'X'),
})

const server = (name: string): JoinRequest => ({
  ...agent(name),
  role: 'server',
  server: { publicKey: userKey(`${name}S`), address: `${name}:4222`, route: `${name}:6222` },
})

async function join(id: string, request: unknown): Promise<JoinAnswer> {
  const asked: { answer: JoinAnswer | undefined } = { answer: undefined }
  void bench.bus
    .connect()
    .request(subjects.join(id), encodeJson(request), { timeoutMs: 5000 })
    .then((bytes) => (asked.answer = joinAnswer.parse(decodeJson(bytes))))
  await bench.clock.passUntil(() => asked.answer !== undefined, 5000)
  if (!asked.answer) throw new Error('no answer')
  return asked.answer
}

describe('a token', () => {
  test('lets a host in, with a credential of its own, and the log says who and with what', async () => {
    const { id, servers, role } = await token()
    expect({ servers, role }).toEqual({ servers: ['10.0.0.1:4222'], role: 'agent' })
    const answer = await join(id, agent('n1'))
    if (!answer.ok) throw new Error(answer.what)
    expect(answer).toMatchObject({ server: null, sealed: null, ca: 'the CA', servers })
    expect(answer.jwt).toBe(`{"role":"node","id":"${answer.id}"} with ${userKey('n1')}`)
    expect(bench.folded().members.get(answer.id)).toMatchObject({ name: 'n1', token: id, revokedAt: null })
  })

  test('gives a host that asks again the same answer, and counts it once', async () => {
    const { id } = await token({ uses: 1 })
    const first = await join(id, agent('n1'))
    expect(await join(id, agent('n1'))).toEqual(first)
    expect(bench.folded().tokens.get(id)?.uses).toBe(0)
    expect(await join(id, agent('n2'))).toMatchObject({
      ok: false,
      why: 'it was used as often as it may be',
      exit: exitCodes.rights,
    })
    expect(await join(id, { ...agent('n1'), sealKey: agent('n3').sealKey })).toMatchObject({
      ok: false,
      what: 'this host is n1 already, as an agent',
    })
  })

  test('that was revoked, or has expired, lets nobody in', async () => {
    const [revoked, expired] = [await token(), await token({ ttlMs: 1000 })]
    await bench.answer('tokenRevoke', { id: revoked.id })
    expect(bench.revoked).toEqual([bench.folded().tokens.get(revoked.id)?.publicKey])
    await bench.settle(1000)
    expect(await join(revoked.id, agent('n1'))).toMatchObject({ ok: false, why: 'it was revoked' })
    expect(await join(expired.id, agent('n1'))).toMatchObject({ ok: false, why: 'it has expired' })
    expect(await join('abcdefgh', agent('n1'))).toMatchObject({ ok: false, exit: exitCodes.rights })
    expect(bench.folded().members.size).toBe(0)
  })

  test('for agents makes no server; one for servers gives all keys, sealed', async () => {
    const { id } = await token()
    expect(await join(id, server('s2'))).toMatchObject({ ok: false, what: 'this token is for agents' })
    const answer = await join((await token({ role: 'server' })).id, server('s2'))
    expect(answer).toMatchObject({ ok: true, sealed: `all keys for ${server('s2').sealKey}` })
    expect(answer).toMatchObject({ routes: ['10.0.0.1:6222', 's2:6222'] })
    // Before it runs, no majority may hang on it.
    expect([...bench.folded().servers.keys()]).toEqual(['s1'])
  })

  test.each([
    ['no request', {}, 'the request to join is not what this server expects'],
    ['a name that is none', agent('N 1'), '"N 1" cannot be the name of a node'],
  ])('does not let in %s', async (_, request, what) => {
    expect(await join((await token()).id, request)).toMatchObject({ ok: false, what })
  })

  test('does not let in a second host of the same name', async () => {
    const { id } = await token()
    await join(id, agent('n1'))
    expect(await join(id, { ...agent('n1'), publicKey: userKey('n2') })).toMatchObject({
      what: 'there is a node n1 already',
    })
  })

  test('is listed without its secret half, which the log does not hold either', async () => {
    const { id, seed } = await token({ uses: 3 })
    const reply = await bench.answer('tokenList', {})
    expect(tokenListReply.parse(reply.ok ? reply.value : null)).toMatchObject([
      { id, uses: 3, role: 'agent' },
    ])
    expect(JSON.stringify(reply)).not.toContain(seed)
    expect(Buffer.concat(bench.store.records.map(({ bytes }) => bytes)).includes(seed)).toBe(false)
  })

  test('that would live for a year is refused', async () => {
    const reply = await bench.answer('tokenCreate', { role: 'agent', ttlMs: 365 * 24 * 3600_000, uses: null })
    expect(reply).toMatchObject({ ok: false, error: { exit: exitCodes.usage } })
  })
})

describe('a user', () => {
  const wish = { name: 'ci', role: 'deployer', stacks: ['shop'], publicKey: userKey('ci'), ttlMs: null }

  test('is made for a key that nobody but its owner knows', async () => {
    const reply = await bench.answer('userCreate', wish)
    expect(userCreateReply.parse(reply.ok ? reply.value : null)).toEqual({
      jwt: `{"role":"caller","name":"ci"} with ${userKey('ci')}`,
      ca: 'the CA',
      servers: ['10.0.0.1:4222'],
    })
    expect(bench.folded().users.get('ci')).toMatchObject({ role: 'deployer', createdBy: 'admin' })
    expect(await bench.answer('userCreate', wish)).toMatchObject({
      error: { what: 'there is a user ci already' },
    })
  })

  test('that is revoked is believed no more, and its key never comes back', async () => {
    await bench.answer('userCreate', wish)
    expect(await bench.answer('userRevoke', { name: 'ci' })).toMatchObject({ ok: true })
    expect(bench.revoked).toEqual([userKey('ci')])
    expect(await bench.answer('status', {}, 'ci')).toMatchObject({
      error: { what: 'the user ci was revoked' },
    })
    expect(await bench.answer('userCreate', wish)).toMatchObject({ ok: false })
    expect(await bench.answer('userCreate', { ...wish, publicKey: userKey('ci2') })).toMatchObject({
      ok: true,
    })
  })

  test('who is the only admin cannot be revoked', async () => {
    expect(await bench.answer('userRevoke', { name: 'admin' })).toMatchObject({
      error: { what: 'admin is the only admin' },
    })
  })

  test('is not said to be revoked while NATS has not been told, which it is as soon as it can be', async () => {
    await bench.answer('userCreate', wish)
    bench.failTelling = true
    expect(await bench.answer('userRevoke', { name: 'ci' })).toMatchObject({
      ok: false,
      error: { what: 'it is revoked, but the NATS servers could not be told yet (no answer)' },
    })
    expect(bench.revoked).toEqual([])
    bench.failTelling = false
    await bench.settle(5000)
    expect(bench.revoked).toEqual([userKey('ci')])
  })
})
