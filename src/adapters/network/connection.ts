// One connection through a published port: a client, and the backend that was found for it. Invariant: what one side
// sends the other gets, in order, with its end (half-close) and with its breaking off; a slow reader slows the sender
// down. A backend that fails before a byte went either way is replaced by another; after that never.

import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Backend } from '../../agent/index.ts'
import type { Duration } from '../../model/index.ts'

/** Without traffic for so long, the kernel asks whether the other side is still there. */
const keepAliveMs: Duration = 60_000

export class Connection {
  readonly client: Socket
  #backend: Backend | null = null
  #upstream: Socket | null = null
  /** The client has sent something since the backend did last: it waits for an answer. */
  #awaitsAnswer = false

  constructor(client: Socket) {
    this.client = client
    client.setNoDelay(true)
    client.setKeepAlive(true, keepAliveMs)
    // An error is always followed by a close, and that is what is acted upon.
    client.on('error', () => undefined)
  }

  get backend(): Backend | null {
    return this.#backend
  }

  /** Bytes that came from either side; when it stands still, nothing is under way. */
  get traffic(): number {
    return this.client.bytesRead + (this.#upstream?.bytesRead ?? 0)
  }

  get awaitsAnswer(): boolean {
    return this.#awaitsAnswer
  }

  /**
   * Resolves with whether the backend took the connection and is still wanted then. From then on bytes flow; `onUnused`
   * is called when the backend breaks off before any byte, so that another may be tried.
   */
  attach(
    backend: Backend,
    timeoutMs: Duration,
    isWanted: () => boolean,
    onUnused: () => void,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      const upstream = connect({ host: backend.ip, port: backend.port, allowHalfOpen: true, noDelay: true })
      upstream.setKeepAlive(true, keepAliveMs)
      const timer = setTimeout(() => upstream.destroy(), timeoutMs)
      const giveUp = () => upstream.destroy()
      this.client.once('close', giveUp)
      upstream.on('error', () => undefined)
      upstream.once('close', () => {
        clearTimeout(timer)
        this.client.removeListener('close', giveUp)
        resolve(false)
      })
      upstream.once('connect', () => {
        clearTimeout(timer)
        if (!isWanted()) {
          upstream.destroy()
          return
        }
        this.client.removeListener('close', giveUp)
        this.#join(backend, upstream, onUnused)
        resolve(true)
      })
    })
  }

  /** Ends both sides at once: whoever still sends or reads finds it broken off. */
  destroy(): void {
    this.client.destroy()
    this.#upstream?.destroy()
  }

  /** Tells the client that this is not an orderly end. */
  reset(): void {
    this.client.resetAndDestroy()
  }

  #join(backend: Backend, upstream: Socket, onUnused: () => void): void {
    const { client } = this
    this.#backend = backend
    this.#upstream = upstream
    client.on('data', this.#noteQuestion)
    upstream.on('data', () => (this.#awaitsAnswer = false))
    const clientGone = () => this.#breakOff(upstream, client)
    client.once('close', clientGone)
    let hasEnded = false
    upstream.once('end', () => (hasEnded = true))
    upstream.once('close', () => {
      client.removeListener('close', clientGone)
      client.removeListener('data', this.#noteQuestion)
      this.#backend = null
      this.#upstream = null
      // An orderly end without a word is an answer, too; a connection that broke off is none.
      const isUnused =
        !hasEnded && upstream.bytesRead === 0 && upstream.bytesWritten === 0 && !client.destroyed
      if (!isUnused) {
        this.#breakOff(client, upstream)
        return
      }
      client.unpipe(upstream)
      upstream.unpipe(client)
      client.pause()
      onUnused()
    })
    client.pipe(upstream)
    upstream.pipe(client)
  }

  readonly #noteQuestion = (): void => {
    this.#awaitsAnswer = true
  }

  /** `gone` is closed. When it broke off in the middle, the other side must not take that for an orderly end. */
  #breakOff(other: Socket, gone: Socket): void {
    if (other.destroyed) return
    if (gone.errored !== null || !gone.readableEnded) other.resetAndDestroy()
    // What is written still goes out; `pipe` has ended it.
  }
}
