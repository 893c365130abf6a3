import { expect, test } from 'vitest'
import { afterProbe, firstVital, nextProbeIn } from './health.ts'
import type { Probe, Vital } from './health.ts'

const probe: Probe = {
  check: { kind: 'http', path: '/', port: 'http' },
  intervalMs: 10_000,
  timeoutMs: 1000,
  failures: 3,
}
const good = { ok: true, message: null }
const bad = { ok: false, message: 'connection refused' }

function after(first: Vital, ...outcomes: { ok: boolean; message: string | null }[]): Vital {
  return outcomes.reduce((vital, outcome) => afterProbe(vital, outcome, probe), first)
}

test('without a probe a container is healthy at once', () => {
  expect(firstVital(undefined, false)).toMatchObject({ isProven: true, isHealthy: true })
})

test('with a probe it is healthy after the first success, however many failures came before', () => {
  const starting = after(firstVital(probe, false), bad, bad, bad, bad)
  expect(starting).toMatchObject({ isProven: false, isHealthy: false, message: 'connection refused' })
  expect(after(starting, good)).toEqual({ isProven: true, isHealthy: true, failuresInARow: 0, message: null })
})

test('a healthy one is unhealthy after so many failures in a row, and a success begins the count again', () => {
  const healthy = after(firstVital(probe, false), good)
  expect(after(healthy, bad, bad).isHealthy).toBe(true)
  expect(after(healthy, bad, bad, bad).isHealthy).toBe(false)
  expect(after(healthy, bad, bad, good, bad, bad).isHealthy).toBe(true)
})

test('one that was healthy before the agent restarted counts on where it stood', () => {
  const adopted = firstVital(probe, true)
  expect(adopted.isHealthy).toBe(true)
  expect(after(adopted, bad, bad, bad).isHealthy).toBe(false)
})

test('while it starts it is probed every 100 ms, or 250 with an exec, then at its interval', () => {
  const exec: Probe = { ...probe, check: { kind: 'exec', command: ['true'] } }
  expect(nextProbeIn(firstVital(probe, false), probe)).toBe(100)
  expect(nextProbeIn(firstVital(exec, false), exec)).toBe(250)
  expect(nextProbeIn(after(firstVital(probe, false), good), probe)).toBe(10_000)
})
