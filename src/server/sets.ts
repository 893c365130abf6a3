// The assignments of a node as they are sent to its agent: all of them, or those that changed, with the secrets sealed to
// that node. Invariant: plain values live for the length of one call, and a set names the term and the version that it
// follows from.

import { assignmentsFor, volumesToDelete } from '../control/index.ts'
import type { UnsealedAssignment } from '../control/index.ts'
import type { Assignment, AssignmentSet, ClusterState, NodeId, SealedSecret, Seq } from '../model/index.ts'
import type { Leadership } from './desk.ts'

type Sealing = Pick<Leadership, 'term' | 'vault'>

export function wholeSet(leadership: Sealing, state: ClusterState, node: NodeId): AssignmentSet {
  return {
    term: leadership.term,
    base: null,
    version: state.seq,
    set: assignmentsFor(state, node).map((each) => seal(leadership, state, node, each)),
    remove: [],
    deleteVolumes: volumesToDelete(state, node),
  }
}

/** Of these tasks only, for an agent that holds the version `base`. */
export function partialSet(
  leadership: Sealing,
  state: ClusterState,
  node: NodeId,
  base: Seq,
  tasks: ReadonlySet<string>,
): AssignmentSet {
  const set = assignmentsFor(state, node, tasks)
  const there = new Set(set.map((each) => each.task))
  return {
    term: leadership.term,
    base,
    version: state.seq,
    set: set.map((each) => seal(leadership, state, node, each)),
    remove: [...tasks].filter((task) => !there.has(task)),
    deleteVolumes: volumesToDelete(state, node),
  }
}

/** Seals each secret the task uses to its node's key. */
function seal(
  { vault }: Sealing,
  state: ClusterState,
  node: NodeId,
  { secretAddresses, ...rest }: UnsealedAssignment,
): Assignment {
  const sealKey = state.nodes.get(node)?.sealKey
  const secrets = secretAddresses.flatMap((address): SealedSecret[] => {
    const secret = state.secrets.get(address)
    const newest = secret?.versions.at(-1)
    if (!secret || !newest || sealKey === undefined) return []
    const sealed = vault.sealTo(sealKey, vault.open(newest.value))
    return [{ name: secret.name, version: newest.version, sealed }]
  })
  return { ...rest, secrets }
}
