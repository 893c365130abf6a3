// What `import … from 'gantry'` gives: the words a stack program is written in, with their types. This file is what
// stack authors read on hover and what the compiler type-checks programs against, so every type stands here and every
// body is one line. Invariant: a rule of the types has a twin in compiler/lower/, for what is cast or spread.
// It stays small on purpose (no recursion, conditional types on ports and mounts alone), because checking 1,000 services
// should take about a second.

import {
  declareAcknowledgement,
  declareConfig,
  declareCron,
  declareIngress,
  declareJob,
  declareSecret,
  declareService,
  declareStack,
  declareVolume,
  makeBuild,
  makeGate,
  makeInput,
  makeOutputs,
  makePlacement,
  makePort,
  makeRoute,
  makeScaling,
  makeSchedule,
  makeText,
} from './declare.ts'

// --- quantities -----------------------------------------------------------------------------------------------

/** A size in bytes by powers of 1,024: `'512Mi'`, `'1.5Gi'`. At most three decimals, no sign, no exponent. */
export type Size = `${number}${'Ki' | 'Mi' | 'Gi' | 'Ti'}`

/** Cores: `'250m'` is a quarter of one, `'2'` is two, `'0.5'` is a half. */
export type Cpu = `${number}m` | `${number}`

/** A span of time: `'250ms'`, `'30s'`, `'5m'`, `'1.5h'`, `'2d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** A share: `'25%'`. More than 0, at most 100. */
export type Percent = `${number}%`

// --- handles --------------------------------------------------------------------------------------------------
// A handle stands for something that has no value while the plan is made. Each is branded as a symbol: TypeScript then
// refuses to turn it into a string (`${…}`, +), which is how it would get lost without a trace.

declare const kind: unique symbol
declare const phantom: unique symbol

export type Protocol = 'tcp' | 'udp' | 'http' | 'grpc'

/** A secret: its value is known to the tasks that use it and to nobody else. Made by `secret()` and `input.secret()`. */
export type Secret = symbol & SecretHandle
export interface SecretHandle {
  readonly [kind]: 'secret'
  /** Path of the file with the value (`/run/secrets/<name>`, in memory, mode 0400); using it mounts the file. */
  readonly file: SecretFile
  /** The value itself as a variable of `env`, where `docker inspect` shows it: warned about, for programs that read no file. */
  readonly env: SecretEnv
}

/** The path of a secret's file. For a value of `env`, or a hole of `` text`…` ``. */
export type SecretFile = symbol & SecretFileHandle
export interface SecretFileHandle {
  readonly [kind]: 'secret file'
}

/** A secret's value in the environment. Made by `.env` of a secret. */
export type SecretEnv = symbol & SecretEnvHandle
export interface SecretEnvHandle {
  readonly [kind]: 'secret in env'
}

/** The address `host:number` of a service's port, known where the task runs: `db.ports.pg`. */
export type PortRef<P extends Protocol = Protocol> = symbol & PortRefHandle<P>
export interface PortRefHandle<P extends Protocol> {
  readonly [kind]: 'port of a service'
  readonly protocol: P
  /** The host alone, a name that leads to the healthy tasks: for programs that take host and port apart (`PGHOST`). */
  readonly host: PortHost
  /** The number alone, in decimal digits from 1 to 65535: `PGPORT`. */
  readonly number: PortNumber
}

/** The host of a service's port, without its number. Made by `.host` of a port: `db.ports.pg.host`. */
export type PortHost = symbol & PortHostHandle
export interface PortHostHandle {
  readonly [kind]: 'host of a port'
}

/** The number of a service's port, without its host. Made by `.number` of a port: `db.ports.pg.number`. */
export type PortNumber = symbol & PortNumberHandle
export interface PortNumberHandle {
  readonly [kind]: 'number of a port'
}

/** A string put together where the task runs. Made by `` text`…` ``, or the output of another stack. */
export type Text = symbol & TextHandle
export interface TextHandle {
  readonly [kind]: 'text'
}

/**
 * Who may write a volume: one task at a time; each task its own; any number; nobody.
 */
export type Access = 'single-writer' | 'per-replica' | 'shared' | 'read-only'

/** Storage that outlives tasks. Made by `volume()`. */
export type Volume<A extends Access = Access> = symbol & VolumeHandle<A>
export interface VolumeHandle<A extends Access> {
  readonly [kind]: 'volume'
  readonly access: A
  /** The same volume, mounted so that it cannot be written. */
  readOnly(): ReadOnlyVolume
}

/** A volume that is mounted for reading only. Made by `volume(…).readOnly()`. */
export type ReadOnlyVolume = symbol & ReadOnlyVolumeHandle
export interface ReadOnlyVolumeHandle {
  readonly [kind]: 'read-only volume'
  readonly access: 'read-only'
}

/** A file that tasks are given. Made by `config()`. */
export type Config = symbol & ConfigHandle
export interface ConfigHandle {
  readonly [kind]: 'config'
}

