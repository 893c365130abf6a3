// What the leader answers to a wish: changes with their cause, or a refusal with a way out. Invariant: a refusal
// changes nothing. The rule for plans that have gone stale stands here because apply and destroy share it.

import { exitCodes } from '../model/index.ts'
import type { Change, ExitCode } from '../model/index.ts'

export type Decision =
  | {
      readonly ok: true
      readonly changes: readonly Change[]
      readonly version: number
      readonly what: string
    }
  | Refused

export interface Refused {
  readonly ok: false
  readonly what: string
  readonly why?: string
  readonly fix: string
  readonly exit: ExitCode
}

export function refusal(what: string, fix: string, exit: ExitCode = exitCodes.failed): Refused {
  return { ok: false, what, fix, exit }
}

/** A refusal when the stack is not at the version the plan was made from; a stack that is not there is at 0. */
export function staleness(version: number, base: number, stack: string): Decision | null {
  if (version === base) return null
  return {
    ok: false,
    what: `the plan is stale: ${stack} ${base === 0 ? 'was not there' : `was at version ${base}`} when it was made, and ${version === 0 ? 'is gone' : `is at version ${version}`} now`,
    fix: 'make a new plan',
    exit: exitCodes.stale,
  }
}
