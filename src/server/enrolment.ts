// Letting hosts and people in, and putting them out: the leader's part. Invariant: whoever is let in has its row before it
// has its credential, and whoever is revoked is told to be so only when NATS believes it no more. A leader that begins
// tells NATS again who was revoked, since the one before may have died in between. The decisions are in control/.

import {
  createToken,
  createUser,
  decideJoin,
  findNode,
  firstUser,
  revokedKeys,
  revokeMember,
  revokeToken,
  revokeUser,
} from '../control/index.ts'
import type { Decision, JoinDecision } from '../control/index.ts'
import {
  decodeJson,
  encodeJson,
  exitCodes,
  joinRequest,
  messageOf,
  subjects,
  tokenCreateRequest,
  tokenListRequest,
  tokenRevokeRequest,
  userCreateRequest,
  userListRequest,
  userRevokeRequest,
} from '../model/index.ts'
import type {
  ApiReply,
  BusSubscription,
  Change,
  ClusterState,
  Instant,
  JoinAnswer,
  JoinRequest,
  Member,
} from '../model/index.ts'
import type { Authority } from './authority.ts'
import type { Desk } from './desk.ts'
import { answer, decide, fault, orTryAgain, parsed } from './handler.ts'
import type { Caller, Handler } from './handler.ts'
import { hasEnded } from './ended.ts'
import { changeMembership } from './membership.ts'
import type { ServerOptions } from './ports.ts'

/** How often NATS is told again what it could not be told. */
const retryMs = 1000
/** So many servers keep the log at most, always an odd number: an even one survives no more failures. */
const replicasLimit = 5

/** Of the API; api.ts has the others. */
export const enrolmentHandlers = {
  tokenCreate: parsed(tokenCreateRequest, async (desk, caller, { role, ttlMs, uses }) =>
    withAuthority(desk, async (authority) => {
      if (authority.address === null) return fault(...aloneForEver)
      const { seed, publicKey } = authority.createUser()
      const id = desk.leadership.entropy.id()
      const wish = { id, role, publicKey, ttlMs, uses, by: caller.name }
      const now = desk.now()
      const reply = await decide(desk, caller, (state) => createToken(state, wish, now))
      if (!reply.ok) return reply
      const expiresAt = now + ttlMs
      const jwt = await authority.issue({ role: 'joiner', token: id }, publicKey, expiresAt)
      const servers = await desk.follow((state) => addressesOf(state, authority))
      const { fingerprint } = authority
      return { ok: true, value: { token: { id, role, servers, fingerprint, expiresAt, seed, jwt } } }
    }),
  ),

  tokenList: parsed(tokenListRequest, async (desk) => answer(desk, (state) => [...state.tokens.values()])),

  tokenRevoke: parsed(tokenRevokeRequest, async (desk, caller, { id }) =>
    revoking(
      desk,
      decide(desk, caller, (state) => revokeToken(state, id, desk.now())),
    ),
  ),

  userCreate: parsed(userCreateRequest, async (desk, caller, { ttlMs, ...wish }) =>
    withAuthority(desk, async (authority) => {
      const now = desk.now()
      const expiresAt = ttlMs === null ? null : now + ttlMs
      const reply = await decide(desk, caller, (state) =>
        createUser(state, { ...wish, expiresAt, by: caller.name }, now),
      )
      if (!reply.ok) return reply
      const jwt = await authority.issue({ role: 'caller', name: wish.name }, wish.publicKey, expiresAt)
      const servers = await desk.follow((state) => addressesOf(state, authority))
      return { ok: true, value: { jwt, ca: authority.ca, servers } }
    }),
  ),

  userList: parsed(userListRequest, async (desk) => answer(desk, (state) => [...state.users.values()])),

  userRevoke: parsed(userRevokeRequest, async (desk, caller, { name }) =>
    revoking(
      desk,
      decide(desk, caller, (state) => revokeUser(state, name, desk.now())),
    ),
  ),
} satisfies Readonly<Record<string, Handler>>

