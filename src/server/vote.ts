// Whether a server gives its word to one that would lead, and for what. Invariant: the word for a term is given once, for
// a term that is newer than any it knows, to a server whose log holds all that this one has on its disk; so of what a
// majority has copied nothing is missing in the log of whoever has the word of a majority (Raft, section 5.4.1). It is
// pure; that the word is on the disk before it is given is standing.ts's business.

import { z } from 'zod'
import type { Promised } from './ports.ts'
import type { Tip } from './log.ts'

const count = z.int().nonnegative()
const tip = z.strictObject({ term: count, seq: count, digest: z.string().length(64) })

/** A trial asks what the answer would be, so that who could not win takes nobody's word (Raft's thesis, section 9.6). */
export const voteRequest = z.strictObject({
  term: count,
  candidate: z.string().min(1).max(64),
  tip,
  trial: z.boolean(),
})
export type VoteRequest = z.infer<typeof voteRequest>

export const voteReply = z.strictObject({
  isGiven: z.boolean(),
  /** The newest term it knows of; a candidate has to go beyond. */
  term: count,
  reason: z.string(),
})
export type VoteReply = z.infer<typeof voteReply>

/** What a server has on its disk, told to all: the word it has given, and the end of its log. */
export const copiedMessage = z.strictObject({ promised: count, tip })
export type Copied = z.infer<typeof copiedMessage>

export interface Voter {
  readonly promised: Promised
  readonly tip: Tip
  /** Whether it leads, or has heard the leader a moment ago: then a trial is refused. No word hangs on it. */
  readonly hearsLeader: boolean
}

/** Why the word is not given; null when it is. */
export function refuseVote({ promised, tip: mine, hearsLeader }: Voter, request: VoteRequest): string | null {
  const { term, candidate, tip: theirs, trial } = request
  if (trial && hearsLeader) return 'there is a leader'
  if (term <= mine.term) return `term ${mine.term} has begun`
  if (term < promised.term) return `the word for term ${promised.term} is given`
  if (term === promised.term && candidate !== promised.candidate)
    return `the word for term ${term} is given to ${promised.candidate}`
  if (theirs.term < mine.term || (theirs.term === mine.term && theirs.seq < mine.seq))
    return `the log is shorter: it ends at ${theirs.seq} in term ${theirs.term}, and this one at ${mine.seq} in term ${mine.term}`
  if (theirs.term === mine.term && theirs.seq === mine.seq && theirs.digest !== mine.digest)
    return `record ${mine.seq} is another one here`
  return null
}
