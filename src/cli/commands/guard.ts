// `gantry guard`: the process that ends what has no lease any more, also when the agent is dead.

import { createKiller, runGuard } from '../../adapters/guard/index.ts'
import type { Command } from '../context.ts'
import { guardSocket } from '../node/parts.ts'
import { runProcess } from '../node/process.ts'

export const runGuardProcess: Command<object> = (context) =>
  runProcess(context, 'guard', async (home, cluster, logger) =>
    runGuard({
      socketPath: guardSocket(home),
      kill: createKiller(cluster.docker.socket),
      logger: logger.child('guard'),
      signal: context.signal,
    }),
  )
