// From a run that fails to the shortest one found that fails the same way: fewer steps, fewer nodes, fewer servers.
// Invariant: what it gives was run and did fail; it is small, not the smallest (after Zeller's ddmin, bounded in time).

import { generate } from './generate.ts'
import type { Failure, Outcome } from './run.ts'
import type { RunOptions } from './scenario.ts'

export interface Shrunk {
  readonly options: RunOptions
  readonly outcome: Outcome
  /** Runs that were tried. */
  readonly tries: number
}

export async function shrink(
  options: RunOptions,
  failing: Outcome & { readonly failure: Failure },
  runWith: (options: RunOptions) => Promise<Outcome>,
  mayGoOn: () => boolean,
): Promise<Shrunk> {
  const whole = generate(options)
  let best: Shrunk = { options, outcome: failing, tries: 0 }
  let tries = 0
  const isSame = (outcome: Outcome) => outcome.failure?.invariant === failing.failure.invariant
  const attempt = async (keep: NonNullable<RunOptions['keep']>): Promise<boolean> => {
    if (!mayGoOn()) return false
    const candidate = { ...options, keep }
    tries += 1
    const outcome = await runWith(candidate)
    if (isSame(outcome)) best = { options: candidate, outcome, tries }
    return isSame(outcome)
  }
  const kept = () =>
    best.options.keep ?? {
      steps: whole.steps.map(({ id }) => id),
      nodes: whole.nodes,
      servers: whole.servers,
    }

  // What comes after the failure has no part in it.
  const before = whole.steps.filter(({ at }) => at < failing.failure.atMs).map(({ id }) => id)
  await attempt({ ...kept(), steps: before })
  const dropSteps = async () => {
    for (let size = Math.ceil(kept().steps.length / 2); size >= 1 && mayGoOn(); size = Math.floor(size / 2))
      for (let from = 0; from < kept().steps.length && mayGoOn();) {
        const { steps } = kept()
        const isGone = await attempt({
          ...kept(),
          steps: [...steps.slice(0, from), ...steps.slice(from + size)],
        })
        if (!isGone) from += size
      }
  }
  await dropSteps()
  for (const what of ['nodes', 'servers'] as const)
    for (let count = 1; count < (kept()[what] ?? 1) && mayGoOn(); count += 1)
      if (await attempt({ ...kept(), [what]: count })) break
  for (let before = Infinity; kept().steps.length < before && mayGoOn();) {
    before = kept().steps.length
    await dropSteps()
  }
  return { ...best, tries }
}
