// The stack document (IR): what a stack program declares, with every default resolved. Canonical JSON; its digest is
// its identity. Spans and the origin of each value travel beside it (`Sources`) and are not part of the digest.
// Invariant: what passes this schema can be carried out or is refused by name; nothing is silently dropped.

import { z } from 'zod'
import { isName, nameRule } from './address.ts'
import { digestOf } from './canonical.ts'

export const documentFormat = 1

const name = z.string().refine(isName, `a name is ${nameRule}`)
const duration = z.int().nonnegative()

/** A piece of a text that is put together where the task runs: plain, the address of a port, or a secret's value. */
export const textPart = z.union([
  z.string(),
  z.strictObject({
    endpoint: z.strictObject({
      service: name,
      port: name,
      /** What that service declares as the port's number: a change of it is a change of who refers to it. */
      container: z.int().min(1).max(65535),
    }),
  }),
  z.strictObject({ secret: name }),
])
export type TextPart = z.infer<typeof textPart>

/** A value of `env`: pieces joined where the task runs, or the path of a secret's file. */
export const envValue = z.union([
  z.strictObject({ text: z.array(textPart) }),
  z.strictObject({ secretFile: name }),
])
export type EnvValue = z.infer<typeof envValue>

/** An image to be had as it is, or built from a folder of the stack and tagged by its content. */
export const image = z.union([
  z.strictObject({ ref: z.string().min(1) }),
  z.strictObject({
    build: z.strictObject({
      /** Folder relative to the stack file, with `/`. */
      context: z.string(),
      dockerfile: z.string(),
      args: z.record(z.string(), z.string()),
      /** SHA-256 over the paths, modes and contents of the context, the Dockerfile's name and the arguments. */
      digest: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  }),
])
export type Image = z.infer<typeof image>

export const port = z.strictObject({
  container: z.int().min(1).max(65535),
  protocol: z.enum(['tcp', 'http']),
  /** Port on every host's address that leads to a healthy task of the service. */
  published: z.int().min(1).max(65535).optional(),
})
export type Port = z.infer<typeof port>

export const mount = z.strictObject({ volume: name, readOnly: z.boolean() })
export type Mount = z.infer<typeof mount>

export const probe = z.strictObject({
  check: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('http'), path: z.string(), port: name }),
    z.strictObject({ kind: z.literal('tcp'), port: name }),
    z.strictObject({ kind: z.literal('exec'), command: z.array(z.string()).min(1) }),
  ]),
  intervalMs: duration.min(100),
  timeoutMs: duration.min(10),
  /** Failures in a row, after the first success, that make a task unhealthy. */
  failures: z.int().min(1),
})
export type Probe = z.infer<typeof probe>

/** What makes a task; a change of anything in it is a new revision. */
export const taskTemplate = z.strictObject({
  image,
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), envValue),
  labels: z.record(z.string(), z.string()),
  ports: z.record(name, port),
  mounts: z.record(z.string().startsWith('/'), mount),
  /** Secrets whose files are mounted at /run/secrets/<name>. */
  secretFiles: z.array(name),
  resources: z.strictObject({
    /** Reserved, in thousandths of a core; 0 reserves none. Also the limit when `cpuLimit` is set. */
    cpu: z.int().nonnegative(),
    /** Reserved and limited, in bytes; 0 is neither. */
    memory: z.int().nonnegative(),
    cpuLimit: z.int().positive().optional(),
  }),
  health: probe.optional(),
  user: z.string().optional(),
  workingDir: z.string().optional(),
  readOnlyRoot: z.boolean(),
  stopSignal: z.string().optional(),
  stopGraceMs: duration,
})
export type TaskTemplate = z.infer<typeof taskTemplate>

/** One condition on a node, from `place` templates; the expression grammar is in grammar/. */
export const constraint = z.strictObject({
  /** `node.id`, `node.name`, `node.os`, `node.arch` or `node.labels.<name>`. */
  attribute: z.string(),
  operator: z.enum(['==', '!=']),
  value: z.string(),
})
export type Constraint = z.infer<typeof constraint>

export const placement = z.strictObject({ require: z.array(constraint) })
export type Placement = z.infer<typeof placement>

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
})
export type Rollout = z.infer<typeof rollout>

export const serviceSpec = z.strictObject({
  template: taskTemplate,
  replicas: z.int().nonnegative().max(100_000),
  placement,
  rollout,
  /** Services of the same stack that must be healthy, and jobs that must have completed, before the first task starts. */
  dependsOn: z.array(name),
})
export type ServiceSpec = z.infer<typeof serviceSpec>

export const jobSpec = z.strictObject({
  template: taskTemplate,
  placement,
  /** Further tries after the first one failed, with back-off 10 s doubling to 10 min. */
  retries: z.int().nonnegative().max(1000),
  dependsOn: z.array(name),
})
export type JobSpec = z.infer<typeof jobSpec>

export const volumeSpec = z.strictObject({
  /** Bytes; a request. */
  size: z.int().positive().optional(),
  access: z.enum(['single-writer', 'shared']),
  reclaim: z.enum(['retain', 'delete']),
})
export type VolumeSpec = z.infer<typeof volumeSpec>

export const secretSpec = z.strictObject({
  /** Random bytes to make when the secret has no value yet, written as unpadded base64url; absent: a person sets it. */
  generateBytes: z.int().min(16).max(1024).optional(),
})
export type SecretSpec = z.infer<typeof secretSpec>

export const stackDocument = z.strictObject({
  format: z.literal(documentFormat),
  stack: name,
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  services: z.record(name, serviceSpec),
  jobs: z.record(name, jobSpec),
  volumes: z.record(name, volumeSpec),
  secrets: z.record(name, secretSpec),
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
