// The cluster's state: plain tables of immutable rows, and the indexes that controllers ask. It is the fold of the
// log and nothing else: a change puts or removes one row, so two servers that fold the same records hold the same
// state. Invariant: rows are never edited in place. It decides nothing and has no clock.

import type { TaskTemplate } from './container.ts'
import type { JobSpec, SecretSpec, ServiceSpec, Sources, StackDocument, VolumeSpec } from './document.ts'
import type { Duration, Instant } from './duration.ts'
import type { Member, Token, User } from './people.ts'
import type { ResourceAddress, ServiceAddress } from './address.ts'

export type NodeId = string
export type TaskId = string
/** Numbers a leadership; grows with every term record in the log, by more than one where a candidate did not come to lead. */
export type Term = number
/** Sequence of a record in the log, from 1. */
export type Seq = number

export interface Cluster {
  readonly id: string
  readonly createdAt: Instant
  /** Counts everything that was ever given a number (tasks); also seeds random choices. */
  readonly serial: number
  readonly heartbeatMs: Duration
  readonly suspectMs: Duration
  readonly lostMs: Duration
  /** Set while too many nodes have vanished at once: what was on them is not replaced. */
  readonly hold?: Hold
}

/** Rather an error of the network than of so many hosts: moving their tasks would make it worse. */
export interface Hold {
  readonly since: Instant
  /** Nodes that were there before. */
  readonly of: number
  /** Those that vanished and are not back; sorted. */
  readonly nodes: readonly NodeId[]
  /** Set once so few are still gone that they would not have begun it: until then those may come back too. */
  readonly endsAt?: Instant
}

/** Keeps tasks away that do not tolerate it; with `noexecute` those that are there already leave. */
export interface Taint {
  readonly key: string
  readonly value: string
  readonly effect: 'noschedule' | 'noexecute'
}

/** A server of the control plane that counts: majorities are majorities of these. */
export interface Server {
  readonly id: string
  readonly name: string
  /** `host:port` of its nats-server, for people and for those who join; null when there is none to be told. */
  readonly address: string | null
  readonly joinedAt: Instant
}

export interface Node {
  readonly id: NodeId
  readonly name: string
  readonly status: 'ready' | 'suspect' | 'lost'
  readonly statusSince: Instant
  readonly availability: 'active' | 'pause' | 'drain'
  readonly platform: { readonly os: string; readonly arch: string }
  readonly engine: string
  readonly agent: string
  /** What the host has: thousandths of a core, bytes. */
  readonly capacity: { readonly cpu: number; readonly memory: number }
  /** What counts: the labels of its agent, and over them those that operators have set. */
  readonly labels: Readonly<Record<string, string>>
  readonly agentLabels?: Readonly<Record<string, string>>
  readonly operatorLabels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  /** Set while its availability is `drain`; from the deadline on tasks are stopped that could not be moved. */
  readonly drain?: { readonly since: Instant; readonly deadline: Instant | null }
  /** Leader's time at which it was heard last, or later; set while it is suspect or lost. */
  readonly silentSince?: Instant
  readonly kernel?: string
  /** Bytes of the disk that the engine keeps its data on. */
  readonly disk?: number
  /** What tasks could be given of it: `/dev/kvm`, `gpu:nvidia`. */
  readonly devices?: readonly string[]
  /** What its agent finds wrong with the host, such as a full disk. */
  readonly trouble?: string
  /** Public curve key to which secrets for this node are sealed. */
  readonly sealKey: string
  readonly joinedAt: Instant
}

export interface Stack {
  readonly name: string
  /** Grows by one with every apply and destroy; what a plan is checked against. */
  readonly version: number
  readonly digest: string
  readonly document: StackDocument
  readonly sources: Sources
  readonly appliedAt: Instant
  readonly appliedBy: string
  /** Identity of the plan that made this version, so that the same plan is never applied twice. */
  readonly planId: string
  /** Set when the stack is being destroyed: it goes once its last task and service are gone. */
  readonly removing: boolean
}

/**
 * What is remembered of a stack's lives, so that a plan is never carried out twice: versions go on counting when a
 * stack is destroyed and made again.
 */
