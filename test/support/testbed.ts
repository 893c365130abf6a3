// A whole cluster on hosts of a test's own: on each server host a nats-server and a server, on each worker host a Docker
// daemon and an agent, all real, each killed, paused, cut off and started again as the test likes. Invariant: who leads
// and what runs is told by looking from outside, at the processes and the engines, not by asking the cluster.
// Keys, certificates and configurations are made here, in one place, where operators let `gantry join` make them.

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import { readProcess, stopProcess } from '../../src/adapters/host/index.ts'
import {
  createAuthority,
  createNodeKeys,
  createUserKeys,
  issueCertificate,
} from '../../src/adapters/keys/index.ts'
import { proofOf } from '../../src/adapters/nats/connection.ts'
import { inboxOf, logStream } from '../../src/adapters/nats/identity.ts'
import { connectNats, createTrust, userJwt } from '../../src/adapters/nats/index.ts'
import type { Credentials, Identity, Nats, NatsServerOptions } from '../../src/adapters/nats/index.ts'
import { apiReply, BusError, decodeJson, emptySources, encodeJson, subjects } from '../../src/model/index.ts'
import type {
  ApiOperation,
  ApiReply,
  ClusterView,
  ServiceSpec,
  StackDocument,
} from '../../src/model/index.ts'
import { callEngine, importBusybox } from './dockerd.ts'
import { service, stackDocument } from './documents.ts'
import type { Dockerd } from './dockerd.ts'
import { root } from './gantry.ts'
import { Hosts } from './hosts.ts'
import type { Host, SmallDisk } from './hosts.ts'
import type { AgentSpec, MemberSpec, NatsSpec, RoleLine, ServerSpec } from './member.ts'
import { recordLines } from './nats.ts'
import type { Program } from './program.ts'

const clientPort = 4222
const routePort = 6222
const storeBytes = 64 * 1024 * 1024

export const testImage = 'busybox:test'

/** A service of small HTTP servers that all hosts publish on a port. */
export function webService(published: number, replicas: number): ServiceSpec {
  return service(
    {
      image: { ref: testImage },
      command: ['/bin/httpd', '-f', '-p', '8080', '-h', '/www'],
      ports: { http: { container: 8080, protocol: 'http', published } },
      health: {
        check: { kind: 'http', path: '/index.html', port: 'http' },
        intervalMs: 1000,
        timeoutMs: 1000,
        failures: 3,
      },
      stopGraceMs: 1000,
    },
    { replicas },
  )
}

export interface TestbedOptions {
  /** 1, 3 or 5; default 3. */
  readonly servers?: number
  /** Default 2. */
  readonly workers?: number
  /** The nats-server of each server host keeps its store on a disk of 64 MB of its own. */
  readonly smallStores?: boolean
}

export interface ServerHost {
  readonly host: Host
  readonly nats: NatsProgram
  readonly server: Program
  /** Where its nats-server keeps the log, when the stores are small. */
  readonly disk: SmallDisk | null
}

export interface WorkerHost {
  readonly host: Host
  readonly dockerd: Dockerd
  readonly agent: Program
}

export interface SeenContainer {
  readonly id: string
  readonly task: string
  readonly service: string
  readonly slot: string
  readonly revision: string
}

/** A nats-server on a host; it is started by the product's own function, and known by its pid file. */
export class NatsProgram {
  readonly #starter: Program
  readonly #pidFile: string

