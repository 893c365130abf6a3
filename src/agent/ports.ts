// What the agent needs of its host: a container runtime, a disk, a way to open its own secrets, published ports. Each
// is implemented in adapters/ for real and in sim/ in memory. Invariant: every call may fail or hang, and says so
// with a RuntimeFailure or by its signal; the agent's loop decides what to do about it.

import type { Bytes, Duration, Port, TaskId, TaskTemplate } from '../model/index.ts'

/** `gone`: no such container; `unavailable`: the engine does not answer; `image`: cannot be had; `refused`: the engine says no. */
export type RuntimeFailureKind = 'gone' | 'unavailable' | 'image' | 'refused'

export class RuntimeFailure extends Error {
  readonly kind: RuntimeFailureKind
  constructor(kind: RuntimeFailureKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RuntimeFailure'
    this.kind = kind
  }
}

/** A container as it was asked for; the labels carry cluster, task, revision and term. */
export interface ContainerRequest {
  /** Deterministic: the same task and attempt give the same name, so a create that was answered too late is found. */
  readonly name: string
  readonly hostname: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly network: string
  /** Names under which the container is found on its network. */
  readonly aliases: readonly string[]
  readonly mounts: readonly ContainerMount[]
  /** Reserved, and the limit where `options.memoryLimit` is absent; 0 is neither. */
  readonly memory: Bytes
  readonly cpuReserve: number
  readonly cpuLimit?: number
  readonly user?: string
  readonly workingDir?: string
  readonly readOnlyRoot: boolean
  readonly stopSignal?: string
  /** What the kernel and the engine give and let it do; each absent member is the engine's own default. */
  readonly options: ContainerOptions
}

/** Passed on to the engine as they are. */
export type ContainerOptions = Pick<
  TaskTemplate,
  | 'groups'
  | 'capabilities'
  | 'privileged'
  | 'sysctls'
  | 'seccomp'
  | 'apparmor'
  | 'runtime'
  | 'init'
  | 'logging'
> &
  Pick<TaskTemplate['resources'], 'memoryLimit' | 'pids' | 'shm' | 'ulimits' | 'devices'>

export type ContainerMount =
  | { readonly kind: 'volume'; readonly volume: string; readonly target: string; readonly readOnly: boolean }
  | { readonly kind: 'bind'; readonly source: string; readonly target: string; readonly readOnly: boolean }
  /** Memory that is gone with the container; `size` 0 is the kernel's own limit. */
  | { readonly kind: 'memory'; readonly size: Bytes; readonly target: string; readonly readOnly: boolean }

export interface ContainerInfo {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'created' | 'running' | 'exited'
  readonly exitCode: number | null
  readonly oomKilled: boolean
  /** Address on its gantry network while it runs. */
  readonly ip: string | null
  /** Wall time of the engine, ms; null before the first start. */
  readonly startedAt: number | null
  readonly finishedAt: number | null
}

export interface RuntimeEvent {
  readonly kind: 'started' | 'exited' | 'removed'
  readonly id: string
}

export interface LogLine {
  readonly at: string
  readonly source: 'stdout' | 'stderr'
  readonly text: string
}

export interface RuntimeInfo {
  readonly engine: string
  readonly os: string
  readonly arch: string
  /** Thousandths of a core. */
  readonly cpu: number
  readonly memory: Bytes
  readonly kernel?: string
  /** `gpu:nvidia`, where the engine can hand them to containers. */
  readonly gpus?: readonly string[]
}

export interface DiskSpace {
  readonly size: Bytes
  /** For those who are not root. */
  readonly free: Bytes
}

/** What an engine keeps on its disk. Throws `RuntimeFailure`. */
export interface Shelf {
  /** Of the disk that images and containers are on; null where that is not this host's to see. */
  disk(): Promise<DiskSpace | null>
  /** `image` when there is none, `refused` while a container uses it. */
  removeImage(image: string): Promise<void>
}

export interface ProbeOutcome {
  readonly ok: boolean
  /** Why not, for a person. */
  readonly message: string | null
}

