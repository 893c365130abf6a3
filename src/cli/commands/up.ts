// `gantry up`: makes the one-node cluster the first time, and starts what does not run on this host, of whatever cluster it
// is. How that is undone when it fails stands in node/host.ts.

import process from 'node:process'
import { isIP } from 'node:net'
import { freePort, systemEntropy } from '../../adapters/host/index.ts'
import { natsServerVersion } from '../../adapters/nats/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import type { Command, Context } from '../context.ts'
import { readClusterFile } from '../home.ts'
import type { ClusterFile } from '../home.ts'
import { chooseEngine } from '../node/engine.ts'
import { nodeName, readyNode, startHost } from '../node/host.ts'
import { foundKeys } from '../node/keys.ts'

export interface UpArgs {
  readonly docker: string | undefined
  readonly ownDocker: boolean
  readonly node: string | undefined
  readonly publishAddress: string | undefined
}

export const runUp: Command<UpArgs> = async (context, args) => {
  const { home, terminal } = context
  const known = readClusterFile(home)
  // Before anything is made: what cannot work is said while there is nothing to clear up.
  if (!known || known.nats) await natsServerVersion()
  if (known) refuseChanges(known, args)
  const cluster = known ?? (await designCluster(context, args))
  if (known && known.server === null) return startAgentAgain(context, known)
  let stacks = 0
  const { cluster: id, node } = await startHost(context, {
    cluster,
    isKnown: known !== undefined,
    prepare: async () => {
      await foundKeys(home, cluster)
      return cluster
    },
    look: readyNode(context, (view) => (stacks = view.stacks.length)),
  })
  terminal.out(
    `cluster ${id?.slice(0, 8) ?? ''} is up: node ${node.name}, ${stacks} ${stacks === 1 ? 'stack' : 'stacks'}, in ${home.root}`,
  )
  return exitCodes.ok
}

/** On a host that joined: whether the cluster finds its node ready is seen from a host that may ask. */
async function startAgentAgain(context: Context, cluster: ClusterFile): Promise<number> {
  const look = async () => cluster.cluster ?? ''
  await startHost(context, { cluster, isKnown: true, prepare: async () => cluster, look })
  context.terminal.out(`node ${cluster.node.name} is started, in ${context.home.root}`)
  return exitCodes.ok
}

/** What a cluster was made with stays: its containers and its identity hang on it. */
function refuseChanges({ docker, node, publishAddress }: ClusterFile, args: UpArgs): void {
  const changed = [
    ...(args.node !== undefined && args.node !== node.name
      ? [`--node ${args.node} (it is ${node.name})`]
      : []),
    ...(args.publishAddress !== undefined && args.publishAddress !== publishAddress
      ? [`--publish-address ${args.publishAddress} (it is ${publishAddress})`]
      : []),
    ...(args.docker !== undefined && args.docker.replace(/^unix:\/\//, '') !== docker.socket
      ? [`--docker ${args.docker} (it is ${docker.socket})`]
      : []),
    ...(args.ownDocker && !docker.owned ? [`--own-docker (it uses ${docker.socket})`] : []),
  ]
  if (changed.length === 0) return
  throw new Fault({
    what: `this cluster was made without ${changed.join(', ')}`,
    fix: 'leave it away, or make another cluster with --home',
    exit: exitCodes.usage,
  })
}

async function designCluster({ home, env }: Context, args: UpArgs): Promise<ClusterFile> {
  const name = nodeName(args.node, '--node')
  const publishAddress = requireIp(args.publishAddress)
  const listen = `127.0.0.1:${await freePort()}`
  return {
    format: 2,
    servers: [listen],
    nats: { listen, advertise: null, cluster: null },
    docker: await chooseEngine(
      { socket: args.docker, own: args.ownDocker },
      home,
      env,
      process.geteuid?.() === 0,
    ),
    node: { id: systemEntropy.id(), name },
    server: systemEntropy.id(),
    cluster: null,
    publishAddress,
  }
}

/** Of `--publish-address`. */
export function requireIp(publishAddress = '0.0.0.0'): string {
  if (isIP(publishAddress) !== 0) return publishAddress
  throw new Fault({
    what: `--publish-address ${publishAddress} is not an IP address`,
    fix: 'write for example 127.0.0.1, or 0.0.0.0 for all addresses of the host',
    exit: exitCodes.usage,
  })
}
