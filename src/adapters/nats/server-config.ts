// The configuration of a NATS server of a one-node cluster. Invariant: nobody connects without a key that stands in it,
// nobody may do more than his identity says, and the server listens on the loopback address only, without monitoring.
// It is text: writing it and starting the server is nats-server.ts's business.

import { assert } from '../../model/index.ts'
import type { Bytes } from '../../model/index.ts'
import { permissionsOf } from './identity.ts'
import type { Identity } from './identity.ts'

export interface NatsUser {
  /** `U…` */
  readonly publicKey: string
  readonly identity: Identity
}

export interface NatsServerConfig {
  readonly port: number
  readonly storeFolder: string
  /** What JetStream may take of the disk. */
  readonly storeLimitBytes: Bytes
  readonly users: readonly NatsUser[]
  /** Whether the server knows `sync_interval` (2.10): then each record is synced before it is acknowledged. */
  readonly canSyncAlways: boolean
}

/** What one message may hold, and so a record of the log. NATS advises against more. */
export const maxPayloadBytes: Bytes = 8 * 1024 * 1024

/** JetStream in memory holds only the state of consumers here. */
const memoryStoreBytes: Bytes = 64 * 1024 * 1024

export function natsServerConfig(config: NatsServerConfig): string {
  const { port, storeFolder, storeLimitBytes, users, canSyncAlways } = config
  return `# Written by gantry at each start; changes are lost.
server_name: gantry
listen: "127.0.0.1:${port}"
max_payload: ${maxPayloadBytes}
jetstream {
  store_dir: ${quote(storeFolder)}
  max_memory_store: ${memoryStoreBytes}
  max_file_store: ${storeLimitBytes}
${canSyncAlways ? '  sync_interval: always\n' : ''}}
authorization {
  users = [
${users.map(user).join('\n')}
  ]
}
`
}

function user({ publicKey, identity }: NatsUser): string {
  const { publish, subscribe, answerWithinMs } = permissionsOf(identity)
  const answers =
    answerWithinMs === null ? '' : `, allow_responses: { max: 1, expires: "${answerWithinMs}ms" }`
  return `    { nkey: ${quote(publicKey)}, permissions: {
        publish: { allow: ${list(publish.allow)}${publish.deny.length === 0 ? '' : `, deny: ${list(publish.deny)}`} },
        subscribe: { allow: ${list(subscribe.allow)} }${answers} } }`
}

function list(subjects: readonly string[]): string {
  return `[${subjects.map(quote).join(', ')}]`
}

/** NATS reads a quoted text with backslash escapes; a line break or another control character has no place in ours. */
function quote(text: string): string {
  assert(!/[\u0000-\u001f\u007f]/.test(text), () => `${JSON.stringify(text)} in the configuration of NATS`)
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
