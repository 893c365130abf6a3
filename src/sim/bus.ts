// A bus in memory with delays from the seed, and with cuts: each process has its own connection, which may be severed.
// Invariant: at most once, as the real one; nothing is delivered to or from a severed or closed connection.

import { BusError } from '../model/index.ts'
import type { Bus, BusMessage, BusSubscription, Clock } from '../model/index.ts'
import type { Chance } from './chance.ts'
import type { VirtualClock } from './clock.ts'

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

type Handler = (message: BusMessage) => Promise<Uint8Array | null>

interface Served {
  readonly pattern: readonly string[]
  readonly handler: Handler
  readonly connection: SimConnection
}

export class SimBus {
  readonly clock: VirtualClock
  readonly #chance: Chance
  readonly served = new Set<Served>()
  /** Share of the messages that are lost, from 0 to 1. */
  loss = 0
  /** Share of the messages that come up to five seconds late, and so out of order. */
  lateness = 0

  constructor(clock: VirtualClock, chance: Chance) {
    this.clock = clock
    this.#chance = chance
  }

  connect(): SimConnection {
    return new SimConnection(this)
  }

  delay(): number {
    const late = this.lateness > 0 && this.#chance.fraction() < this.lateness
    return 0.2 + this.#chance.fraction() * (late ? 5000 : 0.8)
  }

  isLost(): boolean {
    return this.loss > 0 && this.#chance.fraction() < this.loss
  }

  find(subject: string): Served[] {
    const parts = subject.split('.')
    return [...this.served].filter(
      ({ pattern }) =>
        pattern.length === parts.length &&
        pattern.every((part, index) => part === '*' || part === parts[index]),
    )
  }
}

export class SimConnection implements Bus {
  readonly #bus: SimBus
  isCut = false

  constructor(bus: SimBus) {
    this.#bus = bus
  }

  request(
    subject: string,
    data: Uint8Array,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Uint8Array> {
    const clock: Clock = this.#bus.clock
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(asError(signal.reason))
        return
      }
      const over = new AbortController()
      const end = (act: () => void) => {
        over.abort()
        signal?.removeEventListener('abort', aborted)
        act()
      }
      const fail = (error: unknown) => end(() => reject(asError(error)))
      const aborted = () => fail(signal?.reason)
      signal?.addEventListener('abort', aborted, { once: true })
      clock.sleep(timeoutMs, over.signal).then(
        () => fail(new BusError('timeout', `no answer on ${subject}`)),
        () => undefined,
      )
      if (this.isCut || this.#bus.isLost()) return
      // Once it is sent it arrives, whatever becomes of the sender.
      this.#bus.clock.after(this.#bus.delay(), () => {
        const there = this.#bus.find(subject).filter(({ connection }) => !connection.isCut)
        if (there.length === 0) fail(new BusError('no-responders', `nobody serves ${subject}`))
        for (const served of there)
          this.#deliver(served, { subject, data }, (answer) => end(() => resolve(answer)), fail)
      })
    })
  }

  #deliver(
    { handler, connection }: Served,
    message: BusMessage,
    onAnswer: (answer: Uint8Array) => void,
    onBug: (error: unknown) => void,
  ): void {
    handler(message).then((answer) => {
      if (answer === null || connection.isCut || this.#bus.isLost()) return
      this.#bus.clock.after(this.#bus.delay(), () => {
        if (!this.isCut) onAnswer(answer)
      })
    }, onBug) // a handler that throws is a bug: it fails the run
  }

  publish(subject: string, data: Uint8Array): void {
    if (this.isCut) return
    for (const { handler, connection } of this.#bus.find(subject))
      if (!this.#bus.isLost())
        this.#bus.clock.after(this.#bus.delay(), () => {
          if (!connection.isCut) void handler({ subject, data })
        })
  }

  serve(subject: string, handler: Handler): BusSubscription {
    const served: Served = { pattern: subject.split('.'), handler, connection: this }
    this.#bus.served.add(served)
    return { close: () => void this.#bus.served.delete(served) }
  }

  /** As when its process is killed. */
  close(): void {
    this.isCut = true
    for (const served of this.#bus.served) if (served.connection === this) this.#bus.served.delete(served)
  }
}
