// What the processes of a host have in common: their log, their connection, how they end. Invariant: what
// goes wrong for good ends the process with the reason in its log, never with a half-working one.

import { join } from 'node:path'
import { createLogger } from '../../adapters/host/index.ts'
import type { NamedLogger } from '../../adapters/host/index.ts'
import { connectNats } from '../../adapters/nats/index.ts'
import type { Credentials, Identity, Nats } from '../../adapters/nats/index.ts'
import { exitCodes, Fault, messageOf } from '../../model/index.ts'
import { ownVersion } from '../context.ts'
import type { Context } from '../context.ts'
import { requireCluster } from '../home.ts'
import type { ClusterFile, Home } from '../home.ts'

export async function connect(
  { signal }: Context,
  cluster: ClusterFile,
  identity: Identity,
  credentials: Credentials,
  logger: NamedLogger,
): Promise<Nats> {
  return connectNats({
    servers: cluster.servers,
    credentials,
    identity,
    name: identity.role,
    logger: logger.child('nats'),
    signal,
  })
}

export async function runProcess(
  { home, signal, isDebug }: Context,
  name: 'server' | 'agent' | 'guard',
  act: (home: Home, cluster: ClusterFile, logger: NamedLogger) => Promise<void>,
): Promise<number> {
  const cluster = requireCluster(home)
  const logger = createLogger({
    name,
    level: isDebug ? 'debug' : 'info',
    file: join(home.logs, `${name}.log`),
  })
  logger.info({ version: ownVersion(), node: process.versions.node }, 'started')
  try {
    await act(home, cluster, logger)
    logger.info({}, 'stopped')
    return exitCodes.ok
  } catch (error) {
    if (signal.aborted) {
      logger.info({}, 'stopped')
      return exitCodes.ok
    }
    logger.error(
      {
        reason: messageOf(error),
        stack: error instanceof Error && !(error instanceof Fault) ? error.stack : undefined,
      },
      'ended',
    )
    throw error
  }
}
