// The stack document (IR): what a stack program declares, with every default resolved. Canonical JSON; its digest is
// its identity. Spans and the origin of each value travel beside it (`Sources`) and are not part of the digest.
// Invariant: what passes this schema can be carried out or is refused by name; nothing is silently dropped.

import { z } from 'zod'
import { digestOf } from './canonical.ts'
import { comparison, condition, gate, schedule, share } from './condition.ts'
import { documentName as name, taskTemplate, textPart } from './container.ts'
import type { Image, TaskTemplate } from './container.ts'

export const documentFormat = 1

const duration = z.int().nonnegative()

/** Where tasks of an owner may and should run. Weights go from -100 to 100, and count beside the scheduler's own scores. */
export const placement = z.strictObject({
  /** Every one has to hold. */
  require: z.array(condition),
  prefer: z.array(z.strictObject({ when: condition, weight: z.int().min(-100).max(100) })).optional(),
  /** Tasks are spread over the values of an attribute such as `node.zone`. */
  spread: z.array(z.strictObject({ attribute: z.string(), weight: z.int().min(1).max(100) })).optional(),
  /** Nodes that run a task of another service or job; `weight` absent: it has to be so. */
  near: z
    .array(z.strictObject({ service: name, away: z.boolean(), weight: z.int().min(1).max(100).optional() }))
    .optional(),
  /** The most tasks of this owner on one node. */
  maxPerNode: z.int().min(1).optional(),
  /** Taints of nodes that do not keep it away: `name` or `name=value`. */
  tolerate: z.array(z.string()).optional(),
})
export type Placement = z.infer<typeof placement>

/** How a step of a rollout goes on: after a time, or when a person promotes it. */
const pause = z.union([z.strictObject({ ms: duration }), z.literal('promote')])

export const rollout = z.strictObject({
  /** Tasks replaced at a time: a count, or a share of the replicas rounded up. */
  batch: z.union([
    z.strictObject({ count: z.int().min(1) }),
    z.strictObject({ percent: z.number().positive().max(100) }),
  ]),
  order: z.enum(['start-first', 'stop-first']),
  /** How long a new task must have been healthy before it counts. */
  minHealthyMs: duration,
  /** How long one new task may take until it counts; after that the rollout has failed. */
  deadlineMs: duration,
  onFailure: z.enum(['rollback', 'pause']),
  /** Wait between two batches. */
  pauseMs: duration.optional(),
  /** Has to hold between two batches, and at the end; the rollout has failed when it does not. */
  gate: gate.optional(),
  /** Shares of the replicas that run the new revision first, in rising order; the rest follows in batches. */
  canary: z
    .array(z.strictObject({ tasks: share, pause, gate: gate.optional() }))
    .min(1)
    .optional(),
  /** All of the new revision is started beside the old, and takes over at once. */
  blueGreen: z.strictObject({ pause, gate: gate.optional(), keepOldMs: duration }).optional(),
  /** A job that has to complete before the first new task starts. */
  before: name.optional(),
})
export type Rollout = z.infer<typeof rollout>

/** When a task that failed is moved to another node; null: never. */
export const reschedule = z
  .strictObject({
    /** Failures on one node within `withinMs`. */
    after: z.int().min(1),
    withinMs: duration,
    /** Wait before the first move; doubles up to `maxDelayMs`. */
    delayMs: duration,
    maxDelayMs: duration,
  })
  .nullable()
export type Reschedule = z.infer<typeof reschedule>

export const defaultReschedule: Reschedule = {
  after: 3,
  withinMs: 300_000,
  delayMs: 5000,
  maxDelayMs: 600_000,
}

/** What rollouts, drains, preemption and rebalancing have to leave standing. */
export const budget = z.union([
  z.strictObject({ minAvailable: share }),
  z.strictObject({ maxUnavailable: share }),
])
export type Budget = z.infer<typeof budget>

export const scaling = z.strictObject({
  min: z.int().nonnegative(),
  max: z.int().min(1).max(100_000),
  /** A condition that held for `forMs` makes a step; a step down is negative. */
  rules: z.array(
    z.strictObject({
      when: condition,
      forMs: duration,
      step: z.union([z.strictObject({ count: z.int() }), z.strictObject({ percent: z.number() })]),
    }),
  ),
  /** As many replicas as the measurement divided by `per`, rounded up. */
  targets: z.array(
    z.strictObject({
      attribute: comparison.shape.attribute,
      of: z.string().optional(),
      per: z.number().positive(),
    }),
  ),
  /** How long a new task is safe from being scaled in. */
  protectMs: duration,
  /** Other bounds from a moment on, until the next entry's moment. */
  schedule: z
    .array(
      z.strictObject({
        at: schedule,
        timezone: z.string(),
        min: z.int().nonnegative().optional(),
        max: z.int().min(1).optional(),
      }),
    )
    .optional(),
})
export type Scaling = z.infer<typeof scaling>

/** `completed` is for jobs, the others for services; `healthy` is the default there. */
export const dependency = z.strictObject({ on: name, until: z.enum(['started', 'healthy', 'completed']) })
export type Dependency = z.infer<typeof dependency>

