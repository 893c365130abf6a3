// The container engine as the agent's loops use it: the runtime's calls with a deadline, a bound on how many run at
// once, and one kind of failure. Invariant: every call ends, whatever the engine does; who is stopped is released at
// once, and starts nothing more. It keeps no state of containers.

import { formatDuration, messageOf } from '../model/index.ts'
import type { Clock, Duration } from '../model/index.ts'
import { Gate } from './gate.ts'
import { RuntimeFailure } from './ports.ts'
import type { Runtime } from './ports.ts'

/** Calls to the engine at once; the adapter may bound them further. */
const callsAtOnce = 32

export class Engine {
  readonly #runtime: Runtime
  readonly #clock: Clock
  readonly #gate = new Gate(callsAtOnce)
  readonly #onUnavailable: () => void

  constructor(runtime: Runtime, clock: Clock, onUnavailable: () => void) {
    this.#runtime = runtime
    this.#clock = clock
    this.#onUnavailable = onUnavailable
  }

  /** Throws `RuntimeFailure`, or the signal's reason. A call that is given up may still come into effect. */
  async call<Result>(
    what: string,
    limitMs: Duration,
    signal: AbortSignal,
    work: (runtime: Runtime) => Promise<Result>,
  ): Promise<Result> {
    return this.#gate.run(signal, () => this.within(what, limitMs, signal, work))
  }

  /** As `call`, without the bound: for probes, and for what is not the engine's work. */
  async within<Result>(
    what: string,
    limitMs: Duration,
    signal: AbortSignal,
    work: (runtime: Runtime) => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted()
    const over = new AbortController()
    const end = () => over.abort()
    signal.addEventListener('abort', end, { once: true })
    try {
      const result = await Promise.race([work(this.#runtime), this.#deadline(what, limitMs, over.signal)])
      signal.throwIfAborted()
      return result
    } catch (error) {
      signal.throwIfAborted()
      const failure =
        error instanceof RuntimeFailure
          ? error
          : new RuntimeFailure('refused', messageOf(error), { cause: error })
      if (failure.kind === 'unavailable') this.#onUnavailable()
      throw failure
    } finally {
      signal.removeEventListener('abort', end)
      over.abort()
    }
  }

  async #deadline(what: string, limitMs: Duration, signal: AbortSignal): Promise<never> {
    await this.#clock.sleep(limitMs, signal)
    throw new RuntimeFailure('unavailable', `${what} had no answer within ${formatDuration(limitMs)}`)
  }
}
