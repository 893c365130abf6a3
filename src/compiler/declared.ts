// The inputs that a stack declares, before any value is given: so that whoever collects values knows their names, which
// variables of the environment give them, and which are secrets that must not come in here.

import { planInputs } from './inputs.ts'
import type { DeclaredInput } from './inputs.ts'
import { openProgram } from './program.ts'
import { defaultDeadlineMs } from './sandbox/sandbox.ts'

export interface DeclaredOptions {
  /** Absolute path of the stack file. */
  readonly file: string
  /** Whether `check` comes next rather than `compile`: what is evaluated here is then in the cache for it. */
  readonly all: boolean
  /** null: no cache. Default: `.gantry/cache` in the stack's folder. */
  readonly cacheFolder?: string | null
}

/**
 * Undefined when the program does not get as far as declaring them; `check` and `compile` say why. Throws a Fault when
 * the stack file cannot be read.
 */
export async function declaredInputs(
  options: DeclaredOptions,
): Promise<readonly DeclaredInput[] | undefined> {
  const { file, all, cacheFolder } = options
  const program = await openProgram({
    file,
    cacheFolder,
    evaluation: { inputs: {}, all, deadlineMs: defaultDeadlineMs },
  })
  if (program.modules.length === 0) return undefined
  const outcome = await program.evaluate()
  return outcome.kind === 'failed' ? undefined : planInputs(outcome.opened, {}, all).declared
}
