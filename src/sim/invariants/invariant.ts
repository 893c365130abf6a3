// What an invariant is: one sentence about the cluster that holds after every step, whatever fails, and an observer that
// sees to it. Invariant of invariants: they look from outside, at the log, the disks and the containers, and believe
// nothing that the code under test says about itself.

import type { Observer } from '../observer.ts'
import type { World } from '../world.ts'

export class Violation extends Error {
  readonly invariant: string
  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.name = 'Violation'
    this.invariant = invariant
  }
}

/** What people have agreed to lose, for those who watch over data. */
export interface Consents {
  /** Requests that may delete a volume (`stack/volume:name`) and have not done so yet. */
  readonly volumes: Map<string, number>
}

export interface Sight {
  readonly world: World
  readonly consents: Consents
}

export interface Watcher extends Observer {
  /** Looked at once more when faults have ended and all is quiet. */
  end?(): void
}

export interface Invariant {
  readonly name: string
  readonly says: string
  watch(sight: Sight, fail: (message: string) => never): Watcher
}

export function watchOver(invariant: Invariant, sight: Sight): Watcher {
  return invariant.watch(sight, (message) => {
    throw new Violation(invariant.name, message)
  })
}