const aloneForEver = [
  'this cluster is for its own host alone',
  'hosts join a cluster that was made with gantry cluster init',
] as const

/** As `make` decides; and the node's keys are good for nothing from then on. */
export function forgetMember(
  desk: Desk,
  caller: Caller,
  wanted: string,
  make: (state: ClusterState) => Decision,
): Promise<ApiReply> {
  const done = decide(desk, caller, (state) => {
    const decision = make(state)
    const node = findNode(state, wanted)
    if (!decision.ok || !node) return decision
    return { ...decision, changes: [...decision.changes, ...revokeMember(state, node.id, desk.now())] }
  })
  return revoking(desk, done)
}

/** The rows of those whom nobody let in. */
export function recordFounding({ founding }: Pick<ServerOptions, 'founding'>, now: Instant): Change[] {
  const admin = firstUser('admin', founding?.adminKey ?? null, now)
  if (!founding) return [admin]
  const value: Member = { ...founding.member, token: null, joinedAt: now, revokedAt: null }
  return [admin, { table: 'members', key: value.id, value }]
}

export function serveEnrolment(desk: Desk): BusSubscription[] {
  const { authority, bus, logger } = desk.leadership
  if (!authority) return []
  void tend(desk, authority) // it ends with the leadership, and reports its own failures
  return [
    bus.serve(subjects.anyJoin, async ({ subject, data }) => {
      const token = subject.split('.')[2] ?? ''
      const request = joinRequest.safeParse(decodeJson(data))
      if (!request.success)
        return encodeJson(
          refusal(
            'the request to join is not what this server expects',
            'use a gantry of the version of the cluster',
          ),
        )
      const reply = await admit(desk, authority, token, request.data)
      if (!reply.ok) logger.info({ token, name: request.data.name, reason: reply.what }, 'let nobody in')
      return encodeJson(reply)
    }),
    bus.serve(subjects.anyServerReady, async ({ subject }) =>
      encodeJson(await countServer(desk, subject.split('.')[2] ?? '')),
    ),
  ]
}

async function admit(
  desk: Desk,
  authority: Authority,
  token: string,
  request: JoinRequest,
): Promise<JoinAnswer> {
  const { entropy } = desk.leadership
  const ids = { node: entropy.id(), server: entropy.id() }
  const decision = await decideAdmission(desk, (state) =>
    decideJoin(state, { token, request, ids }, desk.now()),
  )
  if (!decision.ok) {
    const { what, why, fix, exit } = decision
    return { ok: false, what, ...(why === undefined ? {} : { why }), fix, exit }
  }
  const { id, publicKey, sealKey, server } = decision.member
  const known = await desk.follow((state) => ({
    cluster: state.cluster?.id ?? '',
    servers: addressesOf(state, authority),
    routes: routesOf(state, authority),
    revoked: revokedKeys(state),
    status: state.nodes.get(id)?.status ?? null,
  }))
  const { revoked, ...rest } = known
  return {
    ok: true,
    id,
    server: server?.id ?? null,
    ...rest,
    ca: authority.ca,
    jwt: await authority.issue({ role: 'node', id }, publicKey, null),
    sealed: server ? await authority.shareWith(sealKey, revoked) : null,
  }
}

function decideAdmission(desk: Desk, make: (state: ClusterState) => JoinDecision): Promise<JoinDecision> {
  return new Promise((resolve) => {
    let decision: JoinDecision | null = null
    desk.submit({
      decide: (state) => {
        decision = make(state)
        if (!decision.ok || decision.changes.length === 0) return null
        return {
          cause: { by: `token ${decision.member.token ?? ''}`, what: decision.what },
          changes: decision.changes,
        }
      },
      done: () => undefined,
      acknowledged: () => {
        if (decision) resolve(decision)
      },
      refused: (what) => resolve({ ok: false, what, fix: 'try again', exit: exitCodes.failed }),
    })
  })
}

