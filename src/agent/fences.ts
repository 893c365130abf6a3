// The leases of the fenced tasks of this host. Invariant: a lease counts from the moment before its heartbeat was sent;
// it is held only once the guard holds it too, which ends the container when this process is dead; and no fenced
// container is started that the guard does not know. A new process takes over what the guard holds. It stops nothing:
// the workers do, in time, and the guard if they do not.

import { messageOf } from '../model/index.ts'
import type { Assignment, Duration, Logger, TaskId } from '../model/index.ts'
import type { LeaseLeft } from './decide.ts'
import { RuntimeFailure } from './ports.ts'
import type { Guard, GuardedLease } from './ports.ts'

export interface FencesDeps {
  readonly guard: Guard
  readonly logger: Logger
  readonly assignments: () => ReadonlyMap<TaskId, Assignment>
  /** Containers of a task that run, or may be started. */
  readonly containersOf: (task: TaskId) => readonly string[]
  /** Tasks that had no lease have one. */
  readonly onLeased: () => void
}

/** Of a lease what is kept for stopping in peace. */
const stopShare = 1 / 3
/** Heartbeats come at least so often within the shortest lease. */
const beatsPerLease = 4

export class Fences {
  readonly #deps: FencesDeps
  #leases: ReadonlyMap<TaskId, number>
  /** Containers about to be started, which the engine's lists may not show yet. */
  readonly #admitted = new Map<TaskId, string>()
  #queue: Promise<unknown> = Promise.resolve()
  #trouble: string | undefined

  private constructor(deps: FencesDeps, held: readonly GuardedLease[]) {
    this.#deps = deps
    this.#leases = new Map(held.map(({ task, until }) => [task, until]))
  }

  /** With what a guard has outlived of an earlier process of the agent; a host that has booted has none. */
  static async open(deps: FencesDeps): Promise<Fences> {
    try {
      return new Fences(deps, await deps.guard.held())
    } catch (error) {
      deps.logger.warn({ reason: messageOf(error) }, 'what the guard holds is not known: no lease is held')
      return new Fences(deps, [])
    }
  }

  now(): number {
    return this.#deps.guard.now()
  }

  /** Why no lease can be held; undefined while they can. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Null when the task needs no lease. */
  leftOf({ task, fenceMs, template }: Assignment): LeaseLeft | null {
    if (fenceMs === undefined) return null
    const until = this.#leases.get(task) ?? Number.NEGATIVE_INFINITY
    return {
      leftMs: Math.max(0, until - this.now()),
      stopMs: Math.min(template.stopGraceMs, Math.floor(fenceMs * stopShare)),
    }
  }

  /** How often the leader has to be asked; null when nothing here is fenced. */
  get beatMs(): Duration | null {
    const leases = [...this.#deps.assignments().values()].flatMap(({ fenceMs }) => fenceMs ?? [])
    return leases.length === 0 ? null : Math.floor(Math.min(...leases) / beatsPerLease)
  }

  /** Whether a fenced task that is to run has no lease at all. */
  lacksLease(): boolean {
    return [...this.#deps.assignments().values()].some(
      (each) => each.desired === 'run' && this.leftOf(each)?.leftMs === 0,
    )
  }

  /** The leader renewed the leases of these tasks by its answer to a heartbeat that was sent at `sentAt`, or later. */
  async renew(tasks: readonly TaskId[], sentAt: number): Promise<void> {
    const { assignments, logger, onLeased } = this.#deps
    const lacked = this.lacksLease()
    await this.#inTurn(async () => {
      const held = assignments()
      const next = new Map([...this.#leases].filter(([task]) => held.has(task)))
      for (const task of tasks) {
        const fenceMs = held.get(task)?.fenceMs
        if (fenceMs === undefined) continue
        next.set(task, Math.max(next.get(task) ?? Number.NEGATIVE_INFINITY, sentAt + fenceMs))
      }
      await this.#hand(next)
      this.#leases = next
    }).catch((error: unknown) => {
      logger.error({ reason: messageOf(error) }, 'leases were renewed, and the guard does not take them')
    })
    if (lacked && !this.lacksLease()) onLeased()
  }

  /** Before a container of a task is started. Throws `RuntimeFailure` when the guard does not hold it. */
  async admit({ task, fenceMs }: Assignment, container: string): Promise<void> {
    if (fenceMs === undefined) return
    await this.#inTurn(async () => {
      this.#admitted.set(task, container)
      try {
        await this.#hand(this.#leases)
      } catch (error) {
        this.#admitted.delete(task)
        throw new RuntimeFailure(
          'unavailable',
          `nothing would end it when its lease does: ${messageOf(error)}`,
        )
      }
    })
  }

  async #hand(leases: ReadonlyMap<TaskId, number>): Promise<void> {
    const guarded: GuardedLease[] = []
    for (const [task, until] of leases) {
      const containers = new Set(this.#deps.containersOf(task))
      const admitted = this.#admitted.get(task)
      if (admitted !== undefined) containers.add(admitted)
      for (const container of containers) guarded.push({ task, container, until })
    }
    try {
      await this.#deps.guard.hold(guarded)
      this.#trouble = undefined
    } catch (error) {
      this.#trouble = `fenced tasks have no guard: ${messageOf(error)}`.slice(0, 500)
      throw error
    }
    for (const task of this.#admitted.keys()) if (!leases.has(task)) this.#admitted.delete(task)
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(act)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}
