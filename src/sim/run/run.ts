// One run: the world of a scenario, with every invariant watched over from its first step to its rest. Invariant: a
// scenario always tells the same story and ends the same way.

import type { AgentOptions } from '../../agent/index.ts'
import { messageOf } from '../../model/index.ts'
import type { ServerOptions } from '../../server/index.ts'
import { invariants } from '../invariants/index.ts'
import { Violation, watchOver } from '../invariants/invariant.ts'
import type { Invariant } from '../invariants/invariant.ts'
import type { Trace, TraceMode } from '../trace.ts'
import { World } from '../world.ts'
import { comeToRest, wishesOf } from './calm.ts'
import { Faults } from './faults.ts'
import type { Scenario } from './scenario.ts'
import { Workload } from './workload.ts'

export interface RunSettings {
  readonly trace?: TraceMode
  /** Absent: all of them. */
  readonly watched?: readonly Invariant[]
  /** Broken parts, for tests that see them caught. */
  readonly doctorServer?: (options: ServerOptions) => ServerOptions
  readonly doctorAgent?: (options: AgentOptions) => AgentOptions
}

export interface Failure {
  /** Which invariant does not hold; `crash` when a process ended by itself with an error that is a bug. */
  readonly invariant: string
  readonly message: string
  readonly atMs: number
  readonly error: unknown
}

export interface Outcome {
  readonly failure: Failure | null
  readonly virtualMs: number
  readonly records: number
  readonly steps: number
  /** Requests of people that were answered and that were not. */
  readonly answered: number
  readonly unanswered: number
  readonly trace: Trace
}

const joinWithinMs = 60_000

export async function run(scenario: Scenario, settings: RunSettings = {}): Promise<Outcome> {
  const { zones } = scenario
  const hurtsStore = scenario.steps.some(({ deed }) => /^store-(?:loses|flips)$/.test(deed.do))
  const world = new World({
    seed: scenario.seed,
    servers: scenario.servers,
    nodes: scenario.nodes,
    trace: settings.trace ?? 'off',
    labelsOf: (index) => ({ zone: zones[index % zones.length] ?? '' }),
    forgives: (error) => isOfFault(error, hurtsStore),
    ...(settings.doctorServer ? { doctorServer: settings.doctorServer } : {}),
    ...(settings.doctorAgent ? { doctorAgent: settings.doctorAgent } : {}),
  })
  const workload = new Workload(world, scenario)
  const faults = new Faults(world)
  const watchers = (settings.watched ?? invariants).map((each) =>
    watchOver(each, { world, consents: workload.consents }),
  )
  world.observers.push(...watchers)
  let failure: Failure | null = null
  try {
    await world.until('the nodes join', () => world.state.nodes.size === world.nodes.length, joinWithinMs)
    const start = world.clock.monotonic()
    for (const { id, at, deed } of scenario.steps) {
      await world.pass(Math.max(0, start + at - world.clock.monotonic()))
      world.trace.add('step', `${id} ${JSON.stringify(deed)}`)
      if (!faults.carryOut(deed)) workload.carryOut(deed)
    }
    await world.pass(Math.max(0, start + scenario.calmAt - world.clock.monotonic()))
    world.trace.add('step', 'faults end')
    faults.calm()
    await comeToRest(world, workload, wishesOf(scenario))
    for (const watcher of watchers) watcher.end?.()
  } catch (error) {
    failure = {
      invariant: error instanceof Violation ? error.invariant : 'crash',
      message: messageOf(error),
      atMs: world.clock.monotonic(),
      error,
    }
    world.trace.add('end', failure.message)
  }
  return {
    failure,
    virtualMs: world.clock.monotonic(),
    records: world.history.length,
    steps: world.clock.steps,
    answered: workload.answered,
    unanswered: workload.unanswered,
    trace: world.trace,
  }
}

/** Whether a process may end with it, and is started again by whoever supervises it: a full disk, a log that is damaged. */
function isOfFault(error: unknown, hurtsStore: boolean): boolean {
  if (!(error instanceof Error)) return false
  return error.message.includes('no space left on device') || (hurtsStore && error.name === 'LogDamage')
}
