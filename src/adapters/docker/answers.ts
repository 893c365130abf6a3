// The engine's answers as typed data, parsed once. Invariant: what is not used is not asked for, so that other versions
// and Podman's socket fit too.

import { z } from 'zod'
import type { ContainerInfo, RuntimeEvent } from '../../agent/index.ts'

const labels = z.record(z.string(), z.string()).nullish()
const networks = z.record(z.string(), z.object({ IPAddress: z.string().nullish() })).nullish()

/** What dockerode makes of the answer that a container or an exec was created. */
export const createdAnswer = z.object({ id: z.string() })

export const listAnswer = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    State: z.string().nullish(),
    NetworkSettings: z.object({ Networks: networks }).nullish(),
  }),
)

export const containerAnswer = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.object({ Labels: labels }),
  HostConfig: z.object({ NetworkMode: z.string().nullish() }),
  State: z.object({
    Status: z.string(),
    ExitCode: z.int(),
    OOMKilled: z.boolean().nullish(),
    StartedAt: z.string().nullish(),
    FinishedAt: z.string().nullish(),
  }),
  NetworkSettings: z.object({ Networks: networks }),
})

export const infoAnswer = z.object({
  NCPU: z.int(),
  MemTotal: z.number(),
  KernelVersion: z.string().nullish(),
  DockerRootDir: z.string().nullish(),
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
})

export const networkListAnswer = z.array(z.object({ Id: z.string(), Name: z.string(), Labels: labels }))

/** The answer has null and no list when there is none. */
export const volumeListAnswer = z.object({ Volumes: z.array(z.object({ Name: z.string() })).nullish() })

export const imageListAnswer = z.array(z.object({ Id: z.string(), RepoTags: z.array(z.string()).nullish() }))

export const volumeAnswer = z.object({ Labels: labels })

export const execAnswer = z.object({
  Running: z.boolean(),
  ExitCode: z.int().nullish(),
  Pid: z.int().nullish(),
})

export const eventAnswer = z.object({ Action: z.string(), Actor: z.object({ ID: z.string() }) })

/** A line of the progress of a pull or a build. */
export const progressAnswer = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().optional() }).nullish(),
})

export function containerInfo(answer: z.output<typeof containerAnswer>): ContainerInfo {
  const { State, NetworkSettings, HostConfig } = answer
  const state = stateOf(State.Status)
  const startedAt = instantOf(State.StartedAt)
  const finishedAt = instantOf(State.FinishedAt)
  const all = NetworkSettings.Networks ?? {}
  const address = all[HostConfig.NetworkMode ?? '']?.IPAddress ?? Object.values(all)[0]?.IPAddress ?? ''
  return {
    id: answer.Id,
    name: answer.Name.replace(/^\//, ''),
    labels: answer.Config.Labels ?? {},
    state,
    exitCode: state === 'exited' ? State.ExitCode : null,
    oomKilled: State.OOMKilled ?? false,
    ip: state === 'running' && address !== '' ? address : null,
    // A container that ends at once may be seen to end before the engine has noted that it began.
    startedAt:
      state === 'exited' && startedAt !== null ? Math.min(startedAt, finishedAt ?? startedAt) : startedAt,
    finishedAt,
  }
}

/** Whatever has a process counts as running: a container that a person paused is not started again. */
function stateOf(status: string): ContainerInfo['state'] {
  if (status === 'created' || status === 'configured' || status === 'initialized') return 'created'
  return status === 'running' || status === 'paused' || status === 'restarting' || status === 'stopping'
    ? 'running'
    : 'exited'
}

/** The engine writes "never" as the year 1. */
function instantOf(text: string | null | undefined): number | null {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) || at <= 0 ? null : at
}

const eventKinds: Readonly<Record<string, RuntimeEvent['kind']>> = {
  start: 'started',
  die: 'exited',
  destroy: 'removed',
  died: 'exited',
  remove: 'removed',
}

/** Null for an event that says nothing to the agent. */
export function runtimeEvent(answer: z.output<typeof eventAnswer>): RuntimeEvent | null {
  const kind = eventKinds[answer.Action]
  return kind === undefined ? null : { kind, id: answer.Actor.ID }
}
