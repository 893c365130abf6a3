// The authority of the bench: credentials that can be read, and a NATS that can be out of reach. It is imported by tests only.

import type { Authority } from './authority.ts'

/** Credentials that say for whom they are. */
export function fakeAuthority(bench: { failTelling: boolean; revoked: readonly string[] }): Authority {
  let serial = 0
  return {
    ca: 'the CA',
    fingerprint: 'f'.repeat(64),
    address: '10.0.0.1:4222',
    route: '10.0.0.1:6222',
    createUser: () => ({ seed: `seed-${(serial += 1)}`, publicKey: userKey(`T${serial}`) }),
    issue: async (bearer, publicKey) => `${JSON.stringify(bearer)} with ${publicKey}`,
    revoke: async (revoked) => {
      if (bench.failTelling) throw new Error('no answer')
      bench.revoked = [...revoked.keys()]
    },
    replicate: async () => undefined,
    shareWith: async (sealKey) => `all keys for ${sealKey}`,
  }
}

/** One of the form that public keys of users have. */
export function userKey(name: string): string {
  return `U${name
    .toUpperCase()
    .replaceAll('1', 'Q')
    .replaceAll(/[^A-Z2-7]/g, 'Z')
    .padEnd(55, 'A')}`
}
