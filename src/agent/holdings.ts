// What this host is to do, as the leader said last: the held assignments, the newest term seen, and the few facts
// about its own containers that no label can hold. Invariant: the term never falls, a partial set is taken only on the
// version it was made for, and nothing is half taken. Keeping it on the disk is the ledger's business.

import { z } from 'zod'
import { assignment } from '../model/index.ts'
import type { Assignment, AssignmentSet, Seq, TaskId, Term } from '../model/index.ts'
import type { JobMark } from './decide.ts'

export interface Holdings {
  readonly cluster: string
  readonly term: Term
  readonly version: Seq
  readonly tasks: ReadonlyMap<TaskId, Assignment>
  /** Jobs that have begun here, and how they ended. */
  readonly jobs: ReadonlyMap<TaskId, JobMark>
  /** Container of a task that has been healthy: after a restart of the agent its failures count as before. */
  readonly proven: ReadonlyMap<TaskId, string>
}

export function emptyHoldings(cluster: string): Holdings {
  return { cluster, term: 0, version: 0, tasks: new Map(), jobs: new Map(), proven: new Map() }
}

export type Taking =
  | { readonly ok: true; readonly holdings: Holdings }
  /** `old-term`: from a deposed leader; `old`: newer assignments are held; `gap`: one in between was missed. */
  | { readonly ok: false; readonly reason: 'old-term' | 'old' | 'gap' }

/** What is held after taking a whole or partial set. */
export function takeSet(held: Holdings, set: AssignmentSet): Taking {
  if (set.term < held.term) return { ok: false, reason: 'old-term' }
  if (set.version < held.version) return { ok: false, reason: 'old' }
  if (set.base !== null && set.base !== held.version) return { ok: false, reason: 'gap' }
  const tasks = new Map(set.base === null ? [] : held.tasks)
  for (const task of set.remove) tasks.delete(task)
  for (const each of set.set) tasks.set(each.task, each)
  return {
    ok: true,
    holdings: {
      cluster: held.cluster,
      term: set.term,
      version: set.version,
      tasks,
      jobs: new Map([...held.jobs].filter(([task]) => tasks.has(task))),
      proven: new Map([...held.proven].filter(([task]) => tasks.has(task))),
    },
  }
}

const jobMark = z.strictObject({
  end: z.strictObject({ exitCode: z.int().nullable(), message: z.string().nullable() }).nullable(),
})

const stored = z.strictObject({
  format: z.literal(1),
  cluster: z.string().min(1),
  term: z.int().nonnegative(),
  version: z.int().nonnegative(),
  tasks: z.array(assignment),
  jobs: z.record(z.string(), jobMark),
  proven: z.record(z.string(), z.string()),
})

/** As it is written to the disk. */
export function storeHoldings(holdings: Holdings): z.infer<typeof stored> {
  return {
    format: 1,
    cluster: holdings.cluster,
    term: holdings.term,
    version: holdings.version,
    tasks: [...holdings.tasks.values()],
    jobs: Object.fromEntries(holdings.jobs),
    proven: Object.fromEntries(holdings.proven),
  }
}

/** Undefined when what was on the disk is not what `storeHoldings` wrote; `problem` says why. */
export function readHoldings(value: unknown): { readonly holdings: Holdings } | { readonly problem: string } {
  const parsed = stored.safeParse(value)
  if (!parsed.success) return { problem: z.prettifyError(parsed.error) }
  const { cluster, term, version, tasks, jobs, proven } = parsed.data
  return {
    holdings: {
      cluster,
      term,
      version,
      tasks: new Map(tasks.map((each) => [each.task, each])),
      jobs: new Map(Object.entries(jobs)),
      proven: new Map(Object.entries(proven)),
    },
  }
}
