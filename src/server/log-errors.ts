// How a log fails those who follow or lead on it. Invariant: each says what is known and what is not, because what to do
// next hangs on it. What is done is server.ts's business.

import type { Seq } from '../model/index.ts'

/** The log is not what this server knows it to be, or cannot be read: it neither leads nor follows. */
export class LogDamage extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LogDamage'
  }
}

/** The store ends before this server's copy does: whoever comes to lead puts back what it lost. */
export class StoreShort extends Error {
  constructor(last: Seq, copied: Seq) {
    super(`the store came back short: it ends at ${last}, and record ${copied} was copied from it`)
    this.name = 'StoreShort'
  }
}

/** Up to a record, store and copy are the same, and the next one differs. One of them is wrong. */
export class Division extends Error {
  readonly shared: Seq
  /** Digests of the store's records after that, by their sequence. */
  readonly theirs: ReadonlyMap<Seq, string>
  /** Those of the copy. */
  readonly mine: ReadonlyMap<Seq, string>

  constructor(shared: Seq, theirs: ReadonlyMap<Seq, string>, mine: ReadonlyMap<Seq, string>) {
    super(
      `the store's record ${shared + 1} is not the one this server has a copy of; nobody leads on a divided log`,
    )
    this.name = 'Division'
    this.shared = shared
    this.theirs = theirs
    this.mine = mine
  }
}

/** It is not known whether a record was appended, and it must not be tried again. */
export class NotSettled extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NotSettled'
  }
}
