// A cluster with a real nats-server and a real server process, whose nodes are simulated by one further process.
// Invariant: each of the three is a process of its own, so that what the leader takes can be told from what nats-server
// and the nodes take, and none outlives the cluster.

import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/adapters/host/index.ts'
import { Client } from '../../src/cli/client.ts'
import { emptySources } from '../../src/model/index.ts'
import type { FleetCommand, FleetNews, FleetSpec } from '../support/fleet.ts'
import { service, stackDocument } from '../support/documents.ts'
import { root } from '../support/gantry.ts'
import type { ServerSpec } from '../support/member.ts'
import { startNats } from '../support/nats.ts'
import type { TestNats } from '../support/nats.ts'
import type { Surroundings } from './bench.ts'
import { processCpuMs } from './timed.ts'

export type SimulatedPart = 'server' | 'nats' | 'fleet'

const everyMs = 20

export class SimulatedCluster implements AsyncDisposable {
  readonly client: Client
  readonly #surroundings: Surroundings
  readonly #nats: TestNats
  readonly #server: ChildProcess
  readonly #fleet: ChildProcess
  readonly #natsPid: number
  #news: FleetNews | null = null

  private constructor(
    surroundings: Surroundings,
    parts: { nats: TestNats; natsPid: number; server: ChildProcess; fleet: ChildProcess; client: Client },
  ) {
    this.#surroundings = surroundings
    this.#nats = parts.nats
    this.#natsPid = parts.natsPid
    this.#server = parts.server
    this.#fleet = parts.fleet
    this.client = parts.client
    parts.fleet.on('message', (news: FleetNews) => (this.#news = news))
  }

  /** Resolves when every node has said hello. */
  static async start(surroundings: Surroundings, nodes: number): Promise<SimulatedCluster> {
    const { workspace, signal } = surroundings
    const folder = workspace.folder('simulated')
    const nats = await startNats()
    const credentials = nats.credentials({ role: 'server' })
    const spec: ServerSpec = {
      kind: 'server',
      id: 's1',
      folder,
      natsUrls: [nats.url],
      credentials,
      replicas: 1,
      clusterKey: join(folder, 'cluster.key'),
    }
    const server = spawn(
      process.execPath,
      ['--max-semi-space-size=2', join(root, 'test/support/member.ts'), JSON.stringify(spec)],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    const fleetSpec: FleetSpec = { url: nats.url, credentials, nodes }
    const fleet = fork(join(root, 'test/support/fleet.ts'), [JSON.stringify(fleetSpec)])
    const connection = await nats.connect({ role: 'caller', name: 'admin' })
    const client = new Client({
      bus: connection.bus,
      caller: 'admin',
      sleep: (ms, stop) => systemClock.sleep(ms, stop),
      monotonic: () => systemClock.monotonic(),
      signal,
    })
    const parts = { nats, natsPid: await nats.pid(), server, fleet, client }
    const cluster = new SimulatedCluster(surroundings, parts)
    try {
      await cluster.until(`${nodes} nodes are ready`, (news) => news.ready === nodes, 300_000)
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  get news(): FleetNews | null {
    return this.#news
  }

  /** What the fleet says once the condition holds. */
  async until(what: string, holds: (news: FleetNews) => boolean, limitMs: number): Promise<FleetNews> {
    const deadline = performance.now() + limitMs
    for (;;) {
      this.#surroundings.signal.throwIfAborted()
      const news = this.#news
      if (news && holds(news)) return news
      for (const [name, child] of [
        ['server', this.#server],
        ['fleet', this.#fleet],
      ] as const)
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the ${name} has ended`)
      if (performance.now() > deadline)
        throw new Error(`not within ${limitMs / 1000} s: ${what}; ${JSON.stringify(news)}`)
      await sleep(everyMs)
    }
  }

  /** A stack of one service. */
  async apply(stack: string, replicas: number, baseVersion = 0): Promise<void> {
    const template = { resources: { cpu: 100, memory: 64 * 1024 ** 2 } }
    const document = stackDocument(stack, { services: { web: service(template, { replicas }) } })
    await this.client.apply({
      document,
      sources: emptySources,
      planId: `bench-plan-${stack}-${baseVersion}-${replicas}`,
      baseVersion,
    })
  }

  churn(tasksPerSecond: number): void {
    this.#fleet.send({ churn: tasksPerSecond } satisfies FleetCommand)
  }

  pid(part: SimulatedPart): number {
    if (part === 'nats') return this.#natsPid
    const pid = (part === 'server' ? this.#server : this.#fleet).pid
    if (pid === undefined) throw new Error(`${part} was never started`)
    return pid
  }

  cpuMs(part: SimulatedPart): number {
    return processCpuMs(this.pid(part))
  }

  /** Resident, in MB. */
  memory(part: SimulatedPart): number {
    const text = readFileSync(`/proc/${this.pid(part)}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#fleet, this.#server]) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await this.#nats.stop()
  }
}
