// One task on this host: looks at what there is, decides, does one thing, looks again. Each task has a worker of its
// own, so that a slow or hanging call for one delays no other. Invariant: nothing is done to a container but what
// `decide` said of the newest sight of it; every failure of the engine is shown in the task's status and tried again.

import { assert, Latch, unreachable } from '../model/index.ts'
import type { Assignment, Clock, Duration, Logger, TaskId, TaskReport } from '../model/index.ts'
import type { Crew } from './crew.ts'
import { decide, leftOvers, newestOf, observe, refuse, restartsOf } from './decide.ts'
import type { End, Life, Step, Wish } from './decide.ts'
import type { Engine } from './engine.ts'
import { firstVital, watchHealth } from './health.ts'
import type { Vital } from './health.ts'
import type { Images } from './images.ts'
import type { Inventory } from './inventory.ts'
import type { Ledger } from './ledger.ts'
import { containerName, labels, volumeName } from './naming.ts'
import type { Owned } from './naming.ts'
import type { Networks } from './networks.ts'
import type { Outbox } from './outbox.ts'
import { RuntimeFailure } from './ports.ts'
import type { Backend, Prober, Publisher, SecretFiles } from './ports.ts'
import type { Publishing } from './publishing.ts'
import { containerRequest, ownerOf, secretFilesOf } from './request.ts'
import { retryDelay } from './restart.ts'
import { reportOf, sameReport } from './status.ts'

/** What the workers of a host share. */
export interface Shop {
  readonly node: string
  readonly cluster: string
  readonly clock: Clock
  readonly logger: Logger
  readonly engine: Engine
  readonly prober: Prober
  readonly publisher: Publisher
  readonly secretFiles: SecretFiles
  readonly inventory: Inventory
  readonly ledger: Ledger
  readonly images: Images
  readonly networks: Networks
  readonly publishing: Publishing
  readonly outbox: Outbox
  readonly crew: Crew
}

const limits = {
  look: 30_000,
  make: 60_000,
  start: 120_000,
  remove: 60_000,
  /** Beyond a container's own grace. */
  stop: 30_000,
  drain: 5000,
  publish: 15_000,
} as const

/** Longest wait before a call that failed is tried again. */
const retryLimitMs = { image: 300_000, unavailable: 10_000, refused: 30_000, gone: 1000 } as const
/** After a failure pokes are not heard for this long, so that failing never becomes a busy loop. */
const leastRetryMs = 250

const diskTrouble = 'how far the job is could not be written to the disk of its host'

interface Watch {
  readonly container: string
  readonly since: number
  readonly over: AbortController
  vital: Vital
  /** By the monotonic clock; null while it is not healthy. */
  healthySince: number | null
}

export class Worker {
  readonly task: TaskId
  readonly #shop: Shop
  readonly #latch = new Latch()
  #assignment: Assignment | null = null
  #life: Life = null
  #lastEnd: End | null = null
  #restarts = 0
  #watch: Watch | null = null
  #wish: Wish = 'forget'
  /** A container that is to be replaced though it runs; a probe that succeeds meanwhile does not save it. */
  #condemned: { readonly container: string; readonly why: string } | null = null
  #pull: AbortController | null = null
  #isDrained = false
  #failures = 0
  #trouble: string | null = null
  #said: TaskReport | null = null
  /** Dead containers that would not go; tried again after the next one of its task. */
  readonly #stubborn = new Set<string>()

  constructor(task: TaskId, shop: Shop) {
    this.task = task
    this.#shop = shop
  }

  get stack(): string | null {
    return this.#assignment?.stack ?? null
  }

