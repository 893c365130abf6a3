// `npm run fuzz -- --minutes M [--seed S]`: fuzzes the compiler for a while. Invariant: whatever fails is printed with the
// seed and the path that bring it back, shrunk to the smallest that still fails; exit code 1 then.

import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { files, templates } from './bytes.ts'
import { FuzzFolder } from './folder.ts'
import { judge } from './judge.ts'
import { mutations } from './mutations.ts'
import { programs } from './programs.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' }, kind: { type: 'string' } },
})
const kinds: Readonly<Record<string, fc.Arbitrary<string | Uint8Array>>> = {
  programs,
  mutations,
  templates,
  files,
}
const minutes = Number(values.minutes)
if (!(minutes > 0) || (values.kind !== undefined && !Object.hasOwn(kinds, values.kind))) {
  console.error(`usage: npm run fuzz -- [--minutes M] [--seed S] [--kind ${Object.keys(kinds).join('|')}]`)
  process.exit(64)
}

using folder = new FuzzFolder()
const until = performance.now() + minutes * 60_000
const sliceMs = 30_000
let seed = values.seed === undefined ? process.pid : Number(values.seed)
let tried = 0
const failures = new Set<string>()
for (; performance.now() < until; seed += 1)
  for (const [name, kind] of Object.entries(kinds)) {
    if (performance.now() >= until || (values.kind !== undefined && values.kind !== name)) continue
    const property = fc.asyncProperty(kind, (program) => judge(folder.path, program))
    const result = await fc.check(property, {
      seed,
      numRuns: 1_000_000,
      interruptAfterTimeLimit: Math.min(sliceMs, Math.max(1000, until - performance.now())),
      markInterruptAsFailure: false,
    })
    tried += result.numRuns
    if (!result.failed) continue
    const what = String(result.errorInstance)
    const head = what.split('\n')[0] ?? ''
    if (!failures.has(head))
      console.log(
        `${name}, seed ${seed}, path ${result.counterexamplePath ?? ''}\n${what}\n${(result.errorInstance as Error).stack ?? ''}\n`,
      ) // thrown by judge
    failures.add(head)
  }
console.log(`${tried} programs tried, ${failures.size} failures`)
process.exitCode = failures.size > 0 ? 1 : 0
