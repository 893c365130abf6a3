// One process of a cluster under test: a server or an agent, wired as the command wires it, from one JSON argument. Its
// invariant is the command's: what goes wrong for good ends the process with the reason in its log. It makes no
// keys and no configuration: whoever starts it has made them. A line of JSON for each change of role goes to standard
// output, so that a test knows who leads without asking anybody.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { connectDocker } from '../../src/adapters/docker/index.ts'
import { openAgentStore, openLogCopy, openSecretFiles } from '../../src/adapters/files/index.ts'
import { createLogger, systemClock, systemEntropy } from '../../src/adapters/host/index.ts'
import {
  createClusterKey,
  createNodeKeys,
  createSealOpener,
  createVault,
} from '../../src/adapters/keys/index.ts'
import { connectNats } from '../../src/adapters/nats/index.ts'
import type { Identity } from '../../src/adapters/nats/index.ts'
import { createPublisher, prober } from '../../src/adapters/network/index.ts'
import { startAgent } from '../../src/agent/index.ts'
import { startServer } from '../../src/server/index.ts'

interface Common {
  /** Identity of the server, or of the node. */
  readonly id: string
  /** Everything it keeps. */
  readonly folder: string
  readonly natsUrls: readonly string[]
}

export interface ServerSpec extends Common {
  readonly kind: 'server'
  readonly seed: string
  /** Of the log's stream, when this server is the one that makes it. */
  readonly replicas: number
  /** Path of the key that all servers share. */
  readonly clusterKey: string
}

export interface AgentSpec extends Common {
  readonly kind: 'agent'
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Folder of the node's own keys. */
  readonly keys: string
  readonly docker: string
  readonly publishAddress: string
}

export type MemberSpec = ServerSpec | AgentSpec

/** A line on standard output. */
export interface RoleLine {
  readonly role: 'follower' | 'leader'
  readonly term: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
const { signal } = stop

const spec = JSON.parse(process.argv[2] ?? '') as MemberSpec // written by the test that started it
mkdirSync(spec.folder, { recursive: true })
const logger = createLogger({ name: spec.kind, level: 'debug', file: join(spec.folder, `${spec.kind}.log`) })
const connect = (identity: Identity, seed: string) =>
  connectNats({
    servers: spec.natsUrls,
    seed,
    identity,
    name: `${identity.role} ${spec.id}`,
    logger: logger.child('nats'),
    signal,
  })

try {
  if (spec.kind === 'server') await runServer(spec)
  else await runAgent(spec)
} catch (error) {
  if (!signal.aborted) {
    logger.error({ error }, 'ended')
    throw error
  }
}
process.exit(0)

async function runServer({ id, folder, seed, replicas, clusterKey }: ServerSpec): Promise<void> {
  const copy = await openLogCopy(join(folder, 'records'))
  const vault = createVault(await createClusterKey(clusterKey))
  const nats = await connect({ role: 'server' }, seed)
  await startServer({
    id,
    store: nats.log({ replicas }),
    copy,
    bus: nats.bus,
    clock: systemClock,
    entropy: systemEntropy,
    vault,
    logger: logger.child('server'),
    signal,
    onRole: (role, term) =>
      process.stdout.write(`${JSON.stringify({ role, term, at: Date.now() } satisfies RoleLine)}\n`),
  })
}

async function runAgent({
  id,
  name,
  labels,
  folder,
  keys,
  docker,
  publishAddress,
}: AgentSpec): Promise<void> {
  const { seed, sealSeed } = await createNodeKeys(keys)
  const secretFiles = await openSecretFiles({
    root: join(folder, 'secrets'),
    opener: createSealOpener(sealSeed),
    logger: logger.child('secrets'),
  })
  const publisher = createPublisher({ bind: publishAddress })
  const nats = await connect({ role: 'node', id }, seed)
  await startAgent({
    node: id,
    name,
    labels,
    version: '0.1.0',
    bus: nats.bus,
    clock: systemClock,
    entropy: systemEntropy,
    runtime: connectDocker({ socketPath: docker, logger: logger.child('docker') }),
    prober,
    publisher,
    store: openAgentStore(join(folder, 'store')),
    secretFiles,
    logger: logger.child('agent'),
    signal,
  })
}
