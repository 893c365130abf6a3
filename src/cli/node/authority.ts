// The cluster's keys in a server's hands: implements what the leader needs of them. Invariant: keys leave this process only
// sealed to a server that was let in.

import { createClusterKey, createVault, fingerprintOf, newUserKeys } from '../../adapters/keys/index.ts'
import { accountJwt, publishAccount, setReplicas, userJwt } from '../../adapters/nats/index.ts'
import type { ServerKeys } from '../../model/index.ts'
import type { Authority } from '../../server/index.ts'
import type { ClusterFile, Home } from '../home.ts'
import { keyFiles, requireAuthority } from './keys.ts'

export async function openAuthority(home: Home, cluster: ClusterFile): Promise<Authority> {
  const keys = await requireAuthority(home)
  const clusterKey = await createClusterKey(keyFiles.clusterKey(home))
  const vault = createVault(clusterKey)
  const { servers } = cluster
  const { advertise = null, cluster: clustered = null } = cluster.nats ?? {}
  return {
    ca: keys.ca.certificate,
    fingerprint: fingerprintOf(keys.ca.certificate),
    address: advertise,
    route: clustered?.advertiseRoute ?? null,
    createUser: newUserKeys,
    issue: (bearer, publicKey, expiresAt) => userJwt(keys, bearer, publicKey, expiresAt),
    revoke: (revoked) => publishAccount(servers, keys, revoked),
    replicate: async (replicas) => {
      // A nats-server that is alone takes any number of replicas and keeps one.
      if (clustered) await setReplicas(servers, keys, replicas)
    },
    shareWith: async (sealKey, revoked) => {
      const shared: ServerKeys = {
        clusterKey: Buffer.from(clusterKey).toString('base64'),
        authority: keys,
        account: await accountJwt(keys, revoked),
      }
      return vault.sealTo(sealKey, new TextEncoder().encode(JSON.stringify(shared)))
    },
  }
}
