import { expect, test } from 'vitest'
import { firstVital } from './health.ts'
import { reportOf } from './status.ts'
import type { Showing } from './status.ts'
import { infoOf, running } from './testing.ts'

const end = { at: 0, exitCode: 3, message: null, streak: 1 }
const vital = { isProven: true, isHealthy: true, failuresInARow: 0, message: null }

const showing = (changes: Partial<Showing>): Showing => ({
  task: 'hello.web.1.a',
  step: { do: 'watch', container: running(0) },
  restarts: 0,
  vital,
  watchedMs: 0,
  container: infoOf(0),
  lastEnd: null,
  trouble: null,
  portTrouble: null,
  ...changes,
})

test.each<{ name: string; given: Partial<Showing>; expect: object | null }>([
  {
    name: 'a healthy task says where it is',
    given: {},
    expect: { phase: 'running', health: 'healthy', containerId: 'c0', ip: '172.18.0.2', message: null },
  },
  {
    name: 'one whose port is taken says so though it is healthy',
    given: { portTrouble: 'published port 80 cannot be opened: in use' },
    expect: { phase: 'running', health: 'healthy', message: 'published port 80 cannot be opened: in use' },
  },
  {
    name: 'one that is starting says nothing of its first failed probes',
    given: {
      vital: { ...firstVital(undefined, false), isProven: false, message: 'refused' },
      watchedMs: 1999,
    },
    expect: { phase: 'starting', health: 'unknown', message: null },
  },
  {
    name: 'one that starts for long says what its probe says',
    given: { vital: { ...vital, isProven: false, isHealthy: false, message: 'refused' }, watchedMs: 2000 },
    expect: { phase: 'starting', message: 'not healthy yet: refused' },
  },
  {
    name: 'one that is started again still shows how the last one ended',
    given: { step: { do: 'create', attempt: 1, streak: 1 }, lastEnd: end, restarts: 1 },
    expect: { phase: 'preparing', exitCode: 3, restarts: 1, containerId: null },
  },
  {
    name: 'one that waits shows its exit code',
    given: { step: { do: 'wait', end, ms: 500 }, restarts: 1 },
    expect: { phase: 'backoff', exitCode: 3, restarts: 1 },
  },
  {
    name: 'what the engine says stands before what was',
    given: {
      step: { do: 'create', attempt: 1, streak: 1 },
      lastEnd: { ...end, message: 'it ran out of memory' },
      trouble: 'cannot connect',
    },
    expect: { phase: 'preparing', message: 'cannot connect' },
  },
  {
    name: 'an unhealthy one that is about to be stopped is unhealthy',
    given: {
      step: { do: 'kill', containers: [] },
      vital: { ...vital, isHealthy: false, message: 'refused' },
    },
    expect: { phase: 'running', health: 'unhealthy', message: 'refused' },
  },
  {
    name: 'killing one too many is not the task’s status',
    given: { step: { do: 'kill', containers: [] } },
    expect: null,
  },
  {
    name: 'a job’s end is its phase',
    given: { step: { do: 'rest', phase: 'failed', exitCode: 2, message: null } },
    expect: { phase: 'failed', exitCode: 2 },
  },
  {
    name: 'leaving is stopping',
    given: { step: { do: 'leave', containers: [] } },
    expect: { phase: 'stopping' },
  },
  {
    name: 'nothing left is stopped',
    given: { step: { do: 'over' } },
    expect: { phase: 'stopped', ip: null },
  },
])('$name', ({ given, expect: report }) => {
  const said = reportOf(showing(given))
  if (report === null) expect(said).toBeNull()
  else expect(said).toMatchObject(report)
})

test('a message is cut to what the wire carries', () => {
  expect(reportOf(showing({ portTrouble: 'x'.repeat(5000) }))?.message).toHaveLength(1000)
})
