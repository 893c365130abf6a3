// What a person or a script is shown of the cluster: the state without what must not leave it (sealed values) and
// without what only controllers need. Invariant: every figure is of one and the same sequence of the log. It is data;
// how it looks on a terminal is the command line's business.

import type { Instant } from './duration.ts'
import { isOver, servingTasks, targetRevision } from './rows.ts'
import type { Change, ClusterState, Hold, Job, Node, RolloutState, Service, Task, Volume } from './state.ts'
import type { StateSnapshot } from './wire.ts'

export interface TaskView {
  readonly id: string
  /** `stack/service.slot`. */
  readonly address: string
  readonly owner: string
  readonly stack: string
  readonly kind: Task['kind']
  readonly slot: number
  readonly revision: number
  readonly node: string | null
  readonly desired: Task['desired']
  readonly phase: Task['status']['phase']
  readonly health: Task['status']['health']
  readonly since: Instant
  readonly restarts: number
  readonly exitCode: number | null
  /** Why it is as it is: what it waits for, why no node fits, how it ended. */
  readonly message: string | null
  readonly containerId: string | null
  readonly ip: string | null
}

export interface ServiceView {
  readonly address: string
  readonly stack: string
  readonly name: string
  readonly replicas: number
  /** Tasks that are to run, are healthy, and whose node is not lost; of any revision. */
  readonly healthy: number
  readonly revision: number
  readonly rollout: RolloutState
  readonly removing: boolean
  readonly published: readonly number[]
}

export interface JobView {
  readonly address: string
  readonly stack: string
  readonly name: string
  readonly run: number
  readonly status: Job['status']
  readonly failures: number
  readonly retries: number
  readonly nextTryAt: Instant | null
  readonly endedAt: Instant | null
  readonly removing: boolean
}

export interface StackView {
  readonly name: string
  readonly version: number
  readonly digest: string
  readonly planId: string
  readonly inputs: Readonly<Record<string, string | number | boolean>>
  readonly appliedAt: Instant
  readonly appliedBy: string
  readonly removing: boolean
}

export interface VolumeView {
  readonly address: string
  readonly stack: string
  readonly name: string
  readonly node: string | null
  readonly declared: boolean
  readonly deleting: boolean
  readonly access: Volume['spec']['access']
}

/** `format_version` grows when a field changes its meaning or goes. */
export interface ClusterView {
  readonly format_version: 1
  readonly cluster: string
  readonly seq: number
  readonly term: number
  readonly leader: string | null
  /** The leader's clock when it answered. */
  readonly at: Instant
  /** Set while too many nodes vanished at once, so that nothing of theirs is replaced. */
  readonly hold?: Hold
  readonly nodes: readonly Node[]
  readonly stacks: readonly StackView[]
  readonly services: readonly ServiceView[]
  readonly jobs: readonly JobView[]
  readonly tasks: readonly TaskView[]
  readonly volumes: readonly VolumeView[]
}

export function viewOf(state: ClusterState, at: Instant): ClusterView {
  return {
    format_version: 1,
    cluster: state.cluster?.id ?? '',
    seq: state.seq,
    term: state.term,
    leader: state.leader,
    at,
    ...(state.cluster?.hold ? { hold: state.cluster.hold } : {}),
    nodes: sorted(state.nodes.values(), (node) => node.name),
    stacks: sorted(
      [...state.stacks.values()].map(
        ({ name, version, digest, planId, document, appliedAt, appliedBy, removing }): StackView => ({
          name,
          version,
          digest,
          planId,
          inputs: document.inputs,
          appliedAt,
          appliedBy,
          removing,
        }),
      ),
      (stack) => stack.name,
    ),
    services: sorted(
      [...state.services.values()].map((service) => viewService(state, service)),
      (service) => service.address,
    ),
    jobs: sorted([...state.jobs.values()].map(viewJob), (job) => job.address),
    tasks: sorted([...state.tasks.values()].map(viewTask), (task) => task.id),
    volumes: sorted(
      [...state.volumes.values()].map(
        ({ address, stack, name, node, declared, deleting, spec }): VolumeView => ({
          address,
          stack,
          name,
          node,
          declared,
          deleting,
          access: spec.access,
        }),
      ),
      (volume) => volume.address,
    ),
  }
}

function viewService(state: ClusterState, service: Service): ServiceView {
  return {
    address: service.address,
    stack: service.stack,
    name: service.name,
    replicas: service.spec.replicas,
    healthy: servingTasks(state, service.address).length,
    revision: service.target,
    rollout: service.rollout,
    removing: service.removing,
    // Of the revision that runs: after a rollback it is not the one of the document.
    published: Object.values(targetRevision(service).template.ports)
      .flatMap((port) => port.published ?? [])
      .sort((a, b) => a - b),
  }
}

function viewJob(job: Job): JobView {
  const { address, stack, name, run, status, failures, nextTryAt, endedAt, removing } = job
  return {
    address,
    stack,
    name,
    run,
    status,
    failures,
    retries: job.spec.retries,
    nextTryAt,
    endedAt,
    removing,
  }
}

function viewTask(task: Task): TaskView {
  const { status } = task
  return {
    id: task.id,
    address: `${task.owner}.${task.slot}`,
    owner: task.owner,
    stack: task.stack,
    kind: task.kind,
    slot: task.slot,
    revision: task.revision,
    node: task.node,
    desired: task.desired,
    phase: status.phase,
    health: status.health,
    since: status.since,
    restarts: status.restarts,
    exitCode: status.exitCode,
    message: task.node === null && !isOver(task) ? (task.unplaceable ?? status.message) : status.message,
    containerId: status.containerId,
    ip: status.ip,
  }
}

/** A snapshot for callers of the API: everything but the values of secrets, sealed or not; their versions stay. */
export function withoutSecretValues(snapshot: StateSnapshot): StateSnapshot {
  return { ...snapshot, rows: snapshot.rows.map(withoutSecretValue) }
}

function withoutSecretValue(row: Change): Change {
  if (row.table !== 'secrets' || row.value === null) return row
  const versions = row.value.versions.map((version) => ({
    ...version,
    value: { dataKey: '', ciphertext: '' },
  }))
  return { ...row, value: { ...row.value, versions } }
}

function sorted<Row>(rows: Iterable<Row>, key: (row: Row) => string): Row[] {
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}
