// The plan: what an apply or a destroy will do to each thing of a stack, why, and how it will go. One JSON document,
// with a schema, so that a plan from a file is parsed and not believed. Invariant: no secret's value is in it, sealed
// or plain; a secret is its name and the number of its version. It does not know how it is shown.

import { z } from 'zod'
import { acknowledgement, span } from '../model/index.ts'

/** Grows when a field changes its meaning or goes. */
export const planFormat = 1

const count = z.int().nonnegative()
const digest = z.string().regex(/^[0-9a-f]{64}$/)

/** What may happen to an address; `retain` and `restore` are about data that stays where it is. */
export const operations = [
  'create',
  'update',
  'roll',
  'run',
  'generate',
  'restore',
  'retain',
  'delete',
] as const
export type Operation = (typeof operations)[number]

const kind = z.enum(['service', 'job', 'volume', 'secret'])

export const fieldChange = z.strictObject({
  /** Path in the stack document (JSON Pointer's rule without the first slash): `services/api/template/env/LOG`. */
  path: z.string(),
  /** The field in the words of the language: `image`, `env LOG`, `port http`. */
  label: z.string(),
  /** As it would be written; null where there was, or will be, nothing. */
  before: z.string().nullable(),
  after: z.string().nullable(),
  /** The nearest place in the program that declares it. */
  source: span.nullable(),
  /** Where `after` comes from when nobody wrote it: `default@1`. */
  default: z.string().nullable(),
})
export type FieldChange = z.infer<typeof fieldChange>

export const planStep = z.strictObject({
  kind,
  address: z.string(),
  op: z.enum(operations),
  /** Number of a service's revision, a job's run or a secret's version, before and after; null where there is none. */
  number: z.strictObject({ before: count.nullable(), after: count.nullable() }),
  /** A few words on what it becomes: "revision 7 → 8". */
  summary: z.string(),
  /** Why this operation is needed: "the image changed", "no longer declared". */
  reason: z.string(),
  /** What a person should look at twice, such as "looks like a rename of shop/db"; null when there is nothing. */
  note: z.string().nullable(),
  source: span.nullable(),
  changes: z.array(fieldChange),
})
export type PlanStep = z.infer<typeof planStep>

export const unchanged = z.strictObject({
  kind,
  address: z.string(),
  /** Set when it is not touched although it is not well. */
  note: z.string().nullable(),
})
export type Unchanged = z.infer<typeof unchanged>

const node = z.strictObject({ id: z.string(), name: z.string() })
const resources = z.strictObject({ cpu: z.int(), memory: z.int() })

export const forecast = z.strictObject({
  /** False when it had not come to rest within the limits of the forecast. */
  settles: z.boolean(),
  /** How it ends; `unfinished`: it comes to rest while something still waits, or it does not come to rest. */
  outcome: z.enum(['done', 'rolled-back', 'failed', 'unfinished']),
  /** From the apply to the last thing that changes for this stack, under the assumptions below. */
  durationMs: count,
  rounds: count,
  /** Services and jobs in the order in which their first new task starts. */
  waves: z.array(z.strictObject({ atMs: count, owners: z.array(z.string()) })),
  landings: z.array(z.strictObject({ task: z.string(), node, revision: count, atMs: count })),
  /** Healthy tasks at the worst moment, for each service that runs already and changes. */
  lowestHealthy: z.array(z.strictObject({ address: z.string(), healthy: count, of: count })),
  /** Reservations of the stack's tasks over those of now: at the worst moment, and in the end. */
  extra: z.strictObject({ peak: resources, end: resources }),
  unplaceable: z.array(
    z.strictObject({
      address: z.string(),
      tasks: z.array(z.string()),
      /** Nodes of the cluster, and how many of them each filter turned away. */
      nodes: count,
      turnedAway: z.array(z.strictObject({ filter: z.string(), nodes: count, why: z.string() })),
    }),
  ),
  endings: z.array(
    z.strictObject({
      address: z.string(),
      ending: z.enum(['done', 'rolled-back', 'failed', 'unfinished', 'gone']),
      reason: z.string().nullable(),
    }),
  ),
  data: z.array(
    z.strictObject({
      address: z.string(),
      effect: z.enum(['created', 'stays', 'restored', 'retained', 'deleted']),
      node: node.nullable(),
    }),
  ),
  /** Secrets that get their first value. */
  generates: z.array(z.string()),
  assumptions: z.strictObject({
    startMs: count,
    firstProbeMs: count,
    jobMs: count,
    stopMs: count,
    deleteVolumeMs: count,
    others: z.array(z.string()),
  }),
})
export type Forecast = z.infer<typeof forecast>

/** One thing the plan was computed from: what version it was at, and a digest of what the plan read of it. */
export const basisObject = z.strictObject({
  /** Its address, or `node:ID`. */
  object: z.string(),
  kind: z.enum(['service', 'job', 'volume', 'secret', 'node']),
  /** For a person: "revision 7", "version 2", "absent". */
  version: z.string(),
  digest,
})
export type BasisObject = z.infer<typeof basisObject>

export const plan = z.strictObject({
  format_version: z.literal(planFormat),
  id: z.string().min(8).max(100),
  kind: z.enum(['apply', 'destroy']),
  stack: z.string(),
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** By the clock of whoever made it. */
  madeAt: z.number(),
  cluster: z.strictObject({ id: z.string(), name: z.string().nullable() }),
  basis: z.strictObject({
    /** Sequence of the log the state was read at. */
    seq: count,
    /** 0 when the stack is not there. */
    stackVersion: count,
    objects: z.array(basisObject),
  }),
  /** Digest of the stack document; null on destroy. */
  document: digest.nullable(),
  /** Source files with the SHA-256 of what was compiled. */
  files: z.record(z.string(), z.string()),
  applyable: z.boolean(),
  refusals: z.array(
    z.strictObject({
      address: z.string(),
      what: z.string(),
      fix: z.string(),
      /** What `gantry explain` knows more of; null when it is about this cluster or this document alone. */
      code: z.string().nullable(),
      /** The nearest place in the program that declares it. */
      source: span.nullable(),
    }),
  ),
  /** What is asked for and gone past: this version does not carry it out, and the plan stands without it. */
  notices: z.array(z.strictObject({ code: z.string(), what: z.string(), addresses: z.array(z.string()) })),
  /** Warnings that the author answers for. */
  acknowledged: z.array(acknowledgement),
  steps: z.array(planStep),
  unchanged: z.array(unchanged),
  /** Names of the volumes that a destroy was told to delete. */
  deleteVolumes: z.array(z.string()),
  /** Addresses of volumes whose data this plan deletes: each needs consent. */
  losesData: z.array(z.string()),
  /** Null when there is nothing to do or the plan is refused. */
  forecast: forecast.nullable(),
})
export type Plan = z.infer<typeof plan>

/** Whether carrying it out would change nothing; a plan that is refused is not one of these. */
export function isNothingToDo(plan: Plan): boolean {
  return plan.applyable && plan.kind === 'apply' && plan.basis.stackVersion > 0 && plan.steps.length === 0
}

/** How many steps of each operation there are, in the order of `operations`. */
export function countSteps(plan: Plan): Map<Operation, number> {
  const counts = new Map<Operation, number>()
  for (const op of operations) {
    const number = plan.steps.filter((step) => step.op === op).length
    if (number > 0) counts.set(op, number)
  }
  return counts
}
