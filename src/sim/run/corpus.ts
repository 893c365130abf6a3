// Runs that failed once, kept so that they are run again for good. Invariant: an entry holds the whole run, so that it
// stays what it is when seeds come to mean other runs, and says what it found; it has to hold now.

import { z } from 'zod'
import { scenario } from './scenario.ts'

export const corpusEntry = z.strictObject({
  /** The invariant that did not hold. */
  invariant: z.string(),
  /** What was wrong, in a sentence. */
  found: z.string(),
  /** The command that made the run, with the generator of its day. */
  from: z.string(),
  scenario,
})
export type CorpusEntry = z.infer<typeof corpusEntry>
