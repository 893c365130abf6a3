// One connection to the NATS servers of the cluster. Invariant: it is either up or known to be down; what waits for an
// answer when it goes down is told so at once, and it tries to come back for ever. What is said over it is for bus.ts
// and log-store.ts.

import { connect, errors, headers, jwtAuthenticator } from '@nats-io/transport-node'
import type { Msg, MsgHdrs, NatsConnection, Subscription, TlsOptions } from '@nats-io/transport-node'
import { BusError, Fault, assert, exitCodes, messageOf, natsHostName } from '../../model/index.ts'
import type { Bytes, Duration, Logger } from '../../model/index.ts'
import { systemClock, systemEntropy } from '../host/index.ts'
import { inboxOf } from './identity.ts'
import type { Identity } from './identity.ts'

/** What somebody proves with who it is, and knows with that it speaks to the cluster. */
export interface Credentials {
  /** The seed of the user's key (`SU…`). */
  readonly seed: string
  /** What the cluster's authority signed for it; a function where it is renewed. */
  readonly jwt: string | (() => string)
  /** PEM: certificate of the CA that vouches for the servers. */
  readonly ca: string
}

export interface NatsOptions {
  /** `host:port` or `tls://host:port`; any of them will do. */
  readonly servers: readonly string[]
  readonly credentials: Credentials
  readonly identity: Identity
  /** Shown in the NATS server's own lists. */
  readonly name: string
  readonly logger: Logger
  /** Closes the connection. */
  readonly signal: AbortSignal
  /** How long the first connection may take before that is a `Fault`; default: as long as it takes. */
  readonly firstWithinMs?: Duration
}

const dialTimeoutMs = 5000
const reconnectMs = { min: 100, spread: 200 }
const firstRetryMs = 200
/** A dead wire is noticed after about three of these. */
const pingEveryMs = 2000
const closeWithinMs = 1000
/** Requests of one process that wait for an answer at once. */
const requestsLimit = 100_000

interface Waiting {
  readonly subject: string
  readonly settle: (outcome: Msg | BusError) => void
}

export async function openConnection(options: NatsOptions): Promise<Connection> {
  const connection = new Connection(await firstConnect(options), options)
  options.signal.addEventListener('abort', () => void connection.close(), { once: true })
  if (options.signal.aborted) await connection.close()
  return connection
}

async function firstConnect(options: NatsOptions): Promise<NatsConnection> {
  const { servers, credentials, identity, name, logger, signal, firstWithinMs = Infinity } = options
  const until = systemClock.monotonic() + firstWithinMs
  const where = servers.join(', ')
  let isFirst = true
  for (;;) {
    signal.throwIfAborted()
    try {
      return await connect({
        servers: [...servers],
        name,
        ...proofOf(credentials),
        inboxPrefix: inboxOf(identity),
        timeout: Math.max(1, Math.min(dialTimeoutMs, until - systemClock.monotonic())),
        pingInterval: pingEveryMs,
        maxPingOut: 2,
        maxReconnectAttempts: -1,
        reconnectDelayHandler: () => reconnectMs.min + systemEntropy.fraction() * reconnectMs.spread,
        // A server that was restarted with another list of users gets them back when that is put right.
        ignoreAuthErrorAbort: true,
        noAsyncTraces: true,
      })
    } catch (error) {
      if (
        error instanceof errors.AuthorizationError ||
        error instanceof errors.UserAuthenticationExpiredError
      )
        throw new Fault(
          {
            what: `the cluster at ${where} refuses these credentials`,
            why: messageOf(error),
            fix: 'they may have been revoked, have expired, or be of another cluster: ask for new ones',
            exit: exitCodes.rights,
          },
          { cause: error },
        )
      if (systemClock.monotonic() + firstRetryMs > until)
        throw new Fault(
          {
            what: `cannot reach the cluster at ${where}`,
            why: messageOf(error),
            fix: 'start it with gantry up',
          },
          { cause: error },
        )
      if (isFirst) logger.warn({ servers, reason: messageOf(error) }, 'no NATS server answers yet; trying on')
      isFirst = false
      await systemClock.sleep(firstRetryMs, signal)
    }
  }
}

/** How one shows who it is, and sees that the other is a server of the cluster: for `connect` of the library. */
export function proofOf({ seed, jwt, ca }: Credentials) {
  // Any server of the cluster will do, at whatever address: the library's own type does not know the option.
  const tls: TlsOptions & { readonly servername: string } = { ca, servername: natsHostName }
  return { authenticator: jwtAuthenticator(jwt, new TextEncoder().encode(seed)), tls }
}

export class Connection {
  readonly nats: NatsConnection
  readonly identity: Identity
  readonly logger: Logger
  /** Resolves when it is closed for good. */
  readonly closed: Promise<void>
  readonly #inbox: string
  readonly #waiting = new Map<string, Waiting>()
  #line = new AbortController()
  #isUp = true
  #maxPayload: Bytes
  #serial = 0

