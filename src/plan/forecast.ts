// The forecast: the leader's own decision code run forward on a copy of the live state, with ideal agents and a clock
// that jumps to the next thing that happens. Invariant: it ends, whatever the state: rounds and work are bounded, and
// when a bound is met it says so. It changes the copy it is given and nothing else.

import { allKeys, explainPending, runRound } from '../control/index.ts'
import type { Decide, Pending, WorkKey } from '../control/index.ts'
import { isHealthy, isOver, servingTasks, tasksOf } from '../model/index.ts'
import type { Change, ClusterState, Instant, MutableState, Reservation, Task } from '../model/index.ts'
import { deleteVolumeMs, firstProbeMs, IdealAgents, jobMs, startMs, stopMs } from './agents.ts'
import { nodeName } from './words.ts'
import type { Forecast, PlanStep } from './plan.ts'

export interface ForecastLimits {
  readonly rounds: number
  /** Slots and tasks looked at, over all rounds. */
  readonly work: number
}

/** Where the forecast gives up: some seconds of work. Rolling a thousand tasks takes two thousand rounds one by one. */
const defaultLimits: ForecastLimits = { rounds: 20_000, work: 3_000_000 }

const assumptions: Forecast['assumptions'] = {
  startMs,
  firstProbeMs,
  jobMs,
  stopMs,
  deleteVolumeMs,
  others: [
    'images are at hand: nothing is pulled or built',
    'no container ends by itself and no probe fails, but what fails now goes on failing',
    'hosts that answer now go on answering, and silent ones stay silent',
    'nobody applies another stack meanwhile',
  ],
}

/**
 * Runs `state` forward from `decide` until it comes to rest. `steps` are those of the plan, `stack` is its stack.
 * `state` is changed.
 */
export function runForecast(
  state: MutableState,
  stack: string,
  steps: readonly PlanStep[],
  decide: Decide,
  now: Instant,
  limits: ForecastLimits = defaultLimits,
): Forecast {
  const watch = new Watch(state, stack, steps, now)
  const agents = new IdealAgents(state, now)
  const wakes = new Map<WorkKey, Instant>()
  let given: readonly Decide[] = [decide]
  let dirty: Iterable<WorkKey> = allKeys(state)
  let at = now
  let rounds = 0
  let work = 0
  let settles = false
  while (rounds < limits.rounds && work < limits.work) {
    rounds += 1
    const round = runRound(state, given, dirty, at)
    const changes = round.parts.flatMap((part) => part.changes)
    agents.observe(state, changes, at)
    watch.note(state, changes, at)
    for (const [key, wakeAt] of round.wakes) {
      work += workOf(state, key)
      if (wakeAt === null) wakes.delete(key)
      else wakes.set(key, wakeAt)
    }
    const next = earliest(agents.next(), earliestOf(wakes.values()))
    if (next === null) {
      settles = true
      break
    }
    at = Math.max(at, next)
    given = agents.takeDue(state, at)
    dirty = takeDue(wakes, at)
  }
  return watch.finish(state, { settles, rounds })
}

function workOf(state: ClusterState, key: WorkKey): number {
  const address = key.slice(key.indexOf(':') + 1)
  return 1 + (state.tasksByOwner.get(address)?.size ?? 0) + (state.services.get(address)?.spec.replicas ?? 0)
}

function takeDue(wakes: Map<WorkKey, Instant>, now: Instant): WorkKey[] {
  const due = [...wakes].filter(([, at]) => at <= now).map(([key]) => key)
  for (const key of due) wakes.delete(key)
  return due
}

function earliestOf(instants: Iterable<Instant>): Instant | null {
  let at: Instant | null = null
  for (const each of instants) at = earliest(at, each)
  return at
}

function earliest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b
  return b === null ? a : Math.min(a, b)
}

/** What is written down while the state runs forward. */
class Watch {
  readonly #stack: string
  readonly #steps: readonly PlanStep[]
  readonly #start: Instant
  readonly #reservedAtStart: Reservation
  readonly #volumesAtStart: ReadonlyMap<string, string | null>
  readonly #placed: Set<string>
  readonly #firstStart = new Map<string, Instant>()
  readonly #landings = new Map<string, Forecast['landings'][number]>()
  readonly #lowest = new Map<string, { healthy: number; readonly of: number }>()
  readonly #homeless = new Map<string, Task & { readonly pending: Extract<Pending, { why: 'no-node' }> }>()
  #peak: Reservation = { cpu: 0, memory: 0 }
  #lastChange: Instant

