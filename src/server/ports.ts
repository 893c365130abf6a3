// What a server of the control plane needs of the outside: the shared log, its own copy of it, chance, and keys. Each
// is implemented in adapters/ for real and in sim/ in memory. Invariant: `append` is the only way anything becomes
// true in the cluster, and it succeeds only right after the record the caller has folded last.

import type { ServerIdentity } from '../control/index.ts'
import type {
  Bus,
  Bytes,
  Clock,
  ClusterState,
  Duration,
  Logger,
  Member,
  SealedValue,
  Seq,
  Term,
} from '../model/index.ts'
import type { Authority } from './authority.ts'

export interface StoredRecord {
  readonly seq: Seq
  readonly bytes: Uint8Array
}

export type AppendResult =
  | { readonly ok: true; readonly seq: Seq }
  /** Another record came first: whoever appends is not the leader any more, or has not folded everything. */
  | { readonly ok: false; readonly reason: 'conflict' }
  /** Nothing was stored: the store takes no record of this size, and the message says what it takes. */
  | { readonly ok: false; readonly reason: 'too-large'; readonly message: string }
  /** Not known whether it was stored (connection lost, no answer): read the log to find out. */
  | { readonly ok: false; readonly reason: 'unknown'; readonly message: string }

/** The replicated log. */
export interface LogStore {
  /** What one record may hold at most. */
  readonly recordLimit: Bytes
  /** Stores `bytes` at `expectedLast + 1`, or does nothing when the log has grown past `expectedLast`. */
  append(bytes: Uint8Array, expectedLast: Seq): Promise<AppendResult>
  /** Sequences of the first and last record; 0 and 0 when empty. Throws when the store does not answer. */
  bounds(): Promise<{ readonly first: Seq; readonly last: Seq }>
  /** Records from `from` on as they are, then as they come, until the signal; throws when the connection breaks. */
  tail(from: Seq, signal: AbortSignal): AsyncIterable<StoredRecord>
}

/** The newest term that a server has given its word for, and to whom; term 0 when it never did. */
export interface Promised {
  readonly term: Term
  readonly candidate: string
}

export interface LoadedCopy {
  readonly records: readonly StoredRecord[]
  /** Why it ends before what was written last; null when it does not. */
  readonly damage: string | null
  readonly promised: Promised
}

/** This server's own fsynced copy of the log, and its word. */
export interface LogCopy {
  /** Records after `after`, by default all, in order, up to the first that is not whole. */
  load(after?: Seq): Promise<LoadedCopy>
  /** Records of `from` to `to` that it has, in order; fewer when they are many. */
  read(from: Seq, to: Seq): Promise<readonly StoredRecord[]>
  /** Resolves when the records are on the disk. */
  append(records: readonly StoredRecord[]): Promise<void>
  /** Resolves when it is on the disk. */
  promise(promised: Promised): Promise<void>
  /** Takes everything after `last` out, and keeps it elsewhere; says where. */
  setAside(last: Seq): Promise<string>
  /** Drops everything after `last`, which is damaged. */
  truncate(last: Seq): Promise<void>
  close(): Promise<void>
}

/** Snapshots of the state on this server's disk. */
export interface Snapshots {
  /** Sequences of the records they stand on, the newest first. */
  list(): Promise<readonly Seq[]>
  /** Null when there is none. */
  read(seq: Seq): Promise<Uint8Array | null>
  /** Resolves when it is on the disk. */
  write(seq: Seq, bytes: Uint8Array): Promise<void>
  remove(seq: Seq): Promise<void>
}

/** Chance, from outside, so that a simulation can repeat it. */
export interface Entropy {
  bytes(length: number): Uint8Array
  /** Uniform in [0, 1). */
  fraction(): number
  /** 22 letters and digits. */
  id(): string
}

/** Keeps secrets sealed: at rest under the cluster key, on the wire to one node's curve key. */
export interface Vault {
  seal(plain: Uint8Array): SealedValue
  /** Throws when the value was not sealed under this cluster's key, or was changed. */
  open(value: SealedValue): Uint8Array
  /** Base64, readable by the owner of the private half of `sealKey` only. */
  sealTo(sealKey: string, plain: Uint8Array): string
}

/** The first user and the first host of a cluster, which no token let in. */
export interface Founding {
  readonly adminKey: string
  readonly member: Omit<Member, 'token' | 'joinedAt' | 'revokedAt'>
}

export interface ServerOptions {
  /** Identity of this server in the log; unique in the cluster, the same after a restart. */
  readonly id: string
  /** What people call it; default its id. */
  readonly name?: string
  /** `host:port` of its nats-server. */
  readonly address?: string
  /**
   * The servers of a log that nobody has written to yet; default: this one alone. None for a server that joins a cluster:
   * it never begins one, whatever has become of the store.
   */
  readonly founders?: readonly ServerIdentity[]
  readonly store: LogStore
  readonly copy: LogCopy
  /** Absent: none are taken, and a start folds the whole log. */
  readonly snapshots?: Snapshots
  /** After how many records, and after how long, a snapshot is taken; default 10,000 and 12 h. */
  readonly snapshotEvery?: { readonly records: number; readonly ms: Duration }
  readonly bus: Bus
  readonly clock: Clock
  readonly entropy: Entropy
  readonly vault: Vault
  /** Absent: the cluster takes nobody in, and revokes nobody. */
  readonly authority?: Authority
  /** Who there is when a log begins; default: an admin whom no key proves. */
  readonly founding?: Founding
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Called after each change of role; for tests and for the process's log. */
  readonly onRole?: (role: 'follower' | 'leader', term: Term) => void
  /** Called with the state as of a record that is in the log, between rounds; for tests. Take what you need before you return. */
  readonly onFold?: (state: ClusterState) => void
}