  constructor(nats: NatsConnection, { identity, logger, signal }: NatsOptions) {
    this.nats = nats
    this.identity = identity
    this.logger = logger
    this.#maxPayload = nats.info?.max_payload ?? 0
    this.#inbox = `${inboxOf(identity)}.${systemEntropy.id()}`
    this.listen(`${this.#inbox}.*`, (error, message) => this.#receive(error, message))
    this.closed = nats.closed().then((error) => {
      this.#goDown('the connection is closed')
      if (error instanceof Error && !signal.aborted)
        logger.error({ reason: error.message }, 'the connection to NATS is closed for good')
    })
    void this.#watch() // ends with the connection
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Aborted, with a `BusError`, when the connection as it is now breaks. */
  get line(): AbortSignal {
    return this.#line.signal
  }

  /** What one message may hold, headers included. */
  get maxPayload(): Bytes {
    return this.#maxPayload
  }

  /** A subject of our own that nobody else uses. */
  newInbox(): string {
    return `${inboxOf(this.identity)}.${systemEntropy.id()}`
  }

  /** Calls `receive` for each message until it is unsubscribed, over every reconnect. Throws `BusError` once closed. */
  listen(subject: string, receive: (error: Error | null, message: Msg) => void): Subscription {
    if (this.nats.isClosed()) throw new BusError('disconnected', 'the connection to NATS is closed')
    return this.nats.subscribe(subject, { callback: receive })
  }

  /** The first answer, whatever it holds. Throws `BusError`, or the reason of the signal. */
  request(
    subject: string,
    data: Uint8Array,
    options: { readonly timeoutMs: Duration; readonly signal?: AbortSignal; readonly headers?: MsgHdrs },
  ): Promise<Msg> {
    const { timeoutMs, signal } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error) // whatever the caller aborted with, as the port says
        return
      }
      assert(this.#waiting.size < requestsLimit, () => `${requestsLimit} requests wait for answers`)
      const token = (this.#serial++).toString(36)
      const finish = () => {
        this.#waiting.delete(token)
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const settle = (outcome: Msg | BusError) => {
        finish()
        if (outcome instanceof BusError) reject(outcome)
        else resolve(outcome)
      }
      const abort = () => {
        finish()
        reject(signal?.reason as Error) // as above
      }
      const timer = setTimeout(
        () => settle(new BusError('timeout', `no answer on ${subject} within ${timeoutMs} ms`)),
        timeoutMs,
      )
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.set(token, { subject, settle })
      try {
        this.send(subject, data, { reply: `${this.#inbox}.${token}`, ...pick(options.headers) })
      } catch (error) {
        finish()
        reject(error instanceof Error ? error : new Error(messageOf(error)))
      }
    })
  }

  /** Throws `BusError` when there is no connection, or the message is too large for the server. */
  send(
    subject: string,
    data: Uint8Array,
    options: { readonly reply?: string; readonly headers?: MsgHdrs } = {},
  ): void {
    if (!this.#isUp) throw new BusError('disconnected', 'there is no connection to NATS')
    try {
      this.nats.publish(subject, data, options)
    } catch (error) {
      if (error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError)
        throw new BusError('disconnected', 'the connection to NATS is closed', { cause: error })
      if (error instanceof errors.InvalidArgumentError)
        throw new BusError(
          'too-large',
          `a message of ${data.length} bytes on ${subject}; the server takes ${this.#maxPayload}`,
          { cause: error },
        )
      throw error
    }
  }

  /** `work`, or a `BusError` as soon as the connection breaks; for calls of libraries that would wait on. */
  async whileUp<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this.#line
    const broke = Promise.withResolvers<never>()
    const abort = () => broke.reject(signal.reason) // a BusError, see #goDown
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([work, broke.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Sends what is under way, for a second at most, and closes. */
  async close(): Promise<void> {
    if (this.#isUp && !this.nats.isClosed() && !this.nats.isDraining()) {
      const late = new AbortController()
      const limit = systemClock.sleep(closeWithinMs, late.signal).catch(() => undefined)
      await Promise.race([this.nats.flush().catch(() => undefined), limit]) // it closes either way
      late.abort()
    }
    await this.nats.close()
    await this.closed
  }

  async #watch(): Promise<void> {
    for await (const status of this.nats.status())
      // Nothing follows from the other kinds: pings, news of the cluster.
      if (status.type === 'disconnect') this.#goDown('the connection to NATS broke')
      else if (status.type === 'reconnect') this.#comeUp()
      else if (status.type === 'error') this.#noteError(status.error)
  }

  #goDown(reason: string): void {
    if (!this.#isUp) return
    this.#isUp = false
    const lost = new BusError('disconnected', reason)
    this.#line.abort(lost)
    for (const { settle } of [...this.#waiting.values()]) settle(lost)
    if (!this.nats.isClosed()) this.logger.warn({}, `${reason}; reconnecting`)
  }

  #comeUp(): void {
    this.#isUp = true
    this.#line = new AbortController()
    this.#maxPayload = this.nats.info?.max_payload ?? this.#maxPayload
    this.logger.info({}, 'connected to NATS again')
  }

  #noteError(error: Error): void {
    if (error instanceof errors.PermissionViolationError && error.operation === 'publish') {
      const denied = new BusError('denied', `no right to publish on ${error.subject}`, { cause: error })
      for (const { subject, settle } of [...this.#waiting.values()])
        if (subject === error.subject) settle(denied)
    }
    this.logger.warn({ reason: error.message }, 'the NATS server reports an error')
  }

  #receive(error: Error | null, message: Msg): void {
    if (error) {
      this.logger.error({ reason: error.message }, 'the inbox for answers is refused')
      return
    }
    const waiting = this.#waiting.get(message.subject.slice(this.#inbox.length + 1))
    if (!waiting) return // answered after the asker had given up
    const isStatus = message.data.length === 0 && message.headers?.code === 503
    waiting.settle(isStatus ? new BusError('no-responders', `nobody serves ${waiting.subject}`) : message)
  }
}

/** Headers from pairs of names and values. */
export function headersOf(values: Readonly<Record<string, string>>): MsgHdrs {
  const made = headers()
  for (const [name, value] of Object.entries(values)) made.set(name, value)
  return made
}

function pick(value: MsgHdrs | undefined): { readonly headers?: MsgHdrs } {
  return value === undefined ? {} : { headers: value }
}
