// The session with the leader: hello, heartbeat, reports, and the assignments that come back. Invariant: nothing of an
// older term than was seen is believed, a set is answered as held only once it is on the disk, and whatever the bus or
// the leader does, it is tried again with bounded waits; what runs here runs on without it.

import { z } from 'zod'
import {
  assignmentSet,
  BusError,
  decodeJson,
  encodeJson,
  heartbeatReply,
  helloReply,
  Latch,
  protocolVersion,
  reportReply,
  subjects,
} from '../model/index.ts'
import type {
  AssignmentSet,
  AssignReply,
  Bus,
  BusSubscription,
  Clock,
  Duration,
  HeartbeatReply,
  HeartbeatRequest,
  HelloReply,
  HelloRequest,
  Logger,
  NodeMessage,
  ReportRequest,
} from '../model/index.ts'
import type { Fences } from './fences.ts'
import type { Ledger } from './ledger.ts'
import type { Outbox } from './outbox.ts'
import { RuntimeFailure } from './ports.ts'
import { retryDelay } from './restart.ts'

export interface SessionDeps {
  readonly node: string
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly ledger: Ledger
  readonly outbox: Outbox
  readonly fences: Pick<Fences, 'now' | 'renew' | 'beatMs' | 'lacksLease'>
  /** What is wrong with the host; undefined: nothing. */
  readonly trouble: () => string | undefined
  /** Uniform in [0, 1): spreads the hellos of many agents after a leader has changed. */
  readonly fraction: () => number
  /** What is said of this host; asked before each hello, because the engine may have changed. */
  readonly describe: (signal: AbortSignal) => Promise<Omit<HelloRequest, 'protocol' | 'term' | 'version'>>
}

interface Established {
  readonly session: string
  readonly cluster: string
  readonly heartbeatMs: Duration
  readonly term: number
}

const answerWithinMs = 2000
const reportWithinMs = 5000
/** Between hellos that nobody answers. */
const helloLimitMs = 4000
/** Heartbeats without an answer after which the session is given up. */
const missesAllowed = 3
const retryMs = 500
/** Between heartbeats while a fenced task waits for its first lease. */
const leaseRetryMs = 250

export class Session {
  readonly #deps: SessionDeps
  readonly #heartbeat = new Latch()
  readonly #report = new Latch()

  constructor(deps: SessionDeps) {
    this.#deps = deps
  }

  /** There is something to report. */
  wake(): void {
    this.#report.open()
  }

