// A toy cluster for tests: the real rounds on a state in memory, with agents that do at once what they are told. Time
// passes only when it is told to. Invariant: every change of the state goes through `runRound`, as on the leader. It is
// imported by tests only, and directly: it is not behind the folder's door.

import { isOver, tasksOn } from '../model/index.ts'
import type {
  ClusterState,
  Duration,
  Instant,
  MutableState,
  Node,
  StackDocument,
  Task,
  TaskReport,
} from '../model/index.ts'
import { emptySources, servingTasks } from '../model/index.ts'
import { clusterOf } from '../model/testing.ts'
import { applyStack } from './apply.ts'
import type { ApplyWish } from './apply.ts'
import type { Decision } from './decision.ts'
import { destroyStack } from './destroy.ts'
import { allKeys } from './keys.ts'
import type { WorkKey } from './keys.ts'
import { volumesToDelete } from './removal.ts'
import { recordDeletedVolumes, recordNodeStatus, recordReports } from './reports.ts'
import { runRound } from './round.ts'
import type { Decide, Round } from './round.ts'
import { secretsToGenerate } from './secrets.ts'

export class Toy {
  readonly state: MutableState
  now: Instant = 1000
  /** Whether a task of this kind comes up healthy; the others end as soon as they have started. */
  isGood: (task: Task) => boolean = () => true
  /** Called before each round, with what it is given. */
  beforeRound: (given: readonly Decide[], due: readonly WorkKey[]) => void = () => undefined
  /** Called after each round, with what it did. */
  onRound: (round: Round) => void = () => undefined
  readonly #wakes = new Map<WorkKey, Instant>()
  #plans = 0

  constructor(...nodes: readonly Node[]) {
    this.state = clusterOf(...nodes)
  }

