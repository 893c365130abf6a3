// `gantry cluster init`: the first host of a cluster that others can join. Invariant: it takes the pieces of `gantry up`, and
// listens where other hosts reach it besides.

import { isIP } from 'node:net'
import process from 'node:process'
import { systemEntropy } from '../../adapters/host/index.ts'
import { natsServerVersion } from '../../adapters/nats/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import { joinAddress, parseHost } from '../address.ts'
import type { Command } from '../context.ts'
import type { ClusterFile } from '../home.ts'
import { chooseEngine } from '../node/engine.ts'
import { nodeName, readyNode, requireNoCluster, startHost } from '../node/host.ts'
import { foundKeys } from '../node/keys.ts'
import { requireIp } from './up.ts'

export interface ClusterInitArgs {
  readonly address: string | undefined
  readonly port: string
  readonly name: string | undefined
  readonly docker: string | undefined
  readonly ownDocker: boolean
  readonly publishAddress: string | undefined
}

export const runClusterInit: Command<ClusterInitArgs> = async (context, args) => {
  const { home, env, terminal } = context
  requireNoCluster(context)
  if (args.address === undefined)
    throw new Fault({
      what: 'other hosts have to reach this one',
      fix: 'say how: gantry cluster init --address HOST, a name or an IP address',
      exit: exitCodes.usage,
    })
  const host = parseHost(args.address)
  const port = requirePort(args.port)
  await natsServerVersion()
  const advertise = joinAddress({ host, port })
  // A name may mean another address to others than to us.
  const listen = isIP(host) === 0 ? joinAddress({ host: '0.0.0.0', port }) : advertise
  const isRoot = process.geteuid?.() === 0
  const cluster: ClusterFile = {
    format: 2,
    servers: [advertise],
    nats: { listen, advertise, cluster: null },
    docker: await chooseEngine({ socket: args.docker, own: args.ownDocker }, home, env, isRoot),
    node: { id: systemEntropy.id(), name: nodeName(args.name, '--name') },
    server: systemEntropy.id(),
    cluster: null,
    publishAddress: requireIp(args.publishAddress),
  }
  const made = await startHost(context, {
    cluster,
    isKnown: false,
    prepare: async () => {
      await foundKeys(home, cluster)
      return cluster
    },
    look: readyNode(context, () => undefined),
  })
  terminal.out(
    `cluster ${made.cluster?.slice(0, 8) ?? ''} is up: node ${made.node.name}, at ${advertise}, in ${home.root}`,
  )
  terminal.say('gantry token create makes a token with which other hosts join')
  return exitCodes.ok
}

function requirePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65536) return port
  throw new Fault({
    what: `--port ${text} is not a port`,
    fix: 'write a number from 1 to 65535',
    exit: exitCodes.usage,
  })
}