  /** Takes the sets that a leader pushes. */
  serve(): BusSubscription {
    const { bus, node, ledger } = this.#deps
    return bus.serve(subjects.node(node, 'assign'), async ({ data }) => {
      const set = assignmentSet.safeParse(decodeJson(data))
      const { current } = ledger
      // Before the first hello was answered nobody knows whose cluster this is.
      if (set.success && current) await this.#take(current.cluster, set.data)
      const answer: AssignReply = { term: ledger.term, version: ledger.version }
      return encodeJson(answer)
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, fraction } = this.#deps
    for (let failures = 0; ;) {
      signal.throwIfAborted()
      const result = await this.#hello(signal)
      if (typeof result === 'string') {
        failures += 1
        if (failures === 1 || failures % 50 === 0)
          logger.warn({ reason: result, tries: failures }, 'no leader takes this agent in; trying again')
        await clock.sleep(retryDelay(failures, helloLimitMs) * (0.75 + fraction() / 2), signal)
        continue
      }
      failures = 0
      logger.info({ term: result.term, session: result.session }, 'in a session with the leader')
      const reason = await this.#keep(result, signal)
      logger.info({ reason }, 'the session is over')
    }
  }

  /** The session, or why there is none. */
  async #hello(signal: AbortSignal): Promise<Established | string> {
    const { ledger, describe } = this.#deps
    let reply: HelloReply
    try {
      const said = await describe(signal)
      const request: HelloRequest = {
        protocol: protocolVersion,
        ...said,
        term: ledger.term,
        version: ledger.version,
      }
      reply = await this.#ask('hello', request, helloReply, answerWithinMs, signal)
    } catch (error) {
      return whyNot(error, signal)
    }
    if (!reply.ok) {
      await ledger.noteTerm(reply.term)
      return reply.reason
    }
    const { assignments, cluster, session, heartbeatMs } = reply
    if (ledger.current && ledger.current.cluster !== cluster)
      return `this agent belongs to the cluster ${ledger.current.cluster}, and the leader leads ${cluster}`
    if (!(await this.#take(cluster, assignments))) {
      // A disk that takes nothing: what runs here runs on, the leader hears of it, and sends the set again.
      if (!ledger.current || ledger.trouble === undefined) return 'its assignments could not be taken'
    }
    return { session, cluster, heartbeatMs, term: assignments.term }
  }

  /** Keeps the session until it is over; gives the reason. */
  async #keep(session: Established, signal: AbortSignal): Promise<string> {
    const over = new AbortController()
    const end = () => over.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    this.#deps.outbox.resendAll()
    // What a lease has left since the last leader is not waited away.
    if (this.#deps.fences.beatMs !== null) this.#heartbeat.open()
    const loops = [this.#beat(session, over.signal), this.#sendReports(session, over.signal)]
    try {
      return await Promise.race(loops)
    } finally {
      signal.removeEventListener('abort', end)
      over.abort()
      // The other loop ends by the signal; what it still does is harmless, but nothing runs unattended.
      await Promise.allSettled(loops)
      signal.throwIfAborted()
    }
  }

  async #beat(session: Established, signal: AbortSignal): Promise<string> {
    const { clock, ledger, fences, trouble } = this.#deps
    for (let misses = 0; ;) {
      const { beatMs } = fences
      // Short leases want more heartbeats than the leader asked for.
      const everyMs = Math.min(session.heartbeatMs, beatMs ?? Number.POSITIVE_INFINITY)
      const wait = misses > 0 ? Math.min(retryMs, everyMs) : fences.lacksLease() ? leaseRetryMs : everyMs
      await this.#heartbeat.wait(clock, wait, signal)
      signal.throwIfAborted()
      const said = trouble()
      const request: HeartbeatRequest = {
        session: session.session,
        term: session.term,
        version: ledger.version,
        ...(fences.beatMs === null ? {} : { fenced: true as const }),
        ...(said === undefined ? {} : { trouble: said }),
      }
      const sentAt = fences.now()
      const within = Math.min(answerWithinMs, everyMs)
      const reply = await this.#askOrMiss('heartbeat', request, heartbeatReply, within, signal)
      if (typeof reply === 'string') {
        misses += 1
        if (reply === 'no-responders' || misses >= missesAllowed) return 'the leader is silent'
        continue
      }
      misses = 0
      const reason = await this.#takeReply(session, reply)
      if (reason !== null) return reason
      if (reply.ok && reply.leases) await fences.renew(reply.leases, sentAt)
    }
  }

  async #sendReports(session: Established, signal: AbortSignal): Promise<string> {
    const { clock, outbox } = this.#deps
    for (let number = 1; ;) {
      const batch = outbox.next()
      if (!batch) {
        await this.#report.wait(clock, null, signal)
        signal.throwIfAborted()
        continue
      }
      const request: ReportRequest = {
        session: session.session,
        term: session.term,
        number,
        tasks: [...batch.tasks],
        deletedVolumes: [...batch.deletedVolumes],
      }
      number += 1
      const reply = await this.#askOrMiss('report', request, reportReply, reportWithinMs, signal)
      if (typeof reply === 'string') {
        // Whether the leader is there at all is for the heartbeat to find out.
        if (reply === 'no-responders') this.#heartbeat.open()
        await clock.sleep(retryMs, signal)
        continue
      }
      const reason = await this.#takeReply(session, reply)
      if (reason !== null) return reason
      outbox.acknowledge(batch)
    }
  }

  /** Null when the session goes on, else why it is over. */
  async #takeReply(session: Established, reply: HeartbeatReply): Promise<string | null> {
    const { ledger } = this.#deps
    if (!reply.ok) {
      await ledger.noteTerm(reply.term)
      return `the leader does not know it: ${reply.reason}`
    }
    if (reply.term !== session.term) return 'another leader answered'
    if (reply.assignments) await this.#take(session.cluster, reply.assignments)
    return null
  }

  /** Whether what is held now is what the leader sent, or newer. */
  async #take(cluster: string, set: AssignmentSet): Promise<boolean> {
    const { ledger, logger } = this.#deps
    const taking = await ledger.take(cluster, set)
    if (taking.ok) {
      if (this.#deps.fences.lacksLease()) this.#heartbeat.open()
      return true
    }
    logger.debug(
      { reason: taking.reason, term: set.term, version: set.version, held: ledger.version },
      'a set of assignments was not taken',
    )
    // The leader hears from the next heartbeat what is held, and sends the whole set.
    if (taking.reason === 'gap') this.#heartbeat.open()
    return taking.reason === 'old'
  }

  async #askOrMiss<Reply>(
    message: NodeMessage,
    request: object,
    schema: z.ZodType<Reply>,
    timeoutMs: Duration,
    signal: AbortSignal,
  ): Promise<Reply | BusError['failure']> {
    try {
      return await this.#ask(message, request, schema, timeoutMs, signal)
    } catch (error) {
      if (error instanceof BusError && !signal.aborted) return error.failure
      throw error
    }
  }

  async #ask<Reply>(
    message: NodeMessage,
    request: object,
    schema: z.ZodType<Reply>,
    timeoutMs: Duration,
    signal: AbortSignal,
  ): Promise<Reply> {
    const { bus, node } = this.#deps
    const answer = await bus.request(subjects.node(node, message), encodeJson(request), { timeoutMs, signal })
    const reply = schema.safeParse(decodeJson(answer))
    if (!reply.success)
      throw new BusError('timeout', `the answer to ${message} is not one: ${z.prettifyError(reply.error)}`)
    return reply.data
  }
}

function whyNot(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted()
  if (error instanceof BusError || error instanceof RuntimeFailure) return error.message
  throw error
}
