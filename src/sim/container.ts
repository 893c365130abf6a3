// A container of the simulated engine (runtime.ts), and what the engine tells of it when it is asked.

import type { ContainerInfo, ContainerRequest } from '../agent/index.ts'

export interface SimContainer {
  readonly id: string
  readonly request: ContainerRequest
  readonly ip: string
  state: ContainerInfo['state']
  exitCode: number | null
  startedAt: number | null
  /** From when on it answers probes, by the host's monotonic clock. */
  readyAt: number
  finishedAt: number | null
  /** Answers no probe though it runs. */
  isSick: boolean
}

/** As an engine describes it: an address only while it runs, an exit code only when it has ended. */
export function describeContainer(container: SimContainer): ContainerInfo {
  return {
    id: container.id,
    name: container.request.name,
    labels: container.request.labels,
    state: container.state,
    exitCode: container.state === 'exited' ? container.exitCode : null,
    oomKilled: false,
    ip: container.state === 'running' ? container.ip : null,
    startedAt: container.startedAt,
    finishedAt: container.finishedAt,
  }
}
