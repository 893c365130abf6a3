// What the agent's own tests are made of: an assignment and containers with every field set. Not part of the door.

import type { Assignment } from '../model/index.ts'
import { containerName, labels } from './naming.ts'
import type { Owned } from './naming.ts'
import type { ContainerInfo } from './ports.ts'

export function assignmentOf(changes: Partial<Assignment> = {}): Assignment {
  return {
    task: 'hello.web.1.a',
    kind: 'service',
    stack: 'hello',
    name: 'web',
    slot: 1,
    revision: 1,
    desired: 'run',
    image: 'web:1',
    built: false,
    template: {
      image: { ref: 'web:1' },
      env: {},
      labels: {},
      ports: {},
      mounts: {},
      secretFiles: [],
      resources: { cpu: 0, memory: 0 },
      readOnlyRoot: false,
      stopGraceMs: 10_000,
    },
    secrets: [],
    ...changes,
  }
}

export function infoOf(
  attempt: number,
  changes: Partial<ContainerInfo> = {},
  streak = attempt,
): ContainerInfo {
  const task = 'hello.web.1.a'
  return {
    id: `c${attempt}`,
    name: containerName(task, attempt),
    labels: {
      [labels.cluster]: 'cluster1',
      [labels.node]: 'n1',
      [labels.stack]: 'hello',
      [labels.task]: task,
      [labels.attempt]: String(attempt),
      [labels.streak]: String(streak),
      [labels.grace]: '10000',
    },
    state: 'running',
    exitCode: null,
    oomKilled: false,
    ip: '172.18.0.2',
    startedAt: 0,
    finishedAt: null,
    ...changes,
  }
}

export function ownedOf(attempt: number, changes: Partial<ContainerInfo> = {}, streak = attempt): Owned {
  return {
    info: infoOf(attempt, changes, streak),
    task: 'hello.web.1.a',
    stack: 'hello',
    attempt,
    streak,
    graceMs: 10_000,
  }
}

export const running = (attempt: number, streak?: number) => ownedOf(attempt, {}, streak)
export const created = (attempt: number, streak?: number) =>
  ownedOf(attempt, { state: 'created', ip: null, startedAt: null }, streak)
export const exited = (attempt: number, exitCode: number, finishedAt: number, streak?: number) =>
  ownedOf(attempt, { state: 'exited', ip: null, exitCode, startedAt: finishedAt - 1000, finishedAt }, streak)