/** A long-running service. Made by `service()`. */
export type Service<P extends Ports = Ports> = symbol & ServiceHandle<P>
export interface ServiceHandle<P extends Ports> {
  readonly [kind]: 'service'
  readonly name: string
  /** Its ports by name, for `env`, `` text`…` ``, `ingress` and `reaches` of others. */
  readonly ports: { readonly [Name in keyof P]: PortRef<P[Name]['protocol']> }
}

/** A task that runs to its end. Made by `job()`. */
export type Job = symbol & JobHandle
export interface JobHandle {
  readonly [kind]: 'job'
  readonly name: string
}

/** A job on a schedule. Made by `cron()`. */
export type Cron = symbol & CronHandle
export interface CronHandle {
  readonly [kind]: 'cron'
  readonly name: string
}

/** Routes from outside. Made by `ingress()`. */
export type Ingress = symbol & IngressHandle
export interface IngressHandle {
  readonly [kind]: 'ingress'
  readonly name: string
}

// --- ports and images -----------------------------------------------------------------------------------------

/** A port that a service listens on. Made by `tcp()`, `udp()`, `http()` or `grpc()`. */
export interface Port<P extends Protocol = Protocol> {
  readonly [kind]: 'port'
  readonly protocol: P
}
export type Ports = Readonly<Record<string, Port>>

export interface PortOptions {
  /** Port on every host's address that leads to a healthy task, 1 to 65535. Default: reachable from inside only. */
  readonly published?: number
  /** Port of the one host that the task runs on, 1 to 65535: two tasks never share a host then. Default: none. */
  readonly hostPort?: number
}

/** A port that speaks TCP; `port` is what the container listens on, 1 to 65535. */
export function tcp(port: number, options: PortOptions = {}): Port<'tcp'> {
  return makePort('tcp', port, options)
}

/** A port that speaks UDP; `port` is what the container listens on, 1 to 65535. */
export function udp(port: number, options: PortOptions = {}): Port<'udp'> {
  return makePort('udp', port, options)
}

/** A port that speaks HTTP/1.1; `port` is what the container listens on, 1 to 65535. */
export function http(port: number, options: PortOptions = {}): Port<'http'> {
  return makePort('http', port, options)
}

/** A port that speaks gRPC (HTTP/2 without TLS); `port` is what the container listens on, 1 to 65535. */
export function grpc(port: number, options: PortOptions = {}): Port<'grpc'> {
  return makePort('grpc', port, options)
}

/** An image that is built from a folder. Made by `build()`. */
export interface Build {
  readonly [kind]: 'build'
}

export interface BuildOptions {
  /** Path in the folder. Default: `Dockerfile`. */
  readonly dockerfile?: string
  /** The stage of a Dockerfile of several to build: `FROM … AS prod` is `'prod'`. Default: the last one. */
  readonly target?: string
  /** Build arguments. They stay visible in the image's history: no secrets here. */
  readonly args?: Readonly<Record<string, string>>
}

/**
 * Builds the image from a folder below the stack file's, named relative to it: `build('./api')`. It is tagged by its
 * content, so a folder that did not change is not built again; `.dockerignore` is honoured.
 */
export function build(folder: string, options: BuildOptions = {}): Build {
  return makeBuild(folder, options)
}

/** Where an image comes from: a reference with a tag or a digest, or a folder to build it from. */
export type Image = `${string}:${string}` | `${string}@sha256:${string}` | Build

// --- texts ----------------------------------------------------------------------------------------------------

/** What may stand in a hole of `` text`…` ``. */
export type TextHole =
  string | number | boolean | Text | PortRef | PortHost | PortNumber | Secret | SecretFile

/**
 * A string with references in it, put together where the task runs: `` text`postgres://app@${db.ports.pg}/shop` ``.
 * The only way to build a string from a secret or an address.
 */
export function text(strings: TemplateStringsArray, ...holes: readonly TextHole[]): Text {
  return makeText(strings, holes)
}

/** What a variable of the environment may be. A secret is not: hand over its `.file`, or its `.env` where nothing else works. */
export type EnvValue =
  string | number | boolean | Text | PortRef | PortHost | PortNumber | SecretFile | SecretEnv

// --- the small languages --------------------------------------------------------------------------------------

/** Which nodes may and should run a task. Made by `` place`…` ``. */
export interface Placement {
  readonly [kind]: 'placement'
}

/** What may stand in a hole of `` place`…` ``: a text to compare with, or what is to be near or avoided. */
export type PlaceHole = string | number | Service | Job

/**
 * Which nodes may and should run a task, in rules joined by `;`:
 * `` place`require node.labels.disk == "ssd"; prefer node.zone != "c" weight 50; spread node.zone; avoid ${db} weight 20` ``.
 * - `require` a condition: nodes without it run no task.
 * - `prefer` a condition, `weight` 1 to 100 (default 50): it counts for a node.
 * - `spread` an attribute, `weight` 1 to 100 (default 50): tasks are spread over its values. `zone` is `node.zone`.
 * - `near ${db}` and `avoid ${db}`: with, or never with, a task of another service; with a `weight`, as a wish.
 * - `max 2 per node`: the most tasks on one node.
 * - `tolerate "gpu"`: a taint that does not keep it away.
 *
 * Attributes: `node.id`, `node.name`, `node.os`, `node.arch`, `node.zone`, `node.region`, `node.labels.<name>` (texts in
 * quotes: `==`, `!=`, `in ("a", "b")`, `not in`), `node.cpu` (cores: `4`, `250m`), `node.memory` (`4Gi`; also `<`, `<=`, `>`,
 * `>=`). Conditions are joined by `&&`, `||`, `!` and parentheses, at most 8 deep.
 */
