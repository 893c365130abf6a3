// `npm run sim -- --seed N`: runs clusters in the simulator. Invariant: whatever fails is printed with the one command that
// repeats it; the exit code says whether anything did.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { converges, corpusEntry, explore, generate, invariants, run, shrink } from '../src/sim/index.ts'
import type { CorpusEntry, Exploration, Failure, Outcome, RunOptions, TraceMode } from '../src/sim/index.ts'

const help = `usage: npm run sim -- [what] [options]

What to run:
  --seed N            the run of one seed, and its trace
  --minutes M         random seeds for so long (or --seconds S); --seed says with which one to begin
  --count N           so many seeds, beginning with --seed
  --corpus            the runs of test/sim/corpus, which failed once
  --list              the invariants that are looked at after every step

Options:
  --servers N         1 to 5 (3)
  --nodes N           1 to 30 (10)
  --without a,b       leaves out kinds of faults and requests; --with a,b takes in some that are left out by themselves
  --keep 0,3,7        of the generated steps only these; --keep-nodes N and --keep-servers N, of those only the first
  --no-shrink         prints a failure as it was found; else at most a minute is taken to make it shorter
  --shrink-seconds S  takes so long (60)
  --verbose           the whole trace, with what every process logs
  --stop              ends with the first failure
  --save FILE         writes the shortest failing run as an entry of the corpus

Exit codes: 0 everything held · 1 something did not · 64 wrong usage · 70 a bug of the simulator itself
`

const { values } = (() => {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string' },
        minutes: { type: 'string' },
        seconds: { type: 'string' },
        count: { type: 'string' },
        corpus: { type: 'boolean' },
        list: { type: 'boolean' },
        servers: { type: 'string' },
        nodes: { type: 'string' },
        without: { type: 'string' },
        with: { type: 'string' },
        keep: { type: 'string' },
        'keep-nodes': { type: 'string' },
        'keep-servers': { type: 'string' },
        'no-shrink': { type: 'boolean' },
        'shrink-seconds': { type: 'string' },
        verbose: { type: 'boolean' },
        stop: { type: 'boolean' },
        save: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error))
  }
})()

function wrong(why: string): never {
  process.stderr.write(`error: ${why}\n\n${help}`)
  process.exit(64)
}

function numberOf(name: keyof typeof values, min: number, max: number): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const number = Number(text)
  if (!(number >= min && number <= max))
    wrong(`--${name} is a number from ${min} to ${max}, not ${String(text)}`)
  return number
}

function namesOf(name: 'without' | 'with'): readonly string[] | undefined {
  return values[name]?.split(',').filter((each) => each !== '')
}

const print = (text: string) => void process.stdout.write(`${text}\n`)

