// Where a host of a cluster keeps its things, and the file that says how the cluster is reached. Invariant: everything gantry
// writes on a host lies below one folder, but the secrets' files, which lie on tmpfs. It starts nothing.

import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { Fault, messageOf, sha256 } from '../model/index.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface Home {
  readonly root: string
  readonly clusterFile: string
  readonly keys: string
  readonly nodeKeys: string
  readonly nats: string
  readonly dockerData: string
  readonly dockerState: string
  readonly dockerSocket: string
  readonly logCopy: string
  readonly agentStore: string
  /** On tmpfs. */
  readonly secretFiles: string
  readonly run: string
  readonly logs: string
}

/** `--home`, else GANTRY_HOME, else /var/lib/gantry for root and ~/.local/state/gantry for others. */
export function homeAt(flag: string | undefined, env: Env, isRoot: boolean): Home {
  const root = resolve(
    flag ??
      env['GANTRY_HOME'] ??
      (isRoot
        ? '/var/lib/gantry'
        : join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'gantry')),
  )
  return {
    root,
    clusterFile: join(root, 'cluster.json'),
    keys: join(root, 'keys'),
    nodeKeys: join(root, 'keys', 'node'),
    nats: join(root, 'nats'),
    dockerData: join(root, 'docker'),
    dockerState: join(root, 'run', 'docker'),
    dockerSocket: join(root, 'run', 'docker.sock'),
    logCopy: join(root, 'log'),
    agentStore: join(root, 'agent'),
    secretFiles: join(memoryFolder(env, isRoot), sha256(root).slice(0, 12), 'secrets'),
    run: join(root, 'run'),
    logs: join(root, 'logs'),
  }
}

/** A folder in memory where the host has one for us: of the usual places the first that is a tmpfs. */
function memoryFolder(env: Env, isRoot: boolean): string {
  const name = isRoot ? 'gantry' : `gantry-${process.geteuid?.() ?? 0}`
  const places = [...(isRoot ? ['/run'] : []), env['XDG_RUNTIME_DIR'] ?? '', '/dev/shm']
  const found = places.find((place) => place !== '' && isInMemory(place))
  return join(found ?? tmpdir(), name)
}

function isInMemory(folder: string): boolean {
  try {
    return statfsSync(folder).type === tmpfsMagic
  } catch {
    return false // not there, or not ours to look at
  }
}

/** statfs(2): TMPFS_MAGIC. */
const tmpfsMagic = 0x01021994

/** Name of the first user: who founded the cluster. */
export const adminName = 'admin'

const clusterFile = z.strictObject({
  format: z.literal(2),
  /** Where NATS servers of the cluster take clients, `host:port`; that of this host first. */
  servers: z.array(z.string()).min(1),
  /** The nats-server of this host; null where only an agent runs. */
  nats: z
    .strictObject({
      listen: z.string(),
      /** How other hosts reach it; null: it is for this host alone. */
      advertise: z.string().nullable(),
      /** The routes between nats-servers; null: it is the only one. */
      cluster: z
        .strictObject({
          advertise: z.string(),
          listen: z.string(),
          advertiseRoute: z.string(),
          routes: z.array(z.string()),
        })
        .nullable(),
    })
    .nullable(),
  docker: z.strictObject({
    socket: z.string(),
    /** Whether the daemon is one of ours, started and stopped with the cluster. */
    owned: z.boolean(),
    /** Second number of its addresses when it is ours: 10.N.0.0/16. */
    range: z.int().min(0).max(255).nullable(),
  }),
  node: z.strictObject({ id: z.string(), name: z.string() }),
  /** Null where only an agent runs. */
  server: z.string().nullable(),
  /** Identity of the cluster in its log and on its containers; null until it has led for the first time. */
  cluster: z.string().nullable(),
  /** Address on which published ports are opened. */
  publishAddress: z.string(),
})
export type ClusterFile = z.infer<typeof clusterFile>

/** Undefined when there is no cluster; throws a Fault when its file cannot be read or is damaged. */
export function readClusterFile(home: Home): ClusterFile | undefined {
  if (!existsSync(home.clusterFile)) return undefined
  let text: string
  try {
    text = readFileSync(home.clusterFile, 'utf8')
  } catch (error) {
    throw new Fault({
      what: `cannot read ${home.clusterFile}`,
      why: messageOf(error),
      fix: 'run this as the user who ran gantry up',
    })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const parsed = clusterFile.safeParse(value)
  if (!parsed.success)
    throw new Fault({
      what: `${home.clusterFile} is damaged`,
      why: value === undefined ? 'it is not JSON' : (z.prettifyError(parsed.error).split('\n')[0] ?? ''),
      fix: `put it back from a backup; without one, end the processes named in ${home.run} and remove ${home.root}`,
    })
  return parsed.data
}

/** The cluster's file, or the Fault that tells how to make a cluster. */
export function requireCluster(home: Home): ClusterFile {
  const file = readClusterFile(home)
  if (file) return file
  throw new Fault({
    what: `there is no cluster in ${home.root}`,
    fix: 'start one with gantry up, or say where it is with --home or GANTRY_HOME',
  })
}

/** For people, as `gantry status` shows it: enough of the identity to tell clusters apart. */
export function nameOfCluster({ cluster }: ClusterFile): string {
  return cluster?.slice(0, 8) ?? 'new'
}
