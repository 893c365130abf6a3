// Answers that a leader owes, until a majority of the servers has a copy of what they rest on. Invariant: they are given
// in the order in which they were made, none before its time, each once; when the leadership ends first, whoever waits is
// told that it is not known. What is decided meanwhile is not its business.

import { messageOf } from '../model/index.ts'
import type { Clock, Duration, Logger, Seq, Term } from '../model/index.ts'
import { Copies } from './copies.ts'
import { notKnown } from './desk.ts'
import type { Input } from './desk.ts'
import type { Standing } from './standing.ts'

export interface AnswersDeps {
  readonly id: string
  readonly term: Term
  readonly standing: Standing
  readonly clock: Clock
  readonly logger: Logger
}

export class Answers {
  readonly #deps: AnswersDeps
  readonly #copies: Copies
  readonly #owed: { readonly seq: Seq; readonly input: Input }[] = []
  /** Who counts, and who counted before that. */
  #servers: ReadonlySet<string>
  #grewAt: number

  /** `servers` are those that count. */
  constructor(deps: AnswersDeps, servers: ReadonlySet<string>) {
    this.#deps = deps
    this.#servers = servers
    this.#copies = new Copies(deps.term, servers)
    this.#grewAt = deps.clock.monotonic()
    for (const [server, report] of deps.standing.reports) this.#copies.copied(server, report)
  }

  /** Up to here a majority has all records. */
  get seq(): Seq {
    return this.#copies.seq
  }

  /** The servers that count, as the log has them. */
  get servers(): ReadonlySet<string> {
    return this.#servers
  }

  /** Answers that are owed. */
  get size(): number {
    return this.#owed.length
  }

  /** The log has grown, and this server's copy with it; `servers` are those that count from there on. */
  appended(servers: ReadonlySet<string>): void {
    const { standing, id, clock } = this.#deps
    if (this.#copies.seq === standing.log.last - 1) this.#grewAt = clock.monotonic()
    this.#copies.appended(standing.log.last, standing.log.digest)
    this.#servers = servers
    this.#copies.count(servers)
    this.#copies.copied(id, standing.copied)
  }

  /** Another server has said what it has. */
  copied(): void {
    const { standing } = this.#deps
    let hasGrown = false
    for (const [server, report] of standing.reports) if (this.#copies.copied(server, report)) hasGrown = true
    if (!hasGrown) return
    this.#grewAt = this.#deps.clock.monotonic()
    this.give()
  }

  /** The answer of an input that was decided on, as of the log's newest record. */
  owe(input: Input): void {
    if (input.acknowledged) this.#owed.push({ seq: this.#deps.standing.log.last, input })
  }

  /** Gives what is due. */
  give(): void {
    let due = 0
    for (const { seq } of this.#owed) {
      if (seq > this.seq) break
      due += 1
    }
    for (const { input } of this.#owed.splice(0, due))
      try {
        input.acknowledged?.()
      } catch (error) {
        this.#deps.logger.error({ reason: messageOf(error), error }, 'an answer could not be given: a bug')
      }
  }

  /** How long a majority has not copied what there is to copy. */
  get stalledFor(): Duration {
    const { standing, clock } = this.#deps
    return this.seq >= standing.log.last ? 0 : clock.monotonic() - this.#grewAt
  }

  refuseAll(why: string): void {
    for (const { input } of this.#owed.splice(0)) input.refused(notKnown(why))
  }
}
