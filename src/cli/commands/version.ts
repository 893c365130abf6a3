// `gantry version`: of this command, and of the cluster when there is one that answers.

import { exitCodes, messageOf } from '../../model/index.ts'
import { ownVersion } from '../context.ts'
import type { Command } from '../context.ts'
import { readClusterFile } from '../home.ts'

export interface VersionArgs {
  readonly json: boolean
}

export const runVersion: Command<VersionArgs> = async (context, args) => {
  const { terminal } = context
  const version = ownVersion()
  const cluster = await clusterVersions(context)
  if (args.json)
    terminal.out(
      JSON.stringify({ format_version: 1, gantry: version, node: process.versions.node, cluster }, null, 2),
    )
  else {
    terminal.out(`gantry ${version}`)
    if (cluster === null) terminal.out('no cluster here')
    else if ('error' in cluster) terminal.out(`cluster: ${cluster.error}`)
    else
      terminal.out(
        `agents ${cluster.agents.join(', ') || 'none'}; engines ${cluster.engines.join(', ') || 'none'}`,
      )
  }
  return exitCodes.ok
}

type ClusterVersions =
  | { readonly id: string; readonly agents: readonly string[]; readonly engines: readonly string[] }
  | { readonly error: string }

async function clusterVersions(context: Parameters<typeof runVersion>[0]): Promise<ClusterVersions | null> {
  try {
    if (!readClusterFile(context.home)) return null
    const view = await context.withClient((client) => client.status())
    const each = (pick: (node: (typeof view.nodes)[number]) => string) =>
      [...new Set(view.nodes.map(pick))].sort()
    return { id: view.cluster, agents: each((node) => node.agent), engines: each((node) => node.engine) }
  } catch (error) {
    return { error: messageOf(error) }
  }
}
