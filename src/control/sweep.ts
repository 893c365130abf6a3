// The order in which keys are looked at: in sweeps, each in the order of the keys; a key that is touched while its turn
// is still to come waits for that turn, any other for the next sweep. Invariant: what keys that need nothing are asked
// for makes no difference to the rest, so a new leader that asks for all, and a forecast from a snapshot, decide as the
// leader does; and in one sweep no key comes twice.

import type { WorkKey } from './keys.ts'

export class Sweeps {
  /** A binary heap of the keys of this sweep, and what is in it. */
  readonly #heap: WorkKey[] = []
  readonly #queued = new Set<WorkKey>()
  #next = new Set<WorkKey>()
  #last: WorkKey | null = null
  #number = 1

  constructor(keys: Iterable<WorkKey>) {
    for (const key of keys) this.add(key)
  }

  /** Number of the sweep that goes on, from 1. */
  get number(): number {
    return this.#number
  }

  add(key: WorkKey): void {
    if (this.#last !== null && key <= this.#last) this.#next.add(key)
    else if (!this.#queued.has(key)) {
      this.#queued.add(key)
      this.#push(key)
    }
  }

  /** The next key, taken out; undefined when nothing is left. */
  take(): WorkKey | undefined {
    if (this.#heap.length === 0 && this.#next.size > 0) {
      const keys = this.#next
      this.#next = new Set()
      this.#last = null
      this.#number += 1
      for (const key of keys) this.add(key)
    }
    const key = this.#pop()
    if (key === undefined) return undefined
    this.#queued.delete(key)
    this.#last = key
    return key
  }

  /** Every key that is still to come. */
  left(): Set<WorkKey> {
    return new Set([...this.#queued, ...this.#next])
  }

  #push(key: WorkKey): void {
    const heap = this.#heap
    let index = heap.push(key) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above <= key) break
      heap[index] = above
      index = parent
    }
    heap[index] = key
  }

  #pop(): WorkKey | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return top
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const child = right !== undefined && left !== undefined && right < left ? right : left
      if (child === undefined || child >= last) break
      heap[index] = child
      index = 2 * index + (child === right ? 2 : 1)
    }
    heap[index] = last
    return top
  }
}
