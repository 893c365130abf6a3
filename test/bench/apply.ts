// From `gantry apply` to all 30 tasks healthy, on a real cluster, beside the time the same daemon needs for 30 bare
// containers of the same kind: in the same run, in turns. The apply ends when the command does; a task counts as soon as
// it is healthy. Once the program is new to the compiler, once it was checked before.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BareDocker } from './bare-docker.ts'
import { inRounds } from './bench.ts'
import type { Bench, Surroundings } from './bench.ts'
import { Cluster } from './cluster.ts'
import { engineTimes } from './engine-events.ts'
import { figureOf, Series, spreadOf } from './figure.ts'
import type { Figure } from './figure.ts'
import { processCpuMs } from './timed.ts'
import { firstProbeEveryMs, webProgram, webStack } from './web-stack.ts'
import type { ProbeKind } from './web-stack.ts'

const tasks = 30
const concurrencies = [4, 8, 16] as const

interface Way {
  readonly name: string
  readonly probe: ProbeKind
  /** The program was planned before, as after a review; else its cache is empty. */
  readonly isKnown: boolean
}

/** With what a way is compared when its probe makes the engine work too. */
const bareWithExec = {
  name: 'bare containers and an exec in each, 8 at once',
  concurrency: 8,
  command: ['true'],
}

const ways: readonly Way[] = [
  { name: 'apply, http probe', probe: 'http', isKnown: false },
  { name: 'apply, http probe, planned before', probe: 'http', isKnown: true },
  { name: 'apply, exec probe', probe: 'exec', isKnown: false },
]
const parts = ['server', 'agent', 'nats', 'dockerd'] as const

export const apply: Bench = {
  name: 'apply',
  run: async (surroundings) => {
    await using cluster = await Cluster.start(surroundings)
    const series = new Series()
    const applying = ways.map((way) => new Applying(surroundings, cluster, series, way))
    // Once for nothing: files that are not in memory yet, the first container of an image.
    await applying[0]?.run('warm-up')
    const bare = await BareDocker.like(cluster.socket, webStack)
    await cluster.command('destroy', webStack, '--yes')

    const turns = [
      ...concurrencies.map((concurrency) => async () => {
        const before = processCpuMs(cluster.pid('dockerd'))
        series.add(bareName(concurrency), await bare.run(tasks, concurrency))
        const after = processCpuMs(cluster.pid('dockerd'))
        series.add(`${bareName(concurrency)}: processor time of dockerd`, after - before)
        await bare.remove()
      }),
      async () => {
        const { name, concurrency, command } = bareWithExec
        series.add(name, await bare.run(tasks, concurrency, command))
        await bare.remove()
      },
      ...applying.map((each) => async () => {
        await each.run()
        await cluster.command('destroy', webStack, '--yes')
      }),
    ]
    await inRounds(surroundings, surroundings.rounds ?? 7, async (number) => {
      // The other way round each time, so that nobody is always behind the same one.
      for (const turn of number % 2 === 0 ? turns.toReversed() : turns) {
        surroundings.signal.throwIfAborted()
        await turn()
      }
    })
    return figuresOf(series)
  },
}

const bareName = (concurrency: number) => `bare containers, ${concurrency} at once`

class Applying {
  readonly #way: Way
  readonly #folder: string
  readonly #cluster: Cluster
  readonly #series: Series

  constructor({ workspace }: Surroundings, cluster: Cluster, series: Series, way: Way) {
    this.#way = way
    this.#folder = workspace.folder('stack')
    this.#cluster = cluster
    this.#series = series
    writeFileSync(join(this.#folder, 'bench.stack.ts'), webProgram(tasks, way.probe))
  }

  async run(name = this.#way.name): Promise<void> {
    const cluster = this.#cluster
    if (this.#way.isKnown) await cluster.command('plan', this.#folder)
    else rmSync(join(this.#folder, '.gantry'), { recursive: true, force: true })
    const before = parts.map((part) => processCpuMs(cluster.pid(part)))
    const began = performance.timeOrigin + performance.now()
    const { ms, cpuMs, lines } = await cluster.command('apply', this.#folder, '--yes', '--json')
    const ended = performance.timeOrigin + performance.now()
    const after = parts.map((part) => processCpuMs(cluster.pid(part)))
    const at = (type: string) => lines.find(({ text }) => text.includes(`"type":"${type}"`))?.at ?? NaN
    const engine = await engineTimes(cluster.socket, `gantry.stack=${webStack}`, began, ended)
    const add = (what: string, value: number) => this.#series.add(`${name}${what}`, value)
    add('', ms)
    add(spans.plan, at('plan') - began)
    add(spans.commit, at('applied') - at('plan'))
    add(spans.assign, engine.firstCreate - at('applied'))
    add(spans.containers, engine.lastStart - engine.firstCreate)
    add(spans.healthy, at('result') - engine.lastStart)
    add(spans.end, ended - at('result'))
    add(': processor time of the command', cpuMs)
    for (const [index, part] of parts.entries())
      add(`: processor time of ${part}`, (after[index] ?? 0) - (before[index] ?? 0))
  }
}

/** Where the time goes, one after the other; together they are the whole. */
const spans = {
  plan: ': compile and plan',
  commit: ': commit',
  assign: ': until the first create',
  containers: ': first create to last start',
  healthy: ': last start to all healthy',
  end: ': end of the command',
} as const

function figuresOf(series: Series): Figure[] {
  const best = concurrencies
    .map(bareName)
    .toSorted((a, b) => spreadOf(series.of(a)).median - spreadOf(series.of(b)).median)[0]
  return [
    ...concurrencies.map((concurrency) => series.figure(bareName(concurrency), 'ms')),
    series.figure(`${best ?? ''}: processor time of dockerd`, 'ms'),
    series.figure(bareWithExec.name, 'ms'),
    ...ways.flatMap(({ name, probe }) => {
      // Of each round: what the apply took beyond the wait for a first probe, by the bare time.
      const ratioTo = (bare: readonly number[]) =>
        series.of(name).map((ms, round) => (ms - firstProbeEveryMs[probe]) / (bare[round] ?? NaN))
      const beyond = `(${name} - ${firstProbeEveryMs[probe]} ms)`
      return [
        series.figure(name, 'ms'),
        figureOf(`${beyond} / best bare`, '×', ratioTo(series.of(best ?? '')), { atMost: 1.2 }),
        ...(probe === 'exec'
          ? [figureOf(`${beyond} / bare and exec`, '×', ratioTo(series.of(bareWithExec.name)))]
          : []),
        ...Object.values(spans).map((span) => series.figure(`${name}${span}`, 'ms')),
        ...['the command', ...parts].map((part) => series.figure(`${name}: processor time of ${part}`, 'ms')),
      ]
    }),
  ]
}
