// Where this server stands among the others: its word, what it says it has copied, what the others say, and what they
// answer when it would lead. Invariant: its word is in force from the moment it is decided on, and on the disk before
// anybody is told of it; no word is ever taken back. Who leads, and when to try, is not decided here.

import { decodeJson, encodeJson, messageOf, subjects } from '../model/index.ts'
import type { Bus, BusSubscription, Clock, Duration, Logger, Term } from '../model/index.ts'
import { aliveEveryMs, decodeAlive } from './alive.ts'
import { majorityOf } from './copies.ts'
import type { Log } from './log.ts'
import type { LogCopy, Promised } from './ports.ts'
import { copiedMessage, refuseVote, voteReply, voteRequest } from './vote.ts'
import type { Copied, VoteReply, VoteRequest } from './vote.ts'

/** What has been copied is said this often at least. */
const announceEveryMs: Duration = 250
/** Who has heard the leader within this time does not help another to lead. */
const leaderFreshMs: Duration = 3 * aliveEveryMs
const voteWithinMs: Duration = 1000

export interface StandingDeps {
  readonly id: string
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly copy: LogCopy
}

export class Standing {
  readonly #deps: StandingDeps
  /** The log as it was opened last. */
  log: Log
  /** Whether this server leads now. */
  leads = false
  /** Called when another server says what it has copied. */
  onCopied: ((server: string, copied: Copied) => void) | null = null
  /** Called when this server has given its word for a newer term. */
  onPromised: (() => void) | null = null
  /** What each server said last, this one left out. */
  readonly reports = new Map<string, Copied>()
  #promised: Promised
  #heardAt = Number.NEGATIVE_INFINITY
  /** The newest term that anybody has spoken of. */
  #newest: Term = 0

  constructor(deps: StandingDeps, log: Log) {
    this.#deps = deps
    this.log = log
    this.#promised = log.promised
  }

  /** The newest term this server has given its word for, or has folded. */
  get promised(): Term {
    return Math.max(this.#promised.term, this.log.tip.term)
  }

  /** A term that nobody has spoken of yet, as far as is known here. */
  get nextTerm(): Term {
    return Math.max(this.promised, this.#newest) + 1
  }

  get copied(): Copied {
    return { promised: this.promised, tip: this.log.tip }
  }

  /** Moment, by the monotonic clock, at which a leader was heard last. */
  get heardAt(): number {
    return this.#heardAt
  }

  serve(): BusSubscription[] {
    const { bus, clock, id } = this.#deps
    return [
      bus.serve(subjects.leaderAlive, async ({ data }) => {
        const term = decodeAlive(data)
        if (term !== undefined && term >= this.log.tip.term) this.#heardAt = clock.monotonic()
        return null
      }),
      bus.serve(subjects.anyServer('copied'), async ({ subject, data }) => {
        const server = subject.split('.')[2] ?? ''
        const copied = copiedMessage.safeParse(decodeJson(data))
        if (!copied.success || server === id) return null
        this.reports.set(server, copied.data)
        this.#newest = Math.max(this.#newest, copied.data.promised)
        this.onCopied?.(server, copied.data)
        return null
      }),
      bus.serve(subjects.server(id, 'vote'), async ({ data }) => {
        const request = voteRequest.safeParse(decodeJson(data))
        if (!request.success) return null
        const reply = await this.#vote(request.data)
        return reply ? encodeJson(reply) : null
      }),
    ]
  }

  /** Tells all others what this server has on its disk. */
  announce(): void {
    const { bus, id } = this.#deps
    bus.publish(subjects.server(id, 'copied'), encodeJson(this.copied))
  }

  /** Announces again and again, while there is somebody who listens. */
  async repeat(hasOthers: () => boolean, signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#deps.clock.sleep(announceEveryMs, signal)
        if (hasOthers()) this.announce()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #vote(request: VoteRequest): Promise<VoteReply | null> {
    const { logger, clock } = this.#deps
    const { tip } = this.log
    const hearsLeader = this.leads || clock.monotonic() - this.#heardAt < leaderFreshMs
    const reason = refuseVote({ promised: this.#promised, tip, hearsLeader }, request)
    if (reason === null && !request.trial) {
      try {
        await this.#promise(request.term, request.candidate)
      } catch (error) {
        // Not on the disk, so it is not given; in this process it holds all the same.
        logger.error({ reason: messageOf(error) }, 'a word could not be written down, and is not given')
        return null
      }
      logger.info({ term: request.term, candidate: request.candidate }, 'gave its word for a term')
    }
    return { isGiven: reason === null, term: this.promised, reason: reason ?? '' }
  }

  async #promise(term: Term, candidate: string): Promise<void> {
    const isNewer = term > this.promised
    this.#promised = { term, candidate }
    if (isNewer) this.onPromised?.()
    await this.#deps.copy.promise(this.#promised)
  }

  /** Gives its own word, and has that of a majority of `servers` when it says true. */
  async stand(term: Term, servers: ReadonlySet<string>, signal: AbortSignal): Promise<boolean> {
    await this.#promise(term, this.#deps.id)
    return this.#ask({ term, trial: false }, servers, signal)
  }

  /** Whether a majority of `servers` would give its word; takes nobody's. */
  async couldStand(term: Term, servers: ReadonlySet<string>, signal: AbortSignal): Promise<boolean> {
    return this.#ask({ term, trial: true }, servers, signal)
  }

  async #ask(
    question: Pick<VoteRequest, 'term' | 'trial'>,
    servers: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { bus, id, logger } = this.#deps
    const others = [...servers].filter((server) => server !== id)
    const needed = majorityOf(servers.size) - (servers.has(id) ? 1 : 0)
    if (needed <= 0) return true
    const data = encodeJson({ ...question, candidate: id, tip: this.log.tip } satisfies VoteRequest)
    const over = new AbortController()
    let given = 0
    const enough = Promise.withResolvers<boolean>()
    const asked = others.map(async (server) => {
      try {
        const answer = await bus.request(subjects.server(server, 'vote'), data, {
          timeoutMs: voteWithinMs,
          signal: AbortSignal.any([signal, over.signal]),
        })
        const reply = voteReply.safeParse(decodeJson(answer))
        if (!reply.success) return
        this.#newest = Math.max(this.#newest, reply.data.term)
        if (reply.data.isGiven) given += 1
        else logger.debug({ server, ...question, reason: reply.data.reason }, 'a word is not given')
        if (given >= needed) enough.resolve(true)
      } catch (error) {
        if (!over.signal.aborted)
          logger.debug({ server, ...question, reason: messageOf(error) }, 'a server does not answer')
      }
    })
    void Promise.all(asked).then(() => enough.resolve(given >= needed))
    const isEnough = await enough.promise
    over.abort()
    return isEnough
  }
}