export function place(strings: TemplateStringsArray, ...holes: readonly PlaceHole[]): Placement {
  return makePlacement(strings, holes)
}

/** How many tasks there are, by load. Made by `` scale({ min, max })`…` ``. */
export interface Scaling {
  readonly [kind]: 'scaling'
}

export interface ScaleOptions {
  /** The fewest tasks, from 0. */
  readonly min: number
  /** The most tasks. */
  readonly max: number
  /** How long a new task is safe from being scaled in. Default: `'0s'`. */
  readonly protect?: Duration
  /** Other bounds from a moment on, until the next entry's. */
  readonly schedule?: readonly ScaleEntry[]
}

export interface ScaleEntry {
  readonly at: Schedule | string
  /** An IANA name such as `'Europe/Amsterdam'`. Default: `'UTC'`. */
  readonly timezone?: string
  readonly min?: number
  readonly max?: number
}

/** A policy in the language of scaling: `` `cpu > 70% for 1m => +50%; cpu < 20% for 10m => -1` ``. */
export type ScalingPolicy = (strings: TemplateStringsArray, ...holes: readonly (string | number)[]) => Scaling

/**
 * How many tasks there are, by load: `` scale({ min: 2, max: 20 })`cpu > 70% for 1m => +50%; cpu < 20% for 10m => -1` ``.
 * Rules are joined by `;`. A rule is a condition that held for a time and a step (`+2`, `-1`, `+50%`), or a measurement
 * divided by what one task can take: `` `queue("orders") / 50` ``.
 *
 * Measurements: `cpu` and `memory` (percent of what is reserved), `requests` (a second and task), `errors` (percent),
 * `p50`, `p95`, `p99` (time of answers), `queue("…")` (messages waiting), `metric("…")` (a number the tasks report).
 * Values have their unit: `errors > 1%`, `p99 > 300ms`, `requests > 50`. `requests`, `queue` and `metric` can be divided.
 */
export function scale(options: ScaleOptions): ScalingPolicy {
  return makeScaling(options)
}

/** When something is due. Made by `` every`…` `` or `every('30 2 * * 1-5')`. */
export interface Schedule {
  readonly [kind]: 'schedule'
}

/**
 * When something is due, to the minute: `` every`day at 02:30` ``, `` every`weekday at 09:00, 17:00` ``,
 * `` every`monday, thursday at 06:15` ``, `` every`15 minutes` ``, `` every`hour at :05` ``, `` every`month on 1 at 04:00` ``
 * (also `weekend`, `hours`, `days`, `weeks`), or five fields of cron: `every('30 2 * * 1-5')`. For backups `keep 7` says how many are kept.
 */
export function every(cron: string): Schedule
export function every(strings: TemplateStringsArray, ...holes: readonly (string | number)[]): Schedule
export function every(
  schedule: string | TemplateStringsArray,
  ...holes: readonly (string | number)[]
): Schedule {
  return makeSchedule(schedule, holes)
}

/** What has to hold before a rollout goes on. Made by `` gate`…` ``. */
export interface Gate {
  readonly [kind]: 'gate'
}

/**
 * What has to hold of the new tasks before a rollout goes on: `` gate`errors < 1% && p99 < 300ms for 2m` ``. The
 * measurements are those of `scale`.
 */
export function gate(strings: TemplateStringsArray, ...holes: readonly (string | number)[]): Gate {
  return makeGate(strings, holes)
}

// --- containers -----------------------------------------------------------------------------------------------

/** Volumes by the absolute path they are mounted at; undefined mounts nothing. */
export type Mounts = Readonly<Record<string, Volume | ReadOnlyVolume | undefined>>

export interface Ulimit {
  /** -1: unlimited. */
  readonly soft: number
  /** -1: unlimited. */
  readonly hard: number
}

export interface Device {
  /** Path on the node. */
  readonly host: string
  /** Path in the container. Default: that of the node. */
  readonly container?: string
  /** Read, write, make nodes. Default: `'rwm'`. */
  readonly access?: 'r' | 'w' | 'rw' | 'rm' | 'wm' | 'rwm'
}

export interface Gpus {
  /** How many of a node's GPUs, each reserved whole. */
  readonly count: number
  /** Model or vendor as the node names it: `'nvidia'`, `'nvidia/a100'`. Default: any. */
  readonly kind?: string
}

