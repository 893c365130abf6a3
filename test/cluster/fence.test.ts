// A fenced task on real hosts with real daemons: one server, two workers. What runs is seen from outside, in the engines
// of both workers: never twice at once, and dead in time, whoever was killed or cut off.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { stopProcess } from '../../src/adapters/host/index.ts'
import { rolloutOf } from '../../src/model/testing.ts'
import { callEngine } from '../support/dockerd.ts'
import { stackDocument } from '../support/documents.ts'
import { eventually, Testbed, webService } from '../support/testbed.ts'
import type { WorkerHost } from '../support/testbed.ts'

const fenceMs = 6000
/** What killing and looking take. */
const slackMs = 1000

let bed: Testbed

const document = stackDocument('shop', {
  services: {
    db: {
      ...webService(8081, 1),
      onLost: 'fence',
      fenceAfterMs: fenceMs,
      rollout: rolloutOf({ order: 'stop-first', minHealthyMs: 500 }),
    },
  },
})

interface Placed {
  readonly here: WorkerHost
  readonly there: WorkerHost
  readonly container: string
}

/** The worker that runs the task, and the other one. */
async function placed(): Promise<Placed> {
  let found: Placed | undefined
  await eventually('the task runs once', 60_000, async () => {
    const seen = await Promise.all(bed.workers.map((worker) => bed.containers(worker)))
    const view = await bed.status(bed.leader().host)
    const at = seen.findIndex((each) => each.length > 0)
    const [here, there] = [bed.workers[at], bed.workers[1 - at]]
    const container = seen[at]?.[0]?.id
    const isHealthy = view.services.some(({ healthy }) => healthy === 1)
    if (here && there && container !== undefined && isHealthy && seen.flat().length === 1)
      found = { here, there, container }
    return found !== undefined
  })
  if (!found) throw new Error('the task runs nowhere')
  return found
}

/** Looks at both engines until the other one runs the task; never may both. Gives when the first was seen without it. */
async function moved(here: WorkerHost, there: WorkerHost, limitMs: number): Promise<number> {
  const began = performance.now()
  let endedMs = Number.POSITIVE_INFINITY
  for (;;) {
    const [old, fresh] = await Promise.all([bed.containers(here), bed.containers(there)])
    expect(old.length + fresh.length, 'it runs twice').toBeLessThan(2)
    if (old.length === 0) endedMs = Math.min(endedMs, performance.now() - began)
    if (fresh.length === 1) return endedMs
    if (performance.now() - began > limitMs) throw new Error(`it has not moved\n${bed.logs()}`)
    await sleep(50)
  }
}

/** Of the container's first process, on this machine. */
async function pidOf({ dockerd }: WorkerHost, container: string): Promise<number> {
  const found = await callEngine(dockerd.socket, 'GET', `/containers/${container}/json`)
  return z.object({ State: z.object({ Pid: z.int().positive() }) }).parse(found).State.Pid
}

beforeAll(async () => {
  bed = await Testbed.start({ servers: 1, workers: 2 })
  await bed.applied(document)
}, 120_000)

afterAll(async () => {
  for (const { host } of bed.workers) await stopProcess(join(host.folder, 'agent', 'guard.pid'))
  await bed.stop()
}, 60_000)

afterEach(async () => {
  bed.hosts.heal()
  for (const { host, agent } of bed.workers) {
    host.plug()
    agent.start()
  }
  await placed()
}, 90_000)

describe('a fenced task', { timeout: 90_000 }, () => {
  test('whose agent is killed is dead when its lease has run out, and only then runs elsewhere', async () => {
    const { here, there } = await placed()
    await here.agent.kill()
    const endedMs = await moved(here, there, 30_000)
    expect(endedMs).toBeGreaterThan(fenceMs - 2500)
    expect(endedMs).toBeLessThan(fenceMs + slackMs)
  })

  test('whose agent is killed while the engine hangs is dead in time all the same', async () => {
    const { here, there, container } = await placed()
    const pid = await pidOf(here, container)
    await here.agent.kill()
    here.dockerd.pause()
    try {
      await eventually('its process is dead', fenceMs + slackMs, () => !existsSync(`/proc/${pid}`))
    } finally {
      here.dockerd.resume()
    }
    await eventually('it runs elsewhere', 30_000, async () => (await bed.containers(there)).length === 1)
  })

  test('whose host is cut off is stopped there in time, and only then runs elsewhere', async () => {
    const { here, there } = await placed()
    here.host.unplug()
    const endedMs = await moved(here, there, 30_000)
    expect(endedMs).toBeLessThan(fenceMs + slackMs)
    here.host.plug()
    await sleep(3000)
    expect(await bed.containers(here)).toEqual([])
  })

  test('whose agent is killed and started again in time is not touched', async () => {
    const { here, container } = await placed()
    await here.agent.kill()
    await sleep(500)
    here.agent.start()
    await sleep(fenceMs + 3000)
    expect((await bed.containers(here)).map(({ id }) => id)).toEqual([container])
  })
})
