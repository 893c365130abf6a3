// `npm run bench [-- NAME… --rounds N --json]`: runs the benchmarks, prints one table. Invariant: however it ends, nothing
// it started runs on and nothing it made is left. It judges nothing: a missed target is shown, and the exit code is 0.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../support/gantry.ts'
import type { Bench } from './bench.ts'
import { describeMachine, renderMachine } from './machine.ts'
import { renderTable } from './table.ts'
import type { Section } from './table.ts'
import { Workspace } from './workspace.ts'

/** Loaded one by one, so that one does not carry what only another needs. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  check: async () => (await import('./check.ts')).check,
  compile: async () => (await import('./compile.ts')).compile,
  evaluation: async () => (await import('./evaluation.ts')).evaluation,
  watch: async () => (await import('./watch.ts')).watch,
  log: async () => (await import('./log-appends.ts')).logAppends,
  fold: async () => (await import('./fold.ts')).fold,
  million: async () => (await import('./million.ts')).million,
  assign: async () => (await import('./assign.ts')).assign,
  failover: async () => (await import('./failover.ts')).failover,
  scale: async () => (await import('./scale.ts')).scale,
  apply: async () => (await import('./apply.ts')).apply,
  memory: async () => (await import('./memory.ts')).memory,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, rounds: { type: 'string' }, help: { type: 'boolean' } },
})
const unknown = positionals.filter((name) => !Object.hasOwn(benches, name))
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
if (
  values.help === true ||
  unknown.length > 0 ||
  (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
) {
  console.error(`usage: npm run bench -- [${Object.keys(benches).join('] [')}] [--rounds N] [--json]`)
  process.exit(values.help === true ? 0 : 64)
}
if (!existsSync(join(root, 'dist/src/cli/main.js'))) {
  console.error('error: gantry is not built; run: npm run build')
  process.exit(1)
}

const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupt.abort(new Error(`interrupted by ${signal}`)))

const say = (line: string) => process.stderr.write(`${line}\n`)
const machine = await describeMachine()
const sections: Section[] = []
try {
  await using workspace = await Workspace.open()
  for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
    interrupt.signal.throwIfAborted()
    const bench = await benches[name]?.()
    if (!bench) continue
    say(`${name}:`)
    const figures = await bench.run({
      workspace,
      signal: interrupt.signal,
      rounds,
      say: (line) => say(`  ${line}`),
    })
    sections.push({ bench: name, figures })
  }
} catch (error) {
  if (!interrupt.signal.aborted) throw error
  say('interrupted')
  process.exitCode = 130
}
if (values.json === true) console.log(JSON.stringify({ format_version: 1, machine, sections }, null, 2))
else if (sections.length > 0) console.log(`${renderMachine(machine)}\n\n${renderTable(sections)}`)