export interface Resources {
  /** Reserved for each task. Default: nothing is reserved. */
  readonly cpu?: Cpu
  /** The most a task may use. Default: no limit. */
  readonly cpuLimit?: Cpu
  /** Reserved for each task, and the most it may use unless `memoryLimit` says more. At least 6Mi. Default: neither. */
  readonly memory?: Size
  /** The most it may use, when that is more than what is reserved. Default: `memory`. */
  readonly memoryLimit?: Size
  /** The most processes and threads. Default: no limit. */
  readonly pids?: number
  /** Size of /dev/shm. Default: the engine's, 64Mi. */
  readonly shm?: Size
  /** Limits of the kernel by name (`nofile`, `nproc`, `memlock` …); one number is both soft and hard. */
  readonly ulimits?: Readonly<Record<string, number | Ulimit>>
  /** Devices of the node by their path, all access, or in detail. */
  readonly devices?: readonly (string | Device)[]
  /** GPUs, reserved whole. Default: none. */
  readonly gpus?: number | Gpus
}

/** What a container may do beyond, or less than, the engine's default. */
export interface Capabilities {
  /** `'NET_ADMIN'` … without `CAP_`. `'ALL'` is all of them. */
  readonly add?: readonly string[]
  readonly drop?: readonly string[]
}

export interface Logging {
  /** A log driver of the engine: `'json-file'`, `'journald'`, `'syslog'` … `gantry logs` reads those that the engine can. */
  readonly driver: string
  readonly options?: Readonly<Record<string, string>>
}

/** What every container has: main, sidecar, init. */
export interface ContainerOptions {
  /** `'postgres:17'`, `'registry:5000/shop/api@sha256:…'` or `build('./api')`. A tag or a digest is required. */
  readonly image: Image
  /** Replaces the image's entry point. */
  readonly command?: readonly string[]
  /** Replaces the image's command: the arguments of the entry point. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, EnvValue>>
  /** Labels of the containers, for tools that look at them. Names that begin with `gantry.` are gantry's own. */
  readonly labels?: Readonly<Record<string, string>>
  /** Secrets mounted as files at `/run/secrets/<name>`. One whose `.file` is used is mounted without being named here. */
  readonly secrets?: readonly Secret[]
  /** Configs by the absolute path of the file they are mounted as. */
  readonly configs?: Readonly<Record<string, Config>>
  readonly resources?: Resources
  /** `'name'`, `'name:group'` or numbers; numbers where there are secret files. Default: the image's. */
  readonly user?: string
  /** Further groups of the user, by name or number. */
  readonly groups?: readonly (string | number)[]
  /** Absolute. Default: the image's. */
  readonly workingDir?: string
  /** Mounts the root file system read-only. Default: false. */
  readonly readOnlyRoot?: boolean
  /** `'SIGTERM'`, `'SIGINT'` … Default: the image's. */
  readonly stopSignal?: string
  /** Time between the stop signal and the kill. Default: `'10s'`. */
  readonly stopGrace?: Duration
  /** What the kernel lets its processes do. Default: the engine's list. */
  readonly capabilities?: Capabilities
  /** All capabilities, all devices, no confinement: as root on the host. Warned about. Default: false. */
  readonly privileged?: boolean
  /** Settings of the kernel, of the container's own namespaces: `{ 'net.core.somaxconn': '1024' }`. */
  readonly sysctls?: Readonly<Record<string, string | number>>
  /** A profile as a config (JSON), or `'unconfined'`. Default: the engine's. */
  readonly seccomp?: 'unconfined' | Config
  /** Name of a profile that the node has loaded, or `'unconfined'`. Default: the engine's. */
  readonly apparmor?: string
  /** OCI runtime that the node's engine knows: `'runc'`, `'crun'`, `'runsc'`. Default: the engine's. */
  readonly runtime?: string
  /** Runs a small init as process 1, which forwards signals and reaps what has ended. Default: false. */
  readonly init?: boolean
  /** Default: the engine's. */
  readonly logging?: Logging
}

/** A container that runs to its end before the main one starts. */
export interface InitContainer extends ContainerOptions {
  /** Volumes by the absolute path they are mounted at. */
  readonly mounts?: Mounts
}

/** A container beside the main one: same network, same node, started before it and stopped after it. */
export interface Sidecar<HttpPort, AnyPort> extends InitContainer {
  /** A task is healthy when its sidecars are. The ports are the task's. */
  readonly health?: Health<HttpPort, AnyPort>
}

/** What one declaration waits for. */
export interface Dependency {
  readonly on: Service | Job
  /** `'started'` or `'healthy'` for a service, `'completed'` for a job. Default: `'healthy'` and `'completed'`. */
  readonly until?: 'started' | 'healthy' | 'completed'
}

/** What services, jobs and crons have in common. */
export interface TaskOptions extends ContainerOptions {
  /** Services that must be healthy, and jobs that must have completed, before the first task starts. */
  readonly dependsOn?: readonly (Service | Job | Dependency)[]
  /** What it may talk to, beside what it refers to: a port, or all ports of a service. */
  readonly reaches?: readonly (PortRef | Service)[]
  readonly placement?: Placement
  /** 0 to 100: when room is short, tasks of a lower priority make way. Default: 50. */
  readonly priority?: number
  /** Containers that run to their end, one after the other in the order written, before each start of a task. */
  readonly initContainers?: Readonly<Record<string, InitContainer>>
}

// --- services -------------------------------------------------------------------------------------------------

