// One process of a cluster under test: a server or an agent, wired as the command wires it, or what starts a
// nats-server where it is run, from one JSON argument. Its invariant is the command's: what goes wrong for good ends the
// process with the reason in its log. It makes no keys and no configuration: whoever starts it has made them. A line of
// JSON for each change of role goes to standard output, so that a test knows who leads without asking anybody.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { connectDocker } from '../../src/adapters/docker/index.ts'
import { openAgentStore, openLogCopy, openSecretFiles } from '../../src/adapters/files/index.ts'
import { createGuard, createKiller, runGuard } from '../../src/adapters/guard/index.ts'
import {
  createLogger,
  readProcess,
  startDetached,
  systemClock,
  systemEntropy,
} from '../../src/adapters/host/index.ts'
import {
  createClusterKey,
  createNodeKeys,
  createSealOpener,
  createVault,
} from '../../src/adapters/keys/index.ts'
import { connectNats, startNatsServer } from '../../src/adapters/nats/index.ts'
import type { Credentials, Identity, NatsServerOptions } from '../../src/adapters/nats/index.ts'
import { createPublisher, prober } from '../../src/adapters/network/index.ts'
import { startAgent } from '../../src/agent/index.ts'
import { startServer } from '../../src/server/index.ts'
import type { ServerOptions } from '../../src/server/index.ts'

interface Common {
  /** Identity of the server, or of the node. */
  readonly id: string
  /** Everything it keeps. */
  readonly folder: string
  readonly natsUrls: readonly string[]
  readonly credentials: Credentials
}

export interface ServerSpec extends Common {
  readonly kind: 'server'
  /** All servers that begin the log together; absent: this one alone. */
  readonly founders?: ServerOptions['founders']
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

/** Starts it and ends; the nats-server runs on, known by its pid file. */
export interface NatsSpec {
  readonly kind: 'nats'
  readonly options: NatsServerOptions
}

/** Started by an agent that runs fenced tasks; outlives it. Its pid is in `guard.pid` of the agent's folder. */
export interface GuardSpec {
  readonly kind: 'guard'
  readonly folder: string
  readonly docker: string
}

export type MemberSpec = ServerSpec | AgentSpec | NatsSpec | GuardSpec

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

const given = JSON.parse(process.argv[2] ?? '') as MemberSpec // written by the test that started it
if (given.kind === 'nats') await startNatsServer(given.options)
else if (given.kind === 'guard') await guardFor(given)
else await runMember(given)
process.exit(0)

function guardSocket({ folder }: Pick<GuardSpec, 'folder'>): string {
  return join(folder, 'guard.sock')
}

async function startGuard({ folder, docker }: AgentSpec): Promise<void> {
  const pidFile = join(folder, 'guard.pid')
  if ((await readProcess(pidFile)).state === 'running') return
  const args = [
    fileURLToPath(import.meta.url),
    JSON.stringify({ kind: 'guard', folder, docker } satisfies GuardSpec),
  ]
  await startDetached({ command: process.execPath, args, logFile: join(folder, 'guard.out'), pidFile })
}

async function guardFor({ folder, docker }: GuardSpec): Promise<void> {
  const logger = createLogger({ name: 'guard', level: 'debug', file: join(folder, 'guard.log') })
  await runGuard({ socketPath: guardSocket({ folder }), kill: createKiller(docker), logger, signal })
}

async function runMember(spec: ServerSpec | AgentSpec): Promise<void> {
  mkdirSync(spec.folder, { recursive: true })
  const file = join(spec.folder, `${spec.kind}.log`)
  const logger = createLogger({ name: spec.kind, level: 'debug', file })
  const identity: Identity = spec.kind === 'server' ? { role: 'server' } : { role: 'node', id: spec.id }
  try {
    const nats = await connectNats({
      servers: spec.natsUrls,
      credentials: spec.credentials,
      identity,
      name: `${identity.role} ${spec.id}`,
      logger: logger.child('nats'),
      signal,
    })
    const common = { bus: nats.bus, clock: systemClock, entropy: systemEntropy, logger, signal }
    if (spec.kind === 'server') {
      const copy = await openLogCopy(join(spec.folder, 'records'))
      await startServer({
        ...common,
        id: spec.id,
        ...(spec.founders === undefined ? {} : { founders: spec.founders }),
        store: nats.log({ replicas: spec.replicas }),
        copy,
        vault: createVault(await createClusterKey(spec.clusterKey)),
        onRole: (role, term) =>
          process.stdout.write(`${JSON.stringify({ role, term, at: Date.now() } satisfies RoleLine)}\n`),
      })
    } else {
      const { sealSeed } = await createNodeKeys(spec.keys)
      const secretFiles = await openSecretFiles({
        root: join(spec.folder, 'secrets'),
        opener: createSealOpener(sealSeed),
        logger,
      })
      const runtime = connectDocker({ socketPath: spec.docker, logger: logger.child('docker') })
      await startAgent({
        ...common,
        node: spec.id,
        name: spec.name,
        labels: spec.labels,
        version: '0.1.0',
        runtime,
        shelf: runtime,
        prober,
        publisher: createPublisher({ bind: spec.publishAddress }),
        store: openAgentStore(join(spec.folder, 'store')),
        secretFiles,
        guard: createGuard({
          socketPath: guardSocket(spec),
          start: () => startGuard(spec),
        }),
      })
    }
  } catch (error) {
    if (signal.aborted) return
    logger.error({ error }, 'ended')
    throw error
  }
}