  constructor(state: ClusterState, stack: string, steps: readonly PlanStep[], now: Instant) {
    this.#stack = stack
    this.#steps = steps
    this.#start = now
    this.#lastChange = now
    this.#reservedAtStart = reservedBy(state, stack)
    this.#volumesAtStart = new Map([...state.volumes.values()].map(({ address, node }) => [address, node]))
    this.#placed = new Set([...state.tasks.values()].filter((task) => task.node !== null).map(({ id }) => id))
    for (const { kind, op, address } of steps)
      if (kind === 'service' && (op === 'update' || op === 'roll'))
        this.#lowest.set(address, { healthy: healthyOf(state, address), of: replicasOf(state, address) })
  }

  note(state: ClusterState, changes: readonly Change[], at: Instant): void {
    const mine = changes.filter((change) => this.#isOfStack(change))
    if (mine.length === 0) return
    this.#lastChange = at
    const explained = new Map<string, Pending | null>()
    for (const change of mine) {
      if (change.table !== 'tasks') continue
      const task = state.tasks.get(change.key)
      if (!task) continue
      if (task.node !== null) this.#notePlaced(state, task, at)
      else {
        // Tasks of one owner wait for the same thing.
        const pending = explained.get(task.owner) ?? explainPending(state, task)
        explained.set(task.owner, pending)
        if (pending?.why === 'no-node') this.#homeless.set(task.id, { ...task, pending })
        else this.#homeless.delete(task.id)
      }
    }
    for (const [address, lowest] of this.#lowest)
      lowest.healthy = Math.min(lowest.healthy, healthyOf(state, address))
    const extra = minus(reservedBy(state, this.#stack), this.#reservedAtStart)
    this.#peak = {
      cpu: Math.max(this.#peak.cpu, extra.cpu),
      memory: Math.max(this.#peak.memory, extra.memory),
    }
  }

  #notePlaced(state: ClusterState, task: Task, at: Instant): void {
    this.#homeless.delete(task.id)
    if (this.#placed.has(task.id) || task.node === null) return
    this.#placed.add(task.id)
    if (!this.#firstStart.has(task.owner)) this.#firstStart.set(task.owner, at)
    const address = `${task.owner}.${task.slot}`
    this.#landings.set(address, {
      task: address,
      node: { id: task.node, name: nodeName(state, task.node) },
      revision: task.revision,
      atMs: at - this.#start,
    })
  }

  #isOfStack(change: Change): boolean {
    switch (change.table) {
      case 'tasks':
        // A row that goes has no owner any more; a task's id begins with its stack.
        return (change.value?.stack ?? change.key.slice(0, change.key.indexOf('.'))) === this.#stack
      case 'services':
      case 'jobs':
      case 'volumes':
      case 'secrets':
        return change.key.startsWith(`${this.#stack}/`)
      case 'stacks':
      case 'pasts':
        return change.key === this.#stack
      case 'cluster':
      case 'servers':
      case 'users':
      case 'tokens':
      case 'members':
      case 'nodes':
        return false
    }
  }

  finish(
    state: ClusterState,
    { settles, rounds }: { readonly settles: boolean; readonly rounds: number },
  ): Forecast {
    const endings = this.#steps
      .filter(
        ({ kind, op }) => kind === 'service' || kind === 'job' || (kind === 'volume' && op === 'delete'),
      )
      .map((step) => endingOf(state, step))
    return {
      settles,
      outcome: settles ? outcomeOf(endings) : 'unfinished',
      durationMs: this.#lastChange - this.#start,
      rounds,
      waves: this.#waves(),
      landings: [...this.#landings.values()].toSorted((a, b) => compareNumbered(a.task, b.task)),
      lowestHealthy: [...this.#lowest].map(([address, { healthy, of }]) => {
        // Going down to fewer replicas is not being short of any.
        const wanted = Math.min(of, state.services.get(address)?.spec.replicas ?? of)
        return { address, healthy: Math.min(healthy, wanted), of: wanted }
      }),
      extra: { peak: this.#peak, end: minus(reservedBy(state, this.#stack), this.#reservedAtStart) },
      unplaceable: this.#unplaceable(),
      endings,
      data: this.#dataOf(state),
      generates: this.#steps.filter((step) => step.op === 'generate').map((step) => step.address),
      assumptions,
    }
  }

  #waves(): Forecast['waves'] {
    const byInstant = Map.groupBy(this.#firstStart, ([, at]) => at)
    return [...byInstant]
      .toSorted(([a], [b]) => a - b)
      .map(([at, owners]) => ({ atMs: at - this.#start, owners: owners.map(([owner]) => owner).sort() }))
  }

  #unplaceable(): Forecast['unplaceable'] {
    return [...Map.groupBy(this.#homeless.values(), (task) => task.owner)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([address, tasks]) => {
        const pending = tasks.at(-1)?.pending
        if (!pending) return []
        return {
          address,
          tasks: tasks.map((task) => `${task.owner}.${task.slot}`).toSorted(compareNumbered),
          nodes: pending.nodes,
          turnedAway: pending.turnedAway.map((each) => ({ ...each })),
        }
      })
  }

  #dataOf(state: ClusterState): Forecast['data'] {
    const placeOf = (id: string | null) => (id === null ? null : { id, name: nodeName(state, id) })
    const stepped = this.#steps
      .filter((step) => step.kind === 'volume')
      .map(({ address, op }) => ({
        address,
        effect: effects[op],
        node: placeOf(state.volumes.get(address)?.node ?? this.#volumesAtStart.get(address) ?? null),
      }))
    const known = new Set(stepped.map(({ address }) => address))
    // Declared earlier, and used for the first time now.
    const filled = [...state.volumes.values()]
      .filter(({ stack, address, node }) => stack === this.#stack && !known.has(address) && node !== null)
      .filter(({ address }) => this.#volumesAtStart.get(address) == null)
      .map(({ address, node }) => ({ address, effect: 'created' as const, node: placeOf(node) }))
    return [...stepped, ...filled]
  }
}

const effects: Readonly<Record<PlanStep['op'], Forecast['data'][number]['effect']>> = {
  create: 'created',
  update: 'stays',
  restore: 'restored',
  retain: 'retained',
  delete: 'deleted',
  roll: 'stays',
  run: 'stays',
  generate: 'stays',
}

function endingOf(state: ClusterState, { kind, op, address }: PlanStep): Forecast['endings'][number] {
  const service = kind === 'service' ? state.services.get(address) : undefined
  const job = kind === 'job' ? state.jobs.get(address) : undefined
  if (kind === 'volume' && state.volumes.has(address))
    return { address, ending: 'unfinished', reason: 'something may still use its data' }
  if (!service && !job) return { address, ending: 'gone', reason: null }
  const unfinished = { address, ending: 'unfinished' as const, reason: hindrance(state, address) }
  if (op === 'delete') return unfinished
  if (job) {
    if (job.status === 'complete') return { address, ending: 'done', reason: null }
    return job.status === 'failed'
      ? { address, ending: 'failed', reason: hindrance(state, address) }
      : unfinished
  }
  const { status, reason } = service?.rollout ?? { status: 'failed', reason: null }
  if (status === 'failed' || status === 'rolled-back') return { address, ending: status, reason }
  const isFull = healthyOf(state, address) >= replicasOf(state, address)
  return status === 'done' && isFull ? { address, ending: 'done', reason: null } : unfinished
}

/** What stands in the way of an owner's tasks, in words. */
function hindrance(state: ClusterState, owner: string): string | null {
  for (const task of tasksOf(state, owner)) {
    const name = `${task.owner}.${task.slot}`
    if (isOver(task)) continue
    if (task.node === null)
      return `${name}: ${task.unplaceable ?? task.status.message ?? 'it has no node yet'}`
    const node = state.nodes.get(task.node)
    if (node?.status !== 'ready')
      return `${name} is on ${nodeName(state, task.node)}, which is ${node?.status ?? 'unknown'}`
    if (task.status.phase === 'backoff')
      return `${name} keeps ending${task.status.exitCode === null ? '' : ` with exit code ${task.status.exitCode}`}`
    if (!isHealthy(task)) return `${name} is ${task.status.phase}, ${task.status.health}`
  }
  return null
}

function outcomeOf(endings: Forecast['endings']): Forecast['outcome'] {
  const has = (ending: Forecast['endings'][number]['ending']) =>
    endings.some((each) => each.ending === ending)
  if (has('failed')) return 'failed'
  if (has('rolled-back')) return 'rolled-back'
  return has('unfinished') ? 'unfinished' : 'done'
}

function healthyOf(state: ClusterState, address: string): number {
  return servingTasks(state, address).length
}

function replicasOf(state: ClusterState, address: string): number {
  return state.services.get(address)?.spec.replicas ?? 0
}

function reservedBy(state: ClusterState, stack: string): Reservation {
  let cpu = 0
  let memory = 0
  for (const task of state.tasks.values()) {
    if (task.stack !== stack || task.node === null || isOver(task)) continue
    cpu += task.reserve.cpu
    memory += task.reserve.memory
  }
  return { cpu, memory }
}

function minus(a: Reservation, b: Reservation): Reservation {
  return { cpu: a.cpu - b.cpu, memory: a.memory - b.memory }
}

/** `api.2` before `api.10`. */
function compareNumbered(a: string, b: string): number {
  const [ownerA, slotA] = [a.slice(0, a.lastIndexOf('.')), Number(a.slice(a.lastIndexOf('.') + 1))]
  const [ownerB, slotB] = [b.slice(0, b.lastIndexOf('.')), Number(b.slice(b.lastIndexOf('.') + 1))]
  return ownerA < ownerB ? -1 : ownerA > ownerB ? 1 : slotA - slotB
}
