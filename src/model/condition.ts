// What the small languages say, as data: conditions on nodes and on measurements, schedules, shares. The grammar
// (grammar/) writes it, decisions (control/) read it. Invariant: every number is in the base unit of what it is compared
// with (bytes, milliseconds, percent, thousandths of a core), so that nobody downstream parses a unit.

import { z } from 'zod'

const duration = z.int().nonnegative()

/** A count, or a share of the replicas: rounded up, but for `minAvailable`'s sake never to nothing. */
export const share = z.union([
  z.strictObject({ count: z.int().nonnegative() }),
  z.strictObject({ percent: z.number().nonnegative().max(100) }),
])
export type Share = z.infer<typeof share>

/** A comparison of one attribute: `node.labels.disk == "ssd"`, `cpu > 70` (percent), `p99 < 300` (ms). */
export const comparison = z.strictObject({
  /** `node.id`, `node.labels.<name>`, `cpu`, `queue` … */
  attribute: z.string(),
  /** The argument of a measurement that has one: `queue("orders")` has `orders`. */
  of: z.string().optional(),
  operator: z.enum(['==', '!=', '<', '<=', '>', '>=']),
  value: z.union([z.string(), z.number()]),
})
export type Comparison = z.infer<typeof comparison>

/** `all` of nothing holds, `any` of nothing does not. At most 8 deep. */
export type Condition =
  | Comparison
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }

export const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    comparison,
    z.strictObject({ all: z.array(condition) }),
    z.strictObject({ any: z.array(condition) }),
    z.strictObject({ not: condition }),
  ]),
)

/** When something is due: five-field cron expressions (the earliest counts), or a span that begins with the apply. */
export const schedule = z.union([
  z.strictObject({ cron: z.array(z.string()).min(1) }),
  z.strictObject({ everyMs: duration.min(1000) }),
])
export type Schedule = z.infer<typeof schedule>

/** A condition that has to hold for a time before it counts. */
export const gate = z.strictObject({ when: condition, forMs: duration })
export type Gate = z.infer<typeof gate>
