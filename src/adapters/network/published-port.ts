// One published port: a listener, and the healthy backends its connections go to in turn. Invariant: a connection is
// only given to a backend that is declared at that moment; backends that refuse are skipped; while there is none at
// all, connections wait for a bounded time, because in a rollout the next one is about to be.

import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Backend } from '../../agent/index.ts'
import type { Duration } from '../../model/index.ts'
import { Connection } from './connection.ts'

export interface PortLimits {
  /** Connections of one port, waiting or served; further ones are closed at once. Default 4096. */
  readonly connections: number
  /** How long a connection waits for a backend when there is none, or all refuse. Default 1,000 ms. */
  readonly holdMs: Duration
  /** For one attempt to reach a backend. Default 500 ms. */
  readonly connectMs: Duration
  /** For all attempts together. Default 5,000 ms. */
  readonly attemptsMs: Duration
}

export const portLimits: PortLimits = { connections: 4096, holdMs: 1000, connectMs: 500, attemptsMs: 5000 }

/** A backend that failed is asked last for so long, so that not every connection pays for finding out. */
const distrustMs = 1000
/** Between two rounds over backends that all refuse. */
const roundMs = 50

export class PublishedPort {
  readonly connections = new Set<Connection>()
  readonly #server: Server
  readonly #limits: PortLimits
  readonly #onLeave: () => void
  #isClosed = false
  #backends: readonly Backend[] = []
  #keys: ReadonlySet<string> = new Set()
  #turn = 0
  readonly #failedAt = new Map<string, number>()
  /** Called when the backends change. */
  readonly #waiting = new Set<() => void>()

  constructor(limits: PortLimits, onLeave: () => void) {
    this.#limits = limits
    this.#onLeave = onLeave
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      this.#serve(client)
    })
    this.#server.maxConnections = limits.connections
  }

  /** Resolves with why not, or null. */
  open(bind: string, port: number): Promise<string | null> {
    return new Promise((resolve) => {
      this.#server.once('error', (error) => resolve(whyNotOpen(error, bind, port)))
      this.#server.once('close', () => resolve(null)) // it was closed before it was open
      this.#server.listen({ host: bind, port, backlog: 511 }, () => {
        // From here on an error is one connection that could not be taken (no file descriptor is free).
        this.#server.on('error', () => undefined)
        if (this.#isClosed) this.#server.close()
        resolve(null)
      })
    })
  }

  setBackends(backends: readonly Backend[]): void {
    this.#backends = backends
    this.#keys = new Set(backends.map(keyOf))
    for (const key of this.#failedAt.keys()) if (!this.#keys.has(key)) this.#failedAt.delete(key)
    for (const wake of [...this.#waiting]) wake()
  }

  /** No new connections; those that there are live on. */
  close(): void {
    this.#isClosed = true
    this.setBackends([])
    this.#server.close()
  }

  #serve(client: Socket): void {
    const connection = new Connection(client)
    this.connections.add(connection)
    client.once('close', () => {
      this.connections.delete(connection)
      this.#onLeave()
    })
    void this.#connect(connection) // settles always: it only waits for sockets and timers
  }

  async #connect(connection: Connection): Promise<void> {
    const { holdMs, connectMs, attemptsMs } = this.#limits
    const since = performance.now()
    const waited = () => performance.now() - since
    const isOver = () => this.#isClosed || connection.client.destroyed
    while (!isOver()) {
      for (const backend of this.#inTurn()) {
        if (isOver() || waited() > attemptsMs) break
        const key = keyOf(backend)
        const isWanted = () => this.#keys.has(key)
        if (!isWanted()) continue // it has left while another was tried
        const distrust = () => this.#failedAt.set(key, performance.now())
        const again = () => {
          distrust()
          void this.#connect(connection)
        }
        if (await connection.attach(backend, connectMs, isWanted, again)) {
          this.#failedAt.delete(key)
          return
        }
        distrust()
      }
      if (waited() >= Math.min(holdMs, attemptsMs)) break
      await this.#change(this.#backends.length === 0 ? holdMs - waited() : roundMs)
    }
    connection.reset()
  }

  /** All backends, beginning with the next in turn; those that failed lately come last. */
  #inTurn(): Backend[] {
    const count = this.#backends.length
    if (count === 0) return []
    this.#turn = (this.#turn + 1) % count
    const rotated = [...this.#backends.slice(this.#turn), ...this.#backends.slice(0, this.#turn)]
    const now = performance.now()
    const isDistrusted = (backend: Backend) =>
      now - (this.#failedAt.get(keyOf(backend)) ?? -Infinity) < distrustMs
    return [...rotated.filter((each) => !isDistrusted(each)), ...rotated.filter(isDistrusted)]
  }

  #change(limitMs: Duration): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, limitMs)
      this.#waiting.add(wake)
    })
  }
}

function keyOf({ task, ip, port }: Backend): string {
  return `${task} ${ip}:${port}`
}

function whyNotOpen(error: Error, bind: string, port: number): string {
  const code = 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return `another program listens on it (ss -ltnp 'sport = :${port}' shows which); stop it, or publish another port`
    case 'EACCES':
      return 'only root may open ports below 1024; run the agent as root, or publish a port from 1024 on'
    case 'EADDRNOTAVAIL':
      return `this host has no address ${bind}`
    default:
      return error.message
  }
}
