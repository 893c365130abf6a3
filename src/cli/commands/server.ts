// `gantry server`: the process of one server of the control plane, and its composition root. It loads nothing of an agent.

import { join } from 'node:path'
import { openLogCopy, openSnapshots } from '../../adapters/files/index.ts'
import { systemClock, systemEntropy } from '../../adapters/host/index.ts'
import { createClusterKey, createVault } from '../../adapters/keys/index.ts'
import { Fault } from '../../model/index.ts'
import { LogDamage, startServer } from '../../server/index.ts'
import type { Command } from '../context.ts'
import { openAuthority } from '../node/authority.ts'
import { credentialsOf, foundingOf, keyFiles } from '../node/keys.ts'
import { connect, runProcess } from '../node/process.ts'

export const runServer: Command<object> = (context) =>
  runProcess(context, 'server', async (home, cluster, logger) => {
    const { server: id } = cluster
    if (id === null)
      throw new Fault({ what: `no server belongs on this host: ${home.clusterFile} names none` })
    const vault = createVault(await createClusterKey(keyFiles.clusterKey(home)))
    const copy = await openLogCopy(join(home.logCopy, 'records'))
    const nats = await connect(
      context,
      cluster,
      { role: 'server' },
      await credentialsOf(home, 'server'),
      logger,
    )
    try {
      await startServer({
        id,
        name: cluster.node.name,
        ...(cluster.nats?.advertise == null ? {} : { address: cluster.nats.advertise }),
        store: nats.log(),
        copy,
        snapshots: await openSnapshots(join(home.logCopy, 'snapshots')),
        bus: nats.bus,
        clock: systemClock,
        entropy: systemEntropy,
        vault,
        authority: await openAuthority(home, cluster),
        founding: await foundingOf(home, cluster, id),
        logger: logger.child('server'),
        signal: context.signal,
      })
    } catch (error) {
      if (!(error instanceof LogDamage)) throw error
      throw new Fault(
        {
          what: "the cluster's log cannot be followed",
          why: error.message,
          fix: 'mend its store; or begin anew, without what the cluster knows: gantry down --purge',
        },
        { cause: error },
      )
    } finally {
      await nats.close()
    }
  })
