// Runs of random seeds for as long as GANTRY_SIM_SECONDS says (three minutes in CI, a few seconds elsewhere), the runs
// that failed once, and that a seed always tells the same story. A failure prints the command that repeats it; run that
// to have it made shorter.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { corpusEntry, explore, generate, run } from '../../src/sim/index.ts'

const { CI, GANTRY_SIM_SECONDS, GANTRY_SIM_SEED } = process.env
const seconds = Number(GANTRY_SIM_SECONDS ?? (CI === undefined || CI === '' || CI === '0' ? 8 : 180))
const firstSeed = Number(GANTRY_SIM_SEED ?? performance.timeOrigin % 1_000_000_000)

// Whatever is aborted makes an error, and its stack costs more than all else.
const { stackTraceLimit } = Error
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

test.each([3, 17, 4711])('seed %i tells the same story twice', async (seed) => {
  const tell = async () => {
    const { trace, failure } = await run(generate({ seed }), { trace: 'all' })
    return { lines: trace.lines, digest: trace.digest, failure: failure?.message ?? null }
  }
  const first = await tell()
  expect(first.lines.length).toBeGreaterThan(100)
  expect(await tell()).toEqual(first)
})

test('two seeds tell two stories', async () => {
  const digests = [1, 2].map(async (seed) => (await run(generate({ seed }), { trace: 'all' })).trace.digest)
  const [one, two] = await Promise.all(digests)
  expect(one).not.toBe(two)
})

const corpus = join(import.meta.dirname, 'corpus')
const entries = readdirSync(corpus)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ file, ...corpusEntry.parse(JSON.parse(readFileSync(join(corpus, file), 'utf8'))) }))

test.each(entries)('$file holds now: $found', async ({ scenario }) => {
  const { failure } = await run(scenario)
  expect(failure?.message).toBeUndefined()
})

test(
  `every invariant holds for ${seconds} s of random seeds`,
  async () => {
    const until = performance.now() + seconds * 1000
    const { runs, failures } = await explore(
      { seed: Math.floor(firstSeed) },
      ({ failures: so }) => performance.now() < until && so.length < 5,
    )
    expect(runs).toBeGreaterThan(0)
    const told = failures.map(
      ({ options, failure }) => `node scripts/sim.ts --seed ${options.seed}   # ${failure.message}`,
    )
    expect(told).toEqual([])
  },
  seconds * 1000 + 120_000,
)
