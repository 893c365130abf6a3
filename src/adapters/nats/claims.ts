// What the NATS servers believe: the JWTs of the operator, of the accounts, and of each user with what it may do.
// Invariant: a user is signed by a signing key of gantry's account and carries the permissions of its identity; nothing
// but that key says who may do what. It keeps no keys and speaks to nobody.

import { encodeAccount, encodeOperator, encodeUser } from '@nats-io/jwt'
import { fromPublic, fromSeed } from '@nats-io/nkeys'
import type { AuthorityKeys, Instant } from '../../model/index.ts'
import { permissionsOf } from './identity.ts'
import type { Identity } from './identity.ts'

/** Public keys of users, and since when what was signed for them before is not good any more. */
export type Revocations = ReadonlyMap<string, Instant>

const nanosecondsPerMs = 1_000_000
/** In a JWT: no limit. */
const unlimited = -1
const claimsUpdateSubject = '$SYS.REQ.CLAIMS.UPDATE'

export function operatorJwt(keys: AuthorityKeys): Promise<string> {
  const system = systemAccountOf(keys)
  return encodeOperator('gantry', pair(keys.operatorSeed), { system_account: system })
}

/** The account everything happens in. Made anew whenever somebody is revoked, or the signing keys are exchanged. */
export function accountJwt(keys: AuthorityKeys, revoked: Revocations): Promise<string> {
  return encodeAccount(
    'gantry',
    fromPublic(keys.account),
    {
      signing_keys: keys.signingSeeds.map((seed) => pair(seed).getPublicKey()),
      revocations: Object.fromEntries([...revoked].map(([key, at]) => [key, secondsOf(at)])),
      limits: {
        ...{ subs: unlimited, data: unlimited, payload: unlimited },
        ...{ imports: unlimited, exports: unlimited, wildcards: true, conn: unlimited, leaf: 0 },
        ...{ mem_storage: unlimited, disk_storage: unlimited, streams: unlimited, consumer: unlimited },
      },
    },
    { signer: pair(keys.operatorSeed) },
  )
}

/** The account of those who look after the NATS servers; it holds nothing. */
export function systemAccountJwt(keys: AuthorityKeys): Promise<string> {
  const limits = { subs: unlimited, data: unlimited, payload: unlimited, conn: unlimited, leaf: 0 }
  return encodeAccount(
    'system',
    fromPublic(systemAccountOf(keys)),
    { limits: { ...limits, imports: unlimited, exports: unlimited, wildcards: true } },
    { signer: pair(keys.operatorSeed) },
  )
}

export function systemAccountOf(keys: AuthorityKeys): string {
  return pair(keys.systemSeed).getPublicKey()
}

/** What the owner of a key shows to be who it is; null: until it is revoked. */
export function userJwt(
  keys: AuthorityKeys,
  identity: Identity,
  publicKey: string,
  expiresAt: Instant | null,
): Promise<string> {
  const { publish, subscribe, answerWithinMs } = permissionsOf(identity)
  return encodeUser(
    nameOf(identity),
    fromPublic(publicKey),
    fromPublic(keys.account),
    {
      pub: { allow: [...publish.allow], deny: [...publish.deny] },
      sub: { allow: [...subscribe.allow] },
      ...(answerWithinMs === null ? {} : { resp: { max: 1, ttl: answerWithinMs * nanosecondsPerMs } }),
    },
    { signer: pair(keys.signingSeeds[0] ?? ''), ...expiry(expiresAt) },
  )
}

/** For one who tells the NATS servers what changed about accounts, and may do nothing else. */
export function systemUserJwt(keys: AuthorityKeys, publicKey: string, expiresAt: Instant): Promise<string> {
  return encodeUser(
    'steward of accounts',
    fromPublic(publicKey),
    pair(keys.systemSeed),
    { pub: { allow: [claimsUpdateSubject] }, sub: { allow: ['_INBOX.>'] } },
    expiry(expiresAt),
  )
}

function expiry(at: Instant | null): { exp?: number } {
  return at === null ? {} : { exp: secondsOf(at) }
}

function nameOf(identity: Identity): string {
  switch (identity.role) {
    case 'server':
    case 'steward':
      return identity.role
    case 'node':
      return `node ${identity.id}`
    case 'caller':
      return `caller ${identity.name}`
    case 'joiner':
      return `joiner ${identity.token}`
  }
}

/** JWTs count whole seconds. */
function secondsOf(at: Instant): number {
  return Math.floor(at / 1000)
}

function pair(seed: string) {
  return fromSeed(new TextEncoder().encode(seed))
}