  /** Engine names of the volumes that its containers use or used. */
  get volumes(): string[] {
    const { template, stack } = this.#assignment ?? {}
    if (!template || stack === undefined) return []
    return Object.values(template.mounts).map(({ volume }) => volumeName(this.#shop.cluster, stack, volume))
  }

  /** What it was told or has may have changed: look again. */
  poke(): void {
    this.#latch.open()
    if (this.#wishNow() !== 'run') this.#pull?.abort()
  }

  /** Where its published ports lead; null while it is not to be reached. */
  backends(): ReadonlyMap<number, Backend> | null {
    const watch = this.#watch
    if (!this.#assignment || !watch?.vital.isHealthy || this.#wishNow() !== 'run') return null
    const ip = this.#containers().find((each) => each.info.id === watch.container)?.info.ip
    if (ip == null) return null
    const backends = new Map<number, Backend>()
    for (const { published, container } of Object.values(this.#assignment.template.ports))
      if (published !== undefined) backends.set(published, { task: this.task, ip, port: container })
    return backends
  }

  /** Ports that its assignment publishes, whether or not it is healthy. */
  publishedPorts(): number[] {
    return Object.values(this.#assignment?.template.ports ?? {}).flatMap(({ published }) => published ?? [])
  }

  /** Ends when nothing of the task is left and nobody wishes for it. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        signal.throwIfAborted()
        const step = this.#look(signal)
        if (step.do === 'over' && this.#wish === 'forget') break
        try {
          await this.#carryOut(step, signal)
          this.#failures = 0
          this.#trouble = null
        } catch (error) {
          if (signal.aborted || !(error instanceof RuntimeFailure)) throw error
          await this.#afterFailure(step, error, signal)
        }
      }
      await this.#clearUp(signal)
    } finally {
      this.#stopWatching()
    }
  }

  /** Observes, decides, and says so. */
  #look(signal: AbortSignal): Step {
    const { clock, ledger } = this.#shop
    this.#assignment = ledger.current?.tasks.get(this.task) ?? this.#assignment
    this.#wish = this.#wishNow()
    const containers = this.#containers()
    const now = clock.now()
    const sick = this.#sickness(containers)
    const before = this.#life
    this.#life = observe(before, { containers, now, healthyMs: this.#healthyMs(containers), sick })
    const kind = this.#assignment?.kind ?? 'service'
    // What ends because it was told to has not ended by itself.
    if (this.#wish === 'run') {
      if (this.#life?.ended && this.#life.ended !== before?.ended) this.#noteEnd(this.#life.ended)
      this.#restarts = restartsOf(this.#life, kind)
    }
    const step = decide({
      wish: this.#wish,
      kind,
      containers,
      life: this.#life,
      now,
      sick,
      job: ledger.current?.jobs.get(this.task) ?? null,
    })
    if (step.do === 'watch') this.#watchOver(step.container, signal)
    else if (step.do !== 'kill') this.#stopWatching()
    if (step.do !== 'rest') this.#say(step)
    return step
  }

  #wishNow(): Wish {
    return this.#shop.ledger.current?.tasks.get(this.task)?.desired ?? 'forget'
  }

  #containers(): readonly Owned[] {
    return this.#shop.inventory.of(this.task)
  }

  #noteEnd(end: End): void {
    this.#lastEnd = end
    this.#shop.logger.info(
      { task: this.task, exitCode: end.exitCode, reason: end.message, inARow: end.streak },
      'a container ended',
    )
  }

  async #carryOut(step: Step, signal: AbortSignal): Promise<void> {
    const { clock } = this.#shop
    switch (step.do) {
      case 'create':
        return this.#create(step, signal)
      case 'start':
        return this.#start(step.container, signal)
      case 'watch':
        await this.#tidy(signal)
        return this.#latch.wait(clock, null, signal)
      case 'rest':
        // Known for good before it is said: a job that has ended is never begun again, whatever becomes of its container.
        if (!(await this.#shop.ledger.noteJob(this.task, { exitCode: step.exitCode, message: step.message })))
          throw new RuntimeFailure('unavailable', diskTrouble)
        this.#say(step)
        return this.#latch.wait(clock, null, signal)
      case 'wait':
        await this.#tidy(signal)
        return this.#latch.wait(clock, step.ms, signal)
      case 'kill':
        return this.#stop(step.containers, signal)
      case 'leave':
        await this.#leave(signal)
        return this.#stop(step.containers, signal)
      case 'remove':
        return this.#remove(step.containers, signal)
      case 'over':
        await this.#clearUp(signal)
        return this.#latch.wait(clock, null, signal)
      default:
        return unreachable(step)
    }
  }

  async #create({ attempt, streak }: Extract<Step, { do: 'create' }>, signal: AbortSignal): Promise<void> {
    const assignment = this.#assignment
    assert(assignment !== null, () => `${this.task} is to be made without an assignment`)
    const { engine, cluster, node, ledger } = this.#shop
    this.#stubborn.clear()
    if (!(await this.#haveImage(assignment, signal))) return
    await this.#shop.networks.ensure(assignment.stack, signal)
    for (const { volume } of Object.values(assignment.template.mounts))
      await engine.call(`making the volume ${volume}`, limits.look, signal, (runtime) =>
        runtime.ensureVolume(volumeName(cluster, assignment.stack, volume), {
          [labels.cluster]: cluster,
          [labels.node]: node,
          [labels.stack]: assignment.stack,
        }),
      )
    const request = await engine.within('preparing its secrets', limits.look, signal, async () => {
      const secrets = this.#openSecrets(assignment)
      const files = secretFilesOf(assignment, secrets)
      const folder =
        files.size === 0
          ? null
          : await this.#shop.secretFiles.write(this.task, files, ownerOf(assignment.template))
      const { term } = ledger
      return containerRequest(assignment, {
        cluster,
        node,
        term,
        attempt,
        streak,
        secrets,
        secretFolder: folder,
      })
    })
    const id = await engine.call('making its container', limits.make, signal, (runtime) =>
      runtime.create(request),
    )
    if (!(await this.#see(id, signal))) return
    if (!this.#containers().some((each) => each.info.id === id && each.attempt === attempt))
      throw new RuntimeFailure(
        'refused',
        `the container name ${containerName(this.task, attempt)} is taken by a container that is not this cluster's; remove that container`,
      )
  }

  /** False when the wish changed while it was pulled. */
  async #haveImage(assignment: Assignment, signal: AbortSignal): Promise<boolean> {
    const pull = new AbortController()
    const end = () => pull.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    this.#pull = pull
    try {
      await this.#shop.images.ensure(assignment, pull.signal)
      return true
    } catch (error) {
      if (pull.signal.aborted && !signal.aborted) return false
      throw error
    } finally {
      this.#pull = null
      signal.removeEventListener('abort', end)
    }
  }

  #openSecrets(assignment: Assignment): Map<string, string> {
    return new Map(
      assignment.secrets.map(({ name, sealed }) => [name, this.#shop.secretFiles.open(sealed)] as const),
    )
  }

  async #start({ info: { id } }: Owned, signal: AbortSignal): Promise<void> {
    const { engine, ledger } = this.#shop
    const isJob = this.#assignment?.kind === 'job'
    // An earlier start may have come into effect without an answer, and a job's container may have ended since:
    // starting it again would run the job twice.
    if (this.#failures > 0 || (isJob && ledger.current?.jobs.has(this.task))) {
      if (!(await this.#see(id, signal))) return
      if (this.#containers().find((each) => each.info.id === id)?.info.state !== 'created') return
    }
    // From here on it counts as having run, whatever this host forgets.
    if (isJob && !(await ledger.noteJob(this.task, null)))
      throw new RuntimeFailure('unavailable', diskTrouble)
    await this.#treatGone(id, () =>
      engine.call('starting its container', limits.start, signal, (runtime) => runtime.start(id)),
    )
    await this.#see(id, signal)
  }

  /** Takes it out of reach and lets its connections end, once. */
  async #leave(signal: AbortSignal): Promise<void> {
    if (this.#isDrained) return
    this.#isDrained = true
    if (this.publishedPorts().length === 0) return
    const { engine, publisher, publishing, logger } = this.#shop
    try {
      await engine.within('leaving its published ports', limits.publish, signal, () => publishing.settle())
      await engine.within('draining', limits.drain + 1000, signal, () =>
        publisher.drain(this.task, limits.drain),
      )
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error
      // It is stopped all the same: a wish to stop outranks the end of its connections.
      logger.warn({ task: this.task, reason: error.message }, 'a task was not drained')
    }
  }

  async #stop(containers: readonly Owned[], signal: AbortSignal): Promise<void> {
    for (const { info, graceMs } of containers) {
      await this.#treatGone(info.id, () =>
        this.#shop.engine.call('stopping its container', graceMs + limits.stop, signal, (runtime) =>
          runtime.stop(info.id, graceMs),
        ),
      )
      await this.#see(info.id, signal)
    }
  }

  async #remove(containers: readonly Owned[], signal: AbortSignal): Promise<void> {
    for (const { info } of containers) {
      await this.#treatGone(info.id, () =>
        this.#shop.engine.call('removing its container', limits.remove, signal, (runtime) =>
          runtime.remove(info.id),
        ),
      )
      this.#shop.inventory.drop(info.id)
    }
  }

  /** Removes dead containers beyond the last; that one would not go is not the task's trouble. */
  async #tidy(signal: AbortSignal): Promise<void> {
    for (const old of leftOvers(this.#containers())) {
      const { id } = old.info
      if (this.#stubborn.has(id)) continue
      try {
        await this.#remove([old], signal)
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error
        this.#stubborn.add(id)
        this.#shop.logger.warn(
          { task: this.task, container: id, reason: error.message },
          'a dead container cannot be removed',
        )
      }
    }
  }

  async #clearUp(signal: AbortSignal): Promise<void> {
    await this.#shop.engine
      .within('removing its secrets', limits.look, signal, () => this.#shop.secretFiles.remove(this.task))
      .catch((error: unknown) => {
        if (!(error instanceof RuntimeFailure)) throw error
        this.#shop.logger.error({ task: this.task, reason: error.message }, 'secret files cannot be removed')
      })
    if (this.#wish === 'forget') this.#shop.outbox.forget(this.task)
  }

  /** Brings the inventory up to date about one container; false when it is gone. */
  async #see(id: string, signal: AbortSignal): Promise<boolean> {
    const { engine, inventory } = this.#shop
    const stamp = inventory.stamp()
    return this.#treatGone(id, async () => {
      const info = await engine.call('inspecting its container', limits.look, signal, (runtime) =>
        runtime.inspect(id),
      )
      inventory.take(info, stamp)
    })
  }

  /** False when the container turned out to be gone. */
  async #treatGone(id: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      return true
    } catch (error) {
      if (!(error instanceof RuntimeFailure) || error.kind !== 'gone') throw error
      this.#shop.inventory.drop(id)
      return false
    }
  }

  async #afterFailure(step: Step, failure: RuntimeFailure, signal: AbortSignal): Promise<void> {
    const { clock, logger, networks } = this.#shop
    logger.warn({ task: this.task, step: step.do, reason: failure.message }, 'a task does not get on')
    if (this.#assignment) networks.doubt(this.#assignment.stack)
    const now = clock.now()
    if (failure.kind === 'refused' && step.do === 'create')
      this.#life = refuse({ number: step.attempt, streak: step.streak }, failure.message, now)
    else if (failure.kind === 'refused' && step.do === 'start') {
      const { attempt, streak } = step.container
      this.#life = refuse({ number: attempt, streak }, failure.message, now)
    } else {
      this.#failures += 1
      this.#trouble = failure.message
      this.#say(step)
      const wait = retryDelay(this.#failures, retryLimitMs[failure.kind])
      await clock.sleep(leastRetryMs, signal)
      await this.#latch.wait(clock, Math.max(1, wait - leastRetryMs), signal)
      return
    }
    this.#trouble = null
    if (this.#life.ended) this.#noteEnd(this.#life.ended)
  }

  // --- health -------------------------------------------------------------------------------------------------

  #watchOver({ info }: Owned, signal: AbortSignal): void {
    if (this.#watch?.container === info.id) return
    this.#stopWatching()
    const assignment = this.#assignment
    assert(assignment !== null, () => `${this.task} is watched without an assignment`)
    const { clock, engine, prober, ledger, publishing } = this.#shop
    const { template } = assignment
    const probe = template.health
    const wasProven = ledger.provenContainer(this.task) === info.id
    const now = clock.monotonic()
    const ran = Math.max(0, clock.now() - (info.startedAt ?? clock.now()))
    const vital = firstVital(probe, wasProven)
    const over = new AbortController()
    const watch: Watch = {
      container: info.id,
      since: now,
      over,
      vital,
      healthySince: vital.isHealthy ? now - ran : null,
    }
    this.#watch = watch
    if (vital.isHealthy) {
      this.#lastEnd = null
      publishing.poke()
    }
    if (!probe) return
    const end = () => over.abort()
    signal.addEventListener('abort', end, { once: true })
    const onVital = (next: Vital) => this.#takeVital(watch, next)
    this.#shop.crew.run(() =>
      watchHealth({ container: info, template, engine, prober, clock }, probe, vital, onVital, over.signal)
        .catch((error: unknown) => {
          if (!over.signal.aborted) throw error
        })
        .finally(() => signal.removeEventListener('abort', end)),
    )
  }

  #takeVital(watch: Watch, vital: Vital): void {
    if (this.#watch !== watch) return
    const before = watch.vital
    watch.vital = vital
    if (vital.isHealthy && !before.isHealthy) {
      watch.healthySince = this.#shop.clock.monotonic()
      this.#lastEnd = null
      this.#shop.ledger.noteProven(this.task, watch.container)
    }
    if (vital.isHealthy !== before.isHealthy) this.#shop.publishing.poke()
    if (!vital.isProven || vital.isHealthy !== before.isHealthy) this.#latch.open()
  }

  #stopWatching(): void {
    const watch = this.#watch
    if (!watch) return
    this.#watch = null
    watch.over.abort()
    if (watch.vital.isHealthy) this.#shop.publishing.poke()
  }

  #sickness(containers: readonly Owned[]): string | null {
    const watch = this.#watch
    const newest = newestOf(containers)?.info.id
    if (watch?.container === newest && watch?.vital.isProven && !watch.vital.isHealthy)
      this.#condemned ??= {
        container: watch.container,
        why: `unhealthy: ${watch.vital.message ?? 'its probe fails'}`,
      }
    if (this.#condemned?.container !== newest) this.#condemned = null
    return this.#condemned?.why ?? null
  }

  #healthyMs(containers: readonly Owned[]): Duration | null {
    const watch = this.#watch
    if (!watch || newestOf(containers)?.info.id !== watch.container) return null
    return watch.healthySince === null ? 0 : this.#shop.clock.monotonic() - watch.healthySince
  }

  #say(step: Step): void {
    if (this.#wish === 'forget') return
    const { clock, publishing, outbox } = this.#shop
    const newest = newestOf(this.#containers())?.info ?? null
    const report = reportOf({
      task: this.task,
      step,
      restarts: this.#restarts,
      vital: this.#watch?.vital ?? null,
      watchedMs: this.#watch ? clock.monotonic() - this.#watch.since : 0,
      container: newest,
      lastEnd: this.#lastEnd,
      trouble: this.#trouble,
      portTrouble: publishing.troubleOf(this.publishedPorts()),
    })
    if (!report || (this.#said && sameReport(report, this.#said))) return
    this.#said = report
    outbox.put(report)
  }
}
