// What an engine's no, or its silence, is: `EngineError`, made of whatever dockerode or a socket throws. It knows
// nothing of containers; what an error means for what was being done is decided elsewhere.

import { z } from 'zod'
import { messageOf } from '../../model/index.ts'

/** `status` is the engine's answer; null when there was none, and then `message` goes behind the engine's name. */
export class EngineError extends Error {
  readonly status: number | null
  constructor(status: number | null, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineError'
    this.status = status
  }
}

/** How dockerode puts an answer that it did not expect; `json` is what was sent, when dockerode has read it. */
const unexpected = z.object({
  message: z.string(),
  statusCode: z.int(),
  reason: z.string().nullish(),
  json: z.unknown(),
})

/** The status of an answer that dockerode did not expect, and what came with it; null for any other error. */
export function unexpectedAnswer(error: unknown): { readonly status: number; readonly text: string } | null {
  const parsed = unexpected.safeParse(error)
  if (!parsed.success) return null
  const { message, statusCode: status, reason, json } = parsed.data
  const said = z.object({ message: z.string() }).safeParse(json)
  if (said.success) return { status, text: said.data.message }
  const wrapping = `(HTTP code ${status}) ${reason ?? 'unexpected'} - `
  const text = message.startsWith(wrapping) ? message.slice(wrapping.length, -1) : message
  return { status, text: text === '' ? `it answered with status ${status}` : text }
}

export function engineErrorOf(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const answer = unexpectedAnswer(error)
  if (answer) return new EngineError(answer.status, answer.text, { cause: error })
  return new EngineError(null, whyBroken(error), { cause: error })
}

export const missing = Symbol('no such thing')

/** What the engine does not have, as a value: what is not there need not be removed. */
export async function orMissing<Result>(work: Promise<Result>): Promise<Result | typeof missing> {
  try {
    return await work
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return missing
    throw error
  }
}

/** Goes behind the daemon's name. */
function whyBroken(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'is not there: no such socket'
    case 'ECONNREFUSED':
      return 'does not run: connection refused'
    case 'EACCES':
    case 'EPERM':
      return 'may not be used: permission denied'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'broke the connection'
    default:
      return `cannot be reached: ${messageOf(error)}`
  }
}
