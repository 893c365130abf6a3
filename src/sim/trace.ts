// The story of a run, for whoever looks for the reason of a failure: what processes logged, what was written to the
// log, what was done to containers, each with its moment in virtual time. Invariant: a bounded number of lines, the
// newest, unless whoever asked for more; and a digest of all there ever were. Nothing depends on it.

import { sha256 } from '../model/index.ts'
import type { LogRecord, TaskId, Task } from '../model/index.ts'

const linesKept = 400

/** `off`: nothing is kept, for speed. */
export type TraceMode = 'off' | 'newest' | 'all'

export class Trace {
  readonly #now: () => number
  readonly #lines: string[] = []
  readonly mode: TraceMode
  #digest = ''

  /** `now` gives milliseconds of virtual time. */
  constructor(now: () => number, mode: TraceMode = 'newest') {
    this.#now = now
    this.mode = mode
  }

  add(who: string, what: string): void {
    if (this.mode === 'off') return
    const line = `${this.#now().toFixed(1).padStart(10)} ${who.padEnd(4)} ${what}`
    this.#lines.push(line)
    if (this.mode === 'newest' && this.#lines.length > 2 * linesKept) this.#fold(linesKept)
  }

  /** For processes, whose words are put together only when they are kept. */
  addLog(who: string, level: string, fields: object, message: string): void {
    if (this.mode !== 'off') this.add(who, `${level}: ${message} ${JSON.stringify(fields)}`)
  }

  addRecord(seq: number, record: LogRecord): void {
    if (this.mode === 'off') return
    if (record.kind === 'term') this.add('log', `${seq} term ${record.term}: ${record.server}`)
    else if (record.kind === 'commit')
      for (const { cause, changes } of record.parts) {
        const tasks = changes.flatMap((change) =>
          change.table === 'tasks' ? [describe(change.key, change.value)] : [],
        )
        this.add('log', `${seq} ${cause.by}: ${cause.what}${tasks.length > 0 ? `: ${tasks.join(', ')}` : ''}`)
      }
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** Of every line, kept or not: two runs with the same one have told the same story. */
  get digest(): string {
    return sha256(new TextEncoder().encode(`${this.#digest}\n${this.#lines.join('\n')}`))
  }

  toString(): string {
    return this.#lines.slice(-linesKept).join('\n')
  }

  #fold(count: number): void {
    const gone = this.#lines.splice(0, count)
    this.#digest = sha256(new TextEncoder().encode(`${this.#digest}\n${gone.join('\n')}`))
  }
}

function describe(id: TaskId, task: Task | null): string {
  if (!task) return `${id} gone`
  const { phase, health } = task.status
  return `${id} on ${task.node ?? 'no node'} to ${task.desired}, ${phase}${health === 'unknown' ? '' : ` ${health}`}`
}
