// What `import … from 'gantry'` gives: the words a stack program is written in, with their types. This file is what
// stack authors read on hover and what the compiler type-checks programs against, so every type stands here and every
// body is one line. Invariant: a rule of the types has a twin in compiler/lower/, for what is cast or spread.
// It stays small on purpose (no recursion, conditional types on ports and mounts alone), because checking 1,000 services
// should take about a second.

import {
  declareJob,
  declareSecret,
  declareService,
  declareStack,
  declareVolume,
  makeBuild,
  makeInput,
  makePlacement,
  makePort,
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

export type Protocol = 'tcp' | 'http'

/** A secret: its value is known to the tasks that use it and to nobody else. Made by `secret()`. */
export type Secret = symbol & SecretHandle
export interface SecretHandle {
  readonly [kind]: 'secret'
  /** Path of the file with the value (`/run/secrets/<name>`, in memory, mode 0400); using it mounts the file. */
  readonly file: SecretFile
}

/** The path of a secret's file. For a value of `env`, or a hole of `` text`…` ``. */
export type SecretFile = symbol & SecretFileHandle
export interface SecretFileHandle {
  readonly [kind]: 'secret file'
}

/** The address `host:port` of a service's port, known where the task runs: `db.ports.pg`. */
export type PortRef<P extends Protocol = Protocol> = symbol & PortRefHandle<P>
export interface PortRefHandle<P extends Protocol> {
  readonly [kind]: 'port of a service'
  readonly protocol: P
}

/** A string put together where the task runs. Made by `` text`…` ``. */
export type Text = symbol & TextHandle
export interface TextHandle {
  readonly [kind]: 'text'
}

export type Access = 'single-writer' | 'shared'

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

/** A long-running service. Made by `service()`. */
export type Service<P extends Ports = Ports> = symbol & ServiceHandle<P>
export interface ServiceHandle<P extends Ports> {
  readonly [kind]: 'service'
  readonly name: string
  /** Its ports by name, for `env` and `` text`…` `` of others. */
  readonly ports: { readonly [Name in keyof P]: PortRef<P[Name]['protocol']> }
}

/** A task that runs to its end. Made by `job()`. */
export type Job = symbol & JobHandle
export interface JobHandle {
  readonly [kind]: 'job'
  readonly name: string
}

// --- values ---------------------------------------------------------------------------------------------------

/** A port that a service listens on. Made by `tcp()` or `http()`. */
export interface Port<P extends Protocol = Protocol> {
  readonly [kind]: 'port'
  readonly protocol: P
}
export type Ports = Readonly<Record<string, Port>>

export interface PortOptions {
  /** Port on every host's address that leads to a healthy task, 1 to 65535. Default: reachable from inside only. */
  readonly published?: number
}

/** A port that speaks TCP; `port` is what the container listens on, 1 to 65535. */
export function tcp(port: number, options: PortOptions = {}): Port<'tcp'> {
  return makePort('tcp', port, options)
}

/** A port that speaks HTTP/1.1; `port` is what the container listens on, 1 to 65535. */
export function http(port: number, options: PortOptions = {}): Port<'http'> {
  return makePort('http', port, options)
}

/** An image that is built from a folder. Made by `build()`. */
export interface Build {
  readonly [kind]: 'build'
}

export interface BuildOptions {
  /** Path in the folder. Default: `Dockerfile`. */
  readonly dockerfile?: string
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

/** What may stand in a hole of `` text`…` ``. */
export type TextHole = string | number | boolean | Text | PortRef | Secret | SecretFile

/**
 * A string with references in it, put together where the task runs: `` text`postgres://app@${db.ports.pg}/shop` ``.
 * The only way to build a string from a secret or an address.
 */
export function text(strings: TemplateStringsArray, ...holes: readonly TextHole[]): Text {
  return makeText(strings, holes)
}

/** What a variable of the environment may be. A secret is not: hand over its `.file`. */
export type EnvValue = string | number | boolean | Text | PortRef | SecretFile

/** Which nodes may run a task. Made by `` place`…` ``. */
export interface Placement {
  readonly [kind]: 'placement'
}

/**
 * Which nodes may run a task: `` place`require node.labels.disk == "ssd"; require node.arch != "arm64"` ``. Attributes:
 * `node.id`, `node.name`, `node.os`, `node.arch`, `node.labels.<name>`; compared by `==` and `!=`; joined by `;` or `&&`.
 * A hole stands for the text to compare with.
 */
export function place(strings: TemplateStringsArray, ...holes: readonly string[]): Placement {
  return makePlacement(strings, holes)
}

// --- what services and jobs have in common --------------------------------------------------------------------

/** Volumes by the absolute path they are mounted at. */
export type Mounts = Readonly<Record<string, Volume | ReadOnlyVolume>>

export interface Resources {
  /** Reserved for each task. Default: nothing is reserved. */
  readonly cpu?: Cpu
  /** The most a task may use. Default: no limit. */
  readonly cpuLimit?: Cpu
  /** Reserved for each task, and the most it may use. At least 6Mi. Default: neither reserved nor limited. */
  readonly memory?: Size
}

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
  readonly resources?: Resources
  /** Services that must be healthy, and jobs that must have completed, before the first task starts. */
  readonly dependsOn?: readonly (Service | Job)[]
  readonly placement?: Placement
  /** `'name'`, `'name:group'` or numbers; numbers where there are secret files. Default: the image's. */
  readonly user?: string
  /** Absolute. Default: the image's. */
  readonly workingDir?: string
  /** Mounts the root file system read-only. Default: false. */
  readonly readOnlyRoot?: boolean
  /** `'SIGTERM'`, `'SIGINT'` … Default: the image's. */
  readonly stopSignal?: string
  /** Time between the stop signal and the kill. Default: `'10s'`. */
  readonly stopGrace?: Duration
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
  /** One of the service's own ports. */
  readonly tcp: AnyPort
}

/** Healthy while the command, run in the container, exits with 0. */
export interface ExecHealth extends Probing {
  readonly exec: readonly [string, ...string[]]
}

/** By the names of the ports, so that services whose ports have the same names share one type. */
export type Health<HttpPort, AnyPort> = HttpHealth<HttpPort> | TcpHealth<AnyPort> | ExecHealth

type HttpPorts<P extends Ports> = { [Name in keyof P]: P[Name] extends Port<'http'> ? Name : never }[keyof P]

/** `never` when nothing in M is a single-writer volume that may be written. */
type SingleWriter<M extends Mounts> = Extract<M[keyof M], Volume<'single-writer'>>

type Replicas<M extends Mounts> = [SingleWriter<M>] extends [never]
  ? number
  : 0 | 1 | "✗ a 'single-writer' volume allows one replica"

type Order<M extends Mounts> = [SingleWriter<M>] extends [never]
  ? 'start-first' | 'stop-first'
  : 'stop-first' | "✗ a 'single-writer' volume forbids start-first: two tasks would write it"

export interface Rollout<O> {
  /** Tasks replaced at a time: a count, or a share of the replicas rounded up. Default: `'25%'`. */
  readonly batch?: number | Percent
  /** Whether a new task starts before the old one stops. Default: `'start-first'`, but `'stop-first'` with a single-writer volume. */
  readonly order?: O
  /** How long a new task must have been healthy before it counts. Default: `'5s'`. */
  readonly minHealthy?: Duration
  /** How long a new task may take until it counts; after that the rollout has failed. Default: `'5m'`. */
  readonly deadline?: Duration
  /** What a failed rollout does: goes back to the last good revision, or stops where it is. Default: `'rollback'`. */
  readonly onFailure?: 'rollback' | 'pause'
}

export interface ServiceOptions<P extends Ports, M extends Mounts> extends ContainerOptions {
  /** The ports it listens on, by name. */
  readonly ports?: P
  /** Volumes by the absolute path they are mounted at. */
  readonly mounts?: M
  /** How many tasks run at a time. Default: 1. */
  readonly replicas?: Replicas<M>
  /** Default: a task is healthy while it runs. */
  readonly health?: Health<HttpPorts<NoInfer<P>>, keyof NoInfer<P>>
  readonly rollout?: Rollout<Order<NoInfer<M>>>
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

export interface JobOptions extends ContainerOptions {
  /** Volumes by the absolute path they are mounted at. */
  readonly mounts?: Mounts
  /** Further tries after the first one failed, with back-off from 10 s doubling to 10 min. Default: 3. */
  readonly retries?: number
}

/** A task that runs to its end, once for each version of it: when anything in it changes it runs again. */
export function job(name: string, options: JobOptions): Job {
  return declareJob(name, options)
}

// --- volumes and secrets --------------------------------------------------------------------------------------

export interface VolumeOptions<A extends Access> {
  /** Space it needs; a request, not a limit. Default: none is asked for. */
  readonly size?: Size
  /** `'single-writer'`: one task at a time may write it. `'shared'`: any number. Default: `'single-writer'`. */
  readonly access?: A
  /** What happens to the data when the volume is no longer declared. Default: `'retain'`. */
  readonly reclaim?: 'retain' | 'delete'
}

/** Storage on the node where it is first used; tasks that mount it run there. */
export function volume<A extends Access = 'single-writer'>(
  name: string,
  options: VolumeOptions<A> = {},
): Volume<A> {
  return declareVolume(name, options)
}

export interface SecretOptions {
  /** Makes a value of that many random bytes, 16 to 1024, when there is none yet; written as unpadded base64url. */
  readonly generate?: { readonly bytes: number }
}

/** A secret. Its value is set by `gantry secret set`, or generated; the program never sees it. */
export function secret(name: string, options: SecretOptions = {}): Secret {
  return declareSecret(name, options)
}

// --- inputs and the stack -------------------------------------------------------------------------------------

/** A typed input of a stack. Made by `input.string()`, `.number()`, `.boolean()` and `.oneOf()`. */
export interface Input<V extends string | number | boolean = string | number | boolean> {
  readonly [kind]: 'input'
  readonly [phantom]: V
}
export type Inputs = Readonly<Record<string, Input>>

export interface InputOptions<V> {
  /** Taken when the input is not given. Without one it must be given. */
  readonly default?: V
  /** What it is for, in a few words. */
  readonly description?: string
}

export interface InputKinds {
  /** Any text. */
  string(options?: InputOptions<string>): Input<string>
  /** A finite decimal number. */
  number(options?: InputOptions<number>): Input<number>
  /** `true` or `false`. `check` tries both. */
  boolean(options?: InputOptions<boolean>): Input<boolean>
  /** One of a few texts: `input.oneOf('dev', 'prod')`. `check` tries each. */
  oneOf<const V extends string>(...values: readonly [V, ...V[]]): Input<V>
  /** One of a few texts, with a default: `input.oneOf(['dev', 'prod'], { default: 'dev' })`. */
  oneOf<const V extends string>(values: readonly [V, ...V[]], options: InputOptions<NoInfer<V>>): Input<V>
}

/** Inputs of a stack: what `--input name=value` sets. */
export const input: InputKinds = makeInput

export type InputValues<I extends Inputs> = { readonly [Name in keyof I]: I[Name][typeof phantom] }

/** What the body of a stack may return; it is not looked at. A promise is not among it: a stack is evaluated in one go. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a body that returns nothing is the usual one
export type BodyResult = void | Service | Job | Volume | Secret

/** A program: the default export of a stack file. Made by `stack()`. */
export interface Stack {
  readonly [kind]: 'stack'
}

/**
 * A stack: its name, its inputs, and a body that declares what it consists of. The body runs while the plan is made, in a
 * sandbox without clock, chance, network, files or environment, and must not be async.
 */
export function stack<const I extends Inputs>(
  name: string,
  inputs: I,
  body: (inputs: InputValues<I>) => BodyResult,
): Stack {
  return declareStack(name, inputs, body)
}
