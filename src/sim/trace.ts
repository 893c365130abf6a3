// The story of a run, for whoever looks for the reason of a failure: what processes logged, what was written to the
// log, what was done to containers, each with its moment in virtual time. Invariant: a bounded number of lines, the
// newest. Nothing depends on it.

import type { LogRecord, TaskId, Task } from '../model/index.ts'

const linesKept = 400

export class Trace {
  readonly #now: () => number
  readonly #lines: string[] = []

  /** `now` gives milliseconds of virtual time. */
  constructor(now: () => number) {
    this.#now = now
  }

  add(who: string, what: string): void {
    this.#lines.push(`${this.#now().toFixed(1).padStart(10)} ${who.padEnd(4)} ${what}`)
    if (this.#lines.length > 2 * linesKept) this.#lines.splice(0, linesKept)
  }

  addRecord(seq: number, record: LogRecord): void {
    if (record.kind === 'term') this.add('log', `${seq} term ${record.term}: ${record.server}`)
    else if (record.kind === 'commit')
      for (const { cause, changes } of record.parts) {
        const tasks = changes.flatMap((change) =>
          change.table === 'tasks' ? [describe(change.key, change.value)] : [],
        )
        this.add('log', `${seq} ${cause.by}: ${cause.what}${tasks.length > 0 ? `: ${tasks.join(', ')}` : ''}`)
      }
  }

  toString(): string {
    return this.#lines.slice(-linesKept).join('\n')
  }
}

function describe(id: TaskId, task: Task | null): string {
  if (!task) return `${id} gone`
  const { phase, health } = task.status
  return `${id} on ${task.node ?? 'no node'} to ${task.desired}, ${phase}${health === 'unknown' ? '' : ` ${health}`}`
}
