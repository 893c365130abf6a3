// How much of the log a majority of the servers has on its disk: what a leader may give answers from. Invariant: it only
// grows; a server counts for a record when it has named a digest that the leader's log has at or after it, and had not
// given its word for a newer term. It is about the records of the leader's own term: once one of those is on a majority,
// so are all before it, and who has none of them in his log is elected by nobody.

import type { Seq, Term } from '../model/index.ts'
import type { Copied } from './vote.ts'

/** How many are more than half. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1
}

export class Copies {
  readonly #term: Term
  #servers: ReadonlySet<string>
  readonly #reports = new Map<string, Copied>()
  /** Digests of this term's records which a majority is not known to have, and of the one before them. */
  readonly #digests = new Map<Seq, string>()
  #seq: Seq = 0

  /** `servers` are those that count. */
  constructor(term: Term, servers: Iterable<string>) {
    this.#term = term
    this.#servers = new Set(servers)
  }

  /** Up to here a majority has all records; 0 before it has one of this term. */
  get seq(): Seq {
    return this.#seq
  }

  /** This term's log has grown by a record. */
  appended(seq: Seq, digest: string): void {
    this.#digests.set(seq, digest)
  }

  /** From the record that changed them on, other servers count. */
  count(servers: Iterable<string>): void {
    this.#servers = new Set(servers)
  }

  /** What a server says it has; true when a majority has more than before. */
  copied(server: string, report: Copied): boolean {
    this.#reports.set(server, report)
    return this.update()
  }

  update(): boolean {
    const have = [...this.#servers].map((server) => this.#hasOf(server)).sort((a, b) => b - a)
    const seq = have[majorityOf(have.length) - 1] ?? 0
    if (seq <= this.#seq) return false
    this.#seq = seq
    for (const old of this.#digests.keys()) if (old < seq) this.#digests.delete(old)
    return true
  }

  #hasOf(server: string): Seq {
    const report = this.#reports.get(server)
    if (!report || report.promised > this.#term) return 0
    return this.#digests.get(report.tip.seq) === report.tip.digest ? report.tip.seq : 0
  }
}
