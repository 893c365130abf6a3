// The modules of a program, and those of the sandbox's own side, bundled into one script that plain V8 runs in a new
// context: what an evaluation would cost without WebAssembly. For comparison only; a context of V8 is no sandbox.

import { createContext, Script } from 'node:vm'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { readSandboxModules } from '../../src/compiler/dsl.ts'
import type { Job } from '../../src/compiler/sandbox/job.ts'

/** Gives what runs it once: a new context, the script compiled anew, the JSON of what is declared. `inputs` is JSON. */
export async function prepareInV8(job: Job, inputs = '{}'): Promise<() => string> {
  const bundle = await bundleOf(job, inputs)
  let runs = 0
  return () => {
    runs += 1
    // The comment keeps V8 from taking the compiled script of the run before.
    const script = new Script(`${bundle}\n// ${runs}`)
    const answer: unknown = script.runInContext(createContext(Object.create(null) as object))
    if (typeof answer !== 'string') throw new Error('the bundle gave no text')
    return answer
  }
}

async function bundleOf(job: Job, inputs: string): Promise<string> {
  const gantry = readSandboxModules()
  const programs = new Map(job.modules.map((module) => [module.path, module]))
  const plugin: Plugin = {
    name: 'modules of the sandbox',
    setup: (given) => {
      given.onResolve({ filter: /.*/ }, ({ path, importer, namespace }) => {
        if (path === 'door') return { path, namespace: 'door' }
        if (path.startsWith('gantry:')) return { path: path.slice('gantry:'.length), namespace: 'gantry' }
        if (namespace === 'gantry')
          return { path: path.replace(/^\.\//, '').replace(/\.[jt]s$/, ''), namespace }
        const found = namespace === 'program' ? programs.get(importer)?.imports[path] : path
        if (found === 'gantry') return { path: 'index', namespace: 'gantry' }
        return { path: found ?? path, namespace: 'program' }
      })
      // Before the program, because it prepares the world in which that runs.
      given.onLoad({ filter: /.*/, namespace: 'door' }, () => ({
        contents: "import { prepare } from 'gantry:sandbox'; export const door = prepare()",
      }))
      given.onLoad({ filter: /.*/, namespace: 'gantry' }, ({ path }) => ({
        contents: gantry.get(path) ?? '',
        loader: 'ts',
      }))
      given.onLoad({ filter: /.*/, namespace: 'program' }, ({ path }) => ({
        contents: programs.get(path)?.code ?? '',
      }))
    },
  }
  const { outputFiles } = await build({
    stdin: {
      contents: `import { door } from 'door'
import * as program from ${JSON.stringify(job.modules[0]?.path ?? '')}
const opened = JSON.parse(door.open(program))
globalThis.answer = door.run(opened.main, ${JSON.stringify(inputs)})`,
    },
    plugins: [plugin],
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'silent',
  })
  return `${outputFiles[0]?.text ?? ''}\nglobalThis.answer`
}
