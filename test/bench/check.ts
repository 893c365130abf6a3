// How long `gantry check` takes, as a whole process of the built command: cold (nothing of the stack in the cache) and
// warm (a cache hit), and cold without what V8 keeps of gantry and TypeScript from one run to the next, as right after a
// build; beside the least it could take: TypeScript alone on the same program, and a Node that does nothing.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { ProgramFiles } from '../../src/compiler/files.ts'
import { standardLibrary } from '../../src/compiler/library/standard.generated.ts'
import { typescriptChecker } from '../../src/compiler/typescript/checker.ts'
import { root } from '../support/gantry.ts'
import { inRounds } from './bench.ts'
import type { Bench, Surroundings } from './bench.ts'
import { figureOf, Series } from './figure.ts'
import type { Figure } from './figure.ts'
import { stackProgram } from './stack-program.ts'
import type { ProgramSize } from './stack-program.ts'
import { timed } from './timed.ts'

interface Subject extends ProgramSize {
  readonly name: string
  /** Milliseconds, cold. */
  readonly atMost?: number
}

const subjects: readonly Subject[] = [
  { name: '1 service', services: 1, atMost: 500 },
  { name: '100 services', services: 100 },
  { name: '1,000 services', services: 1000, atMost: 1200 },
  { name: '5,000 services', services: 5000 },
  { name: '1,000 services, volumes, secrets', services: 1000, withStorage: true },
]

export const check: Bench = {
  name: 'check',
  run: async (surroundings) => {
    const { workspace, signal } = surroundings
    const alone = prepareTypescript(surroundings)
    const series = new Series()
    const env = { XDG_CACHE_HOME: workspace.folder('cache') }
    const run = async (name: string, args: readonly string[], cwd: string, more: NodeJS.ProcessEnv = {}) => {
      const { ms, cpuMs } = await timed(process.execPath, args, { signal, cwd, env: { ...env, ...more } })
      series.add(name, ms)
      series.add(`${name}, processor`, cpuMs)
    }
    const programs = subjects.map((subject) => {
      const folder = workspace.folder('stack')
      const file = join(folder, 'bench.stack.ts')
      writeFileSync(file, stackProgram(subject))
      return { subject, folder, file }
    })
    const command = (file: string) => [join(root, 'bin/gantry.js'), 'check', file]
    // So that V8's cache is there for the first round as for the others.
    for (const { file, folder } of programs.slice(0, 1))
      await timed(process.execPath, command(file), { signal, cwd: folder, env })
    await inRounds(surroundings, surroundings.rounds ?? 9, async () => {
      await run('node -e 0', ['-e', '0'], workspace.root)
      for (const { subject, folder, file } of programs) {
        const gantry = command(file)
        const forget = () => rmSync(join(folder, '.gantry'), { recursive: true, force: true })
        forget()
        await run(`${subject.name}, after a build`, gantry, folder, { NODE_DISABLE_COMPILE_CACHE: '1' })
        forget()
        await run(`${subject.name}, cold`, gantry, folder)
        await run(`${subject.name}, warm`, gantry, folder)
        await run(`${subject.name}, TypeScript alone`, alone(file), folder)
      }
    })
    return [
      ...subjects.flatMap(({ name, atMost }) => [
        ...both(series, `${name}, cold`, atMost),
        ...both(series, `${name}, warm`),
        ...both(series, `${name}, after a build`),
        ...both(series, `${name}, TypeScript alone`),
      ]),
      ...both(series, 'node -e 0'),
      ...programs.map(({ subject, folder }) => instantiations(subject, folder)),
    ]
  },
}

/** What checking costs on any machine: how many times a generic type is instantiated for each service. */
function instantiations({ name, services }: Subject, folder: string): Figure {
  const program = typescriptChecker.open(new ProgramFiles(folder), 'bench.stack.ts')
  if (program.diagnose().length > 0) throw new Error(`the program with ${name} is wrong`)
  const each = program.instantiations() / services
  return figureOf(`${name}, instantiations a service`, '', [each], services >= 100 ? { atMost: 75 } : {})
}

function both(series: Series, name: string, atMost?: number): Figure[] {
  return [
    series.figure(name, 'ms', atMost === undefined ? {} : { atMost }),
    series.figure(`${name}, processor`, 'ms'),
  ]
}

/** The arguments of Node that check one program by TypeScript alone. */
function prepareTypescript({ workspace }: Surroundings): (file: string) => readonly string[] {
  const folder = workspace.folder('typescript')
  // Stripped beforehand, so that its process does not pay for that.
  const script = join(folder, 'typescript-alone.mjs')
  const source = readFileSync(join(import.meta.dirname, 'typescript-alone.ts'), 'utf8')
  writeFileSync(script, transformSync(source, { loader: 'ts' }).code)
  const library = join(folder, 'library.d.ts')
  writeFileSync(library, standardLibrary)
  const declarations = join(root, 'dist/src/dsl/index.d.ts')
  const typescript = createRequire(import.meta.url).resolve('typescript')
  return (file) => [script, typescript, file, declarations, library]
}
