// How a leader says that it is there, and what is made of hearing it. Invariant: it is a hint about when to try for a
// term, never about who may write. Here because followers and leaders share it.

import { z } from 'zod'
import { decodeJson, encodeJson } from '../model/index.ts'
import type { Duration, Term } from '../model/index.ts'

/** The leader says this often that it is there. */
export const aliveEveryMs: Duration = 250

const aliveMessage = z.object({ term: z.int().nonnegative(), server: z.string() })

export function encodeAlive(term: Term, server: string): Uint8Array {
  return encodeJson({ term, server } satisfies z.infer<typeof aliveMessage>)
}

/** The term that somebody leads in; undefined when the message is none. */
export function decodeAlive(data: Uint8Array): Term | undefined {
  const alive = aliveMessage.safeParse(decodeJson(data))
  return alive.success ? alive.data.term : undefined
}
