// The hold: when more than a third of the nodes, and at least three, vanish at once, that is rather the network than so
// many hosts, and nothing of theirs is replaced until enough of them are back or an operator says so. Invariant: what
// was replaced before stays replaced, and while a hold lasts every node that is lost joins it.

import type { Change, ClusterState, Hold, Instant, Node, NodeId } from '../model/index.ts'
import { exitCodes } from '../model/index.ts'
import type { Decision } from './decision.ts'
import type { Outcome } from './outcome.ts'

const leastNodes = 3

/** Whether so many are too many to be lost one by one. */
function isTooMany(gone: number, of: number): boolean {
  return gone >= leastNodes && gone * 3 > of
}

/**
 * What the loss of a node means to the hold. Nodes that are suspect count as gone: all of one switch fall silent at
 * once, and the first of them is lost a moment before the others. Those that were lost before, and replaced, do not.
 */
export function holdOnLoss(state: ClusterState, id: NodeId, now: Instant): Change[] {
  const { cluster } = state
  if (!cluster) return []
  const held = new Set(cluster.hold?.nodes ?? [])
  const isGone = (node: Node) =>
    node.id === id || node.status === 'suspect' || (node.status === 'lost' && held.has(node.id))
  const nodes = [...state.nodes.values()]
  const gone = nodes.filter(isGone)
  const of = nodes.filter((node) => node.status !== 'lost' || held.has(node.id) || node.id === id).length
  if (!cluster.hold && !isTooMany(gone.length, of)) return []
  const hold: Hold = {
    since: cluster.hold?.since ?? now,
    of: Math.max(of, cluster.hold?.of ?? 0),
    nodes: [...new Set([...held, ...gone.map((node) => node.id)])].sort(),
  }
  return [{ table: 'cluster', key: 'cluster', value: { ...cluster, hold } }]
}

/** Ends the hold once so few are still gone that they would not have begun one. */
export function reconcileHold(state: ClusterState): Outcome {
  const { cluster } = state
  const nothing = { changes: [], what: '', wakeAt: null }
  if (!cluster?.hold) return nothing
  const { hold, ...rest } = cluster
  const gone = hold.nodes.filter((id) => (state.nodes.get(id)?.status ?? 'ready') !== 'ready')
  if (isTooMany(gone.length, hold.of)) {
    if (gone.length === hold.nodes.length) return nothing
    const value = { ...cluster, hold: { ...hold, nodes: gone } }
    return {
      changes: [{ table: 'cluster', key: 'cluster', value }],
      what: `still ${gone.length} of ${hold.of} nodes are gone: nothing of theirs is replaced`,
      wakeAt: null,
    }
  }
  return {
    changes: [{ table: 'cluster', key: 'cluster', value: rest }],
    what: 'enough nodes are back: what was on the others is replaced',
    wakeAt: null,
  }
}

/** An operator knows that the nodes are gone for good. */
export function releaseHold(state: ClusterState): Decision {
  if (!state.cluster?.hold)
    return {
      ok: false,
      what: 'nothing is held back',
      fix: 'gantry status says when something is',
      exit: exitCodes.failed,
    }
  const { hold, ...rest } = state.cluster
  return {
    ok: true,
    version: 0,
    what: `replace what was on ${hold.nodes.length} nodes that vanished at once`,
    changes: [{ table: 'cluster', key: 'cluster', value: rest }],
  }
}
