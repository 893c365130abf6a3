// The holdings with their place on the disk: one change at a time, saved before it is acted upon. Invariant: whoever
// reads `current` reads what is on the disk, but for the facts marked as able to wait; a change that cannot be saved is
// not made. It decides nothing.

import { messageOf } from '../model/index.ts'
import type { AssignmentSet, Logger, TaskId, Term } from '../model/index.ts'
import type { JobEnd } from './decide.ts'
import { emptyHoldings, readHoldings, storeHoldings, takeSet } from './holdings.ts'
import type { Holdings, Taking } from './holdings.ts'
import { StoreDamage } from './ports.ts'
import type { AgentStore } from './ports.ts'

export type TakeResult = Taking | { readonly ok: false; readonly reason: 'disk' }

export class Ledger {
  readonly #store: AgentStore
  readonly #logger: Logger
  readonly #onChange: () => void
  #current: Holdings | null
  #queue: Promise<unknown> = Promise.resolve()
  /** Facts that can wait for the next write. */
  #proven = new Map<TaskId, string>()
  #isWritePlanned = false
  #deleteVolumes: readonly string[] = []
  #trouble: string | undefined

  private constructor(store: AgentStore, logger: Logger, onChange: () => void, current: Holdings | null) {
    this.#store = store
    this.#logger = logger
    this.#onChange = onChange
    this.#current = current
  }

  /**
   * Reads the disk. A damaged file is as good as none: with nothing held no container is touched until a leader has
   * sent the whole set, and the labels tell what of it runs. `onChange` is called after each change of what is held.
   */
  static async open(store: AgentStore, logger: Logger, onChange: () => void): Promise<Ledger> {
    const read = await readStored(store)
    if (read === null) return new Ledger(store, logger, onChange, null)
    if ('holdings' in read) return new Ledger(store, logger, onChange, read.holdings)
    logger.warn(
      { problem: read.problem, keptAs: await store.setAside('assignments') },
      'the stored assignments are damaged and set aside; what runs here runs on, and nothing is done until a leader has sent the whole set',
    )
    return new Ledger(store, logger, onChange, null)
  }

  /** Null before any leader has ever said what this host is to do. */
  get current(): Holdings | null {
    return this.#current
  }

  /** Why nothing new can be held; undefined while it can. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  get term(): Term {
    return this.#current?.term ?? 0
  }

  get version(): number {
    return this.#current?.version ?? 0
  }

  /** Volumes to delete on the word of a leader of this life: deleting data never rests on what an old file says. */
  get deleteVolumes(): readonly string[] {
    return this.#deleteVolumes
  }

  /** The container of a task that was healthy once, as far as it is known. */
  provenContainer(task: TaskId): string | undefined {
    return this.#proven.get(task) ?? this.#current?.proven.get(task)
  }

  /** Takes a set of the cluster's leader; resolves when it is on the disk. */
  async take(cluster: string, set: AssignmentSet): Promise<TakeResult> {
    return this.#inTurn(async () => {
      if (!this.#current && set.base !== null) return { ok: false, reason: 'gap' as const }
      const taking = takeSet(this.#current ?? emptyHoldings(cluster), set)
      if (!taking.ok) return taking
      if (!(await this.#write(taking.holdings))) return { ok: false, reason: 'disk' as const }
      this.#deleteVolumes = set.deleteVolumes
      this.#onChange()
      return taking
    })
  }

  /** A leader of that term exists: nothing older is believed from now on. */
  async noteTerm(term: Term): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#current && term > this.#current.term) await this.#write({ ...this.#current, term })
    })
  }

  /** That a job begins (null) or how it ended. False when it is not held any more, or when it could not be saved. */
  async noteJob(task: TaskId, end: JobEnd | null): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#current?.tasks.has(task)) return false
      const known = this.#current.jobs.get(task)
      if (known && (end === null || known.end)) return true
      return this.#write({ ...this.#current, jobs: new Map([...this.#current.jobs, [task, { end }]]) })
    })
  }

  /** Remembered at once, on the disk soon: losing it costs some probes, not a container. */
  noteProven(task: TaskId, container: string): void {
    if (this.provenContainer(task) === container) return
    this.#proven.set(task, container)
    if (this.#isWritePlanned) return
    this.#isWritePlanned = true
    void this.#inTurn(async () => {
      this.#isWritePlanned = false
      if (this.#current) await this.#write(this.#current)
    })
  }

  async #write(holdings: Holdings): Promise<boolean> {
    const written = new Map(this.#proven)
    const proven = new Map([...holdings.proven, ...written].filter(([task]) => holdings.tasks.has(task)))
    const next = { ...holdings, proven }
    try {
      await this.#store.save('assignments', storeHoldings(next))
    } catch (error) {
      this.#logger.error(
        { reason: messageOf(error) },
        'what this host is to do could not be written to its disk',
      )
      this.#trouble = `what it is to do cannot be written to its disk: ${messageOf(error)}`.slice(0, 500)
      return false
    }
    this.#trouble = undefined
    this.#current = next
    // What came while it was being written stays for the next write.
    this.#proven = new Map([...this.#proven].filter(([task, id]) => written.get(task) !== id))
    return true
  }

  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = this.#queue.then(act)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}

/** Null when nothing was saved yet. */
async function readStored(store: AgentStore): Promise<ReturnType<typeof readHoldings> | null> {
  try {
    const value = await store.load('assignments')
    return value === undefined || value === null ? null : readHoldings(value)
  } catch (error) {
    if (error instanceof StoreDamage) return { problem: error.message }
    throw error
  }
}
