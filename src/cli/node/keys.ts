// The keys and certificates in a home: made when a cluster is founded, or brought when its host joins one. Invariant:
// what is there is kept; each identity has its key in one file and what the authority signed for it in another, so that
// the second can be renewed under a connection that is open. What an identity may do is in adapters/nats/identity.ts.

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeFileAtomically } from '../../adapters/files/index.ts'
import { systemClock } from '../../adapters/host/index.ts'
import {
  createNodeKeys,
  createUserKeys,
  issueCertificate,
  isIssuedBy,
  isWorn,
  readAuthority,
  readOrCreateAuthority,
  readUserKeys,
} from '../../adapters/keys/index.ts'
import type { Certified } from '../../adapters/keys/index.ts'
import { createTrust, userJwt } from '../../adapters/nats/index.ts'
import type { BeginningTrust, Credentials, Identity } from '../../adapters/nats/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import type { AuthorityKeys } from '../../model/index.ts'
import type { Founding } from '../../server/index.ts'
import { adminName } from '../home.ts'
import type { ClusterFile, Home } from '../home.ts'

export type Who = 'admin' | 'server' | 'node'

const trust = z.strictObject({
  operatorJwt: z.string(),
  systemAccount: z.string(),
  accounts: z.record(z.string(), z.string()),
})

/** What a user who is on no host of the cluster connects with: GANTRY_CREDENTIALS names the file. */
export const userFile = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  servers: z.array(z.string()).min(1),
  ca: z.string(),
  seed: z.string(),
  jwt: z.string(),
})
export type UserFile = z.infer<typeof userFile>

export const keyFiles = {
  authority: (home: Home) => join(home.keys, 'authority.json'),
  clusterKey: (home: Home) => join(home.keys, 'cluster.key'),
  trust: (home: Home) => join(home.keys, 'trust.json'),
  ca: (home: Home) => join(home.keys, 'ca.pem'),
  certificate: (home: Home) => join(home.keys, 'nats.pem'),
  certificateKey: (home: Home) => join(home.keys, 'nats.key'),
  user: (home: Home, who: Who) => join(folderOf(home, who), who === 'node' ? 'user.nk' : `${who}.nk`),
  jwt: (home: Home, who: Who) => join(folderOf(home, who), who === 'node' ? 'user.jwt' : `${who}.jwt`),
} as const

function folderOf(home: Home, who: Who): string {
  return who === 'node' ? home.nodeKeys : home.keys
}

/** What somebody on this host connects with; a `Fault` when it is missing, or not ours to read. */
export async function credentialsOf(home: Home, who: Who): Promise<Credentials> {
  const keys = await readUserKeys(keyFiles.user(home, who))
  if (!keys) throw missing(keyFiles.user(home, who))
  await readText(keyFiles.jwt(home, who))
  return {
    seed: keys.seed,
    // Read for each connection: it may have been renewed.
    jwt: () => readFileSync(keyFiles.jwt(home, who), 'utf8').trim(),
    ca: await readText(keyFiles.ca(home)),
  }
}

/** Makes what a cluster begins with: its authority, its first server and node, and its first user. */
export async function foundKeys(home: Home, cluster: ClusterFile): Promise<void> {
  const authority = await readOrCreateAuthority(keyFiles.authority(home), systemClock.now())
  await writeTrust(home, authority, null)
  await createNodeKeys(home.nodeKeys)
  await signFor(home, authority, 'server', { role: 'server' })
  await signFor(home, authority, 'node', { role: 'node', id: cluster.node.id })
  await signFor(home, authority, 'admin', { role: 'caller', name: adminName })
}

/** Who there is in the log that the first server begins. */
export async function foundingOf(home: Home, cluster: ClusterFile, server: string): Promise<Founding> {
  const node = await createNodeKeys(home.nodeKeys)
  const [admin, own] = await Promise.all([
    createUserKeys(keyFiles.user(home, 'admin')),
    createUserKeys(keyFiles.user(home, 'server')),
  ])
  const { advertise = null, cluster: clustered = null, listen = '' } = cluster.nats ?? {}
  return {
    adminKey: admin.publicKey,
    member: {
      ...cluster.node,
      publicKey: node.publicKey,
      sealKey: node.sealKey,
      server: {
        id: server,
        publicKey: own.publicKey,
        address: advertise ?? listen,
        route: clustered?.advertiseRoute ?? '',
      },
    },
  }
}

/** Signs for the key of `who`, which is made when there is none; what was signed before stays good. */
async function signFor(home: Home, authority: AuthorityKeys, who: Who, identity: Identity): Promise<void> {
  const { publicKey } = await createUserKeys(keyFiles.user(home, who))
  const jwt = await userJwt(authority, identity, publicKey, null)
  await writeFileAtomically(keyFiles.jwt(home, who), `${jwt}\n`)
}

/** What the nats-server of this host believes to begin with, and the CA; kept when it is there. */
async function writeTrust(home: Home, authority: AuthorityKeys, account: string | null): Promise<void> {
  await writeFileAtomically(keyFiles.ca(home), authority.ca.certificate)
  if ((await readJson(keyFiles.trust(home), trust, 'the trust of nats-server')) !== null) return
  const made = await createTrust(authority, account ?? undefined)
  await writeFileAtomically(keyFiles.trust(home), `${JSON.stringify(made, null, 2)}\n`)
}

/** What a nats-server is started with. A new certificate is issued where the one there is worn, or of another CA. */
export async function natsKeys(
  home: Home,
  hosts: readonly string[],
): Promise<{ readonly trust: BeginningTrust; readonly tls: Certified & { readonly ca: string } }> {
  const authority = await requireAuthority(home)
  const believed = await readJson(keyFiles.trust(home), trust, 'the trust of nats-server')
  if (believed === null) throw missing(keyFiles.trust(home))
  return {
    trust: believed,
    tls: { ...(await certificateFor(home, authority, hosts)), ca: authority.ca.certificate },
  }
}

async function certificateFor(
  home: Home,
  { ca }: AuthorityKeys,
  hosts: readonly string[],
): Promise<Certified> {
  const now = systemClock.now()
  const [certificate, key] = await Promise.all([
    readFile(keyFiles.certificate(home), 'utf8').catch(() => null), // not made yet, or damaged: it is made anew
    readFile(keyFiles.certificateKey(home), 'utf8').catch(() => null),
  ])
  const isGood =
    certificate !== null && isIssuedBy(certificate, ca.certificate) && !isWorn(certificate, hosts, now)
  if (isGood && key !== null) return { certificate, key }
  const made = issueCertificate(ca, hosts, now)
  await writeFileAtomically(keyFiles.certificateKey(home), made.key)
  await writeFileAtomically(keyFiles.certificate(home), made.certificate)
  return made
}

export async function requireAuthority(home: Home): Promise<AuthorityKeys> {
  const authority = await readAuthority(keyFiles.authority(home))
  if (authority === null) throw missing(keyFiles.authority(home))
  return authority
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw missing(path, error)
  })
}

function missing(path: string, cause?: unknown): Fault {
  return new Fault(
    {
      what: `a key of this cluster is missing: ${path}`,
      fix: 'put it back from a backup',
      exit: exitCodes.rights,
    },
    { cause },
  )
}
