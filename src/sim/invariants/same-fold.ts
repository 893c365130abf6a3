// That state is the fold of the log and nothing else. Each server's rows are compared with those of the log itself
// whenever it has folded records that changed them, and all of them in the end.

import { rowsOf } from '../../model/index.ts'
import type { Change, ClusterState, LogRecord } from '../../model/index.ts'
import type { Invariant } from './invariant.ts'

interface Mark {
  readonly term: number
  readonly leader: string | null
  readonly at: number
}

export const sameFold: Invariant = {
  name: 'same-fold',
  says: 'Servers that have folded the same records hold the same state.',
  watch: ({ world }, fail) => {
    const marks: Mark[] = []
    /** Records up to which a server was compared, and its state. */
    const folded = new Map<string, { seq: number; state: ClusterState }>()
    return {
      record: ({ seq, state: { term, leader, at } }) => {
        marks[seq] = { term, leader, at }
      },
      rewritten: (left) => {
        marks.splice(left + 1)
        for (const each of folded.values()) each.seq = Math.min(each.seq, left)
      },
      folded: (server, state) => {
        // Asked first, so that what was just appended is known.
        const mark = world.state.seq >= state.seq ? marks[state.seq] : undefined
        if (!mark) return
        // It was given another record by a store that had changed it, which the next one will show it.
        const copy = world.log.damages > 0 && world.servers.find(({ id }) => id === server)?.copy
        if (copy && copy.holdsAny(world.log.flipped)) return
        const known = folded.get(server)
        const from = known && known.state === state ? known.seq : 0
        folded.set(server, { seq: state.seq, state })
        if (mark.term !== state.term || mark.leader !== state.leader || mark.at !== state.at)
          fail(`${server} is in term ${state.term} of ${state.leader ?? 'nobody'} after record ${state.seq}`)
        for (const change of newest(world.history.slice(from, state.seq)))
          if (JSON.stringify(rowIn(state, change)) !== JSON.stringify(change.value))
            fail(`${server} has another row ${change.table} ${change.key} after record ${state.seq}`)
      },
      end: () => {
        const { state } = world
        const rows = JSON.stringify(rowsOf(state))
        for (const [server, { state: own }] of folded)
          if (own.seq === state.seq && JSON.stringify(rowsOf(own)) !== rows)
            fail(`${server} holds another state after record ${own.seq}`)
      },
    }
  },
}

/** The last change of each row. */
function newest(records: readonly LogRecord[]): Change[] {
  const changes = new Map<string, Change>()
  for (const record of records)
    if (record.kind === 'commit')
      for (const part of record.parts)
        for (const change of part.changes) changes.set(`${change.table} ${change.key}`, change)
  return [...changes.values()]
}

function rowIn(state: ClusterState, { table, key }: Change): unknown {
  return table === 'cluster' ? state.cluster : (state[table].get(key) ?? null)
}
