// Starting what of a cluster runs on this host, for `up`, `cluster init` and `join` alike. Invariant: when it fails, what this
// call started is stopped again, and a home that this call made is removed again.

import { existsSync } from 'node:fs'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { waitFor } from '../../adapters/host/index.ts'
import { writeFileAtomically } from '../../adapters/files/index.ts'
import { exitCodes, Fault, isName, messageOf } from '../../model/index.ts'
import type { ClusterView } from '../../model/index.ts'
import type { Context } from '../context.ts'
import { readClusterFile } from '../home.ts'
import type { ClusterFile } from '../home.ts'
import { holdLock } from './lock.ts'
import { partsOf } from './parts.ts'
import type { Part } from './parts.ts'

export interface HostPlan {
  readonly cluster: ClusterFile
  /** Whether the home is there already; then nothing of it is ever removed. */
  readonly isKnown: boolean
  /** Puts the keys into a home that was just made; gives the cluster's file as it is then. */
  readonly prepare: () => Promise<ClusterFile>
  /** Resolves with the cluster's identity when the node is ready; called over and over. */
  readonly look: (cluster: ClusterFile) => Promise<string | null>
}

/** From its start to a node that is ready: connecting, folding the log, the first term, hello. */
const readyWithinMs = 60_000

/** Resolves with the cluster's file when the node is ready. */
export async function startHost(context: Context, plan: HostPlan): Promise<ClusterFile> {
  const { home, terminal } = context
  const { isKnown } = plan
  const isNewFolder = !existsSync(home.root)
  const started: Part[] = []
  const release = await holdLock(home)
  let cluster = plan.cluster
  try {
    if (!isKnown) {
      await makeHome(context)
      cluster = await plan.prepare()
      await writeClusterFile(context, cluster)
    }
    const parts = partsOf(home, cluster)
    for (const part of parts) {
      context.signal.throwIfAborted()
      const isNew = await part.start().catch(async (problem: unknown) => {
        if (!isKnown) await part.clear?.()
        throw problem
      })
      if (isNew) started.push(part)
      terminal.say(`${part.name}: ${isNew ? 'started' : 'runs'}`)
    }
    const id = await untilReady(context, parts, () => plan.look(cluster))
    if (cluster.cluster !== id) await writeClusterFile(context, { ...cluster, cluster: id })
    return { ...cluster, cluster: id }
  } catch (error) {
    const problems: string[] = []
    const undo = async (part: Part) => {
      await part.stop()
      if (!isKnown) await part.clear?.()
    }
    for (const part of started.reverse())
      await undo(part).catch((problem: unknown) => problems.push(`${part.name}: ${messageOf(problem)}`))
    if (!isKnown && problems.length === 0) {
      await rm(home.clusterFile, { force: true })
      if (isNewFolder) await rm(home.root, { recursive: true, force: true })
    }
    for (const problem of problems) terminal.say(`could not be undone: ${problem}`)
    throw error
  } finally {
    await release()
  }
}

async function makeHome({ home }: Context): Promise<void> {
  try {
    // The folder itself may be entered: dockerd's own parts below it are for other users too.
    await mkdir(home.root, { recursive: true, mode: 0o711 })
    for (const folder of [home.keys, home.nats, home.agentStore, home.logs])
      await mkdir(folder, { recursive: true, mode: 0o700 })
    await mkdir(home.run, { recursive: true, mode: 0o711 })
    await chmod(home.root, 0o711)
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

async function writeClusterFile({ home }: Context, cluster: ClusterFile): Promise<void> {
  await writeFileAtomically(home.clusterFile, `${JSON.stringify(cluster, null, 2)}\n`, 0o600)
}

function untilReady(
  { signal, home }: Context,
  parts: readonly Part[],
  look: () => Promise<string | null>,
): Promise<string> {
  return waitFor(
    async () => {
      for (const part of parts) {
        const lastWords = await part.ended?.()
        if (lastWords != null) throw new Fault({ what: `${part.name} ended at once`, why: lastWords })
      }
      return look()
    },
    {
      timeoutMs: readyWithinMs,
      everyMs: 50,
      what: `the node to be ready; ${home.logs} has the logs of server and agent`,
      signal,
    },
  )
}

/** While no leader answers, this often it is looked whether the processes still run. */
const lookEveryMs = 500

/** Asks the cluster in the name of its admin until the node of this host is ready. */
export function readyNode(context: Context, found: (view: ClusterView) => void): HostPlan['look'] {
  return (cluster) =>
    context.withClient(async (client) => {
      // Whatever it fails with now, it is asked again; what is wrong for good shows in a process that has ended.
      const asked = client.status().catch(() => null)
      const view = await Promise.race([asked, context.clock.sleep(lookEveryMs, context.signal)])
      if (!view?.nodes.some((node) => node.id === cluster.node.id && node.status === 'ready')) return null
      found(view)
      return view.cluster
    })
}

/** Of `--name`, or what the host is called. */
export function nodeName(wanted: string | undefined, option: string): string {
  const name = wanted ?? nameFromHost(hostname())
  if (isName(name)) return name
  throw new Fault({
    what: `${JSON.stringify(name)} cannot be the name of a node`,
    fix: `choose one with ${option}`,
    exit: exitCodes.usage,
  })
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

/** A host is of one cluster. */
export function requireNoCluster({ home }: Context): void {
  const there = readClusterFile(home)
  if (there)
    throw new Fault({
      what: `this host is node ${there.node.name} of a cluster already, in ${home.root}`,
      fix: 'gantry up starts what of it does not run; gantry down --purge takes the host out for good',
    })
}
