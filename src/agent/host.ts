// One host: keeps a worker for every task that is held or has containers here, and the sight of the containers up to
// date: a list when the engine is reached, its events, and a list now and then in case an event was missed. Invariant:
// no worker begins before all containers have been seen once, and nothing is taken for an orphan before a leader (now,
// or before a restart) has said what this host is to do: an empty memory never stops what runs.

import { Latch } from '../model/index.ts'
import type { Duration, TaskId } from '../model/index.ts'
import { volumeName } from './naming.ts'
import { RuntimeFailure } from './ports.ts'
import type { Backend, Runtime, RuntimeEvent } from './ports.ts'
import { retryDelay } from './restart.ts'
import type { Shop } from './shop.ts'
import { Worker } from './worker.ts'

const limits = { list: 30_000, inspect: 30_000, secrets: 30_000, volume: 60_000 } as const
/** A list soon after the events began, for what happened before they did, and then now and then. */
const listAgainMs = { first: 1000, then: 30_000 } as const
const reconnectLimitMs: Duration = 5000
/** Lists asked for by failing calls come no closer together. */
const leastListMs = 250
const sweepAgainMs = 5000
const sweepLimitMs = 300_000

/** Wait before the next sweep, after so many in a row that did not come off. */
function sweepDelay(failures: number): Duration {
  return Math.min(sweepLimitMs, sweepAgainMs * 2 ** Math.min(20, failures))
}

export class Host {
  readonly #shop: Shop
  readonly #runtime: Runtime
  readonly #workers = new Map<TaskId, Worker>()
  readonly #listLatch = new Latch()
  readonly #sweepLatch = new Latch()
  /** Containers being inspected; true when something happened to one meanwhile. */
  readonly #inspecting = new Map<string, boolean>()
  /** Volumes deleted on the leader's word, until it stops asking. */
  readonly #deletedVolumes = new Set<string>()
  #isListed = false
  /** A stack may have left since its networks were looked at last. */
  #mayHaveIdleNetworks = true

  constructor(shop: Shop, runtime: Runtime) {
    this.#shop = shop
    this.#runtime = runtime
  }

  /** What is held has changed. */
  takeHoldings(): void {
    this.#reconcile()
    for (const worker of this.#workers.values()) worker.poke()
    this.#sweepLatch.open()
  }

  /** A call found the engine away: look whether it is. */
  doubtEngine(): void {
    this.#listLatch.open()
  }

  /** The published ports of the tasks here, with those that can be reached. */
  ports(): Map<number, Backend[]> {
    const ports = new Map<number, Backend[]>()
    for (const worker of this.#workers.values()) {
      for (const port of worker.publishedPorts) if (!ports.has(port)) ports.set(port, [])
      for (const [port, backend] of worker.backends ?? []) ports.get(port)?.push(backend)
    }
    for (const backends of ports.values()) backends.sort((a, b) => (a.task < b.task ? -1 : 1))
    return ports
  }

  pokeAll(): void {
    for (const worker of this.#workers.values()) worker.poke()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#shop
    for (let failures = 0; ;) {
      signal.throwIfAborted()
      const reason = await this.#followEngine(signal, () => {
        if (failures > 0) logger.info({}, 'the container engine answers again')
        failures = 0
      })
      failures += 1
      if (failures === 1) logger.warn({ reason }, 'the container engine does not answer; trying again')
      await clock.sleep(retryDelay(failures, reconnectLimitMs), signal)
    }
  }

  /** Lists and hears events until the engine is away; gives the reason. */
  async #followEngine(signal: AbortSignal, onReached: () => void): Promise<string> {
    const { clock, cluster, networks } = this.#shop
    const over = new AbortController()
    const end = () => over.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    const broken = new AbortController()
    const events = (async () => {
      for await (const event of this.#runtime.events(cluster, over.signal)) this.#onEvent(event)
      throw new RuntimeFailure('unavailable', 'the stream of its events ended')
    })().catch((error: unknown) => {
      if (over.signal.aborted) return
      if (!(error instanceof RuntimeFailure)) throw error
      broken.abort(error)
      this.#listLatch.open()
    })
    this.#shop.crew.run(() => events)
    try {
      await this.#list(signal)
      networks.doubt()
      onReached()
      this.pokeAll()
      for (let wait: Duration = listAgainMs.first; ; wait = listAgainMs.then) {
        await this.#listLatch.wait(clock, wait, signal)
        signal.throwIfAborted()
        broken.signal.throwIfAborted()
        await this.#list(signal)
        await clock.sleep(leastListMs, signal)
      }
    } catch (error) {
      if (signal.aborted || !(error instanceof RuntimeFailure)) throw error
      return error.message
    } finally {
      signal.removeEventListener('abort', end)
      over.abort()
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { engine, inventory, cluster } = this.#shop
    const stamp = inventory.stamp()
    const list = await engine.within('listing containers', limits.list, signal, (runtime) =>
      runtime.list(cluster),
    )
    const changed = inventory.takeList(list, stamp)
    if (!this.#isListed) {
      this.#isListed = true
      this.#shop.crew.run((crewSignal) => this.#removeOldSecrets(crewSignal))
    }
    this.#reconcile()
    for (const task of changed) this.#workers.get(task)?.poke()
    this.#mayHaveIdleNetworks = true
    this.#sweepLatch.open()
  }

  #onEvent(event: RuntimeEvent): void {
    if (event.kind === 'removed') {
      const task = this.#shop.inventory.drop(event.id)
      if (task !== null) this.#workers.get(task)?.poke()
      return
    }
    if (this.#inspecting.has(event.id)) {
      this.#inspecting.set(event.id, true)
      return
    }
    this.#inspecting.set(event.id, false)
    this.#shop.crew.run((signal) => this.#inspect(event.id, signal))
  }

