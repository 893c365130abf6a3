// The keys that make a cluster what it is: made once at its beginning, read by its servers, and its signing key exchanged.
// Invariant: they are in one file that its owner alone may read, or sealed to a server. What is signed with them is said
// in adapters/nats/claims.ts and in certificate.ts.

import { createAccount, createOperator } from '@nats-io/nkeys'
import type { KeyPair } from '@nats-io/nkeys'
import { Fault, authorityKeys } from '../../model/index.ts'
import type { AuthorityKeys, Instant } from '../../model/index.ts'
import { createFileAtomically } from '../files/index.ts'
import { createCa } from './certificate.ts'
import { readKeyFile } from './key-file.ts'

const what = "the authority's keys"
/** Signing keys that are good at a time: the newest signs, the others were exchanged for it not long ago. */
const signingKeysKept = 2

/** Keys of a new cluster, on no disk yet. */
export function createAuthority(now: Instant): AuthorityKeys {
  return {
    operatorSeed: seedOf(createOperator()),
    // Its own seed is kept by nobody: users are signed by signing keys, which can be exchanged.
    account: createAccount().getPublicKey(),
    signingSeeds: [seedOf(createAccount())],
    systemSeed: seedOf(createAccount()),
    ca: createCa('gantry', now),
  }
}

/** The same authority with a new signing key in front; the one before stays good until it is exchanged again. */
export function withNewSigningKey(keys: AuthorityKeys): AuthorityKeys {
  const signingSeeds = [seedOf(createAccount()), ...keys.signingSeeds].slice(0, signingKeysKept)
  return { ...keys, signingSeeds }
}

/** Null when there are none on this host: it is no server's. A `Fault` when they are damaged, or others may read them. */
export async function readAuthority(path: string): Promise<AuthorityKeys | null> {
  const content = await readKeyFile(path, what)
  if (content === null) return null
  const parsed = authorityKeys.safeParse(parseJson(content.toString('utf8')))
  if (parsed.success) return parsed.data
  // Without the schema's words: they could hold what was read.
  throw new Fault({ what: `${what} in ${path} are damaged`, fix: 'put them back from your backup' })
}

/** Reads them, or makes them first when there are none. */
export async function readOrCreateAuthority(path: string, now: Instant): Promise<AuthorityKeys> {
  const there = await readAuthority(path)
  if (there !== null) return there
  const made = createAuthority(now)
  await createFileAtomically(path, `${JSON.stringify(made, null, 2)}\n`)
  return (await readAuthority(path)) ?? made
}

function seedOf(pair: KeyPair): string {
  return new TextDecoder().decode(pair.getSeed())
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
