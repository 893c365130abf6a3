// Every invariant of the product that the simulator watches over while a run goes on. That replicas converge once
// faults end is looked at when they have ended: run/calm.ts.

import { acknowledged } from './acknowledged.ts'
import { fence } from './fence.ts'
import type { Invariant } from './invariant.ts'
import { nothingLost } from './nothing-lost.ts'
import { oneLeader } from './one-leader.ts'
import { placement } from './placement.ts'
import { reservations } from './reservations.ts'
import { sameFold } from './same-fold.ts'
import { secrets } from './secrets.ts'
import { terms } from './terms.ts'

export const invariants: readonly Invariant[] = [
  oneLeader,
  sameFold,
  acknowledged,
  fence,
  terms,
  reservations,
  placement,
  secrets,
  nothingLost,
]
