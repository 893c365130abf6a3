// Who is part of a simulated cluster: its servers and nodes, each with what outlives its process, and what a world is
// made from.

import type { AgentOptions } from '../agent/index.ts'
import type { ServerOptions } from '../server/index.ts'
import type { SimConnection } from './bus.ts'
import type { SimDisk } from './disk.ts'
import type { SimGuard } from './guard.ts'
import type { HostClock } from './host-clock.ts'
import type { SimSecrets } from './keys.ts'
import type { SimCopy, SimLogConnection } from './log.ts'
import type { SimProcess } from './process.ts'
import type { SimHost } from './runtime.ts'
import type { TraceMode } from './trace.ts'

export interface Running {
  readonly process: SimProcess
  readonly connection: SimConnection
  readonly stop: AbortController
  readonly done: Promise<void>
}

export interface SimServer {
  readonly id: string
  readonly clock: HostClock
  readonly copy: SimCopy
  readonly store: SimLogConnection
  role: 'follower' | 'leader' | 'dead'
  running: Running | null
}

export interface SimNode {
  readonly id: string
  readonly clock: HostClock
  readonly labels: Readonly<Record<string, string>>
  readonly host: SimHost
  readonly disk: SimDisk
  readonly secrets: SimSecrets
  readonly guard: SimGuard
  running: Running | null
}

export interface WorldOptions {
  readonly seed?: number
  readonly servers?: number
  readonly nodes?: number
  readonly trace?: TraceMode
  /** Labels of the node with this index, from 0. */
  readonly labelsOf?: (index: number) => Readonly<Record<string, string>>
  /** Whether a process may end with this; it is started again after a second. Absent: none may. */
  readonly forgives?: (error: unknown) => boolean
  /** Puts something broken in the place of what a server or an agent is given, so that a test sees it caught. */
  readonly doctorServer?: (options: ServerOptions) => ServerOptions
  readonly doctorAgent?: (options: AgentOptions) => AgentOptions
}
