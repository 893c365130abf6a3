// Join tokens and the hosts that come with them. Invariant: a token lets in no more hosts than it says, none after it
// expired or was revoked, and a host that asks twice with the same keys is the same host and is counted once. Which keys
// NATS believes is signed elsewhere; that a token's secret half is right has been proved before anything here is asked.

import { exitCodes, isName, nameRule } from '../model/index.ts'
import type { Change, ClusterState, Duration, Instant, JoinRequest, Member, Token } from '../model/index.ts'
import { refusal } from './decision.ts'
import type { Decision, Refused } from './decision.ts'

/** Longer-lived ones would be passwords. */
const longestTokenMs: Duration = 30 * 24 * 60 * 60 * 1000
/** Tokens and members that are kept at most, for what they are worth as a record. */
const tokensKept = 1000

export interface TokenWish {
  readonly id: string
  readonly role: Token['role']
  readonly publicKey: string
  readonly ttlMs: Duration
  readonly uses: number | null
  readonly by: string
}

export function createToken(state: ClusterState, wish: TokenWish, now: Instant): Decision {
  const { id, role, publicKey, ttlMs, uses, by } = wish
  if (ttlMs <= 0 || ttlMs > longestTokenMs)
    return refusal('a token lives for at most 30 days', 'choose a shorter --ttl', exitCodes.usage)
  const over = [...state.tokens.values()].filter((each) => endOf(each) !== null || each.expiresAt <= now)
  const dropped = over
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .slice(0, state.tokens.size + 1 - tokensKept)
  if (state.tokens.size - dropped.length >= tokensKept)
    return refusal(`there are ${tokensKept} tokens that may be used`, 'revoke those that nobody needs')
  const value: Token = {
    ...{ id, role, publicKey, createdAt: now, createdBy: by },
    ...{ expiresAt: now + ttlMs, revokedAt: null, uses },
  }
  return {
    ok: true,
    changes: [
      ...(state.tokens.size < tokensKept ? [] : dropped).map((each): Change => ({
        table: 'tokens',
        key: each.id,
        value: null,
      })),
      { table: 'tokens', key: id, value },
    ],
    version: 1,
    what: `create a token for ${role === 'agent' ? 'agents' : 'servers'}`,
  }
}

export function revokeToken(state: ClusterState, id: string, now: Instant): Decision {
  const token = state.tokens.get(id)
  if (!token) return refusal(`there is no token ${id}`, 'gantry token list shows them')
  const value: Token = { ...token, revokedAt: token.revokedAt ?? now }
  return { ok: true, changes: [{ table: 'tokens', key: id, value }], version: 1, what: `revoke token ${id}` }
}

/** Why a token lets nobody in any more, whatever the time is; null while it may. */
function endOf(token: Token): string | null {
  if (token.revokedAt !== null) return 'it was revoked'
  return token.uses === 0 ? 'it was used as often as it may be' : null
}

/** What is to be known of a host that asks, besides its request. */
export interface JoinWish {
  readonly token: string
  readonly request: JoinRequest
  /** For its node, and for its server, if it is let in for the first time. */
  readonly ids: { readonly node: string; readonly server: string }
}

export type JoinDecision =
  | { readonly ok: true; readonly member: Member; readonly changes: readonly Change[]; readonly what: string }
  | Refused

export function decideJoin(state: ClusterState, wish: JoinWish, now: Instant): JoinDecision {
  const { request, ids } = wish
  const token = state.tokens.get(wish.token)
  if (!token) return refusal('this token is not of this cluster', 'ask for a new one', exitCodes.rights)
  const known = [...state.members.values()].find(({ publicKey }) => publicKey === request.publicKey)
  if (known) return admitAgain(known, request)
  const ended = endOf(token) ?? (token.expiresAt <= now ? 'it has expired' : null)
  if (ended !== null)
    return { ...refusal('this token lets nobody in', 'ask for a new one', exitCodes.rights), why: ended }
  if (request.role === 'server' && token.role !== 'server')
    return refusal(
      'this token is for agents',
      'join as an agent, or ask for a token for servers',
      exitCodes.rights,
    )
  const problem = problemOf(state, request)
  if (problem) return problem
  const { server } = request
  const member: Member = {
    id: ids.node,
    name: request.name,
    publicKey: request.publicKey,
    sealKey: request.sealKey,
    server: server === null ? null : { id: ids.server, ...server },
    token: token.id,
    joinedAt: now,
    revokedAt: null,
  }
  const changes: Change[] = [{ table: 'members', key: member.id, value: member }]
  if (token.uses !== null)
    changes.push({ table: 'tokens', key: token.id, value: { ...token, uses: token.uses - 1 } })
  return { ok: true, member, changes, what: `let ${request.name} in as ${request.role}` }
}

/** The answer to the first request was lost, or the command was given twice. */
function admitAgain(known: Member, request: JoinRequest): JoinDecision {
  if (known.revokedAt !== null)
    return refusal(
      'this host was removed from the cluster',
      'remove its folder and join anew, with a new token',
      exitCodes.rights,
    )
  const isSame =
    known.sealKey === request.sealKey &&
    (known.server?.publicKey ?? null) === (request.server?.publicKey ?? null)
  if (!isSame)
    return refusal(
      `this host is ${known.name} already, as ${known.server ? 'a server' : 'an agent'}`,
      'ask for it to be removed before it joins as something else',
    )
  return { ok: true, member: known, changes: [], what: '' }
}

function problemOf(state: ClusterState, request: JoinRequest): Refused | null {
  if (!isName(request.name))
    return refusal(
      `"${request.name}" cannot be the name of a node`,
      `choose one: ${nameRule}`,
      exitCodes.usage,
    )
  if ((request.role === 'server') !== (request.server !== null))
    return refusal(
      'the request is not what this server expects',
      'use a gantry of the version of the cluster',
    )
  const names = [...state.members.values()].filter(({ revokedAt }) => revokedAt === null)
  if (names.some(({ name }) => name === request.name))
    return refusal(`there is a node ${request.name} already`, 'choose another name with --name')
  return null
}

/** The keys of a host are good for nothing from now on; for when its node is removed. */
export function revokeMember(state: ClusterState, node: string, now: Instant): Change[] {
  const member = state.members.get(node)
  if (!member || member.revokedAt !== null) return []
  return [{ table: 'members', key: node, value: { ...member, revokedAt: now } }]
}

/** Public keys that NATS must not believe any more, and since when. */
export function revokedKeys(state: ClusterState): Map<string, Instant> {
  const revoked = new Map<string, Instant>()
  const add = (publicKey: string | null | undefined, at: Instant | null) => {
    if (publicKey != null && at !== null) revoked.set(publicKey, at)
  }
  for (const { publicKey, revokedAt } of state.users.values()) add(publicKey, revokedAt)
  for (const { publicKey, revokedAt } of state.tokens.values()) add(publicKey, revokedAt)
  for (const { publicKey, server, revokedAt } of state.members.values()) {
    add(publicKey, revokedAt)
    add(server?.publicKey, revokedAt)
  }
  return revoked
}
