// The keys that say who somebody is to the cluster: a NATS user key for every identity, a curve key besides for a node,
// and the cluster key that secrets rest under. Invariant: a key that is there is read, one that is not is made; each is
// in a file of its own, 0600. What an identity may do is in adapters/nats/identity.ts.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createCurve, createUser, fromCurveSeed, fromSeed } from '@nats-io/nkeys'
import type { KeyPair } from '@nats-io/nkeys'
import { Fault } from '../../model/index.ts'
import { readKeyFile, readOrCreateKeyFile } from './key-file.ts'
import { clusterKeyBytes } from './vault.ts'

export interface UserKeys {
  /** What a connection signs with (`SU…`); secret. */
  readonly seed: string
  /** What the NATS server knows it by (`U…`). */
  readonly publicKey: string
}

export interface NodeKeys extends UserKeys {
  /** What the node opens its secrets with (`SX…`); secret. */
  readonly sealSeed: string
  /** What secrets are sealed to (`X…`). */
  readonly sealKey: string
}

/** Keys that are in no file. */
export function newUserKeys(): UserKeys {
  const pair = createUser()
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() }
}

/** The user key in a file. A `Fault` when it is damaged, or others may read it. */
export async function createUserKeys(path: string): Promise<UserKeys> {
  return userKeys(path, await readOrCreateKeyFile(path, 'the user key', () => seedFile(createUser())))
}

/** As `createUserKeys`, but null when there is none: for those who may use a key and not make one. */
export async function readUserKeys(path: string): Promise<UserKeys | null> {
  const content = await readKeyFile(path, 'the user key')
  return content === null ? null : userKeys(path, content)
}

/** The two keys of a node, in `user.nk` and `seal.nk` of a folder. */
export async function createNodeKeys(folder: string): Promise<NodeKeys> {
  const user = await createUserKeys(join(folder, 'user.nk'))
  const path = join(folder, 'seal.nk')
  const what = 'the seal key'
  const content = await readOrCreateKeyFile(path, what, () => seedFile(createCurve()))
  const { seed, publicKey } = parseSeed(path, what, content, fromCurveSeed)
  return { ...user, sealSeed: seed, sealKey: publicKey }
}

/** The 32 bytes that all secrets of the cluster rest under. Whoever loses them loses the secrets. */
export async function createClusterKey(path: string): Promise<Uint8Array> {
  const what = 'the cluster key'
  const key = await readOrCreateKeyFile(path, what, () => randomBytes(clusterKeyBytes))
  if (key.length !== clusterKeyBytes) throw damaged(path, what, `it has ${key.length} bytes and not 32`)
  return new Uint8Array(key)
}

function userKeys(path: string, content: Buffer): UserKeys {
  const what = 'the user key'
  const keys = parseSeed(path, what, content, fromSeed)
  if (!keys.publicKey.startsWith('U')) throw damaged(path, what, 'it is a key of another kind')
  return keys
}

function parseSeed(
  path: string,
  what: string,
  content: Buffer,
  parse: (seed: Uint8Array) => KeyPair,
): UserKeys {
  const seed = content.toString('latin1').trim()
  try {
    return { seed, publicKey: parse(Buffer.from(seed)).getPublicKey() }
  } catch {
    throw damaged(path, what, 'it is not a seed') // the library's words could hold what was read
  }
}

function damaged(path: string, what: string, why: string): Fault {
  return new Fault({ what: `${what} in ${path} is damaged`, why, fix: 'put it back from your backup' })
}

function seedFile(key: KeyPair): Uint8Array {
  return Buffer.concat([key.getSeed(), Buffer.from('\n')])
}
