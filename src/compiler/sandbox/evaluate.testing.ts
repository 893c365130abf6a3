// For tests: what a piece of JavaScript gives inside the sandbox.

import type { Failure, Job, Limits } from './job.ts'
import { isObject } from './opened.ts'
import type { Evaluated } from './opened.ts'
import { defaultLimits, Sandbox } from './sandbox.ts'

/** A program whose body is the JavaScript; what it returns becomes the name of a secret. */
function jobFor(body: string, limits: Limits): Job {
  const code = `import * as gantry from 'gantry'
const { secret, service, stack, tcp, volume } = gantry
export default stack('test', {}, () => { secret(String((() => { ${body} })())) })`
  const imports = { gantry: 'gantry' }
  return { modules: [{ path: 'test.stack.ts', code, imports }], inputs: {}, all: false, limits }
}

export async function evaluate(
  body: string,
  { limits = defaultLimits, deadlineMs = 20_000 }: { limits?: Limits; deadlineMs?: number } = {},
): Promise<{ readonly text: string } | { readonly failure: Failure }> {
  const sandbox = new Sandbox()
  try {
    const outcome = await sandbox.evaluate(jobFor(body, limits), deadlineMs)
    if (outcome.kind === 'failed') return { failure: outcome.failure }
    const result = outcome.runs[0]?.result
    if (!result || 'sameAs' in result) throw new Error('the program was not run')
    if ('failure' in result) return { failure: result.failure }
    const { declared } = JSON.parse(result.json) as Evaluated // written by our own side of the sandbox
    const name = declared.at(-1)?.name
    return { text: typeof name === 'string' ? name : isObject(name) ? JSON.stringify(name) : '' }
  } finally {
    await sandbox.close()
  }
}

/** Throws when the program does not come to its end. */
export async function evaluateText(body: string): Promise<string> {
  const result = await evaluate(body)
  if ('failure' in result) throw new Error(JSON.stringify(result.failure))
  return result.text
}
