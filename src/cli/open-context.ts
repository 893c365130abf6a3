// The real surroundings of a command: clock, connection to the cluster, the engine for builds. Invariant: the heavy
// libraries behind them are loaded when they are needed, and every connection is closed again.

import process from 'node:process'
import { systemClock, systemEntropy, createLogger } from '../adapters/host/index.ts'
import { exitCodes, Fault } from '../model/index.ts'
import type { Context } from './context.ts'
import { homeAt } from './home.ts'
import type { ClusterFile } from './home.ts'
import type { BuildRequest } from './images.ts'
import { createTerminal } from './terminal.ts'
import type { ColorChoice } from './terminal.ts'

export interface SurroundingOptions {
  readonly home?: string
  readonly color: ColorChoice
  readonly debug?: boolean
}

const connectsWithinMs = 3000

export function openContext(
  options: SurroundingOptions,
  signal: AbortSignal,
  readerGone: AbortSignal,
): Context {
  const home = homeAt(options.home, process.env, process.geteuid?.() === 0)
  const isDebug = options.debug ?? false
  return {
    terminal: createTerminal(process, process.env, options.color),
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    signal,
    readerGone,
    isDebug,
    home,
    withClient: async (act) => {
      const { connectNats } = await import('../adapters/nats/index.ts')
      const { reachCluster } = await import('./node/reach.ts')
      const { Client } = await import('./client.ts')
      const { cluster, caller, credentials } = await reachCluster(home, process.env['GANTRY_CREDENTIALS'])
      const nats = await connectNats({
        servers: cluster.servers,
        credentials,
        identity: { role: 'caller', name: caller },
        name: `gantry command ${process.pid}`,
        logger: createLogger({ name: 'command', level: isDebug ? 'debug' : 'error' }),
        signal,
        firstWithinMs: connectsWithinMs,
      }).catch((error: unknown) => {
        if (error instanceof Fault && error.exit === exitCodes.failed)
          throw new Fault(
            {
              what:
                cluster.server === null
                  ? `the cluster at ${cluster.servers.join(', ')} cannot be reached`
                  : `the cluster in ${home.root} does not run`,
              why: error.details.why ?? error.details.what,
              fix: cluster.server === null ? 'look whether it runs' : 'start it with gantry up',
            },
            { cause: error },
          )
        throw error
      })
      // What still waits for an answer when the act is over must not keep the process.
      const over = new AbortController()
      try {
        return await act(
          new Client({
            bus: nats.bus,
            caller,
            sleep: (ms, stop) => systemClock.sleep(ms, stop),
            monotonic: () => systemClock.monotonic(),
            signal: AbortSignal.any([signal, over.signal]),
          }),
          cluster,
        )
      } finally {
        over.abort()
        await nats.close()
      }
    },
  }
}

/** 22 letters and digits. */
export function newId(): string {
  return systemEntropy.id()
}

/** Builds one image on the cluster's engine unless it is there. */
export async function buildImage(
  cluster: ClusterFile,
  request: BuildRequest,
  say: (line: string, isDetail: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const { answers, checkDocker, ensureImage } = await import('../adapters/docker/index.ts')
  if (cluster.docker.owned && !(await answers(cluster.docker.socket)))
    throw new Fault({
      what: `the cluster's Docker daemon at ${cluster.docker.socket} does not answer`,
      fix: 'gantry up starts it when it does not run',
    })
  await checkDocker(cluster.docker.socket)
  const { stack, tag, ...build } = request
  const { built } = await ensureImage({
    socketPath: cluster.docker.socket,
    ...build,
    tag,
    labels: {
      'gantry.stack': stack,
      ...(cluster.cluster === null ? {} : { 'gantry.cluster': cluster.cluster }),
    },
    signal,
    onProgress: (line) => say(`  ${line}`, true),
  })
  if (built) say(`built ${tag}`, false)
}