/** A service that may be talked to, on one port or on all. */
export const reach = z.strictObject({ service: name, port: name.optional() })
export type Reach = z.infer<typeof reach>

/** 0 to 100; tasks of a lower one make room for those of a higher one. */
const priority = z.int().min(0).max(100)
export const defaultPriority = 50

export const serviceSpec = z.strictObject({
  template: taskTemplate,
  /** Of a service that scales: how many there are at first. */
  replicas: z.int().nonnegative().max(100_000),
  /** One task on each node that fits; `replicas` is 1 then and means nothing. */
  perNode: z.literal(true).optional(),
  scaling: scaling.optional(),
  placement,
  priority,
  rollout,
  budget: budget.optional(),
  reschedule,
  /** What the loss of its node means: another task elsewhere, or none until the old one has ended for certain. */
  onLost: z.enum(['replace', 'fence']),
  /** The lease of a fenced task, after which its agent stops it. */
  fenceAfterMs: duration.optional(),
  /** What has to be so before the first task starts. */
  dependsOn: z.array(dependency),
  /** What it may talk to: what it refers to, and what it names. Sorted. */
  reaches: z.array(reach),
})
export type ServiceSpec = z.infer<typeof serviceSpec>

/** A value that a run of a job is given; it is a variable of the environment of that name. */
export const parameter = z.strictObject({
  type: z.enum(['string', 'number', 'boolean', 'oneOf']),
  values: z.array(z.string()).optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  description: z.string().optional(),
  /** Of a string: what all of it has to match (pattern.ts), and its length in characters. */
  pattern: z.string().optional(),
  minLength: z.int().nonnegative().optional(),
  maxLength: z.int().nonnegative().optional(),
  /** Of a number. */
  min: z.number().optional(),
  max: z.number().optional(),
  whole: z.literal(true).optional(),
})
export type Parameter = z.infer<typeof parameter>

export const jobSpec = z.strictObject({
  template: taskTemplate,
  placement,
  priority,
  /** Further tries after the first one failed. */
  retries: z.int().nonnegative().max(1000),
  /** Wait before a further try; doubles up to `maxDelayMs`. */
  backoff: z.strictObject({ delayMs: duration, maxDelayMs: duration }),
  /** Tasks that have to complete, and how many run at a time. */
  completions: z.int().min(1).max(100_000),
  parallelism: z.int().min(1).max(100_000),
  /** Each completion is one index, from 0, in the variable `GANTRY_INDEX`. */
  indexed: z.literal(true).optional(),
  /** One completion on each node that fits. */
  perNode: z.literal(true).optional(),
  /** How long the whole job may take. */
  deadlineMs: duration.optional(),
  /** Exit codes that end the job at once, that count as completed, and that cost no try. */
  exitCodes: z
    .strictObject({ fail: z.array(z.int()), succeed: z.array(z.int()), retry: z.array(z.int()) })
    .optional(),
  /** What starts it: an apply, a rollout whose `before` it is, or `gantry run`. */
  trigger: z.enum(['apply', 'rollout', 'run']),
  /** Values of a run, by the name of the variable; only with the trigger `run`. */
  parameters: z.record(z.string(), parameter).optional(),
  dependsOn: z.array(dependency),
  reaches: z.array(reach),
})
export type JobSpec = z.infer<typeof jobSpec>

export const cronSpec = z.strictObject({
  /** What each run is; its trigger is `run`. */
  job: jobSpec,
  schedule,
  /** An IANA name. */
  timezone: z.string(),
  /** What happens to a run that is due while the last one goes on. */
  overlap: z.enum(['forbid', 'allow', 'replace']),
  /** A run that was missed is made up for when it is less late than this; 0: never. */
  missedMs: duration,
  /** Runs that are kept for looking at. */
  history: z.strictObject({ succeeded: z.int().nonnegative(), failed: z.int().nonnegative() }),
  /** No run is due while this is so. */
  suspended: z.literal(true).optional(),
})
export type CronSpec = z.infer<typeof cronSpec>

export const volumeSpec = z.strictObject({
  /** Bytes; a request. */
  size: z.int().positive().optional(),
  access: z.enum(['single-writer', 'per-replica', 'shared', 'read-only']),
  reclaim: z.enum(['retain', 'delete']),
  driver: z.discriminatedUnion('kind', [
    /** A folder of the node on which it is first used. */
    z.strictObject({ kind: z.literal('local') }),
    /** Memory of the node; gone with the task. */
    z.strictObject({ kind: z.literal('tmpfs') }),
    /** A path of every node, below folders that its operator allows. */
    z.strictObject({ kind: z.literal('bind'), path: z.string().startsWith('/') }),
    z.strictObject({
      kind: z.literal('nfs'),
      server: z.string(),
      path: z.string().startsWith('/'),
      options: z.array(z.string()),
    }),
    /** A volume plugin of the node's engine. */
    z.strictObject({
      kind: z.literal('plugin'),
      name: z.string(),
      options: z.record(z.string(), z.string()),
    }),
  ]),
  backup: z.strictObject({ schedule, timezone: z.string(), keep: z.int().min(1).max(10_000) }).optional(),
})
export type VolumeSpec = z.infer<typeof volumeSpec>

