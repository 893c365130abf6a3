// The agent of one host: opens what it held, keeps its host in that state, and keeps a session with the leader.
// Invariant: the two do not wait for each other: without a leader the host runs on as it was last told, without an
// engine the leader still hears from the node. What it does to containers is in worker.ts.

import { Latch } from '../model/index.ts'
import type { Bus, Bytes, Clock, Logger, MilliCpu } from '../model/index.ts'
import { Collector } from './collector.ts'
import { Crew } from './crew.ts'
import { Engine } from './engine.ts'
import { Fences } from './fences.ts'
import { Host } from './host.ts'
import { Images } from './images.ts'
import { Inventory } from './inventory.ts'
import { Ledger } from './ledger.ts'
import { LogStreams } from './logs.ts'
import { Networks } from './networks.ts'
import { Outbox } from './outbox.ts'
import type {
  AgentStore,
  DiskSpace,
  Guard,
  Prober,
  Publisher,
  Runtime,
  RuntimeInfo,
  SecretFiles,
  Shelf,
} from './ports.ts'
import { Publishing } from './publishing.ts'
import { Session } from './session.ts'
import type { Shop } from './shop.ts'

export interface AgentOptions {
  /** Identity of the node; the same after a restart, unique in the cluster, without dots. */
  readonly node: string
  /** For people; shown beside the id. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Version of gantry. */
  readonly version: string
  /** What of the host's cpu and memory is kept from tasks. Default: nothing. */
  readonly reserved?: { readonly cpu: MilliCpu; readonly memory: Bytes }
  readonly bus: Bus
  readonly clock: Clock
  /** `id` names this process; `fraction`, uniform in [0, 1), spreads retries. */
  readonly entropy: { id(): string; fraction(): number }
  readonly runtime: Runtime
  readonly prober: Prober
  readonly publisher: Publisher
  readonly store: AgentStore
  readonly secretFiles: SecretFiles
  readonly guard: Guard
  /** Absent: nothing is collected. */
  readonly shelf?: Shelf
  /** Of the host, for placements: `/dev/kvm`. */
  readonly devices?: readonly string[]
  readonly logger: Logger
  /** Ends the agent; containers run on. */
  readonly signal: AbortSignal
}

const infoLimitMs = 10_000

/** Runs until the signal; rejects only when the agent's own disk fails, or on a bug. */
export async function startAgent(options: AgentOptions): Promise<void> {
  const { node, clock, logger, store, bus, runtime, publisher, entropy } = options
  const held = new Latch()
  let host: Host | undefined
  let inventory: Inventory | undefined
  let collector: Collector | undefined
  const ledger = await Ledger.open(store, logger, () => {
    held.open()
    host?.takeHoldings()
  })
  const fences = await Fences.open({
    guard: options.guard,
    logger,
    assignments: () => ledger.current?.tasks ?? new Map(),
    containersOf: (task) =>
      (inventory?.of(task) ?? []).filter(({ info }) => info.state !== 'exited').map(({ info }) => info.id),
    onLeased: () => host?.pokeAll(),
  })
  const crew = new Crew(options.signal)
  const outbox = new Outbox(() => session.wake())
  const engine = new Engine(runtime, clock, () => host?.doubtEngine())
  const boot = entropy.id()
  const session: Session = new Session({
    node,
    bus,
    clock,
    logger,
    ledger,
    outbox,
    fences,
    trouble: () => [ledger.trouble, fences.trouble, collector?.trouble].find((each) => each !== undefined),
    fraction: () => entropy.fraction(),
    describe: async (signal) => {
      const info = await engine.within('describing its host', infoLimitMs, signal, () => runtime.info())
      const { shelf } = options
      const disk = shelf
        ? await engine.within('describing its disk', infoLimitMs, signal, () => shelf.disk())
        : null
      return describe(options, boot, info, disk)
    },
  })
  const logs = new LogStreams({
    node,
    bus,
    clock,
    logger,
    runtime,
    crew,
    inventory: () => inventory,
    isExpected: (task) => {
      const assignment = ledger.current?.tasks.get(task)
      return assignment?.desired === 'run' && !assignment.over && !ledger.current?.jobs.get(task)?.end
    },
  })

  const services = [session.serve(), logs.serve()]
  crew.run((signal) => session.run(signal))
  crew.run(async (signal) => {
    while (!ledger.current) {
      await held.wait(clock, null, signal)
      signal.throwIfAborted()
    }
    const { cluster } = ledger.current
    inventory = new Inventory(cluster, node)
    const publishing = new Publishing({
      publisher,
      engine,
      clock,
      logger,
      wanted: () => host?.ports() ?? new Map(),
      onTrouble: () => host?.pokeAll(),
    })
    const shop: Shop = {
      ...options,
      cluster,
      engine,
      inventory,
      ledger,
      fences,
      publishing,
      outbox,
      crew,
      images: new Images(engine),
      networks: new Networks(engine, cluster),
    }
    const running = new Host(shop, runtime)
    host = running
    crew.run((inner) => publishing.run(inner))
    crew.run((inner) => running.runSweeps(inner))
    if (options.shelf) {
      const collecting = new Collector(shop, options.shelf, store)
      collector = collecting
      crew.run((inner) => collecting.run(inner))
    }
    await running.run(signal)
  })

  try {
    await crew.join()
  } finally {
    for (const service of services) service.close()
    await publisher.close()
    logger.info({ node }, 'the agent has stopped; containers run on')
  }
}

function describe(
  { name, labels, version, reserved, secretFiles, devices = [] }: AgentOptions,
  boot: string,
  info: RuntimeInfo,
  disk: DiskSpace | null,
) {
  return {
    boot,
    name,
    platform: { os: info.os, arch: info.arch },
    engine: info.engine,
    agent: version,
    capacity: {
      cpu: Math.max(0, info.cpu - (reserved?.cpu ?? 0)),
      memory: Math.max(0, info.memory - (reserved?.memory ?? 0)),
    },
    labels: { ...labels },
    ...(info.kernel === undefined ? {} : { kernel: info.kernel }),
    ...(disk === null ? {} : { disk: disk.size }),
    devices: [...devices, ...(info.gpus ?? [])],
    sealKey: secretFiles.sealKey,
  }
}