export interface StackPast {
  readonly stack: string
  /** Version the stack was at when it went; 0 while it lives its first life. */
  readonly version: number
  /** Plans that made it from nothing, newest last, at most 20. */
  readonly plans: readonly string[]
  /** When this was written last. */
  readonly at: Instant
}

export interface Revision {
  readonly number: number
  readonly hash: string
  readonly template: TaskTemplate
  /** The lease of its tasks, where no two of a slot may ever run at once. */
  readonly fenceMs?: Duration
  /** `good` once all replicas were healthy for `minHealthy`; `bad` when a rollout to it failed. */
  readonly verdict: 'unproven' | 'good' | 'bad'
}

export interface RolloutState {
  /** Revision that was replaced; 0 on the first apply. */
  readonly from: number
  readonly to: number
  readonly status: 'progressing' | 'rolling-back' | 'done' | 'rolled-back' | 'failed'
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  /** Why it failed or went back, in words for a person. */
  readonly reason: string | null
}

export interface Service {
  readonly address: ServiceAddress
  readonly stack: string
  readonly name: string
  readonly spec: ServiceSpec
  /** In the order of their last use, at most 12; the one numbered `target` is what tasks move to. */
  readonly revisions: readonly Revision[]
  readonly target: number
  readonly rollout: RolloutState
  /** Set when the service has left its stack: its tasks are stopped, then the row goes. */
  readonly removing: boolean
}

export interface Job {
  readonly address: ServiceAddress
  readonly stack: string
  readonly name: string
  readonly spec: JobSpec
  /** Grows by one whenever the job's template changes; each number runs to completion once. */
  readonly run: number
  readonly hash: string
  readonly status: 'waiting' | 'running' | 'complete' | 'failed'
  /** Tries of this run that failed. */
  readonly failures: number
  /** Earliest moment of the next try. */
  readonly nextTryAt: Instant | null
  readonly endedAt: Instant | null
  readonly removing: boolean
}

/**
 * `pending` has no node yet · `assigned` not yet taken up by the agent · `preparing` image, network and volumes ·
 * `starting` started, its first probe has not succeeded yet · `running` · `backoff` its container exited and is
 * started again later · `stopping` · `stopped` its container is gone · `complete`, `failed` a job's end.
 */
export const taskPhases = [
  'pending',
  'assigned',
  'preparing',
  'starting',
  'running',
  'backoff',
  'stopping',
  'stopped',
  'complete',
  'failed',
] as const
export type TaskPhase = (typeof taskPhases)[number]

export interface TaskStatus {
  readonly phase: TaskPhase
  /** A task without a probe is healthy while it runs. */
  readonly health: 'unknown' | 'healthy' | 'unhealthy'
  /** Leader's time at which the phase or the health last changed. */
  readonly since: Instant
  /** Leader's time since when it has been healthy without a break; null while it is not. */
  readonly healthySince: Instant | null
  /** Containers of this task that ended by themselves. */
  readonly restarts: number
  readonly exitCode: number | null
  /** Why it is as it is, for a person; null when there is nothing to say. */
  readonly message: string | null
  readonly containerId: string | null
  /** Address of the task on its host's network, e.g. `172.18.0.3`. */
  readonly ip: string | null
}

export interface Reservation {
  readonly cpu: number
  readonly memory: number
}

export interface Task {
  readonly id: TaskId
  readonly owner: ServiceAddress
  readonly kind: 'service' | 'job'
  readonly stack: string
  /** Ordinal in the service from 1; two tasks share a slot while one replaces the other. */
  readonly slot: number
  /** Revision of the service, or run of the job. */
  readonly revision: number
  readonly node: NodeId | null
  readonly desired: 'run' | 'stop'
  /** Its agent stops it when the leader has renewed no lease for so long: no other of its slot starts before that. */
  readonly fenceMs?: Duration
  /** Its node was lost, and others take its place; kept until that node is back. */
  readonly givenUp?: true
  readonly createdAt: Instant
  /** When it was given its node; null before. */
  readonly placedAt: Instant | null
  /** What it takes of its node until it is over: thousandths of a core, bytes. */
  readonly reserve: Reservation
  readonly status: TaskStatus
  /** Why no node takes it, filter by filter; null once it has one, and while it waits for something else first. */
  readonly unplaceable: string | null
}

