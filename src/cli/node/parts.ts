// The parts of a cluster on one host: what each is, how it is started and stopped, in this order. Invariant: starting a
// part that runs changes nothing. Each is a process of its own with a pid file; nothing supervises them but whoever
// calls `gantry up` again.

import { readFile, stat } from 'node:fs/promises'
import process from 'node:process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readProcess, startDetached, stopProcess } from '../../adapters/host/index.ts'
import { startNatsServer, stopNatsServer } from '../../adapters/nats/index.ts'
import { checkDocker, removeDaemonTraces, startDaemon, stopDaemon } from '../../adapters/docker/index.ts'
import type { DaemonFolders } from '../../adapters/docker/index.ts'
import { splitAddress } from '../address.ts'
import type { ClusterFile, Home } from '../home.ts'
import { natsKeys } from './keys.ts'

export interface Part {
  readonly name: string
  /** Resolves with whether it had to be started. */
  start(): Promise<boolean>
  stop(): Promise<unknown>
  /** Leaves nothing of it on the host, once it is stopped, but what lies in the cluster's folder. */
  clear?(): Promise<void>
  /** Why it does not run though it was started, in its own last words; null while it runs. */
  ended?(): Promise<string | null>
}

/** First what the others need. An agent's host has neither nats-server nor server. */
export function partsOf(home: Home, cluster: ClusterFile): readonly Part[] {
  const { nats, server } = cluster
  return [
    dockerPart(home, cluster),
    ...(nats ? [natsPart(home, cluster, nats)] : []),
    ...(server === null ? [] : [ownPart(home, 'server')]),
    ownPart(home, 'agent'),
  ]
}

function daemonFolders(home: Home): DaemonFolders {
  return {
    data: home.dockerData,
    state: home.dockerState,
    socket: home.dockerSocket,
    pidFile: pidFile(home, 'dockerd'),
    logFile: join(home.logs, 'dockerd.log'),
  }
}

function dockerPart(home: Home, { docker }: ClusterFile): Part {
  const { range } = docker
  if (!docker.owned || range === null)
    return {
      name: `Docker at ${docker.socket}`,
      start: async () => {
        await checkDocker(docker.socket)
        return false
      },
      stop: async () => undefined,
    }
  const folders = daemonFolders(home)
  return {
    name: 'dockerd',
    start: async () => (await startDaemon({ ...folders, range })).isNew,
    stop: () => stopDaemon(folders),
    clear: () => removeDaemonTraces(folders, range),
  }
}

function natsPart(home: Home, { server, node }: ClusterFile, nats: NonNullable<ClusterFile['nats']>): Part {
  return {
    name: 'nats-server',
    start: async () => {
      const { cluster, listen } = nats
      const { isNew } = await startNatsServer({
        folder: home.nats,
        name: server ?? node.id,
        listen,
        ...(await natsKeys(home, hostsOf(nats))),
        ...(cluster ? { cluster } : {}),
      })
      return isNew
    },
    stop: () => stopNatsServer(home.nats),
  }
}

/** What other servers call the nats-server of this host. */
function hostsOf({ advertise, cluster }: NonNullable<ClusterFile['nats']>): string[] {
  const addresses = [...(advertise === null ? [] : [advertise]), ...(cluster ? [cluster.advertiseRoute] : [])]
  return [...new Set(addresses.map((each) => splitAddress(each).host))]
}

/**
 * Megabytes in which a process keeps what it has just made. Node's own choice lets it grow to 16, three times over,
 * before it looks what can go: server and agent with 30 tasks hold 217 MB then and 180 so, and folding a log of 100,000
 * records takes the same processor time (1.4 s).
 */
const youngMegabytes = 2

/** A process of gantry itself: this program with another command. */
function ownPart(home: Home, name: 'server' | 'agent'): Part {
  const file = pidFile(home, name)
  const out = join(home.logs, `${name}.out`)
  // Where this life of it begins in a file that is appended to.
  let saidBefore = 0
  return {
    name: `gantry ${name}`,
    start: async () => {
      if ((await readProcess(file)).state === 'running') return false
      saidBefore = await sizeOf(out)
      await startDetached({
        command: process.execPath,
        args: [`--max-semi-space-size=${youngMegabytes}`, ownMain(), '--home', home.root, name],
        logFile: out,
        pidFile: file,
        cwd: '/',
      })
      return true
    },
    stop: () => stopProcess(file),
    ended: async () => {
      if ((await readProcess(file)).state === 'running') return null
      const said = await readFile(out).catch(() => Buffer.alloc(0)) // it never said anything
      return said.subarray(saidBefore).toString('utf8').trim().split('\n').at(-1)?.slice(0, 500) ?? ''
    },
  }
}

export function guardSocket(home: Home): string {
  return join(home.run, 'guard.sock')
}

/** Ends what has no lease when the agent is dead; started by the agent, and ends by itself. */
export async function startGuard(home: Home): Promise<void> {
  const file = pidFile(home, 'guard')
  if ((await readProcess(file)).state === 'running') return
  await startDetached({
    command: process.execPath,
    args: [`--max-semi-space-size=${youngMegabytes}`, ownMain(), '--home', home.root, 'guard'],
    logFile: join(home.logs, 'guard.out'),
    pidFile: file,
    cwd: '/',
  })
}

export async function stopGuard(home: Home): Promise<void> {
  await stopProcess(pidFile(home, 'guard'))
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0, // it was never started before
  )
}

function pidFile(home: Home, name: string): string {
  return join(home.run, `${name}.pid`)
}

/** main.ts beside this folder, or main.js of a build. */
function ownMain(): string {
  const own = fileURLToPath(import.meta.url)
  return fileURLToPath(new URL(own.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url))
}
