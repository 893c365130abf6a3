// The containers of this host as they were seen last. Invariant: what was seen later is never replaced by an answer to
// a question that was asked earlier: a list that was under way while a container started does not stop it again. It
// asks the engine nothing.

import type { TaskId } from '../model/index.ts'
import { ownedBy } from './naming.ts'
import type { Owned } from './naming.ts'
import type { ContainerInfo } from './ports.ts'

/** When a question was asked, in the order of questions and sights. */
export type Stamp = number

export class Inventory {
  readonly #node: string
  #cluster: string
  #clock: Stamp = 0
  readonly #containers = new Map<string, Owned>()
  readonly #byTask = new Map<TaskId, Map<string, Owned>>()
  /** When each container was seen last, or seen to be gone; entries of the gone go with the next list. */
  readonly #seen = new Map<string, Stamp>()

  constructor(cluster: string, node: string) {
    this.#cluster = cluster
    this.#node = node
  }

  /** To be taken before the engine is asked. */
  stamp(): Stamp {
    this.#clock += 1
    return this.#clock
  }

  /** All there is, as an answer to a question asked at `stamp`. Gives the tasks for which something changed. */
  takeList(list: readonly ContainerInfo[], stamp: Stamp): Set<TaskId> {
    const changed = new Set<TaskId>()
    const listed = new Set<string>()
    for (const info of list) {
      listed.add(info.id)
      this.#take(info, stamp, changed)
    }
    for (const [id, owned] of this.#containers)
      if (!listed.has(id) && this.#isNews(id, stamp)) {
        this.#forget(id)
        changed.add(owned.task)
      }
    for (const [id, seen] of this.#seen) if (seen <= stamp && !this.#containers.has(id)) this.#seen.delete(id)
    return changed
  }

  /** One container, as an answer to a question asked at `stamp`; gives its task when it is ours. */
  take(info: ContainerInfo, stamp: Stamp): TaskId | null {
    const changed = new Set<TaskId>()
    this.#take(info, stamp, changed)
    return [...changed][0] ?? null
  }

  /** It is not there any more. */
  drop(id: string): TaskId | null {
    const task = this.#containers.get(id)?.task ?? null
    this.#forget(id)
    this.#seen.set(id, this.stamp())
    return task
  }

  of(task: TaskId): readonly Owned[] {
    return [...(this.#byTask.get(task)?.values() ?? [])]
  }

  tasks(): Iterable<TaskId> {
    return this.#byTask.keys()
  }

  #take(info: ContainerInfo, stamp: Stamp, changed: Set<TaskId>): void {
    if (!this.#isNews(info.id, stamp)) return
    const owned = ownedBy(info, this.#cluster, this.#node)
    if (!owned) return
    const before = this.#containers.get(info.id)
    this.#seen.set(info.id, stamp)
    this.#containers.set(info.id, owned)
    const mine = this.#byTask.get(owned.task)
    if (mine) mine.set(info.id, owned)
    else this.#byTask.set(owned.task, new Map([[info.id, owned]]))
    if (before?.info.state !== info.state || before.info.ip !== info.ip) changed.add(owned.task)
  }

  #forget(id: string): void {
    const owned = this.#containers.get(id)
    if (!owned) return
    this.#containers.delete(id)
    const mine = this.#byTask.get(owned.task)
    mine?.delete(id)
    if (mine?.size === 0) this.#byTask.delete(owned.task)
  }

  #isNews(id: string, stamp: Stamp): boolean {
    return stamp >= (this.#seen.get(id) ?? 0)
  }
}
