// What tests of a stack import: `import { compile } from 'gantry/testing'`. It works in every test runner.

import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { compile as compileFile, renderDiagnostics } from './index.ts'
import type { CompiledStack } from '../model/index.ts'

export type { CompiledStack } from '../model/index.ts'

/**
 * Compiles a stack file (`new URL('./shop.stack.ts', import.meta.url)`, or a path, from where the tests
 * are run) with inputs as they would be given on the command line. Throws an error whose message shows what is wrong, as `gantry check` would.
 */
export async function compile(
  file: URL | string,
  inputs: Readonly<Record<string, string>> = {},
): Promise<CompiledStack> {
  const path = typeof file === 'string' ? resolve(file) : fileURLToPath(file)
  const result = await compileFile({ file: path, inputs })
  if (result.ok) return result.compiled
  const root = process.cwd()
  const shown = renderDiagnostics(result.diagnostics, {
    color: false,
    verbose: false,
    width: 100,
    root,
    base: dirname(path),
  })
  throw new Error(`the stack does not compile\n\n${shown}`)
}
