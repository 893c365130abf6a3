// A bus in memory with delays from the seed, and with cuts: each process has its own connection, which may be severed,
// and stands in a place that may be cut off from others. Invariant: at most once, as the real one, unless a test has
// messages come twice; nothing is delivered to or from a severed or closed connection, nor over a cut.

import { BusError } from '../model/index.ts'
import type { Bus, BusMessage, BusSubscription } from '../model/index.ts'
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

/** Places that are cut off from all others; messages into them, out of them, or both are lost. */
export interface Cut {
  readonly places: ReadonlySet<string>
  readonly ways: 'both' | 'in' | 'out'
}

export class SimBus {
  readonly clock: VirtualClock
  readonly #chance: Chance
  readonly #served = new Set<Served>()
  /** Whom messages of a subject go to; forgotten when somebody comes or goes. */
  readonly #found = new Map<string, readonly Served[]>()
  readonly cuts = new Set<Cut>()
  /** Share of the messages that are lost, from 0 to 1. */
  loss = 0
  /** Share of the messages that come up to five seconds late, and so out of order. */
  lateness = 0
  /** Share of the messages that come a second time. */
  doubling = 0
  /** Looks at what is sent; for invariants. */
  onMessage: ((message: BusMessage) => void) | null = null

  constructor(clock: VirtualClock, chance: Chance) {
    this.clock = clock
    this.#chance = chance
  }

  connect(place = ''): SimConnection {
    return new SimConnection(this, place)
  }

  delay(): number {
    const late = this.lateness > 0 && this.#chance.fraction() < this.lateness
    return 0.2 + this.#chance.fraction() * (late ? 5000 : 0.8)
  }

  isLost(): boolean {
    return this.loss > 0 && this.#chance.fraction() < this.loss
  }

  isDoubled(): boolean {
    return this.doubling > 0 && this.#chance.fraction() < this.doubling
  }

  /** Whether a message gets from one place to another. */
  isOpen(from: string, to: string): boolean {
    for (const { places, ways } of this.cuts) {
      const isOut = places.has(from) && !places.has(to)
      const isIn = !places.has(from) && places.has(to)
      if ((isOut && ways !== 'in') || (isIn && ways !== 'out')) return false
    }
    return true
  }

  add(served: Served): void {
    this.#served.add(served)
    this.#found.clear()
  }

  remove(served: Served): void {
    this.#served.delete(served)
    this.#found.clear()
  }

  removeAll(connection: SimConnection): void {
    for (const served of this.#served) if (served.connection === connection) this.remove(served)
  }

  find(subject: string): readonly Served[] {
    const known = this.#found.get(subject)
    if (known) return known
    const parts = subject.split('.')
    const found = [...this.#served].filter(
      ({ pattern }) =>
        pattern.length === parts.length &&
        pattern.every((part, index) => part === '*' || part === parts[index]),
    )
    this.#found.set(subject, found)
    return found
  }
}

export class SimConnection implements Bus {
  readonly #bus: SimBus
  readonly #place: string
  isCut = false

  constructor(bus: SimBus, place: string) {
    this.#bus = bus
    this.#place = place
  }

  request(
    subject: string,
    data: Uint8Array,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Uint8Array> {
    const { clock } = this.#bus
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(asError(signal.reason))
        return
      }
      const end = (act: () => void) => {
        limit.isCancelled = true
        signal?.removeEventListener('abort', aborted)
        act()
      }
      const fail = (error: unknown) => end(() => reject(asError(error)))
      const aborted = () => fail(signal?.reason)
      signal?.addEventListener('abort', aborted, { once: true })
      const limit = clock.after(timeoutMs, () => fail(new BusError('timeout', `no answer on ${subject}`)))
      if (this.isCut || this.#bus.isLost()) return
      this.#bus.onMessage?.({ subject, data })
      // Once it is sent it arrives, whatever becomes of the sender.
      const arrive = () => {
        const there = this.#bus.find(subject).filter(({ connection }) => !connection.isCut)
        if (there.length === 0) fail(new BusError('no-responders', `nobody serves ${subject}`))
        for (const served of there)
          this.#deliver(served, { subject, data }, (answer) => end(() => resolve(answer)), fail)
      }
      clock.after(this.#bus.delay(), arrive)
      if (this.#bus.isDoubled()) clock.after(this.#bus.delay(), arrive)
    })
  }

  #deliver(
    { handler, connection }: Served,
    message: BusMessage,
    onAnswer: (answer: Uint8Array) => void,
    onBug: (error: unknown) => void,
  ): void {
    const bus = this.#bus
    if (!bus.isOpen(this.#place, connection.#place)) return
    handler(message).then((answer) => {
      if (answer === null || connection.isCut || bus.isLost()) return
      bus.onMessage?.({ subject: message.subject, data: answer })
      bus.clock.after(bus.delay(), () => {
        if (!this.isCut && bus.isOpen(connection.#place, this.#place)) onAnswer(answer)
      })
    }, onBug) // a handler that throws is a bug: it fails the run
  }

  publish(subject: string, data: Uint8Array): void {
    if (this.isCut) return
    const bus = this.#bus
    for (const { handler, connection } of bus.find(subject)) {
      if (bus.isLost()) continue
      const arrive = () => {
        if (!connection.isCut && bus.isOpen(this.#place, connection.#place)) void handler({ subject, data })
      }
      bus.clock.after(bus.delay(), arrive)
      if (bus.isDoubled()) bus.clock.after(bus.delay(), arrive)
    }
  }

  serve(subject: string, handler: Handler): BusSubscription {
    const served: Served = { pattern: subject.split('.'), handler, connection: this }
    this.#bus.add(served)
    return { close: () => this.#bus.remove(served) }
  }

  /** As when its process is killed. */
  close(): void {
    this.isCut = true
    this.#bus.removeAll(this)
  }
}
