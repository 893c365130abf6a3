// Whom a NATS server believes at its first start. Invariant: it is made once for a server and kept, since whatever was
// signed anew would be another configuration; what changes of an account after that, the servers keep themselves.

import type { AuthorityKeys } from '../../model/index.ts'
import { accountJwt, operatorJwt, systemAccountJwt, systemAccountOf } from './claims.ts'
import type { NatsTrust } from './server-config.ts'

export interface BeginningTrust extends Omit<NatsTrust, 'accountsFolder'> {
  /** JWTs of the accounts by their public keys: they are good until the server is told of newer ones. */
  readonly accounts: Readonly<Record<string, string>>
}

/** With the account's JWT as it is now where the cluster is there already, and one that revokes nobody otherwise. */
export async function createTrust(keys: AuthorityKeys, account?: string): Promise<BeginningTrust> {
  const systemAccount = systemAccountOf(keys)
  return {
    operatorJwt: await operatorJwt(keys),
    systemAccount,
    accounts: {
      [keys.account]: account ?? (await accountJwt(keys, new Map())),
      [systemAccount]: await systemAccountJwt(keys),
    },
  }
}
