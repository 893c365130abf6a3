// Disks of NATS stores that are full: one, then the one that leads, then all. Containers serve on, nothing that was
// acknowledged is lost, and what cannot be kept is not acknowledged. Runs with GANTRY_CLUSTER=all.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stackDocument } from '../support/documents.ts'
import { eventually, Testbed, webService } from '../support/testbed.ts'
import type { ServerHost } from '../support/testbed.ts'
import { Visitor } from '../support/visitor.ts'

const port = 8080

describe.runIf(process.env['GANTRY_CLUSTER'] === 'all')('a full disk', { timeout: 240_000 }, () => {
  let bed: Testbed
  let visitor: Visitor
  const acknowledged = ['shop']

  beforeAll(async () => {
    bed = await Testbed.start({ workers: 1, smallStores: true })
    await bed.applied(stackDocument('shop', { services: { web: webService(port, 1) } }))
    const [worker] = bed.workers
    const url = `http://${worker?.host.address ?? ''}:${port}/`
    await eventually('the service answers', 30_000, async () => (await fetch(url)).ok)
    visitor = new Visitor([url])
  }, 120_000)

  afterAll(async () => {
    await visitor.stop()
    await bed.stop()
  }, 60_000)

  const mark = async (name: string, via: ServerHost) => {
    await bed.applied(stackDocument(name), 90_000, via.host)
    acknowledged.push(name)
  }

  /** Makes room, and starts the nats-server again: one that has met a full disk does not take JetStream up by itself. */
  const mend = async (servers: readonly ServerHost[]) => {
    for (const { disk, nats } of servers) {
      disk?.free()
      await nats.kill()
      await nats.start()
    }
    await eventually('the stream is whole', 90_000, () => bed.isStreamWhole())
  }

  const expectNothingLost = async () => {
    const view = await bed.status(bed.leader().host)
    expect(view.stacks.map(({ name }) => name)).toEqual(expect.arrayContaining(acknowledged))
    expect({ failed: visitor.failures.length }, visitor.summary).toEqual({ failed: 0 })
  }

  test.each(['follows', 'leads'])('of a store that %s: the others take the records', async (how) => {
    const leads = await bed.streamLeader()
    const victim = bed.servers.find((each) => (how === 'leads') === (each === leads))
    const other = bed.servers.find((each) => each !== victim)
    if (!victim || !other) throw new Error('three servers are needed')
    victim.disk?.fill()
    for (let count = 1; count <= 20; count += 1) await mark(`full-${how}-${count}`, other)
    await mend([victim])
    await expectNothingLost()
  })

  test('of every store: nothing is acknowledged that is not kept, everything serves, and it goes on with room', async () => {
    for (const { disk } of bed.servers) disk?.fill()
    const [via] = bed.servers
    if (!via) throw new Error('a server is needed')
    // What fits into blocks that are there already is kept; in the end nothing more is.
    let refusals = 0
    for (let count = 1; count <= 200 && refusals < 3; count += 1) {
      const name = `full-everywhere-${count}`
      const answer = await bed.apply(stackDocument(name), { via: via.host, timeoutMs: 4000 })
      if (answer === null) acknowledged.push(name)
      else refusals += 1
    }
    expect(refusals).toBe(3)
    await sleep(1000) // for calls to fail if they would
    await mend(bed.servers)
    await mark('with-room-again', via)
    await expectNothingLost()
  })
})
