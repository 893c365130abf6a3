// What the NATS servers are told while they run, against the real one: revocation under a live connection, a new signing
// key, and no other right of those who tell them.
import { createUser } from '@nats-io/nkeys'
import { connect } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { messageOf, subjects } from '../../model/index.ts'
import { withNewSigningKey } from '../keys/index.ts'
import { waitFor } from '../host/index.ts'
import { startNats } from '../../../test/support/nats.ts'
import type { TestNats } from '../../../test/support/nats.ts'
import { publishAccount, setReplicas, systemUserJwt, userJwt } from './index.ts'
import type { Identity } from './index.ts'
import { proofOf } from './connection.ts'
import { inboxOf } from './identity.ts'

let nats: TestNats

beforeEach(async () => {
  nats = await startNats()
})
afterEach(() => nats.stop())

async function open(identity: Identity, authority = nats.authority, expiresAt: number | null = null) {
  const user = createUser()
  const seed = new TextDecoder().decode(user.getSeed())
  const jwt = await userJwt(authority, identity, user.getPublicKey(), expiresAt)
  const options = { ...proofOf({ seed, jwt, ca: authority.ca.certificate }), inboxPrefix: inboxOf(identity) }
  const dial = () => connect({ servers: nats.url, ...options, reconnect: false })
  return { publicKey: user.getPublicKey(), connection: await dial(), dial }
}

test('who is revoked is put out within a second, and does not come back; others stay', async () => {
  const bad = await open({ role: 'node', id: 'n1' })
  const good = await open({ role: 'node', id: 'n2' })
  const began = Date.now()
  await publishAccount([nats.url], nats.authority, new Map([[bad.publicKey, Date.now()]]))
  await bad.connection.closed()
  expect(Date.now() - began).toBeLessThan(1000)
  await expect(bad.dial()).rejects.toThrow(/Authorization/)
  await good.connection.flush()
  await good.connection.close()
  await nats.kill()
  await nats.restart()
  await expect(bad.dial()).rejects.toThrow(/Authorization/)
  await (await good.dial()).close()
})

test('a new signing key is good at once, the one before goes on, and the one before that is out', async () => {
  const first = await open({ role: 'node', id: 'n1' })
  const second = withNewSigningKey(nats.authority)
  await expect(open({ role: 'node', id: 'n2' }, second)).rejects.toThrow(/Authorization/)
  await publishAccount([nats.url], second, new Map())
  await (await open({ role: 'node', id: 'n2' }, second)).connection.close()
  await first.connection.flush()
  await (await first.dial()).close()
  await publishAccount([nats.url], withNewSigningKey(second), new Map())
  await first.connection.closed()
  await expect(first.dial()).rejects.toThrow(/Authorization/)
})

test('what has expired is put out when it does', async () => {
  const { connection, dial } = await open(
    { role: 'joiner', token: 'abcdefgh' },
    nats.authority,
    Date.now() + 4000,
  )
  await connection.flush()
  await connection.closed()
  // NATS counts whole seconds: within that of its end it may still let somebody in, to put him out at once.
  const refusal = await waitFor(
    async () => {
      try {
        await (await dial()).close()
        return null
      } catch (error) {
        return messageOf(error)
      }
    },
    { timeoutMs: 5000, what: 'a refusal' },
  )
  expect(refusal).toMatch(/Authorization|Expired/)
})

test('a token lets its holder ask to join, and nothing else', async () => {
  const { connection } = await open({ role: 'joiner', token: 'abcdefgh' })
  const server = await nats.connect({ role: 'server' })
  const service = server.bus.serve(subjects.anyJoin, async () => Buffer.from('welcome'))
  await waitFor(
    () =>
      connection
        .request(subjects.join('abcdefgh'), '{}', { timeout: 500 })
        .then((answer) => answer.string() === 'welcome')
        .catch(() => false),
    { timeoutMs: 5000, what: 'an answer' },
  )
  const refused: string[] = []
  void (async () => {
    for await (const status of connection.status())
      if (status.type === 'error') refused.push(status.error.message)
  })()
  const tried = [
    ...[
      subjects.join('other234'),
      'gantry.log',
      subjects.api('admin', 'status'),
      subjects.node('n1', 'hello'),
    ],
    ...['$JS.API.STREAM.MSG.GET.GANTRY_LOG', '$SYS.REQ.CLAIMS.UPDATE'],
  ]
  for (const subject of tried) connection.publish(subject, '{}')
  for (const subject of ['gantry.>', 'gantry.inbox.>', '>'])
    connection.subscribe(subject, { callback: () => undefined })
  await waitFor(() => refused.length === tried.length + 3, { timeoutMs: 5000, what: 'the refusals' })
  service.close()
  await connection.close()
})

test('one who tells of accounts may not read what is in them', async () => {
  const user = createUser()
  const seed = new TextDecoder().decode(user.getSeed())
  const jwt = await systemUserJwt(nats.authority, user.getPublicKey(), Date.now() + 60_000)
  const connection = await connect({
    servers: nats.url,
    ...proofOf({ seed, jwt, ca: nats.authority.ca.certificate }),
    reconnect: false,
  })
  const refused: string[] = []
  void (async () => {
    for await (const status of connection.status())
      if (status.type === 'error') refused.push(status.error.message)
  })()
  connection.subscribe('gantry.>', { callback: () => undefined })
  connection.subscribe('$SYS.>', { callback: () => undefined })
  connection.publish('$SYS.REQ.SERVER.PING.CONNZ', '')
  connection.publish('gantry.log', '{}')
  await waitFor(() => refused.length === 4, { timeoutMs: 5000, what: 'the refusals' })
  await connection.close()
})

test('the replicas of the log are changed by who may change nothing else of it', async () => {
  expect(await setReplicas([nats.url], nats.authority, 1)).toBe(false)
  const log = (await nats.connect({ role: 'server' })).log()
  await log.append(Buffer.from('{}'), 0)
  expect(await setReplicas([nats.url], nats.authority, 1)).toBe(false)
  expect(await log.bounds()).toEqual({ first: 1, last: 1 })
  // The protection of the log is not the steward's to take away.
  const steward = await open({ role: 'steward' })
  const ask = async (verb: string, body: object = {}) => {
    const subject = `$JS.API.STREAM.${verb}.GANTRY_LOG`
    const answer = await steward.connection.request(subject, JSON.stringify(body), { timeout: 1000 })
    return answer.json<{ config?: object; error?: { description: string } }>()
  }
  const { config } = await ask('INFO')
  for (const change of [{ deny_delete: false }, { deny_purge: false }])
    expect((await ask('UPDATE', { ...config, ...change })).error?.description).toMatch(/can not cancel deny/)
  await steward.connection.close()
})
