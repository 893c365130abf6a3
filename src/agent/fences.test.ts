// Leases of one host: when they count from, and that the guard holds what the agent believes in.
import { expect, test } from 'vitest'
import type { Assignment } from '../model/index.ts'
import { Fences } from './fences.ts'
import type { Guard, GuardedLease } from './ports.ts'
import { assignmentOf } from './testing.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

class Bench implements Guard {
  time = 1000
  inForce: readonly GuardedLease[] = []
  isBroken = false
  leased = 0
  readonly tasks = new Map<string, Assignment>()
  readonly containers = new Map<string, string[]>()

  now(): number {
    return this.time
  }

  async held(): Promise<readonly GuardedLease[]> {
    if (this.isBroken) throw new Error('broken')
    return this.inForce
  }

  async hold(leases: readonly GuardedLease[]): Promise<void> {
    if (this.isBroken) throw new Error('broken')
    this.inForce = leases
  }

  add(task: string, changes: Partial<Assignment> = {}): Assignment {
    const assignment = assignmentOf({ task, fenceMs: 15_000, ...changes })
    this.tasks.set(task, assignment)
    this.containers.set(task, [`container of ${task}`])
    return assignment
  }

  open(): Promise<Fences> {
    return Fences.open({
      guard: this,
      logger: quiet,
      assignments: () => this.tasks,
      containersOf: (task) => this.containers.get(task) ?? [],
      onLeased: () => (this.leased += 1),
    })
  }
}

test('a lease counts from the sending of the heartbeat, and never gets shorter', async () => {
  const bench = new Bench()
  const db = bench.add('db')
  const fences = await bench.open()
  expect(fences.leftOf(db)).toEqual({ leftMs: 0, stopMs: 5000 })
  bench.time = 2000
  await fences.renew(['db'], 1500)
  expect(fences.leftOf(db)?.leftMs).toBe(14_500)
  expect(bench.inForce).toEqual([{ task: 'db', container: 'container of db', until: 16_500 }])
  await fences.renew(['db'], 1200)
  expect(fences.leftOf(db)?.leftMs).toBe(14_500)
  bench.time = 20_000
  expect(fences.leftOf(db)?.leftMs).toBe(0)
})

test('only what is held here and fenced gets a lease, and what the leader does not name gets none', async () => {
  const bench = new Bench()
  const web = bench.add('web', { fenceMs: undefined })
  const db = bench.add('db')
  const other = bench.add('other')
  const fences = await bench.open()
  await fences.renew(['db', 'web', 'nobody'], 1000)
  expect(fences.leftOf(web)).toBeNull()
  expect(fences.leftOf(db)?.leftMs).toBe(15_000)
  expect(fences.leftOf(other)?.leftMs).toBe(0)
  expect(bench.inForce.map(({ task }) => task)).toEqual(['db'])
})

test('a lease that the guard does not take is none', async () => {
  const bench = new Bench()
  const db = bench.add('db')
  const fences = await bench.open()
  bench.isBroken = true
  await fences.renew(['db'], 1000)
  expect(fences.leftOf(db)?.leftMs).toBe(0)
  await expect(fences.admit(db, 'c1')).rejects.toThrow('nothing would end it when its lease does: broken')
})

test('a container is known to the guard before it is started', async () => {
  const bench = new Bench()
  const db = bench.add('db')
  bench.containers.clear()
  const fences = await bench.open()
  await fences.renew(['db'], 1000)
  expect(bench.inForce).toEqual([])
  await fences.admit(db, 'c1')
  expect(bench.inForce).toEqual([{ task: 'db', container: 'c1', until: 16_000 }])
})

test('a new process takes over what the guard holds, and nothing when the guard does not say', async () => {
  const bench = new Bench()
  const db = bench.add('db')
  bench.inForce = [{ task: 'db', container: 'c1', until: 9000 }]
  expect((await bench.open()).leftOf(db)?.leftMs).toBe(8000)
  bench.isBroken = true
  expect((await bench.open()).leftOf(db)?.leftMs).toBe(0)
})

test('the leader is asked four times in the shortest lease, and whoever waits hears of the first', async () => {
  const bench = new Bench()
  const fences = await bench.open()
  expect(fences.beatMs).toBeNull()
  bench.add('db')
  bench.add('queue', { fenceMs: 3000 })
  expect(fences.beatMs).toBe(750)
  expect(fences.lacksLease()).toBe(true)
  await fences.renew(['db'], 1000)
  expect(bench.leased).toBe(0)
  await fences.renew(['db', 'queue'], 1000)
  await fences.renew(['db', 'queue'], 1100)
  expect(bench.leased).toBe(1)
})
