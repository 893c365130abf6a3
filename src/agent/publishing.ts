// The published ports of this host, kept in step with the healthy tasks. Invariant: the publisher is told one set at a
// time, the newest; who leaves can wait until no new connection reaches it. A port that cannot be opened is tried
// again until it can.

import { Latch, messageOf } from '../model/index.ts'
import type { Clock, Logger } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { RuntimeFailure } from './ports.ts'
import type { Backend, Publisher } from './ports.ts'

export type PortMap = ReadonlyMap<number, readonly Backend[]>

export interface PublishingDeps {
  readonly publisher: Publisher
  readonly engine: Engine
  readonly clock: Clock
  readonly logger: Logger
  /** What is to be published now: every published port of a task that is here, with its healthy tasks. */
  readonly wanted: () => PortMap
  /** Called when other ports than before cannot be opened. */
  readonly onTrouble: () => void
}

const setLimitMs = 10_000
const retryMs = 5000

export class Publishing {
  readonly #deps: PublishingDeps
  readonly #latch = new Latch()
  #waiters: (() => void)[] = []
  /** Null when it is not known what is in force. */
  #last: PortMap | null = null
  #trouble: ReadonlyMap<number, string> = new Map()

  constructor(deps: PublishingDeps) {
    this.#deps = deps
  }

  /** Something about the healthy tasks changed. */
  poke(): void {
    this.#latch.open()
  }

  /** Resolves once what is wanted now is in force, or could not be brought into force. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiters.push(resolve)
      this.#latch.open()
    })
  }

  /** Why some of these ports do not lead here; null when all do. */
  troubleOf(ports: readonly number[]): string | null {
    const messages = ports.flatMap((port) => {
      const why = this.#trouble.get(port)
      return why === undefined ? [] : [`published port ${port} cannot be opened: ${why}`]
    })
    return messages.length === 0 ? null : messages.join('; ')
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    try {
      while (!signal.aborted) {
        await this.#latch.wait(clock, this.#trouble.size > 0 || !this.#last ? retryMs : null, signal)
        signal.throwIfAborted()
        const waiters = this.#waiters
        this.#waiters = []
        await this.#bringIntoForce(this.#deps.wanted(), signal)
        for (const resolve of waiters) resolve()
      }
    } finally {
      for (const resolve of this.#waiters) resolve()
    }
  }

  async #bringIntoForce(wanted: PortMap, signal: AbortSignal): Promise<void> {
    if (this.#trouble.size === 0 && this.#last && samePorts(wanted, this.#last)) return
    const { engine, publisher, logger, onTrouble } = this.#deps
    let trouble: ReadonlyMap<number, string>
    this.#last = null
    try {
      trouble = await engine.within('publishing ports', setLimitMs, signal, () => publisher.set(wanted))
      this.#last = wanted
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error
      trouble = new Map([...wanted.keys()].map((port) => [port, messageOf(error)]))
    }
    const isSame =
      trouble.size === this.#trouble.size &&
      [...trouble].every(([port, why]) => this.#trouble.get(port) === why)
    this.#trouble = trouble
    if (isSame) return
    if (trouble.size > 0)
      logger.warn({ ports: Object.fromEntries(trouble) }, 'published ports cannot be opened; trying again')
    onTrouble()
  }
}

function samePorts(a: PortMap, b: PortMap): boolean {
  if (a.size !== b.size) return false
  for (const [port, backends] of a) {
    const others = b.get(port)
    if (others?.length !== backends.length) return false
    for (const [index, { task, ip, port: target }] of backends.entries()) {
      const other = others[index]
      if (other?.task !== task || other.ip !== ip || other.port !== target) return false
    }
  }
  return true
}
