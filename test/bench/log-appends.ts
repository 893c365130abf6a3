// How fast the log takes records: through JetStream alone, and with the fsynced copy behind it, one append in flight at
// a time as the leader has it. Real nats-server, real disk. It measures and judges nothing.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLogCopy } from '../../src/adapters/files/index.ts'
import { startNats } from '../support/nats.ts'

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export interface LogFigure {
  readonly name: string
  /** Over the runs. */
  readonly appendsPerSecond: Spread
  /** Over all appends. */
  readonly latencyMs: Spread
}

const warmUp = 200

/** `runs` servers one after the other, each with `appends` records of `bytes` bytes for each figure. */
export async function measureLogAppends({ runs = 5, appends = 2000, bytes = 300 } = {}): Promise<
  LogFigure[]
> {
  const store = new Series(`log append, ${bytes} bytes, JetStream`)
  const both = new Series(`log append, ${bytes} bytes, JetStream and fsynced copy`)
  const record = new Uint8Array(bytes).fill(97)
  for (let run = 0; run < runs; run++) {
    await using nats = await startNats()
    const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-log-'))
    const log = (await nats.connect({ role: 'server' })).log()
    const copy = await openLogCopy(join(folder, 'log'))
    await copy.load()
    let last = 0
    const append = async () => {
      const result = await log.append(record, last)
      if (!result.ok) throw new Error(`an append that nobody raced was refused: ${result.reason}`)
      last = result.seq
    }
    let copied = 0
    const appendBoth = async () => {
      await append()
      await copy.append([{ seq: ++copied, bytes: record }])
    }
    for (let turn = 0; turn < warmUp; turn++) await append()
    await store.run(appends, append)
    await both.run(appends, appendBoth)
    await copy.close()
    await rm(folder, { recursive: true })
  }
  return [store.figure(), both.figure()]
}

class Series {
  readonly #name: string
  readonly #rates: number[] = []
  readonly #latencies: number[] = []

  constructor(name: string) {
    this.#name = name
  }

  async run(count: number, act: () => Promise<void>): Promise<void> {
    const began = performance.now()
    for (let turn = 0; turn < count; turn++) {
      const before = performance.now()
      await act()
      this.#latencies.push(performance.now() - before)
    }
    this.#rates.push((count / (performance.now() - began)) * 1000)
  }

  figure(): LogFigure {
    return {
      name: this.#name,
      appendsPerSecond: spreadOf(this.#rates),
      latencyMs: spreadOf(this.#latencies),
    }
  }
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    min: sorted[0] ?? NaN,
    median: sorted[Math.floor(sorted.length / 2)] ?? NaN,
    max: sorted.at(-1) ?? NaN,
  }
}
