// The clock of leases: time since the host booted, asleep or not, the same in every process of the host. Invariant: it
// never goes back, and does not stand still while the host sleeps, as the monotonic clock of timers does.

import { uptime } from 'node:os'

/** Milliseconds; of a resolution of ten. */
export function bootTime(): number {
  return uptime() * 1000
}
