// Published ports without any right on the host's network: a TCP proxy in this process. Invariant: after `set` has
// returned no new connection reaches a task that is not in it; `drain` ends with no connection that leads to its task.

import type { Backend, Publisher } from '../../agent/index.ts'
import type { Duration, TaskId } from '../../model/index.ts'
import type { Connection } from './connection.ts'
import { portLimits, PublishedPort } from './published-port.ts'
import type { PortLimits } from './published-port.ts'

export interface PublisherOptions {
  /** Address to listen on; default all of IPv4. */
  readonly bind?: string
  readonly limits?: Partial<PortLimits>
}

/**
 * A draining connection is closed once nothing moved for so long and the client waits for no answer: between two
 * requests of a kept-alive connection that is what any HTTP server does.
 */
const quietMs = 1000
const lookMs = 50

export function createPublisher(options: PublisherOptions = {}): Publisher {
  return new TcpPublisher(options.bind ?? '0.0.0.0', { ...portLimits, ...options.limits })
}

class TcpPublisher implements Publisher {
  readonly #bind: string
  readonly #limits: PortLimits
  readonly #ports = new Map<
    number,
    { readonly port: PublishedPort; readonly opened: Promise<string | null> }
  >()
  /** Closed ports whose connections live on. */
  readonly #closed = new Set<PublishedPort>()

  constructor(bind: string, limits: PortLimits) {
    this.#bind = bind
    this.#limits = limits
  }

  async set(wanted: ReadonlyMap<number, readonly Backend[]>): Promise<ReadonlyMap<number, string>> {
    // Up to the first `await` nothing else runs: all ports change at once.
    for (const [number, { port }] of this.#ports) if (!wanted.has(number)) this.#close(number, port)
    const opening: Promise<readonly [number, string] | null>[] = []
    for (const [number, backends] of wanted) {
      const known = this.#ports.get(number) ?? this.#open(number)
      known.port.setBackends(backends)
      opening.push(known.opened.then((why) => (why === null ? null : [number, why])))
    }
    const failed = (await Promise.all(opening)).filter((each) => each !== null)
    return new Map(failed)
  }

  async drain(task: TaskId, limitMs: Duration): Promise<void> {
    const deadline = performance.now() + limitMs
    const seen = new Map<Connection, { readonly traffic: number; readonly at: number }>()
    for (;;) {
      const now = performance.now()
      const open = this.#connectionsTo(task)
      if (open.length === 0) return
      for (const connection of open) {
        const last = seen.get(connection)
        const { traffic } = connection
        if (last?.traffic !== traffic) seen.set(connection, { traffic, at: now })
        else if (now - last.at >= quietMs && !connection.awaitsAnswer) connection.destroy()
        if (now >= deadline) connection.destroy()
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(lookMs, Math.max(1, deadline - now))))
    }
  }

  async close(): Promise<void> {
    for (const [number, { port }] of this.#ports) this.#close(number, port)
    for (const port of this.#closed) for (const connection of port.connections) connection.destroy()
  }

  #open(number: number): { readonly port: PublishedPort; readonly opened: Promise<string | null> } {
    const port: PublishedPort = new PublishedPort(this.#limits, () => {
      if (port.connections.size === 0) this.#closed.delete(port)
    })
    const opened = port.open(this.#bind, number).then((why) => {
      // It is tried again with the next `set`.
      if (why !== null && this.#ports.get(number)?.port === port) this.#ports.delete(number)
      return why
    })
    const entry = { port, opened }
    this.#ports.set(number, entry)
    return entry
  }

  #close(number: number, port: PublishedPort): void {
    this.#ports.delete(number)
    port.close()
    if (port.connections.size > 0) this.#closed.add(port)
  }

  #connectionsTo(task: TaskId): Connection[] {
    const ports = [...[...this.#ports.values()].map(({ port }) => port), ...this.#closed]
    return ports.flatMap((port) => [...port.connections].filter(({ backend }) => backend?.task === task))
  }
}
