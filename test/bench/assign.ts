// How long 1,000 new tasks take from the request to the last node that was told to run one: real server, real
// nats-server with its disk, simulated nodes. No container is started here; that is what `apply` measures.

import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { Series } from './figure.ts'
import { SimulatedCluster } from './simulated.ts'

const nodes = 200
const tasks = 1000

const names = {
  accepted: `${tasks} tasks on ${nodes} nodes: apply accepted`,
  assigned: `${tasks} tasks on ${nodes} nodes: the last one assigned`,
  reported: `${tasks} tasks on ${nodes} nodes: all reported`,
} as const

export const assign: Bench = {
  name: 'assign',
  run: async (surroundings) => {
    const series = new Series()
    await using cluster = await SimulatedCluster.start(surroundings, nodes)
    await inRounds(surroundings, surroundings.rounds ?? 7, async (round) => {
      const stack = `bench-${round}`
      const began = Date.now()
      await cluster.apply(stack, tasks)
      series.add(names.accepted, Date.now() - began)
      const { lastAssignedAt } = await cluster.until(
        'all assigned',
        (news) => news.assigned === tasks,
        60_000,
      )
      series.add(names.assigned, lastAssignedAt - began)
      const before = (round - 1) * tasks
      await cluster.until('all reported', (news) => news.reported === before + tasks, 60_000)
      series.add(names.reported, Date.now() - began)
      await cluster.client.destroy({ stack, baseVersion: 1, deleteVolumes: [] })
      await cluster.until('none left', (news) => news.assigned === 0, 60_000)
    })
    return [
      series.figure(names.accepted, 'ms'),
      series.figure(names.assigned, 'ms', { atMost: 1000 }),
      series.figure(names.reported, 'ms'),
    ]
  },
}
