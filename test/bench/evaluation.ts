// How long the sandbox takes to evaluate 1,000 services, its thread loaded already, beside V8 evaluating the same
// modules in a context of its own. Both begin a new world each time: nothing of an earlier run is left.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramFiles } from '../../src/compiler/files.ts'
import { defaultLimits, Sandbox } from '../../src/compiler/sandbox/sandbox.ts'
import type { Job } from '../../src/compiler/sandbox/job.ts'
import { typescriptChecker } from '../../src/compiler/typescript/checker.ts'
import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { Series } from './figure.ts'
import { stackProgram } from './stack-program.ts'
import { prepareInV8 } from './v8.ts'

const entry = 'bench.stack.ts'

export const evaluation: Bench = {
  name: 'evaluation',
  run: async (surroundings) => {
    const jobs = [
      { name: '1 service', job: jobOf(surroundings.workspace.folder('stack'), 1) },
      { name: '1,000 services', job: jobOf(surroundings.workspace.folder('stack'), 1000) },
    ]
    const inV8 = await Promise.all(jobs.map(({ job }) => prepareInV8(job)))
    const series = new Series()
    const measure = async (name: string, act: () => Promise<string>): Promise<string> => {
      const began = performance.now()
      const result = await act()
      series.add(name, performance.now() - began)
      return result
    }
    const sandbox = new Sandbox()
    try {
      // The first evaluation waits for the thread and for WebAssembly.
      for (const { job } of jobs) await inSandbox(sandbox, job)
      await inRounds(surroundings, surroundings.rounds ?? 20, async () => {
        for (const [index, { name, job }] of jobs.entries()) {
          const ours = await measure(`${name}, sandbox`, () => inSandbox(sandbox, job))
          const theirs = await measure(`${name}, V8`, async () => inV8[index]?.() ?? '')
          if (ours !== theirs) throw new Error('the sandbox and V8 do not agree on what is declared')
        }
      })
    } finally {
      await sandbox.close()
    }
    return jobs.flatMap(({ name }) => [
      series.figure(`${name}, sandbox`, 'ms'),
      series.figure(`${name}, V8`, 'ms'),
    ])
  },
}

/** What the compiler hands to the sandbox for a program of so many services. */
function jobOf(folder: string, services: number): Job {
  writeFileSync(join(folder, entry), stackProgram({ services }))
  const { modules } = typescriptChecker.open(new ProgramFiles(folder), entry)
  return {
    modules: modules.map(({ path, code, imports }) => ({ path, code, imports })),
    inputs: {},
    all: false,
    limits: defaultLimits,
  }
}

async function inSandbox(sandbox: Sandbox, job: Job): Promise<string> {
  const outcome = await sandbox.evaluate(job)
  const result = outcome.kind === 'opened' ? outcome.runs[0]?.result : undefined
  if (!result || !('json' in result)) throw new Error(`the evaluation failed: ${JSON.stringify(outcome)}`)
  return result.json
}
