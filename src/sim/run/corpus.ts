// Runs that failed once, kept so that they are run again for good. Invariant: an entry says what it found, and the run of
// its options has to hold now. Entries are made by people, one file each.

import { z } from 'zod'
import { runOptions } from './scenario.ts'

export const corpusEntry = z.strictObject({
  options: runOptions,
  /** The invariant that did not hold. */
  invariant: z.string(),
  /** What was wrong, in a sentence. */
  found: z.string(),
})
export type CorpusEntry = z.infer<typeof corpusEntry>
