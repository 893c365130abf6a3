// The background work of one agent. Invariant: nothing runs that `join` does not wait for, and the first failure that
// is not the stop itself stops everything: a bug ends the process with its cause instead of leaving it half alive.

export class Crew {
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #outer: AbortSignal
  readonly #end: () => void
  #failure: { readonly error: unknown } | null = null

  constructor(outer: AbortSignal) {
    this.#outer = outer
    this.#end = () => this.#stop.abort(outer.reason)
    if (outer.aborted) this.#end()
    else outer.addEventListener('abort', this.#end, { once: true })
  }

  /** Aborted when the agent stops, for whatever reason. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  run(job: (signal: AbortSignal) => Promise<void>): void {
    const running = job(this.#stop.signal)
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return
        this.#failure = { error }
        this.#stop.abort(error)
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves once all work has ended; rejects with what stopped it when that was a failure. */
  async join(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    this.#outer.removeEventListener('abort', this.#end)
    if (this.#failure) throw this.#failure.error
  }
}
