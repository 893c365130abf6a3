// One round of decisions: reconcile every key that was touched, apply what comes out, and go on with what that
// touches, until nothing is left. The leader, the forecast and the simulator all run this. Invariant: the state is
// changed exactly by the parts it returns, and `undo` takes all of them back. It reads no clock and appends nothing.

import { applyChanges, assert } from '../model/index.ts'
import type { Cause, Change, ClusterState, Instant, MutableState } from '../model/index.ts'
import { reconcileJob } from './job.ts'
import { touchedKeys } from './keys.ts'
import type { WorkKey } from './keys.ts'
import type { Outcome } from './outcome.ts'
import { reconcileStack, reconcileVolume } from './removal.ts'
import { reconcileService } from './service.ts'

export interface Part {
  readonly cause: Cause
  readonly changes: readonly Change[]
}

export interface Round {
  readonly parts: readonly Part[]
  /** Takes every change of the round back, in the order to apply them. */
  readonly undo: readonly Change[]
  /** When to look at a key again though nothing touched it; null cancels an earlier moment. */
  readonly wakes: ReadonlyMap<WorkKey, Instant | null>
}

/** What one key makes necessary now; pure. */
export function reconcile(key: WorkKey, state: ClusterState, now: Instant): Outcome {
  const nothing: Outcome = { changes: [], what: '', wakeAt: null }
  const address = key.slice(key.indexOf(':') + 1)
  if (key.startsWith('service:')) {
    const service = state.services.get(address)
    return service ? reconcileService(state, service, now) : nothing
  }
  if (key.startsWith('job:')) {
    const job = state.jobs.get(address)
    return job ? reconcileJob(state, job, now) : nothing
  }
  if (key.startsWith('stack:')) {
    const stack = state.stacks.get(address)
    return stack ? reconcileStack(state, stack) : nothing
  }
  const volume = state.volumes.get(address)
  return volume ? reconcileVolume(volume) : nothing
}

/** Reconciliations of one key in one round beyond which two controllers must be undoing each other's work. */
const limitPerKey = 50

/** What a user or an agent brought: decided when its turn comes, so that it sees what those before it changed. */
export type Decide = (state: ClusterState) => Part | null

/**
 * Applies what `given` decide and everything that follows from it to `state`.
 * `dirty` are further keys to look at, such as those whose time has come.
 */
export function runRound(
  state: MutableState,
  given: readonly Decide[],
  dirty: Iterable<WorkKey>,
  now: Instant,
): Round {
  const parts: Part[] = []
  const undo: Change[] = []
  const queue = new Set<WorkKey>(dirty)
  const wakes = new Map<WorkKey, Instant | null>()
  const visits = new Map<WorkKey, number>()
  const take = (part: Part) => {
    if (part.changes.length === 0) return
    parts.push(part)
    for (const change of part.changes) {
      const [before] = applyChanges(state, [change])
      assert(before !== undefined, () => 'a change that cannot be undone')
      undo.unshift(before)
      for (const key of touchedKeys(state, change, before)) queue.add(key)
    }
  }
  for (const decide of given) {
    const part = decide(state)
    if (part) take(part)
  }
  for (const key of queue) {
    // Deleting while iterating is defined for sets: a key added again is visited again.
    queue.delete(key)
    const count = (visits.get(key) ?? 0) + 1
    visits.set(key, count)
    assert(count <= limitPerKey, () => `${key} does not settle: reconciled ${count} times in one round`)
    const outcome = reconcile(key, state, now)
    wakes.set(key, outcome.wakeAt)
    take({ cause: { by: 'leader', what: outcome.what }, changes: outcome.changes })
  }
  return { parts, undo, wakes }
}
