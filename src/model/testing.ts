// Documents and rows for tests, with everything that a test does not care about filled in. Invariant: what it makes
// passes the schemas. It is imported by tests only, and directly: it is not behind the folder's door.

import type { TaskTemplate } from './container.ts'
import type {
  Dependency,
  JobSpec,
  Rollout,
  SecretSpec,
  ServiceSpec,
  StackDocument,
  VolumeSpec,
} from './document.ts'
import { defaultPriority, defaultReschedule } from './document.ts'
import type { MutableState } from './fold.ts'
import { applyChanges, emptyState } from './fold.ts'
import type { Cluster, Node, Task, TaskStatus } from './state.ts'

export function templateOf(over: Partial<TaskTemplate> = {}): TaskTemplate {
  return {
    image: { ref: 'shop/api:1' },
    env: {},
    labels: {},
    ports: {},
    mounts: {},
    secretFiles: [],
    resources: { cpu: 0, memory: 0 },
    readOnlyRoot: false,
    stopGraceMs: 10_000,
    ...over,
  }
}

/** A template that differs from others by its image only. */
export function imageOf(tag: string, over: Partial<TaskTemplate> = {}): TaskTemplate {
  return templateOf({ image: { ref: `shop/api:${tag}` }, ...over })
}

export function rolloutOf(over: Partial<Rollout> = {}): Rollout {
  return {
    batch: { percent: 25 },
    order: 'start-first',
    minHealthyMs: 5000,
    deadlineMs: 300_000,
    onFailure: 'rollback',
    ...over,
  }
}

export function serviceOf(over: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    template: templateOf(),
    replicas: 1,
    placement: { require: [] },
    priority: defaultPriority,
    rollout: rolloutOf(),
    reschedule: defaultReschedule,
    onLost: 'replace',
    dependsOn: [],
    reaches: [],
    ...over,
  }
}

export function jobOf(over: Partial<JobSpec> = {}): JobSpec {
  return {
    template: templateOf(),
    placement: { require: [] },
    priority: defaultPriority,
    retries: 3,
    backoff: { delayMs: 10_000, maxDelayMs: 600_000 },
    completions: 1,
    parallelism: 1,
    trigger: 'apply',
    dependsOn: [],
    reaches: [],
    ...over,
  }
}

export function volumeOf(over: Partial<VolumeSpec> = {}): VolumeSpec {
  return { access: 'single-writer', reclaim: 'retain', driver: { kind: 'local' }, ...over }
}

/** Waits until a service is healthy. */
export const after = (on: string): Dependency => ({ on, until: 'healthy' })
/** Waits until a job has completed. */
export const afterJob = (on: string): Dependency => ({ on, until: 'completed' })

export interface Declared {
  readonly services?: Record<string, ServiceSpec>
  readonly jobs?: Record<string, JobSpec>
  readonly volumes?: Record<string, VolumeSpec>
  readonly secrets?: Record<string, SecretSpec>
}

export function documentOf(declared: Declared = {}, stack = 'shop'): StackDocument {
  return {
    format: 1,
    stack,
    inputs: {},
    services: declared.services ?? {},
    jobs: declared.jobs ?? {},
    volumes: declared.volumes ?? {},
    secrets: declared.secrets ?? {},
    crons: {},
    configs: {},
    ingresses: {},
    outputs: {},
    acknowledged: [],
  }
}

export function nodeOf(id: string, over: Partial<Node> = {}): Node {
  return {
    id,
    name: id,
    status: 'ready',
    statusSince: 0,
    availability: 'active',
    platform: { os: 'linux', arch: 'amd64' },
    engine: 'docker 20.10.24',
    agent: '0.1.0',
    capacity: { cpu: 4000, memory: 4096 },
    labels: {},
    sealKey: `key-of-${id}`,
    joinedAt: 0,
    ...over,
  }
}

export const clusterRow: Cluster = {
  id: 'test-cluster',
  createdAt: 0,
  serial: 0,
  heartbeatMs: 2000,
  suspectMs: 6000,
  lostMs: 10_000,
}

/** A founded cluster with these nodes and nothing on them. */
export function clusterOf(...nodes: readonly Node[]): MutableState {
  const state = emptyState()
  applyChanges(state, [
    { table: 'cluster', key: 'cluster', value: clusterRow },
    ...nodes.map((node) => ({ table: 'nodes' as const, key: node.id, value: node })),
  ])
  return state
}

export function statusOf(over: Partial<TaskStatus> = {}): TaskStatus {
  return {
    phase: 'running',
    health: 'unknown',
    since: 0,
    healthySince: null,
    restarts: 0,
    exitCode: null,
    message: null,
    containerId: null,
    ip: null,
    ...over,
  }
}

/** A running task of `shop/api` on node `n1`, not yet healthy. */
export function taskOf(id: string, over: Partial<Task> = {}): Task {
  return {
    id,
    owner: 'shop/api',
    kind: 'service',
    stack: 'shop',
    slot: 1,
    revision: 1,
    node: 'n1',
    desired: 'run',
    createdAt: 0,
    placedAt: 0,
    reserve: { cpu: 0, memory: 0 },
    status: statusOf(),
    unplaceable: null,
    ...over,
  }
}
