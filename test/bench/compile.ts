// How long it takes from 1,000 services in TypeScript to what an orchestrator reads, by gantry and by cdk8s-plus: type check
// and evaluation, as whole processes, nothing cached, by turns. cdk8s-plus: `tsc` (which emits), then the emitted program,
// which synthesises; their sum. Both programs say the same of each service.

import { existsSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/gantry.ts'
import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { cdk8sProgram } from './cdk8s-program.ts'
import { figureOf, Series } from './figure.ts'
import { stackProgram } from './stack-program.ts'
import { timed } from './timed.ts'

const services = 1000

export const compile: Bench = {
  name: 'compile',
  run: async (surroundings) => {
    const { workspace, signal } = surroundings
    const ours = workspace.folder('gantry')
    const file = join(ours, 'bench.stack.ts')
    writeFileSync(file, stackProgram({ services }))
    const theirs = workspace.folder('cdk8s')
    const options = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      skipLibCheck: true,
      types: ['node'],
      outDir: 'out',
    }
    writeFileSync(
      join(theirs, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['main.ts'] }),
    )
    writeFileSync(join(theirs, 'package.json'), '{ "type": "commonjs" }')
    writeFileSync(join(theirs, 'main.ts'), cdk8sProgram(services))
    symlinkSync(join(root, 'node_modules'), join(theirs, 'node_modules'))
    const env = { XDG_CACHE_HOME: workspace.folder('cache') }
    const series = new Series()
    const run = async (args: readonly string[], cwd: string) =>
      timed(process.execPath, args, { signal, cwd, env })
    const gantry = async () => {
      rmSync(join(ours, '.gantry'), { recursive: true, force: true })
      const { ms, cpuMs, out } = await run([join(root, 'bin/gantry.js'), 'print', file], ours)
      if (!out.includes(`service-${services - 1}`)) throw new Error('gantry did not print its document')
      return { ms, cpuMs }
    }
    const cdk8s = async () => {
      for (const each of ['out', 'yaml']) rmSync(join(theirs, each), { recursive: true, force: true })
      const checked = await run([join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], theirs)
      const synthesised = await run([join(theirs, 'out/main.js'), 'yaml'], theirs)
      const written = join(theirs, 'yaml')
      const bytes = existsSync(written)
        ? readdirSync(written).reduce((sum, name) => sum + statSync(join(written, name)).size, 0)
        : 0
      if (bytes < services * 500) throw new Error('cdk8s-plus did not synthesise')
      series.add('cdk8s-plus, type check', checked.ms)
      series.add('cdk8s-plus, synthesis', synthesised.ms)
      return { ms: checked.ms + synthesised.ms, cpuMs: checked.cpuMs + synthesised.cpuMs }
    }
    // So that what Node keeps of either is there for the first round as for the others.
    await gantry()
    await cdk8s()
    const shares: number[] = []
    for (const name of ['cdk8s-plus, type check', 'cdk8s-plus, synthesis']) series.forget(name)
    await inRounds(surroundings, surroundings.rounds ?? 7, async (round) => {
      // By turns also within a round: neither always runs behind the other.
      const first = round % 2 === 0 ? await cdk8s() : undefined
      const mine = await gantry()
      const other = first ?? (await cdk8s())
      series.add('gantry', mine.ms)
      series.add('gantry, processor', mine.cpuMs)
      series.add('cdk8s-plus', other.ms)
      series.add('cdk8s-plus, processor', other.cpuMs)
      shares.push(mine.ms / other.ms)
    })
    return [
      ...[
        'gantry',
        'gantry, processor',
        'cdk8s-plus',
        'cdk8s-plus, processor',
        'cdk8s-plus, type check',
        'cdk8s-plus, synthesis',
      ].map((name) => series.figure(name, 'ms')),
      figureOf('gantry to cdk8s-plus', '×', shares, { atMost: 0.5 }),
    ]
  },
}
