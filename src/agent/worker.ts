// One task on this host: looks at what there is, decides, does one thing, looks again. Each task has a worker of its
// own, so that a slow or hanging call for one delays no other. Invariant: nothing is done to a container but what
// `decide` said of the newest sight of it; every failure of the engine is shown in the task's status and tried again.

import { assert, defaultRestart, Latch, unreachable } from '../model/index.ts'
import type { Assignment, Duration, TaskId, TaskReport } from '../model/index.ts'
import { decide, isFencedOff, leftOvers, newestOf, observe, refuse, restartsOf } from './decide.ts'
import type { End, LeaseLeft, Life, Step, Wish } from './decide.ts'
import { Deeds } from './deeds.ts'
import type { Vital } from './health.ts'
import { volumeName } from './naming.ts'
import type { Owned } from './naming.ts'
import { RuntimeFailure } from './ports.ts'
import type { Backend } from './ports.ts'
import { retryDelay } from './restart.ts'
import type { Shop } from './shop.ts'
import { reportOf, sameReport } from './status.ts'
import { Watch } from './watch.ts'

/** Longest wait before a call that failed is tried again. */
const retryLimitMs = { image: 300_000, unavailable: 10_000, refused: 30_000, gone: 1000 } as const
/** After a failure pokes are not heard for this long, so that failing never becomes a busy loop. */
const leastRetryMs = 250

export class Worker {
  readonly task: TaskId
  readonly #shop: Shop
  readonly #deeds: Deeds
  readonly #latch = new Latch()
  #assignment: Assignment | null = null
  #wish: Wish = 'forget'
  #life: Life = null
  #lastEnd: End | null = null
  #restarts = 0
  /** Ends that were not the container's own doing. */
  #fencedEnds = 0
  #watch: Watch | null = null
  /** A container that is to be replaced though it runs; a probe that succeeds meanwhile does not save it. */
  #condemned: { readonly container: string; readonly why: string } | null = null
  #isDrained = false
  #failures = 0
  #trouble: string | null = null
  #said: TaskReport | null = null
  /** Dead containers that would not go; tried again after the next one of its task. */
  readonly #stubborn = new Set<string>()

