// What agent and guard say to each other over their socket: one line of JSON each way. Invariant: every question, the
// one that sets leases too, is answered with what is in force after it.

import { z } from 'zod'

const lease = z.strictObject({ task: z.string(), container: z.string(), until: z.number() })

/** `hold` absent: what is in force stays. */
export const guardRequest = z.strictObject({ hold: z.array(lease).optional() })
export type GuardRequest = z.infer<typeof guardRequest>

export const guardReply = z.strictObject({ held: z.array(lease) })
export type GuardReply = z.infer<typeof guardReply>

/** Longest line that is read: some 100,000 leases. */
export const lineLimit = 16 * 1024 * 1024
