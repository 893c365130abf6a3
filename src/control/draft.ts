// Changes in the making: what one controller has decided so far in this call, laid over the state it reads. Invariant:
// two tasks placed in the same call never take the same room, and no two things get the same number.

import { assert, isOver, tasksOf } from '../model/index.ts'
import type { Change, Cluster, ClusterState, Node, NodeId, Reservation, Task } from '../model/index.ts'

/** Changes of one call at most, so that a commit can be stored; the owner's own changes bring its turn again. */
const changesPerCall = 500

export class Draft {
  readonly state: ClusterState
  readonly changes: Change[] = []
  #cluster: Cluster | null = null
  readonly #taken = new Map<NodeId, Reservation>()
  readonly #volumeNodes = new Map<string, NodeId>()
  readonly #placed = new Map<NodeId, number>()
  readonly #present = new Map<string, ReadonlyMap<NodeId, number>>()
  readonly #spread = new Map<string, ReadonlyMap<NodeId, number>>()

  constructor(state: ClusterState) {
    this.state = state
  }

  /** Whether the rest has to wait for the next call. */
  get isFull(): boolean {
    return this.changes.length >= changesPerCall
  }

  push(change: Change): void {
    this.changes.push(change)
  }

  /** A number that was never given before in this cluster. */
  nextSerial(): number {
    const cluster: Cluster | null = this.#cluster ?? this.state.cluster
    assert(cluster !== null, () => 'a number was asked for before the cluster exists')
    const serial: number = cluster.serial + 1
    this.#cluster = { ...cluster, serial }
    return serial
  }

  /** What is left on a node, after what this draft has taken. */
  freeOn(node: Node): Reservation {
    const reserved = this.state.reservedByNode.get(node.id)
    const taken = this.#taken.get(node.id)
    return {
      cpu: node.capacity.cpu - (reserved?.cpu ?? 0) - (taken?.cpu ?? 0),
      memory: node.capacity.memory - (reserved?.memory ?? 0) - (taken?.memory ?? 0),
    }
  }

  /** How many tasks of an owner are to run on each node; counted once a draft, whose state does not change. */
  spreadOf(owner: string): ReadonlyMap<NodeId, number> {
    const known = this.#spread.get(owner)
    if (known) return known
    const spread = new Map<NodeId, number>()
    for (const { node, desired } of tasksOf(this.state, owner))
      if (node !== null && desired === 'run') spread.set(node, (spread.get(node) ?? 0) + 1)
    this.#spread.set(owner, spread)
    return spread
  }

  /** How many tasks of an owner are on each node and not over, those on their way out too. */
  presentOf(owner: string): ReadonlyMap<NodeId, number> {
    const known = this.#present.get(owner)
    if (known) return known
    const present = new Map<NodeId, number>()
    for (const task of tasksOf(this.state, owner))
      if (task.node !== null && !isOver(task)) present.set(task.node, (present.get(task.node) ?? 0) + 1)
    this.#present.set(owner, present)
    return present
  }

  /** Tasks this draft has put on a node. */
  placedOn(node: NodeId): number {
    return this.#placed.get(node) ?? 0
  }

  volumeNode(address: string): NodeId | null {
    return this.#volumeNodes.get(address) ?? this.state.volumes.get(address)?.node ?? null
  }

  /** Puts a task on a node, and pins the volumes that have no place yet to it. */
  place(task: Task, node: NodeId, volumes: readonly string[]): void {
    this.push({ table: 'tasks', key: task.id, value: task })
    const taken = this.#taken.get(node) ?? { cpu: 0, memory: 0 }
    this.#taken.set(node, {
      cpu: taken.cpu + task.reserve.cpu,
      memory: taken.memory + task.reserve.memory,
    })
    this.#placed.set(node, this.placedOn(node) + 1)
    for (const address of volumes) {
      const volume = this.state.volumes.get(address)
      // Memory is where its task is, wherever that is.
      if (!volume || volume.spec.driver.kind === 'tmpfs' || this.volumeNode(address) !== null) continue
      this.#volumeNodes.set(address, node)
      this.push({ table: 'volumes', key: address, value: { ...volume, node } })
    }
  }

  /** All changes, the cluster's counters included. */
  finish(): Change[] {
    return this.#cluster
      ? [...this.changes, { table: 'cluster', key: 'cluster', value: this.#cluster }]
      : this.changes
  }
}
