// Faults of the user or the world: values with a code, what, where, why and what to do. A bug is not a fault: it is
// an assertion that throws an ordinary Error. The table of exit codes stands here because every fault ends in one.

/** One table for all commands; the same numbers stand in README.md. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  changes: 2,
  doesNotCompile: 3,
  stale: 4,
  policy: 5,
  rights: 6,
  rolledBack: 7,
  timedOut: 8,
  otherApplyWon: 9,
  testsFailed: 10,
  notFormatted: 11,
  usage: 64,
  bug: 70,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export interface FaultDetails {
  /** What is wrong and where, one sentence without a full stop: "cannot reach the Docker daemon at /var/run/docker.sock". */
  readonly what: string
  /** The cause as far as it is known: "permission denied". */
  readonly why?: string
  /** What the person can do about it: "add yourself to the group docker, or run as root". */
  readonly fix?: string
  readonly exit?: ExitCode
}

/** Thrown at the edges, printed by the CLI as one sentence and an exit code, never as a stack trace (but with `--debug`). */
export class Fault extends Error {
  readonly details: FaultDetails
  constructor(details: FaultDetails, options?: ErrorOptions) {
    super(formatFault(details), options)
    this.name = 'Fault'
    this.details = details
  }
  get exit(): ExitCode {
    return this.details.exit ?? exitCodes.failed
  }
}

export function formatFault({ what, why, fix }: FaultDetails): string {
  return `${what}${why === undefined ? '' : `: ${why}`}${fix === undefined ? '' : `; ${fix}`}`
}

/** A bug of ours when it fails: crash with what is needed to understand it. */
export function assert(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message()}`)
}

/** In the default branch of a switch over a union: a new member is a compile error there. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