  async #inspect(id: string, signal: AbortSignal): Promise<void> {
    const { engine, inventory } = this.#shop
    try {
      do {
        this.#inspecting.set(id, false)
        const stamp = inventory.stamp()
        const info = await engine.within('inspecting a container', limits.inspect, signal, (runtime) =>
          runtime.inspect(id),
        )
        const task = inventory.take(info, stamp)
        this.#reconcile()
        if (task !== null) this.#workers.get(task)?.poke()
      } while (this.#inspecting.get(id) === true)
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error
      // An engine that is away is listed again once it is back.
      const task = error.kind === 'gone' ? inventory.drop(id) : null
      if (task !== null) this.#workers.get(task)?.poke()
    } finally {
      this.#inspecting.delete(id)
    }
  }

  /** A worker for every task that is held or has containers. */
  #reconcile(): void {
    const { current } = this.#shop.ledger
    if (!this.#isListed || !current) return
    for (const task of current.tasks.keys()) this.#ensureWorker(task)
    for (const task of this.#shop.inventory.tasks()) this.#ensureWorker(task)
  }

  #ensureWorker(task: TaskId): void {
    if (this.#workers.has(task)) return
    const worker = new Worker(task, this.#shop)
    this.#workers.set(task, worker)
    this.#shop.crew.run(async (signal) => {
      await worker.run(signal)
      this.#workers.delete(task)
      this.#shop.publishing.poke()
      this.#mayHaveIdleNetworks = true
      this.#sweepLatch.open()
      // Something may have come for it while it was clearing up.
      this.#reconcile()
    })
  }

  // --- what is left behind ------------------------------------------------------------------------------------

  async #removeOldSecrets(signal: AbortSignal): Promise<void> {
    const { engine, secretFiles, ledger, logger } = this.#shop
    try {
      const tasks = await engine.within('listing secrets', limits.secrets, signal, () => secretFiles.list())
      for (const task of tasks)
        if (ledger.current && !ledger.current.tasks.has(task) && !this.#workers.has(task))
          await engine.within('removing secrets', limits.secrets, signal, () => secretFiles.remove(task))
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error
      logger.error({ reason: error.message }, 'secret files of earlier tasks cannot be removed')
    }
  }

  /** Removes volumes whose data is to go, and networks of stacks that have left. */
  async runSweeps(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#shop
    /** Sweeps in a row that did not come off, what the last of them said, and until when networks are left alone. */
    let failures = 0
    let said: string | null = null
    let quietUntil = 0
    for (let again = false; ;) {
      await this.#sweepLatch.wait(clock, again ? sweepDelay(failures) : null, signal)
      signal.throwIfAborted()
      again = false
      if (!this.#isListed || !this.#shop.ledger.current) continue
      try {
        again = await this.#deleteVolumes(signal)
        if (clock.monotonic() < quietUntil) again = true
        else if (await this.#removeNetworks(signal)) {
          this.#mayHaveIdleNetworks = true
          again = true
        }
        if (clock.monotonic() >= quietUntil) {
          failures = 0
          said = null
        }
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error
        this.#mayHaveIdleNetworks = true
        failures += 1
        // An engine under load says the same for minutes.
        const level = error.message === said ? 'debug' : 'warn'
        logger[level]({ reason: error.message }, 'clearing up did not come off; trying again')
        said = error.message
        quietUntil = clock.monotonic() + sweepDelay(failures) - sweepAgainMs
        again = true
      }
    }
  }

  /** Whether some of them have to wait. */
  async #deleteVolumes(signal: AbortSignal): Promise<boolean> {
    const { ledger, engine, logger, outbox } = this.#shop
    const asked = new Set(ledger.deleteVolumes)
    for (const address of this.#deletedVolumes) if (!asked.has(address)) this.#deletedVolumes.delete(address)
    let hasToWait = false
    for (const address of asked) {
      if (this.#deletedVolumes.has(address)) continue
      const name = this.#nameOfVolume(address)
      if (this.#isVolumeUsed(name)) {
        hasToWait = true
        continue
      }
      try {
        await engine.call(`deleting ${address}`, limits.volume, signal, (runtime) =>
          runtime.removeVolume(name),
        )
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error
        if (error.kind !== 'gone') {
          logger.warn({ volume: address, reason: error.message }, 'a volume cannot be deleted; trying again')
          hasToWait = true
          continue
        }
      }
      logger.info({ volume: address }, 'the data of a volume is deleted')
      this.#deletedVolumes.add(address)
      outbox.putDeletedVolume(address)
    }
    return hasToWait
  }

  #nameOfVolume(address: string): string {
    const [stack = '', name = ''] = address.split('/volume:')
    return volumeName(this.#shop.cluster, stack, name)
  }

  #isVolumeUsed(name: string): boolean {
    return [...this.#workers.values()].some((worker) => worker.volumes.includes(name))
  }

  /** Whether some of them have to wait. */
  async #removeNetworks(signal: AbortSignal): Promise<boolean> {
    if (!this.#mayHaveIdleNetworks) return false
    this.#mayHaveIdleNetworks = false
    const isUsed = (stack: string) =>
      [...this.#workers.values()].some((worker) => worker.stack === stack) ||
      [...(this.#shop.ledger.current?.tasks.values() ?? [])].some((each) => each.stack === stack)
    return this.#shop.networks.removeUnused(isUsed, signal)
  }
}