interface Probing {
  /** From one probe to the next, at least `'100ms'`. Until the first success they are closer. Default: `'10s'`. */
  readonly every?: Duration
  /** How long one probe may take, at least `'10ms'`. Default: `'1s'`. */
  readonly timeout?: Duration
  /** Failures in a row that make a task unhealthy. Default: 3. */
  readonly failures?: number
}

/** Healthy while a GET is answered with a status from 200 to 399. */
export interface HttpHealth<HttpPort> extends Probing {
  /** Path, from `/`. */
  readonly http: string
  /** One of the service's own `http()` ports. */
  readonly port: HttpPort
}

/** Healthy while the port takes connections. */
export interface TcpHealth<AnyPort> extends Probing {
  /** One of the service's own ports that is not `udp()`. */
  readonly tcp: AnyPort
}

/** Healthy while the command, run in the container, exits with 0. */
export interface ExecHealth extends Probing {
  /** A list that is not empty. */
  readonly exec: readonly string[]
}

/** Healthy while the health service of gRPC answers SERVING. */
export interface GrpcHealth<AnyPort> extends Probing {
  /** One of the service's own `grpc()` ports; the rules say when it is another. */
  readonly grpc: AnyPort
  /** The service to ask for. Default: the server as a whole. */
  readonly service?: string
}

/** By the names of the ports, so that services whose ports have the same names share one type. */
export type Health<HttpPort, AnyPort> =
  HttpHealth<HttpPort> | TcpHealth<AnyPort> | ExecHealth | GrpcHealth<AnyPort>

/** The states of a task told apart. */
export interface Probes<HttpPort, AnyPort> {
  /** Holds the others back until it has succeeded once. Default: none. */
  readonly startup?: Health<HttpPort, AnyPort>
  /** Whether the task is given work. Default: while it runs. */
  readonly readiness?: Health<HttpPort, AnyPort>
  /** Whether the container goes on: it is restarted when this fails. Default: while it runs. */
  readonly liveness?: Health<HttpPort, AnyPort>
}

type HttpPorts<P extends Ports> = { [Name in keyof P]: P[Name] extends Port<'http'> ? Name : never }[keyof P]

/**
 * `'single-writer'` when such a volume is mounted for certain. What may be another or none (a condition, a parameter, a
 * record of any paths) permits everything here, and the rules judge what it turns out to be. By this one word, and not by
 * the mounts, so that services share the types below.
 */
type SureAccess<M extends Mounts> = {
  [Path in keyof M & string]: M[Path] extends Volume<'single-writer'> ? 'single-writer' : never
}[keyof M & string]

type Replicas<A> = 'single-writer' extends A
  ? 0 | 1 | "✗ a 'single-writer' volume allows one replica"
  : number | Scaling | 'per-node'

type Order<A> = 'single-writer' extends A
  ? 'stop-first' | "✗ a 'single-writer' volume forbids start-first: two tasks would write it"
  : 'start-first' | 'stop-first'

type OnLost<A> = 'single-writer' extends A
  ? 'fence' | "✗ a 'single-writer' volume needs 'fence': a lost node may still write it"
  : 'replace' | 'fence'

export interface CanaryStep {
  /** How many tasks, or which share of the replicas, run the new revision in this step. */
  readonly tasks: number | Percent
  /** How long the step lasts, or until `gantry promote`. Default: `'0s'`. */
  readonly pause?: Duration | 'promote'
  /** What has to hold at its end. */
  readonly gate?: Gate
}

export interface BlueGreen {
  /** How long the new tasks stand by once they are all healthy, or until `gantry promote`. Default: `'0s'`. */
  readonly pause?: Duration | 'promote'
  /** What has to hold before the new tasks take over. */
  readonly gate?: Gate
  /** How long the old tasks stand by after that. Default: `'5m'`. */
  readonly keepOld?: Duration
}

export interface Rollout<O> {
  /** Tasks replaced at a time: a count, or a share of the replicas rounded up. Default: `'25%'`. */
  readonly batch?: number | Percent
  /** Whether a new task starts before the old one stops. Default: `'start-first'`, but `'stop-first'` with a single-writer or per-replica volume or a host port. */
  readonly order?: O
  /** How long a new task must have been healthy before it counts. Default: `'5s'`. */
  readonly minHealthy?: Duration
  /** How long a new task may take until it counts; after that the rollout has failed. Default: `'5m'`. */
  readonly deadline?: Duration
  /** What a failed rollout does: goes back to the last good revision, or stops where it is. Default: `'rollback'`. */
  readonly onFailure?: 'rollback' | 'pause'
  /** Wait between two batches. Default: none. */
  readonly pause?: Duration
  /** What has to hold after each batch. Needs `health`. */
  readonly gate?: Gate
  /** A few tasks of the new revision first. Not together with `blueGreen`. Needs `health`. */
  readonly canary?: readonly CanaryStep[]
  /** All of the new tasks beside the old ones, then all at once. Not together with `canary`. Needs `health`. */
  readonly blueGreen?: BlueGreen
  /** A job that has to complete before each rollout: a migration. It runs at no other time. */
  readonly before?: Job
}

