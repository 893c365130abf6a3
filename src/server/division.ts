// A store and a copy that go on differently after some record: which of them is right. Invariant: a server gives up what
// it has copied only when a majority of all servers, every one of them another, has the store's version on its disk; then
// nothing of what is given up was ever answered for. What is given up is kept aside. In any other case nobody leads.

import type { Clock, Duration, Logger, Seq } from '../model/index.ts'
import { majorityOf } from './copies.ts'
import { LogDamage } from './log-errors.ts'
import type { Division } from './log-errors.ts'
import type { LogCopy } from './ports.ts'
import type { Copied } from './vote.ts'

export type Verdict = 'the store is right' | 'the copy is right' | 'unknown'

/** `reports` are what the others have said last; `servers` are those that count. */
export function judgeDivision(
  { theirs, mine }: Pick<Division, 'theirs' | 'mine'>,
  servers: ReadonlySet<string>,
  self: string,
  reports: ReadonlyMap<string, Copied>,
): Verdict {
  const others = [...servers].filter((server) => server !== self)
  const needed = majorityOf(servers.size)
  const having = (digests: ReadonlyMap<Seq, string>) =>
    others.filter((server) => {
      const tip = reports.get(server)?.tip
      return tip !== undefined && digests.get(tip.seq) === tip.digest
    }).length
  if (having(theirs) >= needed) return 'the store is right'
  // With this server itself.
  return having(mine) + 1 >= needed ? 'the copy is right' : 'unknown'
}

const lookEveryMs: Duration = 1000
/** How often it is said that the others are waited for. */
const sayEveryMs: Duration = 10_000

export interface DivisionDeps {
  readonly id: string
  readonly copy: LogCopy
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Resolves when the copy's version was given up, or `compare` finds no division any more; throws `LogDamage` when the copy is
 * right, or nobody could say so. The log goes on without this server meanwhile, so it is compared anew each time, after
 * it was noted what the others have said: of that, the store then holds everything.
 */
export async function settleDivision(
  { id, copy, clock, logger, signal }: DivisionDeps,
  compare: () => Promise<Division | null>,
  servers: ReadonlySet<string>,
  reports: ReadonlyMap<string, Copied>,
): Promise<void> {
  const first = await compare()
  // Even all others together would not be a majority.
  const others = servers.size - (servers.has(id) ? 1 : 0)
  if (first && others < majorityOf(servers.size)) throw new LogDamage(first.message)
  for (let saidAt = Number.NEGATIVE_INFINITY; ;) {
    const said = new Map(reports)
    const division = await compare()
    if (division === null) return
    const verdict = judgeDivision(division, servers, id, said)
    if (verdict === 'the copy is right') throw new LogDamage(division.message)
    if (verdict === 'the store is right') {
      const place = await copy.setAside(division.shared)
      logger.error(
        { from: division.shared + 1, to: Math.max(...division.mine.keys()), place },
        'records that only this server had copied were given up for those that a majority has; they are kept aside',
      )
      return
    }
    if (clock.monotonic() - saidAt >= sayEveryMs) {
      saidAt = clock.monotonic()
      logger.error(
        { shared: division.shared },
        `${division.message}; waiting for the other servers to say what they have`,
      )
    }
    await clock.sleep(lookEveryMs, signal)
  }
}