/** Drives one container engine. Throws `RuntimeFailure`. Each call ends within its own documented limit. */
export interface Runtime {
  info(): Promise<RuntimeInfo>
  /** All containers that carry the cluster's label, running or not. */
  list(cluster: string): Promise<ContainerInfo[]>
  inspect(id: string): Promise<ContainerInfo>
  hasImage(image: string): Promise<boolean>
  /** Whom its containers run as when nobody says otherwise, as the image has it: `app`, `1000:1000`; null for root. */
  imageUser(image: string): Promise<string | null>
  pullImage(image: string, signal: AbortSignal): Promise<void>
  ensureNetwork(name: string, labels: Readonly<Record<string, string>>): Promise<void>
  removeNetwork(name: string): Promise<void>
  listNetworks(
    cluster: string,
  ): Promise<{ readonly name: string; readonly stack: string; readonly inUse: boolean }[]>
  ensureVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void>
  removeVolume(name: string): Promise<void>
  /** The id of a container with that name when there is one already. */
  create(request: ContainerRequest): Promise<string>
  start(id: string): Promise<void>
  /** Sends the stop signal, then kills after `graceMs`; resolves when it has ended. */
  stop(id: string, graceMs: Duration): Promise<void>
  remove(id: string): Promise<void>
  /**
   * Exit code and the first 4 KiB of output; 124 (as of timeout(1)) when it has not ended within `timeoutMs`. Throws
   * only when it is not known how the command ended, so that a probe tells a sick container from a sick engine.
   */
  exec(
    id: string,
    command: readonly string[],
    timeoutMs: Duration,
  ): Promise<{ exitCode: number; output: string }>
  logs(
    id: string,
    options: { follow: boolean; tail: number | null; signal: AbortSignal },
  ): AsyncIterable<readonly LogLine[]>
  /** Ends (throws `unavailable`) when the connection to the engine breaks; the loop then lists again. */
  events(cluster: string, signal: AbortSignal): AsyncIterable<RuntimeEvent>
}

/** Health checks from the host into a container's network. */
export interface Prober {
  http(target: { ip: string; port: number; path: string }, timeoutMs: Duration): Promise<ProbeOutcome>
  tcp(target: { ip: string; port: number }, timeoutMs: Duration): Promise<ProbeOutcome>
  /** The standard health service of gRPC, of all of the server when `service` is undefined. */
  grpc(
    target: { ip: string; port: number; service: string | undefined },
    timeoutMs: Duration,
  ): Promise<ProbeOutcome>
}

/** A container that may run until then, by the guard's clock. */
export interface GuardedLease {
  readonly task: TaskId
  readonly container: string
  readonly until: number
}

/** Ends containers when their lease does, also when this process is dead by then. */
export interface Guard {
  /** Milliseconds since the host booted, those that it slept included; the same in every process. */
  now(): number
  /** What it holds, of an earlier process of the agent too. Throws when that is not known. */
  held(): Promise<readonly GuardedLease[]>
  /** Resolves once these are in force, and no others. Throws when they are not. */
  hold(leases: readonly GuardedLease[]): Promise<void>
}

export interface Backend {
  readonly task: TaskId
  readonly ip: string
  readonly port: Port['container']
}

/** Published ports of this host: each leads to the healthy tasks given last. */
export interface Publisher {
  /**
   * Declares all published ports at once; ports that are missing are closed, connections of backends that left live
   * on until `drain` of them. Resolves with the ports that cannot be opened and why (busy, no right).
   */
  set(ports: ReadonlyMap<number, readonly Backend[]>): Promise<ReadonlyMap<number, string>>
  /** Resolves when no connection through this host leads to the task any more, or after `limitMs`. */
  drain(task: TaskId, limitMs: Duration): Promise<void>
  close(): Promise<void>
}

/** A file of the agent is there, can be read, and is not what was saved. */
export class StoreDamage extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreDamage'
  }
}

/** The agent's own disk: a few small files, replaced atomically and synced. */
export interface AgentStore {
  /** Null when nothing was saved. Throws `StoreDamage`. */
  load(name: StoredName): Promise<unknown>
  save(name: StoredName, value: unknown): Promise<void>
  /** Puts a file that is of no use out of the way and keeps it for people, one of each name; gives where. */
  setAside(name: StoredName): Promise<string>
}

export type StoredName = 'assignments' | 'identity' | 'images'

/** Opens what was sealed to this node, and puts secret files where containers can have them mounted (tmpfs, 0400). */
export interface SecretFiles {
  readonly sealKey: string
  /** Throws when it was not sealed to this node, or was changed. A value may be any bytes. */
  open(sealed: string): Uint8Array
  /** Writes the files of one task for a user (null: root) alone; gives the host path of the folder to mount read-only at /run/secrets. */
  write(task: TaskId, files: ReadonlyMap<string, Uint8Array>, owner: number | null): Promise<string>
  remove(task: TaskId): Promise<void>
  /** Tasks that have files here, for clearing up after a crash. */
  list(): Promise<TaskId[]>
}
