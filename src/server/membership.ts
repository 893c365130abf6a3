// Which servers count, as this server knows it, and the leader's door to change that. Invariant: one change at a time,
// and the next is decided on only when a majority of the servers after the last one has all that is in the log; so two
// majorities that do not meet never come about (Raft's thesis, section 4.1, and the correction of 2015 to it).

import { changeServers } from '../control/index.ts'
import type { MembershipWish, ServerIdentity } from '../control/index.ts'
import type { Change, ClusterState, Duration, Instant } from '../model/index.ts'
import type { Desk } from './desk.ts'
import type { ServerOptions } from './ports.ts'

type Self = Pick<ServerOptions, 'id' | 'name' | 'address' | 'founders'>

/** Those whom the log names; before it names any, those who begin it. */
export function serversOf(state: ClusterState, self: Self): ReadonlySet<string> {
  return new Set(state.servers.size > 0 ? state.servers.keys() : foundersOf(self).map(({ id }) => id))
}

export function foundersOf({ id, name = id, address, founders }: Self): readonly ServerIdentity[] {
  return founders ?? [{ id, name, address: address ?? null }]
}

/** The rows of those who begin a log. */
export function recordFounders(self: Self, now: Instant): Change[] {
  return foundersOf(self).map((identity) => ({
    table: 'servers',
    key: identity.id,
    value: { ...identity, joinedAt: now },
  }))
}

export type MembershipAnswer =
  { readonly ok: true } | { readonly ok: false; readonly what: string; readonly fix: string }

/** How long a change waits for the one before it, and how often it is looked whether that is safe. */
const patienceMs: Duration = 10_000
const lookEveryMs: Duration = 50

/** Adds or removes one server; resolves when a majority of those that count from then on has it on its disk. */
export async function changeMembership(
  desk: Desk,
  wish: MembershipWish,
  by: string,
): Promise<MembershipAnswer> {
  const { clock, signal } = desk.leadership
  const end = clock.monotonic() + patienceMs
  for (;;) {
    const answer = await tryToChange(desk, wish, by)
    if (answer !== busy || clock.monotonic() >= end || signal.aborted) return answer
    await clock.sleep(lookEveryMs, signal).catch(() => undefined) // the next try is refused
  }
}

const busy: MembershipAnswer = {
  ok: false,
  what: 'the servers do not change yet: a majority has not copied all that is in the log',
  fix: 'see that the servers run, and try again',
}

function tryToChange(desk: Desk, wish: MembershipWish, by: string): Promise<MembershipAnswer> {
  return new Promise((resolve) => {
    let answer: MembershipAnswer = busy
    desk.submit({
      decide: (state) => {
        // What this round has decided before it, or what is not copied yet, may be another change of the servers.
        if (desk.isChangingServers || desk.acknowledged < state.seq) return null
        const decision = changeServers(state, wish, desk.now())
        if (!decision.ok) {
          answer = decision
          return null
        }
        answer = { ok: true }
        return { cause: { by, what: decision.what }, changes: decision.changes }
      },
      // What was not decided on need not be copied by anybody.
      done: () => {
        if (!answer.ok) resolve(answer)
      },
      acknowledged: () => resolve(answer),
      refused: (reason) => resolve({ ok: false, what: reason, fix: 'try again' }),
    })
  })
}
