// The connection of one call: closed by its deadline, by a signal, or by whoever asked. Invariant: once it has ended,
// for whatever reason, `onEnd` is told why, and no more than a bound comes over it before the call is settled.
// Dockerode needs it: it does not notice when an answer is cut off, holds answers of any size, and not all of its calls
// take an AbortSignal (5.0: the inspections of images and networks take none).

import { Agent } from 'node:http'
import type { ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { inspect } from 'node:util'
import { EngineError } from './engine-error.ts'

/** Of one answer, with its head. */
const answerLimit = 64 * 1024 ** 2

export class Connection extends Agent {
  /** Called once, when the connection has ended or was closed; `null` when nobody had a reason to. */
  onEnd: (why: unknown) => void = () => undefined
  #socket: Duplex | null = null
  #isClosed = false
  #bytes = 0
  #isBounded = true
  readonly #signal: AbortSignal | undefined
  readonly #abort = (): void => this.close(this.#signal?.reason)

  constructor(signal: AbortSignal | undefined) {
    // A connection to a local socket costs nothing; one that was kept and is stale after a restart costs a failed call.
    super({ keepAlive: false })
    this.#signal = signal
    signal?.addEventListener('abort', this.#abort, { once: true })
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = super.createConnection(options, callback)
    if (!socket) return socket
    this.#socket = socket
    // An answer that came whole is passed on before this; then nobody hears it any more.
    socket.once('close', () => setImmediate(() => this.close(new EngineError(null, 'broke the connection'))))
    socket.on('data', (part: Uint8Array) => {
      this.#bytes += part.length
      if (this.#isBounded && this.#bytes > answerLimit)
        this.close(new EngineError(null, `sent an answer of more than ${answerLimit} bytes`))
    })
    if (this.#isClosed) socket.destroy()
    return socket
  }

  /** What comes from now on is read as it comes, so there may be any amount of it. */
  lift(): void {
    this.#isBounded = false
  }

  close(why: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#socket?.destroy()
    this.onEnd(why)
  }

  /**
   * Dockerode writes out all that a request was made with, to any depth, for a log of its own that is off. With this in
   * it, that would take as long as the rest of the call (0.7 ms).
   */
  [inspect.custom](): string {
    return 'Connection'
  }
}