/** A server that runs and holds the keys counts from now on: majorities are taken of it too. */
async function countServer(desk: Desk, id: string): Promise<{ ok: boolean; what?: string }> {
  const found = await orTryAgain(
    desk.look((state) => {
      const member = [...state.members.values()].find(
        ({ server, revokedAt }) => server?.id === id && revokedAt === null,
      )
      return { member, isCounted: state.servers.has(id) }
    }),
  )
  if ('ok' in found) return { ok: false, what: 'this server does not lead any more' }
  const { member, isCounted } = found
  if (isCounted) return { ok: true }
  if (!member?.server) return { ok: false, what: `no server ${id} was let in` }
  const { address } = member.server
  const reply = await changeMembership(desk, { add: { id, name: member.name, address } }, 'leader')
  return reply.ok ? { ok: true } : { ok: false, what: reply.what }
}

/**
 * What has to be done outside as long as this server leads: NATS is told who was revoked, and has the log kept by as many of
 * its servers as there are. Done when the leadership begins, since the one before may have died over it, and after changes.
 */
async function tend(desk: Desk, authority: Authority): Promise<void> {
  const { clock, logger, signal } = desk.leadership
  const done = { revoked: 'nobody was told', replicas: 0 }
  while (!signal.aborted)
    try {
      const revoked = await desk.look(revokedKeys)
      const keys = [...revoked.keys()].join()
      if (keys !== done.revoked) await authority.revoke(revoked)
      done.revoked = keys
      const wanted = await desk.look(({ servers }) => replicasFor(servers.size))
      if (wanted !== done.replicas) await authority.replicate(wanted)
      done.replicas = wanted
      const seq = await desk.look((state) => state.seq)
      await desk.changed(seq, 60_000)
      await clock.sleep(retryMs, signal)
    } catch (error) {
      if (hasEnded(signal)) return
      logger.warn({ reason: messageOf(error) }, 'the NATS servers could not be told; trying again')
      await clock.sleep(retryMs, signal).catch(() => undefined) // the leadership is over
    }
}

function replicasFor(servers: number): number {
  return Math.max(1, Math.min(replicasLimit, servers - (servers % 2 === 0 ? 1 : 0)))
}

/** `done`, once NATS has been told. What is in the log is told again by whoever leads next, so that it comes true. */
async function revoking(desk: Desk, done: Promise<ApiReply>): Promise<ApiReply> {
  const reply = await done
  const { authority } = desk.leadership
  if (!reply.ok || !authority) return reply
  try {
    await authority.revoke(await desk.look(revokedKeys))
    return reply
  } catch (error) {
    return fault(
      `it is revoked, but the NATS servers could not be told yet (${messageOf(error)})`,
      'they are told as soon as they can be reached; until then an open connection stays open',
    )
  }
}

async function withAuthority(
  desk: Desk,
  act: (authority: Authority) => Promise<ApiReply>,
): Promise<ApiReply> {
  const { authority } = desk.leadership
  return authority ? act(authority) : fault('this server holds no keys to let anybody in', aloneForEver[1])
}

function addressesOf(state: ClusterState, { address }: Authority): string[] {
  return joined(
    address,
    serverMembers(state).map((server) => server.address),
  )
}

function routesOf(state: ClusterState, { route }: Authority): string[] {
  return joined(
    route,
    serverMembers(state).map((server) => server.route),
  )
}

function serverMembers(state: ClusterState): NonNullable<Member['server']>[] {
  return [...state.members.values()].flatMap(({ server, revokedAt }) =>
    server && revokedAt === null ? [server] : [],
  )
}

/** The leader's own first: it is there for certain. */
function joined(own: string | null, all: readonly string[]): string[] {
  return [...new Set([...(own === null ? [] : [own]), ...all])]
}

function refusal(what: string, fix: string): Extract<JoinAnswer, { ok: false }> {
  return { ok: false, what, fix, exit: exitCodes.failed }
}
