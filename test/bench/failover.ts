// How long a real cluster of three servers is without a leader, and a task without a node: from the moment at which a
// process is killed or a host is cut off, until an apply is accepted or the tasks run elsewhere, as seen from outside.

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/model/index.ts'
import { stackDocument } from '../support/documents.ts'
import { eventually, Testbed, webService } from '../support/testbed.ts'
import type { ServerHost } from '../support/testbed.ts'
import { inRounds } from './bench.ts'
import type { Bench } from './bench.ts'
import { Series } from './figure.ts'

const port = 8080
const replicas = 4
/** After a fault is mended: followers follow, replicas are current. */
const calmMs = 3000
const limitMs = 60_000

const names = {
  killed: 'leading server killed: next apply accepted',
  cutBoth: 'host of leader and of stream leader cut off: next apply accepted',
  cut: 'host of leader cut off, stream led elsewhere: next apply accepted',
  lost: `node cut off: its tasks run elsewhere`,
} as const

export const failover: Bench = {
  name: 'failover',
  run: async (surroundings) => {
    const { signal, say } = surroundings
    const series = new Series()
    const began = performance.now()
    await using bed = await Testbed.start({ servers: 3, workers: 2 })
    say(`three servers and two workers are up, ${Math.round(performance.now() - began)} ms`)
    let stacks = 0
    const accepted = async (name: string, victim: ServerHost) => {
      const via = bed.servers.find((each) => each !== victim) ?? victim
      stacks += 1
      // Beyond the limit it counts as that long: a round that never ended is not one to leave out.
      const ms = await bed.untilAccepted(`bench-${stacks}`, via.host, limitMs).catch((error: unknown) => {
        say(messageOf(error).split('\n')[0] ?? '')
        return limitMs
      })
      series.add(name, ms)
    }

    await inRounds(surroundings, surroundings.rounds ?? 20, async () => {
      const victim = bed.leader()
      await victim.server.kill()
      await accepted(names.killed, victim)
      victim.server.start()
      await sleep(calmMs, undefined, { signal })
    })
    const document = stackDocument('bench-shop', { services: { web: webService(port, replicas) } })
    await bed.applied(document)
    const [worker, elsewhere] = bed.workers
    if (!worker || !elsewhere) throw new Error('two workers are needed')
    await inRounds(surroundings, surroundings.rounds ?? 5, async () => {
      await eventually('every task runs once', 60_000, async () => {
        const view = await bed.status(bed.leader().host)
        const isReady = view.nodes.every(({ status }) => status === 'ready')
        return isReady && (await bed.allContainers()).length === replicas
      })
      // Its tasks are on the other host after the first round: that one is cut off in the next.
      const here = await bed.containers(worker)
      const [lost, left] = here.length > 0 ? [worker, elsewhere] : [elsewhere, worker]
      lost.host.unplug()
      const cutAt = performance.now()
      await eventually('its tasks run elsewhere', 60_000, async () => {
        return (await bed.containers(left)).length === replicas
      })
      series.add(names.lost, performance.now() - cutAt)
      lost.host.plug()
    })
    for (const [name, holdsStream] of [
      [names.cutBoth, true],
      [names.cut, false],
    ] as const)
      await inRounds(surroundings, surroundings.rounds ?? 5, async () => {
        const victim = bed.leader()
        const other = bed.servers.find((each) => each !== victim) ?? victim
        await bed.moveStream(holdsStream ? victim : other)
        await sleep(calmMs, undefined, { signal })
        victim.host.unplug()
        await accepted(name, victim)
        victim.host.plug()
        await eventually('the stream is whole again', 120_000, () => bed.isStreamWhole())
        await sleep(calmMs, undefined, { signal })
      })

    return [
      series.figure(names.killed, 'ms', { atMost: 2000 }),
      series.figure(names.cutBoth, 'ms', { atMost: 7000 }),
      series.figure(names.cut, 'ms', { atMost: 7000 }),
      series.figure(names.lost, 'ms', { atMost: 11_000 }),
    ]
  },
}
