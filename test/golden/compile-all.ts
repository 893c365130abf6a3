// Compiles stack files, each with the first few combinations of its inputs, and prints a digest of all that comes out: a process of
// its own for determinism.test.ts. node compile-all.ts FILE…

import { createHash } from 'node:crypto'
import process from 'node:process'
import { check, compile } from '../../src/compiler/index.ts'
import { evaluateAll } from './evaluate-all.ts'

const lines: string[] = []
for (const file of process.argv.slice(2)) {
  const { runs } = await evaluateAll(file)
  const results: unknown[] = [await check({ file, cacheFolder: null })]
  for (const { inputs } of runs.slice(0, 4)) {
    const given = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]))
    results.push(await compile({ file, inputs: given, cacheFolder: null }))
  }
  const isFine = results.every(
    (each) => typeof each === 'object' && each !== null && 'ok' in each && each.ok === true,
  )
  lines.push(
    `${createHash('sha256').update(JSON.stringify(results)).digest('hex')} ${isFine ? 'ok' : 'refused'} ${file}`,
  )
}
process.stdout.write(lines.join('\n'))
