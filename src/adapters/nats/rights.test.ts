// What each identity may not do, against the real nats-server: a node that was broken into, a caller who would be another.
import { setImmediate as turn } from 'node:timers/promises'
import { connect, errors } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Fault, subjects } from '../../model/index.ts'
import { createAuthority, createUserKeys } from '../keys/index.ts'
import { recordLines, startNats } from '../../../test/support/nats.ts'
import type { LineLogger, TestNats } from '../../../test/support/nats.ts'
import { waitFor } from '../host/index.ts'
import { userJwt } from './claims.ts'
import { proofOf } from './connection.ts'
import { inboxOf, mayAnswerTo } from './identity.ts'
import type { Identity } from './identity.ts'
import { connectNats } from './index.ts'
import type { Nats } from './index.ts'

let nats: TestNats
let server: Nats
const serverLog: LineLogger = recordLines()
const record = new TextEncoder().encode('{}')

beforeAll(async () => {
  nats = await startNats()
  server = await nats.connect({ role: 'server' }, serverLog)
  expect(await server.log().append(record, 0)).toEqual({ ok: true, seq: 1 })
})
afterAll(() => nats.stop())

/** A client that keeps to none of gantry's rules. */
async function attack<Result>(
  identity: Identity,
  act: (connection: NatsConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await connect({
    servers: nats.url,
    ...proofOf(nats.credentials(identity)),
    inboxPrefix: inboxOf(identity),
    reconnect: false,
  })
  try {
    return await act(connection)
  } finally {
    await connection.close()
  }
}

/** What the server says to a publish: the refusal, or null when it took it. */
async function publish(connection: NatsConnection, subject: string, reply?: string): Promise<string | null> {
  return refusal(connection, () => connection.publish(subject, '{}', reply === undefined ? {} : { reply }))
}

async function subscribe(connection: NatsConnection, subject: string): Promise<string | null> {
  return refusal(connection, () => void connection.subscribe(subject, { callback: () => undefined }))
}

async function refusal(connection: NatsConnection, act: () => void): Promise<string | null> {
  const found: string[] = []
  const statuses = connection.status()
  void (async () => {
    for await (const status of statuses)
      if (status.type === 'error' && status.error instanceof errors.PermissionViolationError)
        found.push(`${status.error.operation} ${status.error.subject}`)
  })()
  act()
  await connection.flush() // the server says no before it answers this
  await turn()
  return found[0] ?? null
}

describe('an agent', () => {
  const node: Identity = { role: 'node', id: 'n1' }

  test.each([
    'gantry.log',
    subjects.leaderAlive,
    subjects.node('n1', 'assign'),
    subjects.node('n2', 'hello'),
    subjects.node('n2', 'report'),
    subjects.api('admin', 'apply'),
    subjects.stream('n2', 'abcdefgh'),
    'gantry.inbox.server.abc.1',
    '$JS.API.STREAM.CREATE.EVIL',
    '$JS.API.STREAM.INFO.GANTRY_LOG',
    '$JS.API.STREAM.MSG.GET.GANTRY_LOG',
    '$JS.API.STREAM.DELETE.GANTRY_LOG',
    '$JS.API.DIRECT.GET.GANTRY_LOG',
    '$JS.API.CONSUMER.CREATE.GANTRY_LOG',
    '$JS.ACK.GANTRY_LOG.x.1.1.1.1.1',
  ])('may not publish on %s', async (subject) => {
    expect(await attack(node, (it) => publish(it, subject))).toBe(`publish ${subject}`)
  })

  test.each([
    '>',
    'gantry.>',
    'gantry.log',
    'gantry.node.*.assign',
    subjects.node('n2', 'assign'),
    subjects.anyApi,
    'gantry.inbox.>',
    'gantry.inbox.server.>',
    'gantry.inbox.node.n2.>',
    '_INBOX.>',
  ])('may not listen on %s', async (subject) => {
    expect(await attack(node, (it) => subscribe(it, subject))).toBe(`subscription ${subject}`)
  })

  test('may do what an agent does', async () => {
    await attack(node, async (it) => {
      for (const message of ['hello', 'heartbeat', 'report'] as const)
        expect(await publish(it, subjects.node('n1', message))).toBeNull()
      expect(await publish(it, subjects.stream('n1', 'abcdefgh'))).toBeNull()
      for (const message of ['assign', 'logs'] as const)
        expect(await subscribe(it, subjects.node('n1', message))).toBeNull()
      expect(await subscribe(it, 'gantry.inbox.node.n1.>')).toBeNull()
    })
  })

  test('cannot make a server write to the log by naming it as the place for an answer', async () => {
    const service = server.bus.serve(subjects.anyNode('hello'), async () => record)
    const tried = [
      'gantry.log',
      subjects.node('n2', 'assign'),
      'gantry.inbox.node.n2.x',
      'gantry.inbox.server.x',
    ]
    await attack(node, async (it) => {
      for (const reply of tried) expect(await publish(it, subjects.node('n1', 'hello'), reply)).toBeNull()
    })
    await waitFor(() => serverLog.lines.filter((line) => line.includes('not sent')).length === tried.length, {
      timeoutMs: 5000,
      what: 'the refused answers',
    })
    expect(await server.log().bounds()).toEqual({ first: 1, last: 1 })
    service.close()
  })

  test('may answer a request to it once, and where it was asked', async () => {
    await attack(node, async (it) => {
      let replied = ''
      it.subscribe(subjects.node('n1', 'assign'), {
        callback: (_, message) => {
          replied = message.reply ?? ''
          message.respond('taken')
        },
      })
      await it.flush()
      const answer = await server.bus.request(subjects.node('n1', 'assign'), record, { timeoutMs: 2000 })
      expect(new TextDecoder().decode(answer)).toBe('taken')
      expect(await publish(it, replied)).toBe(`publish ${replied}`)
    })
  })
})

describe('a caller', () => {
  const caller: Identity = { role: 'caller', name: 'other' }

  test.each([
    subjects.api('admin', 'apply'),
    subjects.api('admin', 'status'),
    'gantry.log',
    subjects.node('n1', 'assign'),
    subjects.node('n1', 'logs'),
    subjects.stream('n1', 'abcdefgh'),
    '$JS.API.STREAM.MSG.GET.GANTRY_LOG',
  ])('may not publish on %s', async (subject) => {
    expect(await attack(caller, (it) => publish(it, subject))).toBe(`publish ${subject}`)
  })

  test.each(['gantry.log', subjects.anyApi, subjects.anyNode('report'), 'gantry.inbox.caller.admin.>'])(
    'may not listen on %s',
    async (subject) => {
      expect(await attack(caller, (it) => subscribe(it, subject))).toBe(`subscription ${subject}`)
    },
  )

  test('is answered in its own name, and may read a log stream', async () => {
    const service = server.bus.serve(subjects.anyApi, async ({ subject }) =>
      new TextEncoder().encode(subject),
    )
    const other = await nats.connect(caller)
    const stream = other.bus.serve('gantry.stream.*.abcdefgh', async () => new TextEncoder().encode('more'))
    const answer = await other.bus.request(subjects.api('other', 'status'), record, { timeoutMs: 2000 })
    expect(new TextDecoder().decode(answer)).toBe('gantry.api.other.status')
    const agent = await nats.connect({ role: 'node', id: 'n1' })
    const taken = await agent.bus.request(subjects.stream('n1', 'abcdefgh'), record, { timeoutMs: 2000 })
    expect(new TextDecoder().decode(taken)).toBe('more')
    stream.close()
    service.close()
  })
})

describe('a server', () => {
  test.each(['DELETE', 'PURGE', 'UPDATE', 'MSG.DELETE'])('may not do %s to the log', async (verb) => {
    const subject = `$JS.API.STREAM.${verb}.GANTRY_LOG`
    expect(await attack({ role: 'server' }, (it) => publish(it, subject))).toBe(`publish ${subject}`)
  })
})

test('a stranger, with a key of his own or none, is refused', async () => {
  const { seed, publicKey } = await createUserKeys(`${nats.folder}/stranger.nk`)
  const { ca } = nats.authority
  // Signed as it should be, by an authority that is not this cluster's.
  const jwt = await userJwt(createAuthority(Date.now()), { role: 'server' }, publicKey, null)
  const asked = connectNats({
    servers: [nats.url],
    credentials: { seed, jwt, ca: ca.certificate },
    identity: { role: 'server' },
    name: 'stranger',
    logger: recordLines(),
    signal: new AbortController().signal,
  })
  const fault: unknown = await asked.catch((error: unknown) => error)
  expect(fault).toBeInstanceOf(Fault)
  expect(fault).toMatchObject({ exit: 6 })
  await expect(
    connect({
      servers: nats.url,
      reconnect: false,
      tls: { ...proofOf(nats.credentials({ role: 'server' })).tls },
    }),
  ).rejects.toThrow(/Authorization/)
})

test('nobody there within the time allowed is a fault that says what to do', async () => {
  const asked = connectNats({
    servers: ['127.0.0.1:1'],
    credentials: nats.credentials({ role: 'server' }),
    identity: { role: 'server' },
    name: 'test',
    logger: recordLines(),
    signal: new AbortController().signal,
    firstWithinMs: 100,
  })
  await expect(asked).rejects.toThrow(
    'cannot reach the cluster at 127.0.0.1:1: connection refused; start it with gantry up',
  )
})

test('an answer goes to the inbox of whoever may ask on the subject, and nowhere else', () => {
  expect(mayAnswerTo('gantry.inbox.node.n1.a.1', 'gantry.node.n1.report')).toBe(true)
  expect(mayAnswerTo('gantry.inbox.node.n11.a.1', 'gantry.node.n1.report')).toBe(false)
  expect(mayAnswerTo('gantry.inbox.server.a.1', 'gantry.node.n1.logs')).toBe(true)
  expect(mayAnswerTo('gantry.inbox.node.n1.a.1', 'gantry.node.n1.logs')).toBe(false)
  expect(mayAnswerTo('gantry.inbox.caller.bob.a.1', 'gantry.api.bob.apply')).toBe(true)
  expect(mayAnswerTo('gantry.inbox.node.n1.a.1', 'gantry.stream.n1.abcdefgh')).toBe(true)
  expect(mayAnswerTo('gantry.inbox.server.a.1', 'gantry.leader.alive')).toBe(false)
})
