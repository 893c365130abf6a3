// The hold: when more than a third of the nodes, and at least three, vanish at once, that is rather the network than so
// many hosts, and nothing of theirs is replaced until enough of them are back or an operator says so. Invariant: what
// was replaced before stays replaced, and while a hold lasts every node that is lost joins it.

import type { Change, ClusterState, Hold, Instant, Node, NodeId } from '../model/index.ts'
import { exitCodes } from '../model/index.ts'
import type { Decision } from './decision.ts'
import type { Outcome } from './outcome.ts'
import { without } from './without.ts'

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

/**
 * Ends the hold once so few are still gone that they would not have begun one: not at once, because those that were cut
 * off together come back together, but after the time in which a node would be lost. When all are back, at once.
 */
export function reconcileHold(state: ClusterState, now: Instant): Outcome {
  const { cluster } = state
  if (!cluster?.hold) return { changes: [], what: '', wakeAt: null }
  const { hold } = cluster
  const { endsAt, ...lasting } = hold
  const nodes = hold.nodes.filter((id) => (state.nodes.get(id)?.status ?? 'ready') !== 'ready')
  const isOver = !isTooMany(nodes.length, hold.of)
  const end = isOver ? (endsAt ?? now + cluster.lostMs) : undefined
  if (nodes.length === 0 || (end !== undefined && now >= end))
    return {
      changes: [{ table: 'cluster', key: 'cluster', value: without(cluster, 'hold') }],
      what: `enough nodes are back: ${nodes.length === 0 ? 'nothing is held back any more' : 'what was on the others is replaced'}`,
      wakeAt: null,
    }
  const next: Hold = { ...lasting, nodes, ...(end === undefined ? {} : { endsAt: end }) }
  const isSame = nodes.length === hold.nodes.length && end === endsAt
  return {
    changes: isSame ? [] : [{ table: 'cluster', key: 'cluster', value: { ...cluster, hold: next } }],
    what: `${nodes.length} of ${hold.of} nodes are still gone: nothing of theirs is replaced`,
    wakeAt: end ?? null,
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
  const { hold } = state.cluster
  return {
    ok: true,
    version: 0,
    what: `replace what was on ${hold.nodes.length} nodes that vanished at once`,
    changes: [{ table: 'cluster', key: 'cluster', value: without(state.cluster, 'hold') }],
  }
}
