// What can be seen of a simulated cluster while it runs: everything that is written to the log or to a disk, done to a
// container, or sent. Invariant: whoever observes changes nothing; what one throws ends the run with that error.

import type { ContainerRequest } from '../agent/index.ts'
import type { BusMessage, ClusterState, LogRecord, Task, TaskId } from '../model/index.ts'
import type { SimContainer } from './container.ts'
import type { SimNode } from './members.ts'

export interface Committed {
  readonly seq: number
  readonly record: LogRecord
  /** The server that appended it. */
  readonly by: string
  /** Rows of the tasks that it changed, as they were. */
  readonly before: ReadonlyMap<TaskId, Task | undefined>
  readonly termBefore: number
  readonly leaderBefore: string | null
  /** With the record folded. */
  readonly state: ClusterState
}

export interface Observer {
  /** A record that is new in the log. */
  record?(committed: Committed): void
  /** Records that were in the log are not any more, and others stand there; `left` is how many still hold. */
  rewritten?(left: number, state: ClusterState): void
  /** A server has folded records, or its own commit; the state is as of its last one. */
  folded?(server: string, state: ClusterState): void
  /** An apply was acknowledged to whoever asked for it. */
  acknowledged?(planId: string): void
  /** An agent asks its engine for a container. */
  created?(node: SimNode, request: ContainerRequest): void
  started?(node: SimNode, container: SimContainer): void
  /** An agent has written one of its files. */
  saved?(node: SimNode, name: string, text: string): void
  wroteSecrets?(node: SimNode, task: TaskId, files: ReadonlyMap<string, Uint8Array>): void
  /** A volume with this name in the engine was removed. */
  volumeGone?(node: SimNode, volume: string): void
  sent?(message: BusMessage): void
}