/** What a new version of a secret or config means to those who use it. */
const onChange = z.union([
  z.literal('restart'),
  /** The file changes, and the main container is sent the signal. */
  z.strictObject({ signal: z.string() }),
  /** The file changes, and the program is expected to notice. */
  z.literal('update'),
])

export const secretSpec = z.strictObject({
  /** Random bytes to make when the secret has no value yet, written as unpadded base64url; absent: a person sets it. */
  generateBytes: z.int().min(16).max(1024).optional(),
  /** The input of the stack that gives its value. */
  input: z.string().optional(),
  /** Absent: tasks keep the version that they began with. */
  onChange: onChange.optional(),
})
export type SecretSpec = z.infer<typeof secretSpec>

export const configSpec = z.strictObject({
  /** Put together where the task runs. */
  content: z.array(textPart),
  /** Of the file, in octal digits. */
  mode: z.string().regex(/^0[0-7]{3}$/),
  onChange,
})
export type ConfigSpec = z.infer<typeof configSpec>

export const ingressSpec = z.strictObject({
  /** Host names; `*.example.org` is every name one level below. */
  hosts: z.array(z.string()).min(1),
  /** By the prefix of the path; the longest that fits counts. */
  routes: z.record(
    z.string().startsWith('/'),
    z.strictObject({ service: name, port: name, stripPrefix: z.boolean() }),
  ),
  /** `auto`: public certificates by ACME; `internal`: the cluster's own CA; `off`: plain HTTP. */
  tls: z.enum(['auto', 'internal', 'off']),
  /** Whether plain HTTP is sent to HTTPS. */
  redirect: z.boolean(),
})
export type IngressSpec = z.infer<typeof ingressSpec>

/** A warning that the author has seen and answers for. */
export const acknowledgement = z.strictObject({
  code: z.string(),
  reason: z.string(),
  /** Address of what it is about; absent: of everything in the stack. */
  of: z.string().optional(),
})
export type Acknowledgement = z.infer<typeof acknowledgement>

export const stackDocument = z.strictObject({
  format: z.literal(documentFormat),
  stack: name,
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  services: z.record(name, serviceSpec),
  jobs: z.record(name, jobSpec),
  crons: z.record(name, cronSpec),
  volumes: z.record(name, volumeSpec),
  secrets: z.record(name, secretSpec),
  configs: z.record(name, configSpec),
  ingresses: z.record(name, ingressSpec),
  /** What other stacks may refer to. */
  outputs: z.record(z.string(), z.strictObject({ text: z.array(textPart) })),
  acknowledged: z.array(acknowledgement),
})
export type StackDocument = z.infer<typeof stackDocument>

/** A place in a source file; lines and columns count from 1, columns in UTF-16 units, offsets in bytes from 0. */
export const span = z.strictObject({
  file: z.string(),
  line: z.int().min(1),
  column: z.int().min(1),
  endLine: z.int().min(1),
  endColumn: z.int().min(1),
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
})
export type Span = z.infer<typeof span>

/**
 * Where the values of a document come from. Keys of `spans` and `defaults` are paths in the document joined by `/`,
 * with `~1` for a slash inside a key (JSON Pointer's rule): `services/api/template/env/LOG`, `services/api`.
 */
export const sources = z.strictObject({
  /** Path of each source file relative to the stack's folder, with the SHA-256 of what was compiled. */
  files: z.record(z.string(), z.string()),
  spans: z.record(z.string(), span),
  /** Of what a component declares or writes: the place inside of the component. Its call is in `spans`. */
  components: z.record(z.string(), span).optional(),
  /** Paths whose value was not written but is a default, with its version: `default@1`. */
  defaults: z.record(z.string(), z.string()),
})
export type Sources = z.infer<typeof sources>

export const emptySources: Sources = { files: {}, spans: {}, defaults: {} }

/** What the compiler gives: the document, its digest, and where everything in it was declared. */
export interface CompiledStack {
  readonly document: StackDocument
  readonly digest: string
  readonly sources: Sources
}

export function documentDigest(document: StackDocument): string {
  return digestOf(document)
}

/** Identity of a revision: only what changes a task counts. */
export function templateHash(template: TaskTemplate): string {
  return digestOf(template).slice(0, 16)
}

/** Path in a document, as used by `Sources`. */
export function documentPath(...keys: readonly string[]): string {
  return keys.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
}

/** The span of the nearest thing declared at or above a path. */
export function spanAt(sources: Sources, path: string): Span | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const found = sources.spans[at]
    if (found) return found
  }
  return undefined
}

/** The tag under which a built image is found: by content, so an unchanged folder is never built twice. */
export function imageRef(stack: string, image: Image): string {
  if ('ref' in image) return image.ref
  const folder =
    image.build.context
      .split('/')
      .filter((part) => part !== '.' && part !== '')
      .at(-1) ?? 'image'
  const repository =
    folder
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'image'
  return `gantry/${stack}-${repository}:${image.build.digest.slice(0, 12)}`
}
