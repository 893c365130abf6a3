// `gantry join`: makes this host a node of a cluster, by a token. Invariant: nothing is told to a host that does not show the
// CA which the token names; this host's keys are made here and stay here; and when the answer was lost, asking again with
// them gives the same answer.

import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import process from 'node:process'
import { writeFileAtomically } from '../../adapters/files/index.ts'
import { createNodeKeys } from '../../adapters/keys/index.ts'
import { connectNats, fetchCa } from '../../adapters/nats/index.ts'
import {
  BusError,
  decodeJson,
  encodeJson,
  exitCodes,
  Fault,
  joinAnswer,
  parseJoinToken,
  subjects,
} from '../../model/index.ts'
import type { ExitCode, JoinAnswer, JoinRequest, JoinToken } from '../../model/index.ts'
import { createLogger } from '../../adapters/host/index.ts'
import type { Command, Context } from '../context.ts'
import type { ClusterFile } from '../home.ts'
import { chooseEngine } from '../node/engine.ts'
import { nodeName, requireNoCluster, startHost } from '../node/host.ts'
import { keyFiles } from '../node/keys.ts'
import { requireIp } from './up.ts'

export interface JoinArgs {
  readonly token: string
  readonly as: string | undefined
  readonly name: string | undefined
  readonly docker: string | undefined
  readonly ownDocker: boolean
  readonly publishAddress: string | undefined
}

/** The cluster heard the request, and lets this host not in. */
class Refused extends Fault {}

type Admitted = Extract<JoinAnswer, { ok: true }>

const connectsWithinMs = 5000
const answerWithinMs = 5000
/** No leader for this long is no election any more. */
const patienceMs = 15_000

export const runJoin: Command<JoinArgs> = async (context, args) => {
  const { home, env, terminal, clock } = context
  requireNoCluster(context)
  const token = requireToken(args.token, clock.now())
  if ((args.as ?? 'agent') !== 'agent')
    throw new Fault({
      what: 'hosts join as agents only so far; more servers are not carried out yet',
      fix: 'join --as agent',
      exit: exitCodes.usage,
    })
  const name = nodeName(args.name, '--name')
  const isRoot = process.geteuid?.() === 0
  const docker = await chooseEngine({ socket: args.docker, own: args.ownDocker }, home, env, isRoot)
  const ca = await fetchCa(token.servers, token.fingerprint, context.signal)
  const isNew = !existsSync(home.root)
  await mkdir(home.nodeKeys, { recursive: true, mode: 0o700 })
  const keys = await createNodeKeys(home.nodeKeys)
  const { publicKey, sealKey } = keys
  const request: JoinRequest = { role: 'agent', name, publicKey, sealKey, server: null }
  const ask = () => askToJoin(context, token, ca, request)
  const admitted = await ask().catch(async (error: unknown) => {
    // Keys are kept for the next try only where this one may have been heard.
    if (isNew && error instanceof Refused) await rm(home.root, { recursive: true, force: true })
    throw error
  })
  const cluster: ClusterFile = {
    format: 2,
    servers: admitted.servers,
    nats: null,
    docker,
    node: { id: admitted.id, name },
    server: null,
    cluster: admitted.cluster,
    publishAddress: requireIp(args.publishAddress),
  }
  await startHost(context, {
    cluster,
    isKnown: false,
    prepare: async () => {
      await writeFileAtomically(keyFiles.jwt(home, 'node'), `${admitted.jwt}\n`)
      await writeFileAtomically(keyFiles.ca(home), admitted.ca)
      return cluster
    },
    look: async () => ((await ask()).status === 'ready' ? admitted.cluster : null),
  })
  terminal.out(`node ${name} is in cluster ${admitted.cluster.slice(0, 8)}, in ${home.root}`)
  return exitCodes.ok
}

function requireToken(text: string, now: number): JoinToken {
  const parsed = parseJoinToken(text)
  if (!parsed.ok)
    throw new Fault({
      what: 'this is not a join token',
      why: parsed.why,
      fix: 'copy it whole, as gantry token create printed it',
      exit: exitCodes.usage,
    })
  if (parsed.token.expiresAt <= now)
    throw new Fault({
      what: 'this token has expired',
      why: `it was good until ${new Date(parsed.token.expiresAt).toISOString()}`,
      fix: 'ask for a new one',
      exit: exitCodes.rights,
    })
  return parsed.token
}

async function askToJoin(
  { clock, signal }: Context,
  token: JoinToken,
  ca: string,
  request: JoinRequest,
): Promise<Admitted> {
  const nats = await connectNats({
    servers: token.servers,
    credentials: { seed: token.seed, jwt: token.jwt, ca },
    identity: { role: 'joiner', token: token.id },
    name: `gantry join ${request.name}`,
    logger: createLogger({ name: 'join', level: 'error' }),
    signal,
    firstWithinMs: connectsWithinMs,
  }).catch((error: unknown) => {
    if (error instanceof Fault && error.exit === exitCodes.rights)
      throw new Fault({
        what: 'the cluster does not take this token any more',
        why: 'it was revoked, or has expired',
        fix: 'ask for a new one',
        exit: exitCodes.rights,
      })
    throw error
  })
  const until = clock.monotonic() + patienceMs
  try {
    for (;;)
      try {
        const bytes = await nats.bus.request(subjects.join(token.id), encodeJson(request), {
          timeoutMs: answerWithinMs,
          signal,
        })
        return read(bytes)
      } catch (error) {
        if (!(error instanceof BusError)) throw error
        if (clock.monotonic() > until)
          throw new Fault({ what: 'no server of the cluster leads', why: error.message, fix: 'try again' })
        await clock.sleep(250, signal)
      }
  } finally {
    await nats.close()
  }
}

function read(bytes: Uint8Array): Admitted {
  const answer = joinAnswer.safeParse(decodeJson(bytes))
  if (!answer.success)
    throw new Fault({
      what: "the cluster's answer is not what this gantry expects",
      fix: 'use a gantry of the same version as the cluster',
    })
  if (answer.data.ok) return answer.data
  const { what, why, fix, exit } = answer.data
  const known: ExitCode = Object.values(exitCodes).find((each) => each === exit) ?? exitCodes.failed
  throw new Refused({
    what,
    ...(why === undefined ? {} : { why }),
    ...(fix === undefined ? {} : { fix }),
    exit: known,
  })
}
