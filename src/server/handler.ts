// What the operations of the API have in common: a request that is checked by its schema, a wish that is decided in the
// leader's turn, an answer, a refusal. Invariant: whoever is told that something was done is told so after a majority of
// the servers has it. What the operations are stands in api.ts and enrolment.ts.

import { z } from 'zod'
import type { Decision, Part } from '../control/index.ts'
import { BusError, exitCodes } from '../model/index.ts'
import type { ApiReply, ClusterState } from '../model/index.ts'
import { NotLeading } from './desk.ts'
import type { Desk } from './desk.ts'

export interface Caller {
  readonly name: string
}

export type Handler = (desk: Desk, caller: Caller, body: unknown) => Promise<ApiReply>

export function parsed<Request>(
  schema: z.ZodType<Request>,
  handle: (desk: Desk, caller: Caller, request: Request) => Promise<ApiReply>,
): Handler {
  return async (desk, caller, body) => {
    const request = schema.safeParse(body)
    if (!request.success)
      return fault(
        `the request is not what this server expects (${z.prettifyError(request.error)})`,
        'use a gantry of the same version as the cluster',
      )
    return orTryAgain(handle(desk, caller, request.data))
  }
}

/** What fails because this server does not lead, or a connection broke, is answered with that. */
export function orTryAgain<Answer>(work: Promise<Answer>): Promise<Answer | ApiReply> {
  return work.catch((error: unknown) => {
    if (error instanceof NotLeading || error instanceof BusError) return fault(error.message, 'try again')
    throw error
  })
}

/** An answer made from the state as it is now, and not as a leader knew it that was deposed. */
export async function answer(desk: Desk, make: (state: ClusterState) => unknown): Promise<ApiReply> {
  return { ok: true, value: await desk.read(make) }
}

/** Decides in the leader's turn, and answers once a majority has a copy of the commit. */
export function decide(
  desk: Desk,
  caller: Caller,
  make: (state: ClusterState) => Decision,
): Promise<ApiReply> {
  return new Promise((resolve) => {
    let decision: Decision | null = null
    let reply: ApiReply | null = null
    desk.submit({
      decide: (state): Part | null => {
        decision = make(state)
        return decision.ok
          ? { cause: { by: caller.name, what: decision.what }, changes: decision.changes }
          : null
      },
      done: (state) => {
        if (!decision) return
        if (decision.ok) reply = { ok: true, value: { seq: state.seq, version: decision.version } }
        else
          reply = {
            ok: false,
            error: {
              what: decision.what,
              ...(decision.why === undefined ? {} : { why: decision.why }),
              fix: decision.fix,
              exit: decision.exit,
            },
          }
      },
      acknowledged: () => {
        if (reply) resolve(reply)
      },
      refused: (reason) =>
        resolve(fault(reason, 'try again; nothing was changed unless gantry status shows it')),
    })
  })
}

export function fault(what: string, fix: string, exit: number = exitCodes.failed): ApiReply {
  return { ok: false, error: { what, fix, exit } }
}
