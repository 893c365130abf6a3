// What the guard does with leases, by the clock of the simulator.
import { expect, test } from 'vitest'
import { VirtualClock } from '../sim/clock.ts'
import { Guardian } from './guardian.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function guarding(kill: (container: string) => boolean = () => true) {
  const clock = new VirtualClock()
  const kills: { container: string; at: number }[] = []
  const guardian = new Guardian({
    now: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    kill: async (container) => {
      kills.push({ container, at: clock.monotonic() })
      return kill(container)
    },
    logger: quiet,
  })
  const stop = new AbortController()
  const done = guardian.run(stop.signal)
  const end = async () => {
    stop.abort()
    await clock.pass(1000)
    await done
  }
  return { clock, kills, guardian, end }
}

test('a container is killed when its lease ends, and again for as long as a late start may bring it back', async () => {
  const { clock, kills, guardian, end } = guarding()
  guardian.set([{ task: 'db', container: 'c1', until: 5000 }])
  await clock.pass(4999)
  expect(kills).toEqual([])
  await clock.pass(400)
  expect(kills[0]).toEqual({ container: 'c1', at: 5000 })
  await clock.pass(200_000)
  expect(kills.at(-1)?.at).toBeGreaterThan(150_000)
  expect(guardian.leases).toEqual([])
  const { length } = kills
  await clock.pass(60_000)
  expect(kills).toHaveLength(length)
  await end()
})

test('a lease that is renewed in time kills nothing, nor does one that is taken back', async () => {
  const { clock, kills, guardian, end } = guarding()
  for (let at = 0; at < 60_000; at += 2000) {
    guardian.set([{ task: 'db', container: 'c1', until: at + 5000 }])
    await clock.pass(2000)
  }
  guardian.set([])
  await clock.pass(60_000)
  expect(kills).toEqual([])
  await end()
})

test('one that cannot be killed keeps no other from it, and is tried again', async () => {
  let isStubborn = true
  const { clock, kills, guardian, end } = guarding((container) => {
    if (container === 'c1' && isStubborn) throw new Error('no')
    return true
  })
  guardian.set([
    { task: 'a', container: 'c1', until: 1000 },
    { task: 'b', container: 'c2', until: 1000 },
  ])
  await clock.pass(1100)
  isStubborn = false
  await clock.pass(500)
  expect(kills.filter(({ container }) => container === 'c2').length).toBeGreaterThan(0)
  expect(kills.filter(({ container }) => container === 'c1').length).toBeGreaterThan(1)
  await end()
})
