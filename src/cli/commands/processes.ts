// The processes of the one-node cluster: one server of the control plane, one agent. The composition roots of both.
// Invariant: what goes wrong for good ends the process with the reason in its log, never with a half-working one.

import { join } from 'node:path'
import { createLogger, systemClock, systemEntropy } from '../../adapters/host/index.ts'
import type { NamedLogger } from '../../adapters/host/index.ts'
import { openAgentStore, openLogCopy, openSecretFiles } from '../../adapters/files/index.ts'
import {
  createClusterKey,
  createNodeKeys,
  createSealOpener,
  createUserKeys,
  createVault,
} from '../../adapters/keys/index.ts'
import { connectDocker } from '../../adapters/docker/index.ts'
import { connectNats } from '../../adapters/nats/index.ts'
import type { Identity, Nats } from '../../adapters/nats/index.ts'
import { createPublisher, prober } from '../../adapters/network/index.ts'
import { startAgent } from '../../agent/index.ts'
import { exitCodes, Fault, messageOf } from '../../model/index.ts'
import { startServer } from '../../server/index.ts'
import { ownVersion } from '../context.ts'
import type { Command, Context } from '../context.ts'
import { clusterKey, requireCluster, serverKey } from '../home.ts'
import type { ClusterFile, Home } from '../home.ts'

export const runServer: Command<object> = (context) =>
  runProcess(context, 'server', async (home, cluster, logger) => {
    const keys = await createUserKeys(serverKey(home))
    const vault = createVault(await createClusterKey(clusterKey(home)))
    const copy = await openLogCopy(join(home.logCopy, 'records'))
    const nats = await connect(context, cluster, { role: 'server' }, keys.seed, logger)
    try {
      await startServer({
        id: cluster.server,
        store: nats.log(),
        copy,
        bus: nats.bus,
        clock: systemClock,
        entropy: systemEntropy,
        vault,
        logger: logger.child('server'),
        signal: context.signal,
      })
    } finally {
      await nats.close()
    }
  })

export const runAgent: Command<object> = (context) =>
  runProcess(context, 'agent', async (home, cluster, logger) => {
    const keys = await createNodeKeys(home.nodeKeys)
    const secretFiles = await openSecretFiles({
      root: home.secretFiles,
      opener: createSealOpener(keys.sealSeed),
      logger: logger.child('secrets'),
    })
    const runtime = connectDocker({ socketPath: cluster.docker.socket, logger: logger.child('docker') })
    const publisher = createPublisher({ bind: cluster.publishAddress })
    const identity: Identity = { role: 'node', id: cluster.node.id }
    const nats = await connect(context, cluster, identity, keys.seed, logger)
    try {
      await startAgent({
        node: cluster.node.id,
        name: cluster.node.name,
        labels: {},
        version: ownVersion(),
        bus: nats.bus,
        clock: systemClock,
        entropy: systemEntropy,
        runtime,
        prober,
        publisher,
        store: openAgentStore(home.agentStore),
        secretFiles,
        logger: logger.child('agent'),
        signal: context.signal,
      })
    } finally {
      await publisher.close()
      await nats.close()
    }
  })

async function connect(
  { signal }: Context,
  cluster: ClusterFile,
  identity: Identity,
  seed: string,
  logger: NamedLogger,
): Promise<Nats> {
  return connectNats({
    servers: [`nats://127.0.0.1:${cluster.natsPort}`],
    seed,
    identity,
    name: identity.role,
    logger: logger.child('nats'),
    signal,
  })
}

async function runProcess(
  { home, signal, isDebug }: Context,
  name: 'server' | 'agent',
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
