// The desk at which things are brought to the leader: what the API and the sessions know of its loop. Invariant: nobody
// but the loop changes the state; whoever reads it through the desk reads what is in the log.

import type { Decide } from '../control/index.ts'
import type { ClusterState, Instant, MutableState, Term } from '../model/index.ts'
import type { Log } from './log.ts'
import type { ServerOptions } from './ports.ts'

export interface Leadership extends ServerOptions {
  readonly log: Log
  readonly state: MutableState
  readonly term: Term
}

/** Something brought to the leader: decided in its turn, answered once the round is in the log. */
export interface Input {
  readonly decide: Decide
  /** Called after the commit with the state as it then is. */
  readonly done: (state: ClusterState) => void
  /** Called instead when this server is not the leader any more, or has too much to do. */
  readonly refused: (reason: string) => void
}

/** What api.ts and sessions.ts need of the loop. */
export interface Desk {
  readonly leadership: Leadership
  now(): Instant
  submit(input: Input): void
  /** Asks for an answer made from the committed state. */
  read<Answer>(make: (state: ClusterState) => Answer): Promise<Answer>
  /** Resolves once the state is newer than `seq`, or after `ms`. */
  changed(seq: number, ms: number): Promise<void>
}

export class NotLeading extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NotLeading'
  }
}

/** Made at once; what it throws, whoever asked is told. */
export function attempt<Answer>(make: () => Answer): Promise<Answer> {
  return new Promise((resolve) => resolve(make()))
}