  constructor(task: TaskId, shop: Shop) {
    this.task = task
    this.#shop = shop
    this.#deeds = new Deeds(task, shop)
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

  /** Ports that its assignment publishes, whether or not it is healthy. */
  get publishedPorts(): number[] {
    return Object.values(this.#assignment?.template.ports ?? {}).flatMap(({ published }) => published ?? [])
  }

  /** Where its published ports lead; null while it is not to be reached. */
  get backends(): ReadonlyMap<number, Backend> | null {
    const watch = this.#watch
    if (!this.#assignment || !watch?.vital.isHealthy || this.#wishNow() !== 'run') return null
    const ip = this.#containers().find((each) => each.info.id === watch.container)?.info.ip
    if (ip == null) return null
    const backends = new Map<number, Backend>()
    for (const { published, container } of Object.values(this.#assignment.template.ports))
      if (published !== undefined) backends.set(published, { task: this.task, ip, port: container })
    return backends
  }

  /** What it was told or has may have changed: look again. */
  poke(): void {
    this.#latch.open()
    if (this.#wishNow() !== 'run') this.#deeds.abandonPull()
  }

  /** Ends when nothing of the task is left and nobody wishes for it. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        signal.throwIfAborted()
        const step = this.#look()
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
      await this.#deeds.removeSecrets(signal)
      this.#shop.outbox.forget(this.task)
    } finally {
      this.#endWatch()
    }
  }

  /** Observes, decides, and says so. */
  #look(): Step {
    const { clock, ledger } = this.#shop
    this.#assignment = ledger.current?.tasks.get(this.task) ?? this.#assignment
    this.#wish = this.#wishNow()
    const kind = this.#assignment?.kind ?? 'service'
    const containers = this.#containers()
    const now = clock.now()
    const sick = this.#sickness(containers)
    const restart = this.#assignment?.template.restart ?? defaultRestart
    const watch = this.#watch
    const healthyMs = watch && newestOf(containers)?.info.id === watch.container ? watch.healthyMs : null
    const before = this.#life
    this.#life = observe(before, { containers, now, healthyMs, sick, restart })
    const lease = this.#lease()
    // What ends because it was told to, or because its lease does, has not ended by itself.
    if (this.#wish === 'run') {
      if (this.#life?.ended && this.#life.ended !== before?.ended)
        if (isFencedOff(lease)) this.#fencedEnds += 1
        else this.#noteEnd(this.#life.ended)
      this.#restarts = Math.max(0, restartsOf(this.#life, kind) - this.#fencedEnds)
    }
    const step = decide({
      wish: this.#wish,
      kind,
      containers,
      life: this.#life,
      now,
      sick,
      restart,
      lease,
      job: ledger.current?.jobs.get(this.task) ?? null,
      isOver: this.#assignment?.over ?? false,
    })
    if (step.do === 'watch') this.#watchOver(step.container)
    else if (step.do !== 'kill') this.#endWatch()
    // How a job ended is said once it is written down.
    if (step.do !== 'rest') this.#say(step)
    return step
  }

  /** Null when it needs none. */
  #lease(): LeaseLeft | null {
    return this.#assignment ? this.#shop.fences.leftOf(this.#assignment) : null
  }

  /** How long it may run on without a look at its lease; null: for ever. */
  #leaseWait(): Duration | null {
    const lease = this.#lease()
    return lease ? Math.max(1, lease.leftMs - lease.stopMs) : null
  }

  #wishNow(): Wish {
    return this.#shop.ledger.current?.tasks.get(this.task)?.desired ?? 'forget'
  }

  #containers(): readonly Owned[] {
    return this.#shop.inventory.of(this.task)
  }

  #noteEnd(end: End): void {
    this.#lastEnd = end
    const { exitCode, message: reason, streak: inARow } = end
    this.#shop.logger.info({ task: this.task, exitCode, reason, inARow }, 'a container ended')
  }

  async #carryOut(step: Step, signal: AbortSignal): Promise<void> {
    const { clock } = this.#shop
    switch (step.do) {
      case 'create':
        this.#stubborn.clear()
        return this.#deeds.create(this.#given(), step, signal)
      case 'start':
        return this.#deeds.start(step.container, this.#given(), this.#failures > 0, signal)
      case 'watch':
        await this.#tidy(signal)
        return this.#latch.wait(clock, this.#leaseWait(), signal)
      case 'fence':
        return this.#deeds.fence(step.containers, step.leftMs, signal)
      case 'await-lease':
        return this.#latch.wait(clock, null, signal)
      case 'keep':
        return this.#latch.wait(clock, null, signal)
      case 'wait':
        await this.#tidy(signal)
        return this.#latch.wait(clock, step.ms, signal)
      case 'rest':
        await this.#deeds.noteEnd({ exitCode: step.exitCode, message: step.message })
        this.#say(step)
        return this.#latch.wait(clock, null, signal)
      case 'kill':
        return this.#deeds.stop(step.containers, signal)
      case 'leave':
        if (!this.#isDrained && this.publishedPorts.length > 0) await this.#deeds.leave(signal)
        this.#isDrained = true
        return this.#deeds.stop(step.containers, signal)
      case 'remove':
        return this.#deeds.remove(step.containers, signal)
      case 'over':
        await this.#deeds.removeSecrets(signal)
        return this.#latch.wait(clock, null, signal)
      default:
        return unreachable(step)
    }
  }

  #given(): Assignment {
    assert(this.#assignment !== null, () => `${this.task} is to run without an assignment`)
    return this.#assignment
  }

  /** Removes dead containers beyond the last; that one would not go is not the task's trouble. */
  async #tidy(signal: AbortSignal): Promise<void> {
    for (const old of leftOvers(this.#containers())) {
      const { id: container } = old.info
      if (this.#stubborn.has(container)) continue
      try {
        await this.#deeds.remove([old], signal)
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error
        this.#stubborn.add(container)
        const { task } = this
        this.#shop.logger.warn(
          { task, container, reason: error.message },
          'a dead container cannot be removed',
        )
      }
    }
  }

  async #afterFailure(step: Step, failure: RuntimeFailure, signal: AbortSignal): Promise<void> {
    const { clock, logger, networks } = this.#shop
    logger.warn({ task: this.task, step: step.do, reason: failure.message }, 'a task does not get on')
    if (this.#assignment) networks.doubt(this.#assignment.stack)
    const refused = failure.kind === 'refused' ? attemptOf(step) : null
    if (refused) {
      this.#life = refuse(refused, failure.message, clock.now())
      if (this.#life.ended) this.#noteEnd(this.#life.ended)
      this.#failures = 0
      this.#trouble = null
      return
    }
    this.#failures += 1
    this.#trouble = failure.message
    this.#say(step)
    const wait = retryDelay(this.#failures, retryLimitMs[failure.kind])
    await clock.sleep(leastRetryMs, signal)
    await this.#latch.wait(clock, Math.max(1, wait - leastRetryMs), signal)
  }

  // --- health -------------------------------------------------------------------------------------------------

  #watchOver({ info }: Owned): void {
    if (this.#watch?.container === info.id) return
    this.#endWatch()
    const { ledger, publishing } = this.#shop
    const wasProven = ledger.provenContainer(this.task) === info.id
    const watch = new Watch(this.#shop, info, this.#given().template, wasProven, (before, after) =>
      this.#takeVital(info.id, before, after),
    )
    this.#watch = watch
    if (!watch.vital.isHealthy) return
    this.#lastEnd = null
    publishing.poke()
  }

  #takeVital(container: string, before: Vital, after: Vital): void {
    const isTurn = before.isHealthy !== after.isHealthy
    if (isTurn && after.isHealthy) {
      this.#lastEnd = null
      this.#shop.ledger.noteProven(this.task, container)
    }
    if (isTurn) this.#shop.publishing.poke()
    // While it starts, how long that takes is part of what is said.
    if (isTurn || !after.isProven) this.#latch.open()
  }

  #endWatch(): void {
    const watch = this.#watch
    if (!watch) return
    this.#watch = null
    watch.end()
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

  #say(step: Step): void {
    if (this.#wish === 'forget') return
    const { publishing, outbox } = this.#shop
    const report = reportOf({
      task: this.task,
      step,
      restarts: this.#restarts,
      vital: this.#watch?.vital ?? null,
      watchedMs: this.#watch?.watchedMs ?? 0,
      container: newestOf(this.#containers())?.info ?? null,
      lastEnd: this.#lastEnd,
      trouble: this.#trouble,
      portTrouble: publishing.troubleOf(this.publishedPorts),
    })
    if (!report || (this.#said && sameReport(report, this.#said))) return
    this.#said = report
    outbox.put(report)
  }
}

/** The attempt that ends when the engine refuses the step; null for steps that are tried again. */
function attemptOf(step: Step): { number: number; streak: number } | null {
  if (step.do === 'create') return { number: step.attempt, streak: step.streak }
  if (step.do === 'start') return { number: step.container.attempt, streak: step.container.streak }
  return null
}
