// One round of decisions: reconcile every key that was touched, apply what comes out, and go on with what that
// touches, until nothing is left. The leader, the forecast and the simulator all run this. Invariant: the state is
// changed exactly by the parts it returns, and `undo` takes all of them back. It reads no clock and appends nothing.

import { applyChanges, assert } from '../model/index.ts'
import type { Cause, Change, ClusterState, Instant, MutableState } from '../model/index.ts'
import { reconcileHold } from './hold.ts'
import { reconcileJob } from './job.ts'
import { touchedKeys } from './keys.ts'
import type { WorkKey } from './keys.ts'
import type { Outcome } from './outcome.ts'
import { reconcileStack, reconcileVolume } from './removal.ts'
import { reconcileService } from './service.ts'
import { Sweeps } from './sweep.ts'

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
  /** Keys that were not looked at any more, because the limit of changes was reached. */
  readonly left: ReadonlySet<WorkKey>
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
    return stack ? reconcileStack(state, stack, now) : nothing
  }
  if (key.startsWith('hold:')) return reconcileHold(state, now)
  const volume = state.volumes.get(address)
  return volume ? reconcileVolume(state, volume) : nothing
}

/**
 * Sweeps of one round beyond which two controllers must be undoing each other's work. The largest service (100,000
 * replicas, 500 a call) takes 200.
 */
const sweepLimit = 300

/** What a user or an agent brought: decided when its turn comes, so that it sees what those before it changed. */
export type Decide = (state: ClusterState) => Part | null

/**
 * Applies what `given` decide and everything that follows from it to `state`.
 * `dirty` are further keys to look at, such as those whose time has come. Once `limit` changes have been made, what is
 * left to look at is handed back; without a limit nothing is left. When anything throws, the state is as it was.
 */
export function runRound(
  state: MutableState,
  given: readonly Decide[],
  dirty: Iterable<WorkKey>,
  now: Instant,
  limit = Number.POSITIVE_INFINITY,
): Round {
  const parts: Part[] = []
  /** What was there before each change, in the order of the changes. */
  const undo: Change[] = []
  const sweeps = new Sweeps(dirty)
  const wakes = new Map<WorkKey, Instant | null>()
  const take = (part: Part) => {
    if (part.changes.length === 0) return
    parts.push(part)
    for (const change of part.changes) {
      const [before] = applyChanges(state, [change])
      assert(before !== undefined, () => 'a change that cannot be undone')
      undo.push(before)
      for (const key of touchedKeys(state, change, before)) sweeps.add(key)
    }
  }
  try {
    for (const decide of given) {
      const part = decide(state)
      if (part) take(part)
    }
    while (undo.length < limit) {
      const key = sweeps.take()
      if (key === undefined) break
      assert(
        sweeps.number <= sweepLimit,
        () => `${key} does not settle: swept ${sweepLimit} times in one round`,
      )
      const outcome = reconcile(key, state, now)
      wakes.set(key, outcome.wakeAt)
      take({ cause: { by: 'leader', what: outcome.what }, changes: outcome.changes })
    }
  } catch (error) {
    applyChanges(state, undo.reverse())
    throw error
  }
  return { parts, undo: undo.reverse(), wakes, left: sweeps.left() }
}
