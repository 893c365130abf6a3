// What the leader needs of whoever holds the cluster's keys: signing, revoking, and sharing with a new server. Invariant:
// what is issued says who its owner is, and the owner's key is never asked for. Who is to be let in is not decided here.

import type { Address, Instant, NodeId } from '../model/index.ts'

/** Whom a credential is for. */
export type Bearer =
  | { readonly role: 'node'; readonly id: NodeId }
  | { readonly role: 'server' }
  | { readonly role: 'caller'; readonly name: string }
  | { readonly role: 'joiner'; readonly token: string }

export interface Authority {
  /** PEM: what hosts and people know the cluster's NATS servers by, and its SHA-256. */
  readonly ca: string
  readonly fingerprint: string
  /** Where this server's own nats-server can be reached, and where it takes routes; null: from this host only. */
  readonly address: Address | null
  readonly route: Address | null
  /** A key that nobody has yet. */
  createUser(): { readonly seed: string; readonly publicKey: string }
  /** `publicKey` may then do what the bearer may, until it expires or is revoked. */
  issue(bearer: Bearer, publicKey: string, expiresAt: Instant | null): Promise<string>
  /** Resolves when NATS believes none of these keys any more; connections with them are closed then. */
  revoke(revoked: ReadonlyMap<string, Instant>): Promise<void>
  /** Has the log kept by so many NATS servers; nothing when it is already. */
  replicate(replicas: number): Promise<void>
  /** `ServerKeys`, sealed to a curve key. */
  shareWith(sealKey: string, revoked: ReadonlyMap<string, Instant>): Promise<string>
}
