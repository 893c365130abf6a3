// What the leader of a large cluster takes: 100,000 tasks on 5,000 simulated nodes, idle and while 1% of the tasks a
// minute end and are started again. The server, nats-server and the nodes are processes of their own; they share the
// machine's cores, so times here are those of a leader that is crowded.

import { setTimeout as sleep } from 'node:timers/promises'
import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { Series } from './figure.ts'
import { SimulatedCluster } from './simulated.ts'
import type { SimulatedPart } from './simulated.ts'

const nodes = 5000
const stacks = 100
const tasksEach = 1000
const tasks = stacks * tasksEach
const churnPerSecond = (tasks * 0.01) / 60

/** Rollouts count a task once it was healthy for 5 s: what goes on before that is not idle. */
const calmMs = 15_000
const sampleMs = 2000
const samples = 15
const watched: readonly SimulatedPart[] = ['server', 'nats']

export const scale: Bench = {
  name: 'scale',
  run: async (surroundings) => {
    const { say, signal } = surroundings
    const series = new Series()
    const measure = async (cluster: SimulatedCluster, when: string) => {
      for (let count = 0; count < samples; count += 1) {
        const before = watched.map((part) => cluster.cpuMs(part))
        const began = performance.now()
        await sleep(sampleMs, undefined, { signal })
        const seconds = (performance.now() - began) / 1000
        for (const [index, part] of watched.entries()) {
          series.add(cpuName(part, when), (cluster.cpuMs(part) - (before[index] ?? 0)) / seconds)
          series.add(memoryName(part, when), cluster.memory(part))
        }
        series.add(heartbeatName(when), cluster.news?.slowestHeartbeatMs ?? NaN)
      }
    }
    await inRounds(surroundings, surroundings.rounds ?? 1, async () => {
      const began = performance.now()
      await using cluster = await SimulatedCluster.start(surroundings, nodes)
      series.add(names.hello, (performance.now() - began) / 1000)
      say(`${nodes} nodes are ready`)
      const applying = performance.now()
      for (let number = 1; number <= stacks; number += 1) {
        await cluster.apply(`bench-${number}`, tasksEach)
        await cluster.until('assigned', (news) => news.assigned === number * tasksEach, 120_000)
        if (number % 10 === 0) say(`${number * tasksEach} tasks are assigned`)
      }
      series.add(names.assigned, (performance.now() - applying) / 1000)
      await cluster.until('all reported', (news) => news.reported >= tasks, 120_000)
      series.add(names.reported, (performance.now() - applying) / 1000)
      await sleep(calmMs, undefined, { signal })
      await measure(cluster, 'idle')
      cluster.churn(churnPerSecond)
      await sleep(calmMs, undefined, { signal })
      await measure(cluster, churning)
      const { unanswered = NaN } = cluster.news ?? {}
      series.add(names.unanswered, unanswered)
    })
    return [
      series.figure(names.hello, 's'),
      series.figure(names.assigned, 's'),
      series.figure(names.reported, 's'),
      ...['idle', churning].flatMap((when) => [
        ...watched.flatMap((part) => [
          series.figure(memoryName(part, when), 'MB'),
          series.figure(cpuName(part, when), 'ms'),
        ]),
        series.figure(heartbeatName(when), 'ms'),
      ]),
      series.figure(names.unanswered, ''),
    ]
  },
}

const names = {
  hello: `${nodes} nodes say hello`,
  assigned: `${tasks} tasks in ${stacks} applies: assigned`,
  reported: `${tasks} tasks in ${stacks} applies: reported`,
  unanswered: 'questions of nodes without an answer',
} as const
const churning = '1% a minute'
const memoryName = (part: SimulatedPart, when: string) => `memory of ${part}, ${when}`
const cpuName = (part: SimulatedPart, when: string) => `processor time of ${part} in a second, ${when}`
const heartbeatName = (when: string) => `slowest heartbeat of 250 ms, ${when}`