/** What rollouts, drains, preemption and rebalancing have to leave standing: one of the two. */
export interface Budget {
  readonly minAvailable?: number | Percent
  readonly maxUnavailable?: number | Percent
}

export interface Restart {
  /** Default: `'always'`. */
  readonly policy?: 'always' | 'on-failure' | 'never'
  /** Wait before the first restart; it doubles each time. Default: `'1s'`. */
  readonly delay?: Duration
  /** Default: `'5m'`. */
  readonly maxDelay?: Duration
  /** Health after which the wait begins anew. Default: `'10m'`. */
  readonly resetAfter?: Duration
}

export interface Reschedule {
  /** Failures on one node within `within` that move the task to another. Default: 3. */
  readonly after?: number
  /** Default: `'5m'`. */
  readonly within?: Duration
  /** Wait before the first move; it doubles each time. Default: `'5s'`. */
  readonly delay?: Duration
  /** Default: `'10m'`. */
  readonly maxDelay?: Duration
}

export interface ServiceOptions<P extends Ports, M extends Mounts> extends TaskOptions {
  /** The ports it listens on, by name. */
  readonly ports?: P
  /** Volumes by the absolute path they are mounted at. */
  readonly mounts?: M
  /** How many tasks run at a time: a number, a policy made by `scale`, or one `'per-node'`. Default: 1. */
  readonly replicas?: Replicas<SureAccess<NoInfer<M>>>
  /** Whether a task is ready and alive. Default: while it runs. */
  readonly health?: Health<HttpPorts<NoInfer<P>>, keyof NoInfer<P>>
  /** The same told apart; instead of `health`. */
  readonly probes?: Probes<HttpPorts<NoInfer<P>>, keyof NoInfer<P>>
  /** Containers beside the main one, by name. */
  readonly sidecars?: Readonly<Record<string, Sidecar<HttpPorts<NoInfer<P>>, keyof NoInfer<P>>>>
  readonly rollout?: Rollout<Order<SureAccess<NoInfer<M>>>>
  /** Default: what the rollout leaves standing, and one task at a time for everything else. */
  readonly budget?: Budget
  /** What happens when the main container ends. Default: it is restarted, always. */
  readonly restart?: Restart['policy'] | Restart
  /** When a task that fails is moved to another node; not carried out yet. Default: after 3 failures in 5 minutes. */
  readonly reschedule?: 'never' | Reschedule
  /**
   * What the loss of its node means: another task elsewhere at once (`'replace'`), or none until the lost one has ended
   * for certain (`'fence'`: its own node stops it when it has heard of no leader for `fenceAfter`). Required to be
   * `'fence'` with a single-writer volume. Default: `'replace'`.
   */
  readonly onLost?: OnLost<SureAccess<NoInfer<M>>>
  /** How long a fenced task may go on without a leader, at least `'3s'`. Default: `'15s'`. */
  readonly fenceAfter?: Duration
}

/**
 * A long-running service. Its name is its address in the stack and its host name (`<name>.<stack>.internal`): a
 * service under another name is another service.
 */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- without ports and mounts there are no keys
export function service<P extends Ports = Record<never, Port>, M extends Mounts = Record<never, Volume>>(
  name: string,
  options: ServiceOptions<P, M>,
): Service<P> {
  return declareService(name, options)
}

// --- jobs -----------------------------------------------------------------------------------------------------

export interface Backoff {
  /** Wait before the first further try; it doubles each time. Default: `'10s'`. */
  readonly delay?: Duration
  /** Default: `'10m'`. */
  readonly maxDelay?: Duration
}

/** What an exit code other than 0 means; a code that is in none of the lists is a failed try. */
export interface ExitCodes {
  /** The job has failed, whatever tries are left. */
  readonly fail?: readonly number[]
  /** Counts as completed. */
  readonly succeed?: readonly number[]
  /** Tried again, and costs no try. */
  readonly retry?: readonly number[]
}

/** What jobs and crons have in common. */
export interface RunOptions extends TaskOptions {
  /** Volumes by the absolute path they are mounted at. */
  readonly mounts?: Mounts
  /** Containers beside the main one, by name; they are stopped when it has ended. */
  readonly sidecars?: Readonly<Record<string, Sidecar<never, never>>>
  /** Further tries after the first one failed. Default: 3. */
  readonly retries?: number
  readonly backoff?: Backoff
  /** Tasks that have to complete. Default: 1. */
  readonly completions?: number
  /** How many of them run at a time. Default: 1. */
  readonly parallelism?: number
  /** Each completion is one index from 0, in the variable `GANTRY_INDEX`. Default: false. */
  readonly indexed?: boolean
  /** One completion on each node that fits, instead of `completions`. Default: false. */
  readonly perNode?: boolean
  /** How long all of it may take. Default: no limit. */
  readonly deadline?: Duration
  readonly exitCodes?: ExitCodes
}

export interface JobOptions extends RunOptions {
  /**
   * Makes it a job that runs when `gantry run` asks for it, with these values as variables of the environment:
   * `{ SIZE: input.oneOf('small', 'large') }`.
   */
  readonly parameters?: Readonly<Record<string, Input>>
}

