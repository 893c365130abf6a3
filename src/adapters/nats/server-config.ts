// The configuration of a NATS server. Invariant: nobody connects without TLS, a key, and a JWT that the cluster's authority
// signed; and there is no monitoring port. It listens on the loopback address only, unless it is told another. It is
// text: writing it and starting the server is nats-server.ts's business.

import { assert } from '../../model/index.ts'
import type { Address, Bytes } from '../../model/index.ts'

export interface NatsServerConfig {
  /** Unique in the cluster; the server's data hang on it. */
  readonly name: string
  /** Where it takes clients. */
  readonly listen: Address
  readonly storeFolder: string
  /** What JetStream may take of the disk. */
  readonly storeLimitBytes: Bytes
  readonly trust: NatsTrust
  /** Files in PEM. */
  readonly tls: { readonly certificateFile: string; readonly keyFile: string; readonly caFile: string }
  /** Null: it is alone, and stays so. */
  readonly cluster: NatsClusterConfig | null
  /** Whether the server knows `sync_interval` (2.10): then each record is synced before it is acknowledged. */
  readonly canSyncAlways: boolean
}

/** Whom the server believes. */
export interface NatsTrust {
  readonly operatorJwt: string
  readonly systemAccount: string
  /** Where it keeps the accounts' JWTs: those to begin with are put there, and it replaces them as it is told. */
  readonly accountsFolder: string
}

export interface NatsClusterConfig {
  /** How clients on other hosts reach it. */
  readonly advertise: Address
  /** Where it takes routes of other servers, and how these reach it. */
  readonly listen: Address
  readonly advertiseRoute: Address
  /** Where others take routes, as far as they are known; they tell each other of further ones. */
  readonly routes: readonly Address[]
}

/** What one message may hold, and so a record of the log. NATS advises against more. */
export const maxPayloadBytes: Bytes = 8 * 1024 * 1024

/** JetStream in memory holds only the state of consumers here. */
const memoryStoreBytes: Bytes = 64 * 1024 * 1024

/** For a handshake; hosts that begin with a full processor take their time. */
const tlsTimeoutSeconds = 5

export function natsServerConfig(config: NatsServerConfig): string {
  const { name, listen, storeFolder, storeLimitBytes, trust, tls, cluster, canSyncAlways } = config
  return `# Written by gantry at each start; changes are lost.
server_name: ${quote(name)}
listen: ${quote(listen)}
${cluster === null ? '' : `client_advertise: ${quote(cluster.advertise)}\n`}max_payload: ${maxPayloadBytes}
tls {
  cert_file: ${quote(tls.certificateFile)}
  key_file: ${quote(tls.keyFile)}
  timeout: ${tlsTimeoutSeconds}
}
operator: ${quote(trust.operatorJwt)}
system_account: ${quote(trust.systemAccount)}
resolver {
  type: full
  dir: ${quote(trust.accountsFolder)}
  allow_delete: false
  interval: "2m"
}
jetstream {
  store_dir: ${quote(storeFolder)}
  max_memory_store: ${memoryStoreBytes}
  max_file_store: ${storeLimitBytes}
${canSyncAlways ? '  sync_interval: always\n' : ''}}
${cluster === null ? '' : clusterBlock(cluster, tls)}`
}

/** Routes verify both ways: only who has a certificate of the cluster's CA is a server of it. */
function clusterBlock(cluster: NatsClusterConfig, tls: NatsServerConfig['tls']): string {
  const { listen, advertiseRoute, routes } = cluster
  return `cluster {
  name: gantry
  listen: ${quote(listen)}
  advertise: ${quote(advertiseRoute)}
  routes: [${routes.map((each) => quote(`nats-route://${each}`)).join(', ')}]
  tls {
    cert_file: ${quote(tls.certificateFile)}
    key_file: ${quote(tls.keyFile)}
    ca_file: ${quote(tls.caFile)}
    verify: true
    timeout: ${tlsTimeoutSeconds}
  }
}
`
}

/** NATS reads a quoted text with backslash escapes; a line break or another control character has no place in ours. */
function quote(text: string): string {
  assert(!/[\u0000-\u001f\u007f]/.test(text), () => `${JSON.stringify(text)} in the configuration of NATS`)
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
