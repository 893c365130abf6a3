// Telling the NATS servers what changed while they run: whom an account believes no more, and by how many of them the log
// is kept. Invariant: each is done by a user of its own that lives for a minute and may do nothing else; no process of
// gantry has these rights otherwise. Who is revoked, and how many servers there are, is decided elsewhere.

import { connect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import { createUser } from '@nats-io/nkeys'
import { z } from 'zod'
import type { AuthorityKeys, Duration } from '../../model/index.ts'
import { systemClock } from '../host/index.ts'
import { accountJwt, systemUserJwt, userJwt } from './claims.ts'
import type { Revocations } from './claims.ts'
import { proofOf } from './connection.ts'
import { inboxOf, logStream } from './identity.ts'
import type { Identity } from './identity.ts'

const lifeMs: Duration = 60_000
const answerWithinMs: Duration = 5000
const steward: Identity = { role: 'steward' }

const claimsReply = z.looseObject({
  data: z.looseObject({ code: z.int() }).optional(),
  error: z.looseObject({ description: z.string() }).optional(),
})

const streamReply = z.looseObject({
  config: z.looseObject({ num_replicas: z.int() }).optional(),
  error: z.looseObject({ description: z.string().optional() }).optional(),
})

/**
 * Resolves when the account's new JWT is in force: connections of those who were revoked are closed. All NATS servers
 * hear it; those that are cut off now take it from the others when they are back. Throws when none answers.
 */
export async function publishAccount(
  servers: readonly string[],
  keys: AuthorityKeys,
  revoked: Revocations,
): Promise<void> {
  const jwt = await accountJwt(keys, revoked)
  const sign = (publicKey: string) => systemUserJwt(keys, publicKey, systemClock.now() + lifeMs)
  await withConnection(servers, keys, sign, '_INBOX', async (connection) => {
    const options = { timeout: answerWithinMs }
    const message = await connection.request('$SYS.REQ.CLAIMS.UPDATE', jwt, options)
    const reply = claimsReply.parse(message.json())
    if (reply.data?.code !== 200)
      throw new Error(
        `the NATS server does not take the account: ${reply.error?.description ?? 'it says nothing'}`,
      )
  })
}

/** Has the log kept by this many NATS servers; false when it is already, or is not there yet. */
export async function setReplicas(
  servers: readonly string[],
  keys: AuthorityKeys,
  replicas: number,
): Promise<boolean> {
  const sign = (publicKey: string) => userJwt(keys, steward, publicKey, systemClock.now() + lifeMs)
  return withConnection(servers, keys, sign, inboxOf(steward), async (connection) => {
    const ask = async (verb: 'INFO' | 'UPDATE', body: string) => {
      const options = { timeout: answerWithinMs }
      const answer = await connection.request(`$JS.API.STREAM.${verb}.${logStream}`, body, options)
      return streamReply.parse(answer.json())
    }
    const { config } = await ask('INFO', '')
    if (!config || config.num_replicas === replicas) return false
    const { error } = await ask('UPDATE', JSON.stringify({ ...config, num_replicas: replicas }))
    if (error)
      throw new Error(
        `the log cannot have ${replicas} replicas: ${error.description ?? 'no reason is given'}`,
      )
    return true
  })
}

async function withConnection<Result>(
  servers: readonly string[],
  keys: AuthorityKeys,
  sign: (publicKey: string) => Promise<string>,
  inboxPrefix: string,
  act: (connection: NatsConnection) => Promise<Result>,
): Promise<Result> {
  const user = createUser()
  const seed = new TextDecoder().decode(user.getSeed())
  const credentials = { seed, jwt: await sign(user.getPublicKey()), ca: keys.ca.certificate }
  const connection = await connect({
    servers: [...servers],
    ...proofOf(credentials),
    name: 'gantry steward',
    inboxPrefix,
    timeout: answerWithinMs,
    reconnect: false,
    noAsyncTraces: true,
  })
  try {
    return await act(connection)
  } finally {
    await connection.close()
  }
}