function given(seed: number): RunOptions {
  const servers = numberOf('servers', 1, 5)
  const nodes = numberOf('nodes', 1, 30)
  const without = namesOf('without')
  const including = namesOf('with')
  const keepNodes = numberOf('keep-nodes', 1, 30)
  const keepServers = numberOf('keep-servers', 1, 5)
  const hasKeep = values.keep !== undefined || keepNodes !== undefined || keepServers !== undefined
  const plain: RunOptions = {
    seed,
    ...(servers === undefined ? {} : { servers }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(without === undefined ? {} : { without: [...without] }),
    ...(including === undefined ? {} : { with: [...including] }),
  }
  if (!hasKeep) return plain
  const steps =
    values.keep === undefined
      ? generate(plain).steps.map(({ id }) => id)
      : values.keep
          .split(',')
          .filter((each) => each !== '')
          .map(Number)
  if (steps.some((step) => !Number.isInteger(step))) wrong('--keep is a list of the numbers of steps')
  return {
    ...plain,
    keep: {
      steps,
      ...(keepNodes === undefined ? {} : { nodes: keepNodes }),
      ...(keepServers === undefined ? {} : { servers: keepServers }),
    },
  }
}

/** The command that repeats a run. */
function commandOf({ seed, servers, nodes, without, with: including, keep }: RunOptions): string {
  return [
    `node scripts/sim.ts --seed ${seed}`,
    ...(servers === undefined ? [] : [`--servers ${servers}`]),
    ...(nodes === undefined ? [] : [`--nodes ${nodes}`]),
    ...(without === undefined || without.length === 0 ? [] : [`--without ${without.join(',')}`]),
    ...(including === undefined || including.length === 0 ? [] : [`--with ${including.join(',')}`]),
    ...(keep === undefined ? [] : [`--keep ${keep.steps.join(',')}`]),
    ...(keep?.nodes === undefined ? [] : [`--keep-nodes ${keep.nodes}`]),
    ...(keep?.servers === undefined ? [] : [`--keep-servers ${keep.servers}`]),
  ].join(' ')
}

/** Without the words of processes, unless all is asked for. */
function printTrace({ trace }: Outcome): void {
  const isWord = (line: string) => / (?:debug|info|warn): /.test(line)
  for (const line of trace.lines)
    if (values.verbose || !isWord(line)) print(values.verbose ? line : line.slice(0, 220))
}

const again = (options: RunOptions, trace: TraceMode = 'off') => run(generate(options), { trace })

/** Prints the shortest run found that fails the same way, and how to repeat it. */
async function report(options: RunOptions, failure: Failure): Promise<void> {
  const seconds = numberOf('shrink-seconds', 1, 86_400) ?? 60
  const until = performance.now() + seconds * 1000
  const first = await again(options)
  const failing = first.failure && { ...first, failure: first.failure }
  const short =
    failing && !values['no-shrink'] && !options.keep
      ? await shrink(
          options,
          failing,
          (each) => again(each),
          () => performance.now() < until,
        )
      : { options, outcome: first, tries: 0 }
  Error.stackTraceLimit = 10
  const told = await again(short.options, 'all')
  Error.stackTraceLimit = 0
  print(`\n--- ${failure.invariant} does not hold ---`)
  printTrace(told)
  if (told.failure?.invariant === 'crash' && told.failure.error instanceof Error)
    print(told.failure.error.stack ?? '')
  print(`\n${told.failure?.message ?? failure.message}`)
  const { length } = generate(short.options).steps
  print(
    `${length} steps of ${generate(options).steps.length}, after ${short.tries} tries; seed ${options.seed}`,
  )
  print(`repeat it:  ${commandOf(short.options)}`)
  if (short.options !== options) print(`whole:      ${commandOf(options)}`)
  if (values.save === undefined) return
  const entry: CorpusEntry = {
    invariant: failure.invariant,
    found: told.failure?.message ?? failure.message,
    from: commandOf(short.options),
    scenario: generate(short.options),
  }
  writeFileSync(values.save, `${JSON.stringify(entry, null, 2)}\n`)
}

function summary(found: Exploration, realMs: number, cpuMs: number): void {
  const hours = found.virtualMs / 3_600_000
  print(
    `${found.runs} runs, ${hours.toFixed(1)} virtual cluster-hours in ${(realMs / 1000).toFixed(0)} s: ` +
      `${Math.round(found.virtualMs / realMs)} a real hour, ${Math.round(found.virtualMs / cpuMs)} an hour of CPU`,
  )
  print(
    `${found.steps} steps of virtual time, ${found.records} records of logs, ` +
      `${found.answered} requests answered and ${found.unanswered} refused or not`,
  )
  const kinds = [...found.deeds].sort(([, a], [, b]) => b - a)
  print(kinds.map(([kind, count]) => `${kind} ${count}`).join(' · '))
  for (const { options, failure } of found.failures)
    print(`FAILED  ${commandOf(options)}   ${failure.message.slice(0, 200)}`)
  print(found.failures.length === 0 ? 'every invariant held' : `${found.failures.length} runs failed`)
}

async function exploreFor(limitMs: number, count: number): Promise<number> {
  const seed = numberOf('seed', 0, Number.MAX_SAFE_INTEGER) ?? randomInt(1_000_000_000)
  print(`seeds from ${seed} on`)
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  let saidAt = startedAt
  const found = await explore(given(seed), (so) => {
    const now = performance.now()
    if (now - saidAt > 60_000) {
      saidAt = now
      print(`${so.runs} runs, ${so.failures.length} failed`)
    }
    return so.runs < count && now - startedAt < limitMs && !(values.stop && so.failures.length > 0)
  })
  const { user, system } = process.cpuUsage(cpu)
  summary(found, performance.now() - startedAt, (user + system) / 1000)
  // Of each kind the first is shown in full.
  const shown = new Set<string>()
  for (const { options, failure } of found.failures) {
    if (shown.has(failure.invariant)) continue
    shown.add(failure.invariant)
    await report(options, failure)
  }
  return found.failures.length === 0 ? 0 : 1
}

async function runCorpus(): Promise<number> {
  const folder = join(import.meta.dirname, '..', 'test', 'sim', 'corpus')
  let failures = 0
  for (const file of readdirSync(folder)
    .filter((each) => each.endsWith('.json'))
    .sort()) {
    const entry = corpusEntry.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')))
    const { failure } = await run(entry.scenario)
    print(`${failure ? 'FAILED' : 'holds '}  ${file}  ${failure?.message ?? entry.found}`)
    if (!failure) continue
    failures += 1
    printTrace(await run(entry.scenario, { trace: 'all' }))
    print(`\n${failure.message}`)
  }
  print(failures === 0 ? 'every invariant held' : `${failures} runs failed`)
  return failures === 0 ? 0 : 1
}

async function runOne(seed: number): Promise<number> {
  const options = given(seed)
  Error.stackTraceLimit = 10
  const outcome = await again(options, 'all')
  Error.stackTraceLimit = 0
  const { failure } = outcome
  if (failure && !options.keep && !values['no-shrink']) await report(options, failure)
  else {
    printTrace(outcome)
    print(failure ? `\n${failure.message}\nrepeat it:  ${commandOf(options)}` : '\nevery invariant held')
    if (failure?.invariant === 'crash' && failure.error instanceof Error) print(failure.error.stack ?? '')
  }
  print(
    `trace ${outcome.trace.digest.slice(0, 16)}, ${(outcome.virtualMs / 60_000).toFixed(1)} virtual minutes`,
  )
  return failure ? 1 : 0
}

async function main(): Promise<number> {
  if (values.help) {
    print(help)
    return 0
  }
  if (values.list) {
    for (const { name, says } of [...invariants, converges]) print(`${name.padEnd(14)} ${says}`)
    return 0
  }
  if (values.corpus) return runCorpus()
  const minutes = numberOf('minutes', 0, 100_000)
  const seconds = numberOf('seconds', 0, 6_000_000)
  const count = numberOf('count', 1, 1e9)
  if (minutes !== undefined || seconds !== undefined || count !== undefined) {
    const ms = (minutes ?? 0) * 60_000 + (seconds ?? 0) * 1000
    return exploreFor(ms > 0 ? ms : Infinity, count ?? Infinity)
  }
  const seed = numberOf('seed', 0, Number.MAX_SAFE_INTEGER)
  return seed === undefined ? wrong('nothing to run') : runOne(seed)
}

// Whatever is aborted makes an error, and its stack costs more than all else; failures are run again with stacks.
Error.stackTraceLimit = 0
try {
  process.exitCode = await main()
} catch (error) {
  console.error(error)
  process.exitCode = 70
}
