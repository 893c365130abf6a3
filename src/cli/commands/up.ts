// `gantry up`: makes the one-node cluster the first time, and starts what of it does not run. Invariant: when it fails,
// what this call started is stopped again, and a cluster that this call made is removed again.

import { existsSync } from 'node:fs'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import process from 'node:process'
import { isIP } from 'node:net'
import { freePort, systemEntropy, waitFor } from '../../adapters/host/index.ts'
import { natsServerVersion } from '../../adapters/nats/index.ts'
import { writeFileAtomically } from '../../adapters/files/index.ts'
import { exitCodes, Fault, isName, messageOf } from '../../model/index.ts'
import type { ClusterView } from '../../model/index.ts'
import type { Command, Context } from '../context.ts'
import { readClusterFile } from '../home.ts'
import type { ClusterFile } from '../home.ts'
import { chooseEngine } from '../node/engine.ts'
import { foundKeys } from '../node/keys.ts'
import { holdLock } from '../node/lock.ts'
import { partsOf } from '../node/parts.ts'
import type { Part } from '../node/parts.ts'

export interface UpArgs {
  readonly docker: string | undefined
  readonly ownDocker: boolean
  readonly node: string | undefined
  readonly publishAddress: string | undefined
}

/** From its start to a node that is ready: connecting, folding the log, the first term, hello. */
const readyWithinMs = 60_000
/** While no leader answers, this often it is looked whether the processes still run. */
const lookEveryMs = 500

export const runUp: Command<UpArgs> = async (context, args) => {
  const { home, terminal } = context
  // Before anything is made: what cannot work is said while there is nothing to clear up.
  await natsServerVersion()
  const known = readClusterFile(home)
  if (known) refuseChanges(known, args)
  const cluster = known ?? (await designCluster(context, args))
  const isNewFolder = !existsSync(home.root)
  const started: Part[] = []
  const release = await holdLock(home)
  try {
    if (!known) await makeCluster(context, cluster)
    if (!known) await foundKeys(home, cluster)
    const parts = partsOf(home, cluster)
    for (const part of parts) {
      context.signal.throwIfAborted()
      const isNew = await part.start().catch(async (problem: unknown) => {
        if (!known) await part.clear?.()
        throw problem
      })
      if (isNew) started.push(part)
      terminal.say(`${part.name}: ${isNew ? 'started' : 'runs'}`)
    }
    const view = await untilReady(context, cluster, parts)
    if (cluster.cluster !== view.cluster)
      await writeFileAtomically(home.clusterFile, clusterText({ ...cluster, cluster: view.cluster }), 0o600)
    terminal.out(
      `cluster ${view.cluster.slice(0, 8)} is up: node ${cluster.node.name}, ${view.stacks.length} ${view.stacks.length === 1 ? 'stack' : 'stacks'}, in ${home.root}`,
    )
    return exitCodes.ok
  } catch (error) {
    const problems: string[] = []
    const undo = async (part: Part) => {
      await part.stop()
      if (!known) await part.clear?.()
    }
    for (const part of started.reverse())
      await undo(part).catch((problem: unknown) => problems.push(`${part.name}: ${messageOf(problem)}`))
    if (!known && problems.length === 0) {
      await rm(home.clusterFile, { force: true })
      if (isNewFolder) await rm(home.root, { recursive: true, force: true })
    }
    for (const problem of problems) terminal.say(`could not be undone: ${problem}`)
    throw error
  } finally {
    await release()
  }
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
  const name = args.node ?? nameFromHost(hostname())
  if (!isName(name))
    throw new Fault({
      what: `${JSON.stringify(name)} cannot be the name of a node`,
      fix: 'choose one with --node',
      exit: exitCodes.usage,
    })
  const { publishAddress = '0.0.0.0' } = args
  if (isIP(publishAddress) === 0)
    throw new Fault({
      what: `--publish-address ${publishAddress} is not an IP address`,
      fix: 'write for example 127.0.0.1, or 0.0.0.0 for all addresses of the host',
      exit: exitCodes.usage,
    })
  const listen = `127.0.0.1:${await freePort()}`
  return {
    format: 2,
    servers: [listen],
    nats: { listen, cluster: null },
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

/** A host's name may hold what a node's name may not. */
function nameFromHost(host: string): string {
  const name = (host.split('.')[0] ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
  return isName(name) ? name : 'node'
}

async function makeCluster({ home }: Context, cluster: ClusterFile): Promise<void> {
  try {
    // The folder itself may be entered: dockerd's own parts below it are for other users too.
    await mkdir(home.root, { recursive: true, mode: 0o711 })
    for (const folder of [home.keys, home.nats, home.agentStore, home.logs])
      await mkdir(folder, { recursive: true, mode: 0o700 })
    await mkdir(home.run, { recursive: true, mode: 0o711 })
    await chmod(home.root, 0o711)
    await writeFileAtomically(home.clusterFile, clusterText(cluster), 0o600)
  } catch (error) {
    throw new Fault(
      {
        what: `cannot make a cluster in ${home.root}`,
        why: messageOf(error),
        fix: 'choose another folder with --home',
      },
      { cause: error },
    )
  }
}

function clusterText(cluster: ClusterFile): string {
  return `${JSON.stringify(cluster, null, 2)}\n`
}

async function untilReady(
  context: Context,
  cluster: ClusterFile,
  parts: readonly Part[],
): Promise<ClusterView> {
  const { signal, home, clock } = context
  const requireRunning = async () => {
    for (const part of parts) {
      const lastWords = await part.ended?.()
      if (lastWords != null) throw new Fault({ what: `${part.name} ended at once`, why: lastWords })
    }
  }
  return context.withClient((client) =>
    waitFor(
      async () => {
        await requireRunning()
        // Whatever it fails with now, it is asked again; what is wrong for good shows in a process that has ended.
        const asked = client.status().catch(() => null)
        const view = await Promise.race([asked, clock.sleep(lookEveryMs, signal)])
        return view?.nodes.some((node) => node.id === cluster.node.id && node.status === 'ready')
          ? view
          : null
      },
      {
        timeoutMs: readyWithinMs,
        everyMs: 50,
        what: `the node to be ready; ${home.logs} has the logs of server and agent`,
        signal,
      },
    ),
  )
}
