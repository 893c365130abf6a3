// What the leader is still to hear: of each task the newest status, of each deleted volume its address. Invariant: a
// status is kept until an answer says that the leader has it, a newer one replaces it, and a new session hears all of
// them again; so a lost report, or a lost leader, loses nothing.

import type { TaskId, TaskReport } from '../model/index.ts'

export interface Batch {
  readonly tasks: readonly TaskReport[]
  readonly deletedVolumes: readonly string[]
}

/** Statuses in one message at most, to stay below the bus's message limit. */
const batchLimit = 500

export class Outbox {
  readonly #onNews: () => void
  readonly #latest = new Map<TaskId, TaskReport>()
  readonly #pending = new Map<TaskId, TaskReport>()
  readonly #volumes = new Set<string>()

  /** `onNews` is called whenever there is something to send. */
  constructor(onNews: () => void) {
    this.#onNews = onNews
  }

  put(report: TaskReport): void {
    this.#latest.set(report.task, report)
    this.#pending.set(report.task, report)
    this.#onNews()
  }

  putDeletedVolume(address: string): void {
    this.#volumes.add(address)
    this.#onNews()
  }

  /** Nobody waits to hear of that task any more. */
  forget(task: TaskId): void {
    this.#latest.delete(task)
    this.#pending.delete(task)
  }

  /** For a leader who may have heard nothing yet. */
  resendAll(): void {
    for (const [task, report] of this.#latest) this.#pending.set(task, report)
    if (this.#pending.size > 0 || this.#volumes.size > 0) this.#onNews()
  }

  /** Null when there is nothing to send. */
  next(): Batch | null {
    if (this.#pending.size === 0 && this.#volumes.size === 0) return null
    return {
      tasks: [...this.#pending.values()].slice(0, batchLimit),
      deletedVolumes: [...this.#volumes].slice(0, batchLimit),
    }
  }

  /** The leader has it; what was put meanwhile stays. */
  acknowledge(batch: Batch): void {
    for (const report of batch.tasks)
      if (this.#pending.get(report.task) === report) this.#pending.delete(report.task)
    for (const address of batch.deletedVolumes) this.#volumes.delete(address)
  }
}
