// A stack file evaluated in the sandbox with every combination of its inputs.

import { basename, dirname } from 'node:path'
import { ProgramFiles } from '../../src/compiler/files.ts'
import type { Job, Run } from '../../src/compiler/sandbox/job.ts'
import { defaultLimits, Sandbox } from '../../src/compiler/sandbox/sandbox.ts'
import { typescriptChecker } from '../../src/compiler/typescript/checker.ts'

export async function evaluateAll(
  file: string,
): Promise<{ readonly job: Job; readonly runs: readonly Run[] }> {
  const { modules } = typescriptChecker.open(new ProgramFiles(dirname(file)), basename(file))
  const job: Job = {
    modules: modules.map(({ path, code, imports }) => ({ path, code, imports })),
    inputs: {},
    all: true,
    limits: defaultLimits,
  }
  const sandbox = new Sandbox()
  try {
    const outcome = await sandbox.evaluate(job, 60_000)
    return { job, runs: outcome.kind === 'opened' ? outcome.runs : [] }
  } finally {
    await sandbox.close()
  }
}
