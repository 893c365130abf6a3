// Which servers count: the rows that majorities are taken of. Invariant: one change adds or removes one server, so that
// any majority before it and any after it have a server in common. That the change before is safe before the next is
// decided is for the leader to see to, who alone knows what has been copied (server/members.ts).

import type { Change, ClusterState, Instant, Server } from '../model/index.ts'

/** More cost every commit a wait and save no more hosts than anybody loses at once. */
export const serversLimit = 5

/** Who a server is, before the log has a row of it. */
export type ServerIdentity = Pick<Server, 'id' | 'name' | 'address'>

export type MembershipWish =
  | { readonly add: ServerIdentity }
  /** The id of a server. */
  | { readonly remove: string }

export type MembershipDecision =
  | { readonly ok: true; readonly what: string; readonly changes: readonly Change[] }
  | { readonly ok: false; readonly what: string; readonly fix: string }

export function changeServers(state: ClusterState, wish: MembershipWish, now: Instant): MembershipDecision {
  return 'add' in wish ? addServer(state, wish.add, now) : removeServer(state, wish.remove)
}

function addServer(
  state: ClusterState,
  { id, name, address }: ServerIdentity,
  now: Instant,
): MembershipDecision {
  const before = state.servers.get(id)
  if (!before && state.servers.size >= serversLimit)
    return {
      ok: false,
      what: `there are ${serversLimit} servers already`,
      fix: 'remove one first; more of them make the cluster slower and no safer',
    }
  const value: Server = { id, name, address, joinedAt: before?.joinedAt ?? now }
  return {
    ok: true,
    what: before ? `server ${name} has the address ${address ?? 'of nobody'}` : `server ${name} joins`,
    changes: [{ table: 'servers', key: id, value }],
  }
}

function removeServer(state: ClusterState, id: string): MembershipDecision {
  const server = state.servers.get(id)
  if (!server) return { ok: false, what: `there is no server ${id}`, fix: 'look at the list of servers' }
  if (state.servers.size === 1)
    return {
      ok: false,
      what: `${server.name} is the only server`,
      fix: 'add another one first; without a server nothing is decided',
    }
  return {
    ok: true,
    what: `server ${server.name} leaves`,
    changes: [{ table: 'servers', key: id, value: null }],
  }
}
