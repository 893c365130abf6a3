// Moments at which keys are to be looked at again: a binary heap with one live entry a key. Invariant: a key comes
// out once, at its latest setting, and entries that do not count any more are at most as many as those that do (and a
// few). It has no clock; the caller says what time it is.

import type { Instant } from '../model/index.ts'

interface Entry<Key> {
  readonly at: Instant
  readonly key: Key
}

/** Left-overs that are never worth clearing up. */
const fewEntries = 64

export class Timers<Key> {
  #heap: Entry<Key>[] = []
  /** The setting that counts; heap entries that differ are left-overs. */
  readonly #live = new Map<Key, Instant>()

  set(key: Key, at: Instant | null): void {
    if (at === null) {
      this.#live.delete(key)
      return
    }
    if (this.#live.get(key) === at) return
    this.#live.set(key, at)
    this.#push({ at, key })
    if (this.#heap.length > 2 * this.#live.size + fewEntries) this.#clearUp()
  }

  /** Entries that it holds, left-overs included. */
  get size(): number {
    return this.#heap.length
  }

  /** The earliest moment; null when there is none. */
  next(): Instant | null {
    this.#dropLeftOvers()
    return this.#heap[0]?.at ?? null
  }

  /** Takes out every key whose moment is `now` or earlier. */
  takeDue(now: Instant): Key[] {
    const due: Key[] = []
    for (let at = this.next(); at !== null && at <= now; at = this.next()) {
      const entry = this.#pop()
      if (!entry) break
      this.#live.delete(entry.key)
      due.push(entry.key)
    }
    return due
  }

  #clearUp(): void {
    this.#heap = []
    for (const [key, at] of this.#live) this.#push({ at, key })
  }

  #dropLeftOvers(): void {
    for (let top = this.#heap[0]; top && this.#live.get(top.key) !== top.at; top = this.#heap[0]) this.#pop()
  }

  #push(entry: Entry<Key>): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (!above || above.at <= entry.at) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  #pop(): Entry<Key> | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (!top || !last || heap.length === 0) return top
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const child = right && left && right.at < left.at ? right : left
      if (!child || child.at >= last.at) break
      heap[index] = child
      index = 2 * index + (child === right ? 2 : 1)
    }
    heap[index] = last
    return top
  }
}