/**
 * A task that runs to its end, once for each version of it: when anything in it changes it runs again. As a rollout's
 * `before` it runs for each rollout instead; with `parameters`, when `gantry run` asks for it.
 */
export function job(name: string, options: JobOptions): Job {
  return declareJob(name, options)
}

export interface CronOptions extends RunOptions {
  /** `` every`weekday at 02:30` ``, or five fields of cron. */
  readonly schedule: Schedule | string
  /** An IANA name such as `'Europe/Amsterdam'`. Default: `'UTC'`. */
  readonly timezone?: string
  /** What happens to a run that is due while the last one goes on. Default: `'forbid'`. */
  readonly overlap?: 'forbid' | 'allow' | 'replace'
  /** A run that was missed is made up for when it is less late than this; `'0s'`: never. Default: `'5m'`. */
  readonly missed?: Duration
  /** Runs that are kept for looking at. Default: 3 of each. */
  readonly history?: { readonly succeeded?: number; readonly failed?: number }
  /** No run is due while this is true. Default: false. */
  readonly suspended?: boolean
}

/** A job on a schedule. */
export function cron(name: string, options: CronOptions): Cron {
  return declareCron(name, options)
}

// --- volumes, secrets, configs --------------------------------------------------------------------------------

/** Where the data of a volume is. */
export type VolumeDriver =
  | 'local'
  | 'tmpfs'
  | { readonly bind: string }
  | { readonly nfs: string; readonly path: string; readonly options?: readonly string[] }
  | { readonly plugin: string; readonly options?: Readonly<Record<string, string>> }

export interface VolumeOptions<A extends Access> {
  /** Space it needs; a request, not a limit. Default: none is asked for. */
  readonly size?: Size
  /**
   * `'single-writer'`: one task at a time may write it. `'per-replica'`: each slot of a service has one of its own.
   * `'shared'`: any number. `'read-only'`: nobody. Default: `'single-writer'`.
   */
  readonly access?: A
  /** What happens to the data when the volume is no longer declared. Default: `'retain'`. */
  readonly reclaim?: 'retain' | 'delete'
  /**
   * `'local'`: a folder of the node where it is first used; tasks follow the data. `'tmpfs'`: memory that each task has
   * of its own (access `'per-replica'`), gone with it.
   * `{ bind: '/srv/media' }`: a path of the node, which its operator has to allow. `{ nfs: 'nas.example', path: '/data' }`.
   * `{ plugin: 'rexray' }`: a plugin of the engine. Default: `'local'`.
   */
  readonly driver?: VolumeDriver
  /** Snapshots on a schedule, with how many are kept: `` every`day at 02:30 keep 7` ``. Default: none. */
  readonly backup?: Schedule
  /** Of the backup; an IANA name. Default: `'UTC'`. */
  readonly timezone?: string
}

/** Storage that outlives tasks. */
export function volume<A extends Access = 'single-writer'>(
  name: string,
  options: VolumeOptions<A> = {},
): Volume<A> {
  return declareVolume(name, options)
}

/** What a new value means to the tasks that use it. */
export type OnChange = 'restart' | 'update' | { readonly signal: string }

export interface SecretOptions {
  /** Makes a value of that many random bytes, 16 to 1024, when there is none yet; written as unpadded base64url. */
  readonly generate?: { readonly bytes: number }
  /**
   * What a new version means: a rollout (`'restart'`), a new file (`'update'`), or a new file and a signal to the main
   * container. Default: tasks keep the version they started with.
   */
  readonly onChange?: OnChange
}

/** A secret. Its value is set by `gantry secret set`, or generated; the program never sees it. */
export function secret(name: string, options: SecretOptions = {}): Secret {
  return declareSecret(name, options)
}

/** What a config consists of: a file of the stack's folder, a text, or a template file with values. */
export interface ConfigOptions {
  /** A text file below the stack's folder, relative to the stack file. */
  readonly file?: string
  /** The content itself. */
  readonly content?: string | Text
  /** A text file in which `{{name}}` stands for a value of `values`; `{{{{` is `{{`. */
  readonly template?: string
  readonly values?: Readonly<Record<string, TextHole>>
  /** Of the file in the container, in octal digits. Default: `'0444'`. */
  readonly mode?: string
  /** What a change means: a rollout, a new file, or a new file and a signal. Default: `'restart'`. */
  readonly onChange?: OnChange
}

/** A file that tasks are given, at most 512Ki: `configs: { '/etc/nginx/nginx.conf': config('nginx', { file: './nginx.conf' }) }`. */
export function config(name: string, options: ConfigOptions): Config {
  return declareConfig(name, options)
}

// --- from outside ---------------------------------------------------------------------------------------------

/** Where a route leads, with options. Made by `route()`. */
export interface Route {
  readonly [kind]: 'route'
}

export interface RouteOptions {
  /** Whether the prefix is taken off the path before the request is passed on. Default: false. */
  readonly stripPrefix?: boolean
}

/** A route with options: `route(api.ports.http, { stripPrefix: true })`. */
export function route(to: PortRef<'http' | 'grpc'>, options: RouteOptions = {}): Route {
  return makeRoute(to, options)
}

