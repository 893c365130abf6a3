// How a host becomes one of the cluster's, and what it is then given: the join token as one string, the request and the
// answer, and the keys that only servers hold. Invariant: a token that lost or changed a letter is known as such before
// anything is tried with it. Who may join is decided in control/tokens.ts.

import { z } from 'zod'
import { sha256 } from './canonical.ts'
import { roles } from './people.ts'

/** What every NATS server of a cluster proves to be, whatever its address: the cluster's CA vouches for no one else. */
export const natsHostName = 'nats.gantry.internal'

/** What a host joins as. A server's host runs an agent too. */
export const joinRoles = ['server', 'agent'] as const
export type JoinRole = (typeof joinRoles)[number]

/** `host:port` */
export type Address = string

/**
 * Whoever holds these is the cluster: they sign who may do what, and the certificates of its servers. On the disks of
 * servers only, and on the wire only sealed to a server.
 */
export const authorityKeys = z.strictObject({
  /** Signs what an account is: its signing keys, and who was revoked (`SO…`). */
  operatorSeed: z.string(),
  /** Public key of the account that everything of gantry happens in (`A…`). */
  account: z.string(),
  /** Sign users of the account, newest first (`SA…`); more than one while they are exchanged. */
  signingSeeds: z.array(z.string()).min(1).max(4),
  /** Signs users that may tell NATS servers of revocations (`SA…`). */
  systemSeed: z.string(),
  /** PEM: what vouches for the NATS servers, and its key. */
  ca: z.strictObject({ certificate: z.string(), key: z.string() }),
})
export type AuthorityKeys = z.infer<typeof authorityKeys>

// --- the token ------------------------------------------------------------------------------------------------

export const joinToken = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9]{8,64}$/),
  role: z.enum(joinRoles),
  /** Where NATS servers of the cluster listen. */
  servers: z.array(z.string()).min(1),
  /** SHA-256 of the CA's certificate, in hexadecimal digits. */
  fingerprint: z.string().length(64),
  expiresAt: z.int(),
  /** The key and the JWT of a NATS user that may ask to join, and nothing else. */
  seed: z.string(),
  jwt: z.string(),
})
export type JoinToken = z.infer<typeof joinToken>

const tokenPrefix = 'gantry-join-1.'
const checkLength = 8

/** One word: letters, digits, `-`, `_` and `.`. */
export function encodeJoinToken(token: JoinToken): string {
  const body = Buffer.from(JSON.stringify(token)).toString('base64url')
  return `${tokenPrefix}${body}.${sha256(body).slice(0, checkLength)}`
}

export type ParsedJoinToken =
  { readonly ok: true; readonly token: JoinToken } | { readonly ok: false; readonly why: string }

export function parseJoinToken(text: string): ParsedJoinToken {
  const bad = (why: string): ParsedJoinToken => ({ ok: false, why })
  const trimmed = text.trim()
  if (trimmed === '') return bad('it is empty')
  if (!trimmed.startsWith('gantry-join-')) return bad('it does not begin with gantry-join-')
  if (!trimmed.startsWith(tokenPrefix)) return bad('it is of another version of gantry')
  const [body = '', check = '', more] = trimmed.slice(tokenPrefix.length).split('.')
  if (more !== undefined || sha256(body).slice(0, checkLength) !== check)
    return bad('letters are missing or were changed')
  try {
    const parsed = joinToken.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')))
    return parsed.success ? { ok: true, token: parsed.data } : bad('it is not what this version expects')
  } catch {
    return bad('it is not what this version expects')
  }
}

// --- the request and the answer -------------------------------------------------------------------------------

const publicUserKey = z.string().regex(/^U[A-Z2-7]{55}$/)

/** Asked on `gantry.join.<token id>`. */
export const joinRequest = z.strictObject({
  role: z.enum(joinRoles),
  name: z.string(),
  /** Public key of the host's NATS user. */
  publicKey: publicUserKey,
  /** Public curve key that secrets, and the keys of a server, are sealed to. */
  sealKey: z.string().regex(/^X[A-Z2-7]{55}$/),
  /** For a server: its NATS user, and where its nats-server takes clients and routes. */
  server: z.strictObject({ publicKey: publicUserKey, address: z.string(), route: z.string() }).nullable(),
})
export type JoinRequest = z.infer<typeof joinRequest>

export const joinAnswer = z.union([
  z.strictObject({
    ok: z.literal(true),
    /** Identity of the node, and of the server when it is one. */
    id: z.string(),
    server: z.string().nullable(),
    cluster: z.string(),
    /** How its node is: null before its agent has said hello. */
    status: z.string().nullable(),
    jwt: z.string(),
    /** PEM. */
    ca: z.string(),
    servers: z.array(z.string()),
    routes: z.array(z.string()),
    /** For a server: `ServerKeys` as JSON, sealed to its curve key. */
    sealed: z.string().nullable(),
  }),
  z.strictObject({
    ok: z.literal(false),
    what: z.string(),
    why: z.string().optional(),
    fix: z.string().optional(),
    exit: z.int(),
  }),
])
export type JoinAnswer = z.infer<typeof joinAnswer>

export const serverKeys = z.strictObject({
  /** Base64 of the key that secrets rest under. */
  clusterKey: z.string(),
  authority: authorityKeys,
  /** JWT of the account as it is now. */
  account: z.string(),
})
export type ServerKeys = z.infer<typeof serverKeys>

// --- tokens and users, over the API ---------------------------------------------------------------------------

export const tokenCreateRequest = z.strictObject({
  role: z.enum(joinRoles),
  ttlMs: z.int().positive(),
  uses: z.int().positive().max(10_000).nullable(),
})
export type TokenCreateRequest = z.infer<typeof tokenCreateRequest>

/** The token itself: it is given this once. */
export const tokenCreateReply = z.strictObject({ token: joinToken })

export const tokenListRequest = z.strictObject({})
export const tokenListReply = z.array(
  z.looseObject({
    id: z.string(),
    role: z.enum(joinRoles),
    createdAt: z.int(),
    createdBy: z.string(),
    expiresAt: z.int(),
    revokedAt: z.int().nullable(),
    uses: z.int().nullable(),
  }),
)

export const tokenRevokeRequest = z.strictObject({ id: z.string() })

export const userCreateRequest = z.strictObject({
  name: z.string(),
  role: z.enum(roles),
  stacks: z.array(z.string()).min(1).max(100).nullable(),
  publicKey: publicUserKey,
  ttlMs: z.int().positive().nullable(),
})
export type UserCreateRequest = z.infer<typeof userCreateRequest>

/** What a user connects with, its key left out: that never leaves whoever made it. */
export const userCreateReply = z.strictObject({
  jwt: z.string(),
  ca: z.string(),
  servers: z.array(z.string()),
})

export const userListRequest = z.strictObject({})
export const userListReply = z.array(
  z.looseObject({
    name: z.string(),
    role: z.enum(roles),
    stacks: z.array(z.string()).nullable(),
    createdAt: z.int(),
    createdBy: z.string(),
    expiresAt: z.int().nullable(),
    revokedAt: z.int().nullable(),
  }),
)

export const userRevokeRequest = z.strictObject({ name: z.string() })
