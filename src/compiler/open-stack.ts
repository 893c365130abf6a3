// A stack file that is opened once for all that a command asks of it: which inputs it declares (so that whoever collects
// values knows their names, which variables of the environment give them, and which are secrets that must not come in
// here), and then what it becomes with them. Invariant: all answers are of one and the same state of the files.

import { beside, concludeCheck } from './check.ts'
import type { CheckResult } from './check.ts'
import { concludeCompile, requireName } from './compile.ts'
import type { CompileResult } from './compile.ts'
import { planInputs } from './inputs.ts'
import type { DeclaredInput } from './inputs.ts'
import { openProgram } from './program.ts'
import type { Program } from './program.ts'
import { defaultDeadlineMs } from './sandbox/sandbox.ts'

export interface OpenStackOptions {
  /** Absolute path of the stack file. */
  readonly file: string
  /** Whether it is opened to be checked rather than compiled: what is evaluated for its inputs then serves for that, too. */
  readonly all: boolean
  /** null: no cache. Default: `.gantry/cache` in the stack's folder. */
  readonly cacheFolder?: string | null
}

export interface StackFile {
  /** Undefined when the program does not get as far as declaring them; `check` and `compile` say why. */
  declaredInputs(): Promise<readonly DeclaredInput[] | undefined>
  /** As `check` of the file with these inputs. */
  check(inputs: Readonly<Record<string, string>>): Promise<CheckResult>
  /** As `compile` of the file with these inputs; `as` is another name to apply the stack under. */
  compile(inputs: Readonly<Record<string, string>>, as?: string): Promise<CompileResult>
}

/** Opened with the first question, which throws a Fault when the stack file cannot be read. */
export function openStack({ file, all, cacheFolder }: OpenStackOptions): StackFile {
  const deadlineMs = defaultDeadlineMs
  const bare = { inputs: {}, all, deadlineMs }
  let opening: Promise<Program> | undefined
  const open = (): Promise<Program> => (opening ??= openProgram({ file, cacheFolder, evaluation: bare }))
  return {
    async declaredInputs() {
      const program = await open()
      if (program.modules.length === 0) return undefined
      const outcome = await program.evaluate(bare)
      return outcome.kind === 'failed' ? undefined : planInputs(outcome.opened, {}, all).declared
    },
    check: async (inputs) => concludeCheck(await open(), { inputs, deadlineMs, ...beside(file) }),
    async compile(inputs, as) {
      requireName(as)
      return concludeCompile(await open(), { file, inputs, as, deadlineMs })
    },
  }
}
