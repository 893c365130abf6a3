// Many runs, one after the other, and what they came to. Invariant: bounded by what the caller allows; of a failure
// everything is kept that is needed to see it again.

import { generate } from './generate.ts'
import { run } from './run.ts'
import type { Failure, RunSettings } from './run.ts'
import type { RunOptions } from './scenario.ts'

export interface FailedRun {
  readonly options: RunOptions
  readonly failure: Failure
}

export interface Exploration {
  runs: number
  virtualMs: number
  /** Timers that fired: after each of them every invariant held. */
  steps: number
  records: number
  answered: number
  unanswered: number
  /** How often each kind of fault or request was part of a run. */
  readonly deeds: Map<string, number>
  readonly failures: FailedRun[]
}

/** Runs with the seeds from `options.seed` on, for as long as `mayGoOn`. */
export async function explore(
  options: RunOptions,
  mayGoOn: (exploration: Exploration) => boolean,
  settings: RunSettings = {},
): Promise<Exploration> {
  const found: Exploration = {
    runs: 0,
    virtualMs: 0,
    steps: 0,
    records: 0,
    answered: 0,
    unanswered: 0,
    deeds: new Map(),
    failures: [],
  }
  for (let { seed } = options; mayGoOn(found); seed += 1) {
    const one = { ...options, seed }
    const scenario = generate(one)
    const outcome = await run(scenario, settings)
    found.runs += 1
    found.virtualMs += outcome.virtualMs
    found.steps += outcome.steps
    found.records += outcome.records
    found.answered += outcome.answered
    found.unanswered += outcome.unanswered
    for (const { deed } of scenario.steps) found.deeds.set(deed.do, (found.deeds.get(deed.do) ?? 0) + 1)
    if (outcome.failure) found.failures.push({ options: one, failure: outcome.failure })
  }
  return found
}