export interface IngressOptions {
  /** Host names; `*.example.org` is every name one level below it. */
  readonly host: string | readonly string[]
  /** By the prefix of the path, from `/`; the longest that fits counts. */
  readonly routes: Readonly<Record<string, PortRef<'http' | 'grpc'> | Route>>
  /** `'auto'`: public certificates by ACME; `'internal'`: the cluster's own CA; `'off'`: plain HTTP. Default: `'auto'`. */
  readonly tls?: 'auto' | 'internal' | 'off'
  /** Whether plain HTTP is sent to HTTPS. Default: true, but false with tls `'off'`. */
  readonly redirect?: boolean
}

/** Routes from outside to `http()` and `grpc()` ports of services. */
export function ingress(name: string, options: IngressOptions): Ingress {
  return declareIngress(name, options)
}

// --- inputs and the stack -------------------------------------------------------------------------------------

/** A typed input of a stack. Made by `input.string()`, `.number()`, `.boolean()`, `.oneOf()` and `.secret()`. */
export interface Input<V = unknown> {
  readonly [kind]: 'input'
  readonly [phantom]: V
}
export type Inputs = Readonly<Record<string, Input>>

export interface InputOptions<V> {
  /** Taken when the input is not given. Without one it must be given. */
  readonly default?: V
  /** What it is for, in a few words. */
  readonly description?: string
  /** A variable of the environment that gives it when neither `--input` nor `--inputs-file` does: `'SHOP_DOMAIN'`. */
  readonly env?: string
}

export interface StringInputOptions extends InputOptions<string> {
  /** A regular expression that all of the text has to match, as a text: `'[a-z]+'`. Nothing in it looks ahead or back. */
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
}

export interface NumberInputOptions extends InputOptions<number> {
  readonly min?: number
  readonly max?: number
  /** Whether it has to be a whole number. Default: false. */
  readonly whole?: boolean
}

export interface SecretInputOptions {
  /** What it is for, in a few words. */
  readonly description?: string
  /** A variable of the environment that gives it. */
  readonly env?: string
}

export interface InputKinds {
  /** Any text. */
  string(options?: StringInputOptions): Input<string>
  /** A finite decimal number. */
  number(options?: NumberInputOptions): Input<number>
  /** `true` or `false`. `check` tries both. */
  boolean(options?: InputOptions<boolean>): Input<boolean>
  /** One of a few texts: `input.oneOf('dev', 'prod')`. `check` tries each. */
  oneOf<const V extends string>(...values: readonly [V, ...V[]]): Input<V>
  /** One of a few texts, with a default: `input.oneOf(['dev', 'prod'], { default: 'dev' })`. */
  oneOf<const V extends string>(values: readonly [V, ...V[]], options: InputOptions<NoInfer<V>>): Input<V>
  /**
   * A secret whose value is given with the other inputs, at the first apply at the latest; the program sees a handle.
   * It is a secret of the stack under the input's name, with `-` before what were capitals.
   */
  secret(options?: SecretInputOptions): Input<Secret>
}

/** Inputs of a stack: what `--input name=value` sets. */
export const input: InputKinds = makeInput

export type InputValues<I extends Inputs> = { readonly [Name in keyof I]: I[Name][typeof phantom] }

/** What a stack hands to others: plain values, addresses and texts. A secret is not among them. */
export type Outputs = Readonly<
  Record<string, string | number | boolean | PortRef | PortHost | PortNumber | Text>
>

/** What the body of a stack may return: its outputs. A promise is not among it: a stack is evaluated in one go. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a body that returns nothing is the usual one
export type BodyResult = void | Outputs | Service | Job | Cron | Volume | Secret | Config | Ingress

/** A program: the default export of a stack file. Made by `stack()`. */
export interface Stack<O = unknown> {
  readonly [kind]: 'stack'
  readonly [phantom]: O
}

/**
 * A stack: its name, its inputs, and a body that declares what it consists of. The body runs while the plan is made, in a
 * sandbox without clock, chance, network, files or environment, and must not be async. What it returns are the stack's
 * outputs: `return { api: api.ports.http }`.
 */
export function stack<const I extends Inputs, O extends BodyResult>(
  name: string,
  inputs: I,
  body: (inputs: InputValues<I>) => O,
): Stack<O> {
  return declareStack(name, inputs, body)
}

/** Texts that are known where the task runs; an address is `host:port`. */
export type OutputRefs<O> = { readonly [Name in keyof O]: Text }

/**
 * What another stack of the cluster hands out: `outputs<typeof shop>('shop').api`, with
 * `import type shop from './shop.stack.ts'`. The name is the one that stack is applied under.
 */
export function outputs<S extends Stack>(stack: string): OutputRefs<S[typeof phantom]> {
  return makeOutputs(stack)
}

/** Answers for a warning: `ack('GT4001', 'the program reads no file', api)`. It is listed in every plan. Without `of`: of all. */
export function ack(
  code: `GT4${string}`,
  reason: string,
  of?: Service | Job | Cron | Volume | Secret | Config | Ingress,
): void {
  declareAcknowledgement(code, reason, of)
}
