// Resident memory of server and agent, idle and with 30 tasks: sampled over some seconds on a cluster of its own for each
// round, after things have calmed down. The share is what is left when pages that both use (Node's own program) are
// counted once.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { Cluster } from './cluster.ts'
import type { Part } from './cluster.ts'
import { Series } from './figure.ts'
import { webProgram } from './web-stack.ts'

const tasks = 30
const parts: readonly Part[] = ['server', 'agent', 'nats', 'dockerd']
/** After the last thing that happened: heartbeats, timers and the collector come to rest. */
const calmMs = 4000
const samples = { count: 12, everyMs: 250 }
const atMost = 200

export const memory: Bench = {
  name: 'memory',
  run: async (surroundings) => {
    const { workspace, signal } = surroundings
    const series = new Series()
    const folder = workspace.folder('stack')
    writeFileSync(join(folder, 'bench.stack.ts'), webProgram(tasks, 'http'))
    const sample = async (cluster: Cluster, when: string) => {
      await sleep(calmMs, undefined, { signal })
      for (let count = 0; count < samples.count; count += 1) {
        await sleep(samples.everyMs, undefined, { signal })
        const seen = parts.map((part) => memoryOf(cluster.pid(part)))
        for (const [index, part] of parts.entries())
          series.add(`${part}, ${when}`, seen[index]?.resident ?? NaN)
        const [server, agent] = seen
        series.add(together(when), (server?.resident ?? NaN) + (agent?.resident ?? NaN))
        series.add(share(when), (server?.share ?? NaN) + (agent?.share ?? NaN))
      }
    }
    await inRounds(surroundings, surroundings.rounds ?? 3, async () => {
      await using cluster = await Cluster.start(surroundings)
      await sample(cluster, 'idle')
      await cluster.command('apply', folder, '--yes')
      await sample(cluster, `${tasks} tasks`)
    })
    return ['idle', `${tasks} tasks`].flatMap((when) => [
      series.figure(together(when), 'MB', { atMost }),
      series.figure(share(when), 'MB'),
      ...parts.map((part) => series.figure(`${part}, ${when}`, 'MB')),
    ])
  },
}

const together = (when: string) => `server and agent, ${when}`
const share = (when: string) => `server and agent, ${when}, shared pages once`

/** Megabytes. */
function memoryOf(pid: number): { readonly resident: number; readonly share: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
  return { resident: of('Rss'), share: of('Pss') }
}