export interface Volume {
  readonly address: ResourceAddress
  readonly stack: string
  readonly name: string
  readonly spec: VolumeSpec
  /** Where the data is; null until the first task that uses it is placed. */
  readonly node: NodeId | null
  /** False once its stack no longer declares it and it was retained. */
  readonly declared: boolean
  /** True when its data is to be deleted by the agent; the row goes when that is done. */
  readonly deleting: boolean
}

/** A secret's value, encrypted under a data key that is encrypted under the cluster key (AES-256-GCM, base64). */
export interface SealedValue {
  readonly dataKey: string
  readonly ciphertext: string
}

export interface SecretVersion {
  readonly version: number
  readonly createdAt: Instant
  readonly createdBy: string
  readonly value: SealedValue
}

export interface Secret {
  readonly address: ResourceAddress
  readonly stack: string
  readonly name: string
  readonly spec: SecretSpec
  /** Newest last, at most 10; empty until a value is set. */
  readonly versions: readonly SecretVersion[]
  readonly declared: boolean
  /** Set when a value was given before any stack declared the secret; gone with the first apply that does. */
  readonly early?: true
}

export interface Tables {
  readonly cluster: Cluster
  readonly servers: Server
  readonly nodes: Node
  readonly stacks: Stack
  readonly pasts: StackPast
  readonly services: Service
  readonly jobs: Job
  readonly tasks: Task
  readonly volumes: Volume
  readonly secrets: Secret
  readonly users: User
  readonly tokens: Token
  readonly members: Member
}
export type TableName = keyof Tables

export const tableNames: readonly TableName[] = [
  'cluster',
  'servers',
  'nodes',
  'stacks',
  'pasts',
  'services',
  'jobs',
  'tasks',
  'volumes',
  'secrets',
  'users',
  'tokens',
  'members',
]

/** Puts a row (`value`) or removes it (`null`). */
export type Change = {
  readonly [K in TableName]: { readonly table: K; readonly key: string; readonly value: Tables[K] | null }
}[TableName]

/** A commit that comes in parts: it takes effect with the last, and not at all when another record comes before that. */
export interface OpenCommit {
  readonly of: number
  /** Base64, in order; fewer than `of`. */
  readonly data: readonly string[]
}

/** What readers see. The same object lives on and changes between commits; take what you need before you await. */
export interface ClusterState {
  readonly seq: Seq
  readonly term: Term
  /** The server that leads in `term`; null before the first term. */
  readonly leader: string | null
  /** Leader's time of the last record; time never goes back from one record to the next. */
  readonly at: Instant
  readonly cluster: Cluster | null
  readonly servers: ReadonlyMap<string, Server>
  readonly nodes: ReadonlyMap<NodeId, Node>
  readonly stacks: ReadonlyMap<string, Stack>
  readonly pasts: ReadonlyMap<string, StackPast>
  readonly services: ReadonlyMap<ServiceAddress, Service>
  readonly jobs: ReadonlyMap<ServiceAddress, Job>
  readonly tasks: ReadonlyMap<TaskId, Task>
  readonly volumes: ReadonlyMap<ResourceAddress, Volume>
  readonly secrets: ReadonlyMap<ResourceAddress, Secret>
  readonly users: ReadonlyMap<string, User>
  readonly tokens: ReadonlyMap<string, Token>
  readonly members: ReadonlyMap<NodeId, Member>
  /** Parts of a commit whose last part has not come; null when none is open. */
  readonly open: OpenCommit | null
  readonly tasksByOwner: ReadonlyMap<ServiceAddress, ReadonlySet<TaskId>>
  readonly tasksByNode: ReadonlyMap<NodeId, ReadonlySet<TaskId>>
  /** Tasks that have no node yet. */
  readonly pendingTasks: ReadonlySet<TaskId>
  /** Sum of the reservations of the tasks on a node that are not over. */
  readonly reservedByNode: ReadonlyMap<NodeId, Reservation>
  /** Volumes whose data is to be deleted. */
  readonly deletingVolumes: ReadonlySet<ResourceAddress>
  /** Services and jobs whose `dependsOn` names this one. */
  readonly dependents: ReadonlyMap<ServiceAddress, ReadonlySet<ServiceAddress>>
}
