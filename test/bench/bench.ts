// What a benchmark is given and what it gives.

import type { Figure } from './figure.ts'
import type { Workspace } from './workspace.ts'

export interface Surroundings {
  readonly workspace: Workspace
  /** Aborted by Ctrl-C and SIGTERM: what runs is ended, what was made is removed. */
  readonly signal: AbortSignal
  /** Rounds to run instead of the benchmark's own number. */
  readonly rounds: number | undefined
  /** Progress, for a person who waits. */
  readonly say: (line: string) => void
}

export interface Bench {
  readonly name: string
  readonly run: (surroundings: Surroundings) => Promise<readonly Figure[]>
}

/** Between two lines of progress. */
const sayEveryMs = 5000

/** One round after the other, until all are done or the run is interrupted. */
export async function inRounds(
  { signal, say }: Surroundings,
  count: number,
  round: (number: number) => Promise<void>,
): Promise<void> {
  let saidAt = -Infinity
  for (let number = 1; number <= count; number += 1) {
    signal.throwIfAborted()
    if (performance.now() - saidAt >= sayEveryMs) {
      say(`round ${number} of ${count}`)
      saidAt = performance.now()
    }
    await round(number)
  }
}
