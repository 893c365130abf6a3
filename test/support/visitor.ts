// A client that keeps calling a service through its published ports, and counts what failed. Invariant: every call is
// counted once; a call is one connection, made anew, since one that is kept tells nothing of the next.

import { setTimeout as sleep } from 'node:timers/promises'

export interface FailedCall {
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly why: string
}

export interface VisitorOptions {
  /** Between two calls of one address; default 50. */
  readonly everyMs?: number
  /** A call that takes longer has failed; default 2,000. */
  readonly answerWithinMs?: number
}

export class Visitor implements AsyncDisposable {
  readonly failures: FailedCall[] = []
  calls = 0
  readonly #over = new AbortController()
  readonly #visits: Promise<void>[]

  constructor(urls: readonly string[], { everyMs = 50, answerWithinMs = 2000 }: VisitorOptions = {}) {
    this.#visits = urls.map(async (url) => {
      while (!this.#over.signal.aborted) {
        await this.#call(url, answerWithinMs)
        await sleep(everyMs)
      }
    })
  }

  /** One line for a person: how many failed, the first, the last, and why. */
  get summary(): string {
    const { failures, calls } = this
    const [first] = failures
    const last = failures.at(-1)
    if (!first || !last) return `${calls} calls, none failed`
    return `${failures.length} of ${calls} calls failed, from ${new Date(first.at).toISOString()} to ${new Date(last.at).toISOString()}, first ${first.url}: ${first.why}`
  }

  async stop(): Promise<void> {
    this.#over.abort()
    await Promise.all(this.#visits)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #call(url: string, answerWithinMs: number): Promise<void> {
    this.calls += 1
    const at = Date.now()
    try {
      const signal = AbortSignal.timeout(answerWithinMs)
      const response = await fetch(url, { signal, headers: { connection: 'close' } })
      await response.text()
      if (!response.ok) this.failures.push({ url, at, why: `status ${response.status}` })
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      this.failures.push({ url, at, why: cause instanceof Error ? cause.message : String(cause) })
    }
  }
}
