// The desk at which things are brought to the leader: what the API and the sessions know of its loop. Invariant: nobody
// but the loop changes the state; whoever reads it through the desk reads what is in the log, and is answered from it
// only once a majority of the servers has a copy, unless he asks for less.

import type { Decide } from '../control/index.ts'
import type { ClusterState, Instant, MutableState, Seq, Term } from '../model/index.ts'
import type { Log } from './log.ts'
import type { ServerOptions } from './ports.ts'
import type { SnapshotKeeper } from './snapshots.ts'
import type { Standing } from './standing.ts'

export interface Leadership extends ServerOptions {
  readonly log: Log
  readonly state: MutableState
  readonly term: Term
  readonly standing: Standing
  readonly keeper: SnapshotKeeper
}

/** Something brought to the leader: decided in its turn, answered once the round is in the log. */
export interface Input {
  readonly decide: Decide
  /**
   * The round is to prove that this server still leads: when it has nothing to append, it appends a record that says no
   * more than that.
   */
  readonly confirms?: true
  /** Called after the append with the state as it then is. A store that loses it can still undo it. */
  readonly done: (state: ClusterState) => void
  /** Called when a majority of the servers has all that `done` was given on its disk: nothing undoes it any more. */
  readonly acknowledged?: () => void
  /** Called instead, of `acknowledged` after `done` too, when this server does not lead any more, or has too much to do. */
  readonly refused: (reason: string) => void
}

/** Whoever is told this may have been heard all the same. */
export const notKnown = (why: string) =>
  `it is not known whether this was carried out: ${why}; ask gantry status`

/** What api.ts and sessions.ts need of the loop. */
export interface Desk {
  readonly leadership: Leadership
  now(): Instant
  submit(input: Input): void
  /** Up to here a majority of the servers has the log; 0 before it has anything of this term. */
  readonly acknowledged: Seq
  /** Whether a change of the servers is decided on and not in the log yet. */
  readonly isChangingServers: boolean
  /**
   * An answer made from the newest state, as of an append that succeeded after the question came, and of which a majority
   * has a copy. All questions that wait share one append.
   */
  read<Answer>(make: (state: ClusterState) => Answer): Promise<Answer>
  /** An answer that is true, and may be old: another server may lead by now. Nothing is appended for it. */
  follow<Answer>(make: (state: ClusterState) => Answer): Promise<Answer>
  /** What is in the log, whether or not a majority has copied it: for what is never told to anybody as true. */
  look<Answer>(make: (state: ClusterState) => Answer): Promise<Answer>
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
