// The one way onto the bus: a connection, and on it the bus and the log. Invariant: what it gives lives exactly as long
// as the connection. It starts no server.

import type { Bus } from '../../model/index.ts'
import type { LogStore } from '../../server/index.ts'
import { NatsBus } from './bus.ts'
import { openConnection } from './connection.ts'
import type { NatsOptions } from './connection.ts'
import { JetStreamLog } from './log-store.ts'
import type { LogStoreOptions } from './log-store.ts'

/** A connection to the cluster's NATS servers. */
export interface Nats {
  readonly bus: Bus
  readonly isConnected: boolean
  /** Resolves when the connection is closed for good. */
  readonly closed: Promise<void>
  /** The cluster's log; only a server has the right to it. */
  log(options?: LogStoreOptions): LogStore
  close(): Promise<void>
}

/**
 * Connects, and stays connected until the signal or `close`: a connection that breaks is made again for ever. A `Fault`
 * when the server refuses the key, or does not answer within `firstWithinMs`.
 */
export async function connectNats(options: NatsOptions): Promise<Nats> {
  const connection = await openConnection(options)
  return {
    bus: new NatsBus(connection),
    get isConnected() {
      return connection.isUp
    },
    closed: connection.closed,
    log: (logOptions) => new JetStreamLog(connection, logOptions),
    close: () => connection.close(),
  }
}
