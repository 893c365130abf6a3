// Rows of the state that say who may do what: people, the tokens that let hosts in, and the hosts that were let in.
// Invariant: no row holds a secret; whoever reads the log learns public keys only. What follows from a role is said in
// server/rights.ts.

import type { Instant } from './duration.ts'

export const roles = ['viewer', 'deployer', 'operator', 'admin'] as const
/** Each may do all that those before it may. */
export type Role = (typeof roles)[number]

/** A person, or a program that acts for people. */
export interface User {
  readonly name: string
  readonly role: Role
  /** What a deployer may change; null: every stack. */
  readonly stacks: readonly string[] | null
  /** Of its NATS user; null where nothing outside proves who asks, as in a simulation. */
  readonly publicKey: string | null
  readonly createdAt: Instant
  readonly createdBy: string
  readonly expiresAt: Instant | null
  readonly revokedAt: Instant | null
}

/** A token by which hosts join. Its secret half is in the token alone, and kept nowhere. */
export interface Token {
  readonly id: string
  readonly role: 'server' | 'agent'
  /** Of the NATS user that asks with it. */
  readonly publicKey: string
  readonly createdAt: Instant
  readonly createdBy: string
  readonly expiresAt: Instant
  readonly revokedAt: Instant | null
  /** How many more hosts may join with it; null: any number. */
  readonly uses: number | null
}

/** A host that was let in, and with which keys. What it is now is in the row of its node, and of its server. */
export interface Member {
  /** Of its node. */
  readonly id: string
  readonly name: string
  /** Of its NATS user. */
  readonly publicKey: string
  readonly sealKey: string
  readonly server: {
    readonly id: string
    readonly publicKey: string
    /** Where its nats-server takes clients, and routes: `host:port`. */
    readonly address: string
    readonly route: string
  } | null
  /** The token it joined with; null: it founded the cluster. */
  readonly token: string | null
  readonly joinedAt: Instant
  readonly revokedAt: Instant | null
}
