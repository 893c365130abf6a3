import { expect, test } from 'vitest'
import type { TaskReport } from '../model/index.ts'
import { Outbox } from './outbox.ts'

const report = (task: string, phase: TaskReport['phase']): TaskReport => ({
  task,
  phase,
  health: 'unknown',
  restarts: 0,
  exitCode: null,
  message: null,
  containerId: null,
  ip: null,
})

test('the newest status of a task replaces the older ones', () => {
  const outbox = new Outbox(() => undefined)
  outbox.put(report('a', 'preparing'))
  outbox.put(report('a', 'starting'))
  expect(outbox.next()?.tasks).toEqual([report('a', 'starting')])
})

test('what is not acknowledged is sent again; what came meanwhile stays', () => {
  const outbox = new Outbox(() => undefined)
  outbox.put(report('a', 'starting'))
  outbox.put(report('b', 'starting'))
  const batch = outbox.next()
  expect(outbox.next()).toEqual(batch)
  outbox.put(report('a', 'running'))
  if (batch) outbox.acknowledge(batch)
  expect(outbox.next()?.tasks).toEqual([report('a', 'running')])
})

test('a new session hears everything again, but nothing of what was forgotten', () => {
  let wakes = 0
  const outbox = new Outbox(() => (wakes += 1))
  outbox.put(report('a', 'running'))
  outbox.put(report('b', 'running'))
  outbox.putDeletedVolume('hello/volume:data')
  const batch = outbox.next()
  if (batch) outbox.acknowledge(batch)
  expect(outbox.next()).toBeNull()
  outbox.forget('b')
  outbox.resendAll()
  expect(wakes).toBe(4)
  expect(outbox.next()).toEqual({ tasks: [report('a', 'running')], deletedVolumes: [] })
})