  round(...given: readonly Decide[]): Round {
    const due = [...this.#wakes].filter(([, at]) => at <= this.now).map(([key]) => key)
    for (const key of due) this.#wakes.delete(key)
    this.beforeRound(given, due)
    const round = runRound(this.state, given, due, this.now)
    for (const [key, at] of round.wakes)
      if (at === null) this.#wakes.delete(key)
      else this.#wakes.set(key, at)
    this.onRound(round)
    return round
  }

  get nextWake(): Instant | null {
    const moments = [...this.#wakes.values()]
    return moments.length === 0 ? null : Math.min(...moments)
  }

  /** Applies with a new plan made from what is there now, unless told otherwise. */
  apply(
    document: StackDocument,
    over: { readonly planId?: string; readonly baseVersion?: number } = {},
  ): Decision {
    this.#plans += 1
    const planId = over.planId ?? `plan-${String(this.#plans).padStart(4, '0')}`
    return this.decide((state) =>
      applyStack(state, { ...wishOf(state, document, planId), ...over }, this.now),
    )
  }

  destroy(stack = 'shop', deleteVolumes: readonly string[] = []): Decision {
    return this.decide((state) =>
      destroyStack(state, {
        stack,
        baseVersion: state.stacks.get(stack)?.version ?? 0,
        deleteVolumes,
        by: 'admin',
      }),
    )
  }

  decide(make: (state: ClusterState) => Decision): Decision {
    let decision: Decision | undefined
    this.round((state) => {
      decision = make(state)
      return decision.ok ? { cause: { by: 'admin', what: decision.what }, changes: decision.changes } : null
    })
    if (!decision) throw new Error('nothing was decided')
    return decision
  }

  setNode(id: string, status: Node['status']): void {
    this.round((state) => ({
      cause: { by: 'node', what: status },
      changes: recordNodeStatus(state, id, status, this.now),
    }))
  }

  report(task: Task, over: Partial<TaskReport>): void {
    const { status } = task
    const report: TaskReport = {
      task: task.id,
      phase: status.phase === 'pending' || status.phase === 'assigned' ? 'preparing' : status.phase,
      health: status.health,
      restarts: status.restarts,
      exitCode: status.exitCode,
      message: null,
      containerId: null,
      ip: null,
      ...over,
    }
    this.round((state) => ({
      cause: { by: 'node', what: 'report' },
      changes: recordReports(state, task.node ?? '', [report], this.now),
    }))
  }

  /** A container that ends by itself. */
  crash(task: Task): void {
    if (task.kind === 'job') this.report(task, { phase: 'failed', health: 'unknown', exitCode: 1 })
    else
      this.report(task, {
        phase: 'backoff',
        health: 'unknown',
        restarts: task.status.restarts + 1,
        exitCode: 1,
      })
  }

  /** One step of the agent for one task; false when there is nothing to do for it. */
  step(task: Task): boolean {
    if (task.node === null || isOver(task) || this.state.nodes.get(task.node)?.status === 'lost') return false
    const { phase, health } = task.status
    if (task.desired === 'stop') this.report(task, { phase: 'stopped', health: 'unknown' })
    else if (phase === 'assigned' || phase === 'preparing' || phase === 'backoff')
      this.report(task, { phase: 'starting', health: 'unknown' })
    else if (phase === 'starting')
      if (!this.isGood(task)) this.crash(task)
      else if (task.kind === 'job') this.report(task, { phase: 'complete', health: 'unknown', exitCode: 0 })
      else this.report(task, { phase: 'running', health: 'healthy' })
    else if (phase === 'running' && health !== 'healthy') this.report(task, { health: 'healthy' })
    else return false
    return true
  }

  /** Lets the agents work until they have nothing to do; tasks that never come up stay in their back-off. */
  work(): void {
    const crashed = new Set<string>()
    for (let isBusy = true; isBusy;) {
      isBusy = false
      for (const node of [...this.state.nodes.keys()]) {
        for (const { id } of tasksOn(this.state, node)) {
          const task = this.state.tasks.get(id)
          if (!task || (crashed.has(id) && task.desired === 'run')) continue
          if (this.step(task)) isBusy = true
          if (this.state.tasks.get(id)?.status.phase === 'backoff') crashed.add(id)
        }
        if (this.state.nodes.get(node)?.status !== 'lost' && this.#deleteVolumes(node)) isBusy = true
      }
    }
  }

  #deleteVolumes(node: string): boolean {
    const addresses = volumesToDelete(this.state, node)
    if (addresses.length === 0) return false
    this.round((state) => ({
      cause: { by: 'node', what: 'deleted' },
      changes: recordDeletedVolumes(state, node, addresses),
    }))
    return true
  }

  /** Lets time pass, with the agents working; every moment that anybody waits for is looked at. */
  pass(ms: Duration): void {
    const end = this.now + ms
    for (;;) {
      this.work()
      const next = this.nextWake
      if (next === null || next > end) break
      this.now = Math.max(this.now, next)
      this.round()
    }
    this.now = end
    this.round()
    this.work()
  }

  /** What would change if everything were looked at again now; empty when all has settled. */
  unrest(): Round['parts'] {
    return runRound(this.state, [], allKeys(this.state), this.now).parts
  }

  tasks(owner = 'shop/api'): Task[] {
    return [...this.state.tasks.values()]
      .filter((task) => task.owner === owner)
      .sort((a, b) => a.slot - b.slot || (a.id < b.id ? -1 : 1))
  }

  serving(owner = 'shop/api'): number {
    return servingTasks(this.state, owner).length
  }

  /** The only task of an owner. */
  task(owner = 'shop/api'): Task {
    const [task, ...others] = this.tasks(owner)
    if (!task || others.length > 0) throw new Error(`${owner} has ${others.length + 1} tasks, not one`)
    return task
  }
}

/** The wish of somebody who has planned from what is there now. */
export function wishOf(state: ClusterState, document: StackDocument, planId = 'plan-0000'): ApplyWish {
  const value = { dataKey: 'k', ciphertext: 'c' }
  return {
    document,
    sources: emptySources,
    planId,
    baseVersion: state.stacks.get(document.stack)?.version ?? 0,
    by: 'admin',
    generated: new Map([...secretsToGenerate(document, state).keys()].map((address) => [address, value])),
  }
}