  constructor(starter: Program, pidFile: string) {
    this.#starter = starter
    this.#pidFile = pidFile
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    this.#starter.start()
    await eventually('the nats-server is started', 20_000, () => !this.#starter.isRunning)
    if ((await readProcess(this.#pidFile)).state === 'gone') throw new Error(this.#starter.output())
  }

  async kill(): Promise<void> {
    await stopProcess(this.#pidFile, { signal: 'SIGKILL' })
  }

  async pause(): Promise<void> {
    process.kill(await this.pid(), 'SIGSTOP')
  }

  async resume(): Promise<void> {
    process.kill(await this.pid(), 'SIGCONT')
  }

  async pid(): Promise<number> {
    const found = await readProcess(this.#pidFile)
    if (found.state === 'gone') throw new Error('the nats-server does not run')
    return found.pid
  }
}

export class Testbed implements AsyncDisposable {
  readonly hosts: Hosts
  readonly servers: ServerHost[] = []
  readonly workers: WorkerHost[] = []
  readonly #options: TestbedOptions
  readonly #connections = new Map<Host, Nats>()
  readonly #credentials = new Map<string, Credentials>()
  readonly #authority = createAuthority(Date.now())
  #plans = 0

  private constructor(options: TestbedOptions) {
    this.#options = options
    const { servers = 3, workers = 2 } = options
    const names = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`)
    this.hosts = Hosts.start([...names('s', servers), ...names('w', workers)])
  }

  /** Resolves when a leader has heard every node. */
  static async start(options: TestbedOptions = {}): Promise<Testbed> {
    const bed = new Testbed(options)
    try {
      await bed.#build()
      return bed
    } catch (error) {
      const said = bed.logs()
      await bed.stop()
      throw new Error(`the testbed did not come up; ${said}`, { cause: error })
    }
  }

  async #build(): Promise<void> {
    const { servers = 3, workers = 2 } = this.#options
    const trust = await createTrust(this.#authority)
    for (let number = 1; number <= servers; number += 1)
      this.servers.push(await this.#serverHost(`s${number}`, trust))
    await Promise.all(this.servers.map(({ nats }) => nats.start()))
    for (const { server } of this.servers) server.start()
    const making = Array.from({ length: workers }, (_, index) => this.#workerHost(`w${index + 1}`))
    this.workers.push(...(await Promise.all(making)))
    for (const { agent } of this.workers) agent.start()
    await eventually('every node is ready', 60_000, async () => {
      const view = await this.status()
      return view.nodes.filter(({ status }) => status === 'ready').length === workers
    })
  }

  async #serverHost(name: string, trust: NatsServerOptions['trust']): Promise<ServerHost> {
    const host = this.hosts.get(name)
    const { servers = 3, smallStores = false } = this.#options
    const folder = join(host.folder, 'nats')
    mkdirSync(folder)
    const { ca } = this.#authority
    const addresses = this.#serverAddresses()
    const at = (address: string) => `${address}:${routePort}`
    const options: NatsServerOptions = {
      folder,
      name,
      listen: `${host.address}:${clientPort}`,
      trust,
      tls: { ...issueCertificate(ca, [host.address], Date.now()), ca: ca.certificate },
      ...(servers === 1
        ? {}
        : {
            cluster: {
              advertise: `${host.address}:${clientPort}`,
              listen: at(host.address),
              advertiseRoute: at(host.address),
              routes: addresses.map(at),
            },
          }),
    }
    const disk = smallStores ? host.smallDisk('nats/store', storeBytes) : null
    const natsSpec: NatsSpec = {
      kind: 'nats',
      options: disk ? { ...options, storeLimitBytes: 4 * storeBytes } : options,
    }
    const serverSpec: ServerSpec = {
      kind: 'server',
      id: name,
      folder: join(host.folder, 'server'),
      natsUrls: this.#urls(host),
      credentials: await this.#credentialsOf({ role: 'server' }),
      founders: Array.from({ length: servers }, (_, index) => {
        const { name: id, address } = this.hosts.get(`s${index + 1}`)
        return { id, name: id, address: `${address}:${clientPort}` }
      }),
      replicas: servers,
      clusterKey: join(this.hosts.folder, 'cluster.key'),
    }
    const nats = new NatsProgram(member(host, 'nats', natsSpec), join(folder, 'nats.pid'))
    return { host, nats, server: member(host, 'server', serverSpec), disk }
  }

  async #workerHost(name: string): Promise<WorkerHost> {
    const host = this.hosts.get(name)
    const dockerd = await host.startDockerd()
    await importBusybox(dockerd.socket, testImage, { '/www/index.html': 'ok\n' })
    const keys = join(host.folder, 'keys')
    const { seed, publicKey } = await createNodeKeys(keys)
    const identity: Identity = { role: 'node', id: name }
    const ca = this.#authority.ca.certificate
    const spec: AgentSpec = {
      kind: 'agent',
      id: name,
      name,
      labels: {},
      folder: join(host.folder, 'agent'),
      natsUrls: this.#urls(null),
      credentials: { seed, ca, jwt: await userJwt(this.#authority, identity, publicKey, null) },
      keys,
      docker: dockerd.socket,
      publishAddress: '0.0.0.0',
    }
    return { host, dockerd, agent: member(host, 'agent', spec) }
  }

  #serverAddresses(): string[] {
    const { servers = 3 } = this.#options
    return Array.from({ length: servers }, (_, index) => this.hosts.get(`s${index + 1}`).address)
  }

  /** A server speaks to the nats-server of its own host first. */
  #urls(own: Host | null): string[] {
    const others = this.#serverAddresses().filter((address) => address !== own?.address)
    return [...(own ? [own.address] : []), ...others].map((address) => `tls://${address}:${clientPort}`)
  }

  async #credentialsOf(identity: Identity): Promise<Credentials> {
    const key = JSON.stringify(identity)
    const known = this.#credentials.get(key)
    if (known) return known
    const { seed, publicKey } = await createUserKeys(join(this.hosts.folder, `${this.#credentials.size}.nk`))
    const jwt = await userJwt(this.#authority, identity, publicKey, null)
    const made = { seed, jwt, ca: this.#authority.ca.certificate }
    this.#credentials.set(key, made)
    return made
  }

  // --- the API ------------------------------------------------------------------------------------------------

  /** One question by way of that host's nats-server. Throws `BusError` when nobody answers in time. */
  async ask(
    operation: ApiOperation,
    body: object,
    {
      via = this.servers[0]?.host,
      timeoutMs = 5000,
    }: { readonly via?: Host; readonly timeoutMs?: number } = {},
  ): Promise<ApiReply> {
    if (!via) throw new Error('there is no server host')
    const known = this.#connections.get(via)
    const identity: Identity = { role: 'caller', name: 'admin' }
    const nats =
      known ??
      (await connectNats({
        servers: [`tls://${via.address}:${clientPort}`],
        credentials: await this.#credentialsOf(identity),
        identity,
        name: `test by way of ${via.name}`,
        logger: recordLines(),
        signal: new AbortController().signal,
        firstWithinMs: 10_000,
      }))
    this.#connections.set(via, nats)
    const answer = await nats.bus.request(subjects.api('admin', operation), encodeJson(body), { timeoutMs })
    return apiReply.parse(decodeJson(answer))
  }

  async status(via?: Host): Promise<ClusterView> {
    const reply = await this.ask('status', {}, via ? { via } : {})
    if (!reply.ok) throw new Error(reply.error.what)
    return reply.value as ClusterView // the leader made it by `viewOf`
  }

  /** Applies once; null when it was accepted, else why not. */
  async apply(
    document: StackDocument,
    options: { via?: Host; timeoutMs?: number } = {},
  ): Promise<string | null> {
    const { servers } = this
    const via = options.via ?? servers[0]?.host
    try {
      const view = await this.status(via)
      const baseVersion = view.stacks.find(({ name }) => name === document.stack)?.version ?? 0
      const planId = `testbed-plan-${(this.#plans += 1)}`
      const body = { document, sources: emptySources, planId, baseVersion }
      const reply = await this.ask('apply', body, { ...options, ...(via ? { via } : {}) })
      return reply.ok ? null : reply.error.what
    } catch (error) {
      if (error instanceof BusError) return error.message
      throw error
    }
  }

  /**
   * Milliseconds until an apply is accepted by way of that host, asked as often as a person cannot: each time another
   * stack, so that one whose answer was lost counts for nothing.
   */
  async untilAccepted(name: string, via: Host, limitMs = 60_000): Promise<number> {
    const began = performance.now()
    for (let attempt = 1; performance.now() - began < limitMs; attempt += 1)
      try {
        const document = stackDocument(`${name}-${attempt}`)
        const planId = `testbed-${name}-${attempt}`
        const body = { document, sources: emptySources, planId, baseVersion: 0 }
        const reply = await this.ask('apply', body, { via, timeoutMs: 400 })
        if (reply.ok) return performance.now() - began
        await sleep(10)
      } catch (error) {
        if (!(error instanceof BusError)) throw error
        await sleep(10)
      }
    throw new Error(`no apply was accepted within ${limitMs} ms; ${this.logs()}`)
  }

  /** Applies until it is accepted. */
  async applied(document: StackDocument, limitMs = 30_000, via?: Host): Promise<void> {
    await eventually(`apply of ${document.stack} is accepted`, limitMs, async () => {
      const refused = await this.apply(document, via ? { via } : {})
      if (refused === null) return true
      throw new Error(refused)
    })
  }

  // --- looking from outside -------------------------------------------------------------------------------------

  /** Of what all servers have said, the one that took the newest term; whether it still runs is not asked. */
  leader(): ServerHost {
    const terms = this.servers.map((each) => ({ each, term: lastTermOf(each) }))
    const newest = terms.toSorted((a, b) => b.term - a.term)[0]
    if (!newest || newest.term === 0) throw new Error('nobody has ever led')
    return newest.each
  }

  get term(): number {
    return Math.max(...this.servers.map(lastTermOf))
  }

  /** The host whose nats-server leads the log's stream. */
  async streamLeader(via?: Host): Promise<ServerHost | undefined> {
    const answer = await this.#askJetStream(`STREAM.INFO.${logStream}`, via)
    const { cluster } = z
      .looseObject({ cluster: z.looseObject({ leader: z.string().optional() }) })
      .parse(answer)
    return this.servers.find(({ host }) => host.name === cluster.leader)
  }

  /** Whether every nats-server has all of the log's stream. */
  async isStreamWhole(): Promise<boolean> {
    const answer = await this.#askJetStream(`STREAM.INFO.${logStream}`)
    const { cluster } = z
      .looseObject({
        cluster: z.looseObject({
          leader: z.string().optional(),
          replicas: z
            .array(z.looseObject({ current: z.boolean().optional(), offline: z.boolean().optional() }))
            .optional(),
        }),
      })
      .parse(answer)
    const { leader, replicas = [] } = cluster
    return (
      leader !== undefined &&
      replicas.length === this.servers.length - 1 &&
      replicas.every(({ current = false, offline = false }) => current && !offline)
    )
  }

  /** Has the nats-servers choose another until it is that one. */
  async moveStream(to: ServerHost): Promise<void> {
    await eventually(`the stream is led on ${to.host.name}`, 60_000, async () => {
      if ((await this.streamLeader()) === to) return true
      await this.#askJetStream(`STREAM.LEADER.STEPDOWN.${logStream}`)
      return false
    })
  }

  /** A connection with the rights of a server, for looking at JetStream; whoever asks closes it. */
  async rawConnection(via: Host): Promise<NatsConnection> {
    return connect({
      servers: [`tls://${via.address}:${clientPort}`],
      ...proofOf(await this.#credentialsOf({ role: 'server' })),
      inboxPrefix: inboxOf({ role: 'server' }),
    })
  }

  async #askJetStream(question: string, via = this.servers[0]?.host): Promise<unknown> {
    if (!via) throw new Error('there is no server host')
    const connection = await this.rawConnection(via)
    try {
      const { data } = await connection.request(`$JS.API.${question}`, new Uint8Array(0), { timeout: 5000 })
      return decodeJson(data)
    } finally {
      await connection.close()
    }
  }

  followers(): ServerHost[] {
    const leader = this.leader()
    return this.servers.filter((each) => each !== leader)
  }

  /** Containers of gantry that run on a worker, as its engine says, straight from containerd's state. */
  async containers(worker: WorkerHost): Promise<SeenContainer[]> {
    const list = (await callEngine(worker.dockerd.socket, 'GET', '/containers/json')) as {
      readonly Id: string
      readonly State: string
      readonly Labels: Readonly<Record<string, string>>
    }[] // of the engine's API
    return list
      .filter(({ Labels, State }) => State === 'running' && Labels['gantry.task'] !== undefined)
      .map(({ Id, Labels }) => ({
        id: Id,
        task: Labels['gantry.task'] ?? '',
        service: Labels['gantry.service'] ?? '',
        slot: Labels['gantry.slot'] ?? '',
        revision: Labels['gantry.revision'] ?? '',
      }))
  }

  /** On all workers whose engine answers. */
  async allContainers(workers: readonly WorkerHost[] = this.workers): Promise<SeenContainer[]> {
    return (await Promise.all(workers.map((worker) => this.containers(worker)))).flat()
  }

  /** What went wrong, for the message of a failed test: the last lines of every log. */
  logs(lines = 8): string {
    const files = [
      ...this.servers.flatMap(({ host }) => [
        join(host.folder, 'server/server.log'),
        join(host.folder, 'nats/nats.log'),
      ]),
      ...this.workers.map(({ host }) => join(host.folder, 'agent/agent.log')),
    ]
    const programs = [...this.servers.map(({ server }) => server), ...this.workers.map(({ agent }) => agent)]
    return [
      ...files.map(
        (file) => `${file}\n${existsSync(file) ? lastLines(readFileSync(file, 'utf8'), lines) : 'none'}`,
      ),
      ...programs.map((program) => `${program.name}\n${lastLines(program.output(), lines)}`),
    ].join('\n')
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((nats) => nats.close()))
    await this.hosts.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

function member(host: Host, name: string, spec: MemberSpec): Program {
  const args = [join(root, 'test/support/member.ts'), JSON.stringify(spec)]
  return host.program({ name, command: process.execPath, args })
}

/** 0: it never led. */
function lastTermOf({ server }: ServerHost): number {
  const lines = server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{"role":"leader"'))
  return (JSON.parse(lines.at(-1) ?? '{"term":0}') as RoleLine).term // written by member.ts
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

/** Waits until it holds; what it throws meanwhile is told when the time is over. */
export async function eventually(
  what: string,
  limitMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + limitMs
  let problem: unknown
  for (;;) {
    try {
      if (await holds()) return
      problem = undefined
    } catch (error) {
      problem = error
    }
    if (performance.now() > deadline)
      throw new Error(
        `not within ${limitMs} ms: ${what}${problem instanceof Error ? `; ${problem.message}` : ''}`,
        { cause: problem },
      )
    await sleep(50)
  }
}
