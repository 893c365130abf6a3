// `gantry agent`: the process of one host's agent, and its composition root. It loads nothing of a server.

import { connectDocker } from '../../adapters/docker/index.ts'
import { openAgentStore, openSecretFiles } from '../../adapters/files/index.ts'
import { createGuard } from '../../adapters/guard/index.ts'
import { listDevices, systemClock, systemEntropy } from '../../adapters/host/index.ts'
import { createNodeKeys, createSealOpener } from '../../adapters/keys/index.ts'
import type { Identity } from '../../adapters/nats/index.ts'
import { createPublisher, prober } from '../../adapters/network/index.ts'
import { startAgent } from '../../agent/index.ts'
import { ownVersion } from '../context.ts'
import type { Command } from '../context.ts'
import { credentialsOf } from '../node/keys.ts'
import { guardSocket, startGuard } from '../node/parts.ts'
import { connect, runProcess } from '../node/process.ts'

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
    const nats = await connect(context, cluster, identity, await credentialsOf(home, 'node'), logger)
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
        shelf: runtime,
        devices: listDevices(),
        prober,
        publisher,
        store: openAgentStore(home.agentStore),
        secretFiles,
        guard: createGuard({ socketPath: guardSocket(home), start: () => startGuard(home) }),
        logger: logger.child('agent'),
        signal: context.signal,
      })
    } finally {
      await publisher.close()
      await nats.close()
    }
  })
