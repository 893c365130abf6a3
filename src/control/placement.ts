// Where a task goes: filters turn nodes away and say why, then a score picks among the rest (bin packing, after
// spreading the tasks of one service). Invariant: no node is given more than it has, and a task is never placed
// against a filter. It does not move tasks that are placed.

import { formatCpu, humanBytes } from '../model/index.ts'
import type { Node, NodeId, Placement, Reservation } from '../model/index.ts'
import { conditionText, holds, valueOn } from './condition.ts'
import type { Draft } from './draft.ts'
import { repelledBy, taintText } from './leaving.ts'

export interface PlacementRequest {
  readonly owner: string
  readonly reserve: Reservation
  readonly placement: Placement
  /** Addresses of the volumes it mounts. */
  readonly volumes: readonly string[]
}

/** The nodes that one filter turned away. */
export interface TurnedAway {
  readonly filter: string
  readonly nodes: number
  /** In words that begin with the count: "3 with too little memory (needs 1Gi, the freest has 512Mi)". */
  readonly why: string
}

export type PlacementResult =
  | { readonly ok: true; readonly node: Node }
  | {
      readonly ok: false
      readonly reason: string
      /** Nodes of the cluster, and how many of them each filter turned away. */
      readonly nodes: number
      readonly turnedAway: readonly TurnedAway[]
    }

/** A filter = applies / check / explain (after SwarmKit's scheduler pipeline); it never looks at scores. */
interface Filter {
  readonly name: string
  /** Lets whole filters drop out of the inner loop. */
  appliesTo(request: PlacementRequest): boolean
  check(request: PlacementRequest, node: Node, draft: Draft): boolean
  /** Why it refused all of `refused`, in words a person can act on. */
  explain(request: PlacementRequest, refused: readonly Node[], draft: Draft): string
}

const ready: Filter = {
  name: 'ready',
  appliesTo: () => true,
  check: (_, node) => node.status === 'ready' && node.availability === 'active',
  explain: (_, refused) => {
    const away = refused.filter((node) => node.status !== 'ready').length
    const closed = refused.length - away
    return closed === 0
      ? `${away} not ready`
      : away === 0
        ? `${closed} taking no new tasks`
        : `${refused.length} not ready or taking no new tasks`
  },
}

const taints: Filter = {
  name: 'taints',
  appliesTo: () => true,
  check: (request, node) => repelledBy(node, request.placement) === undefined,
  explain: (request, refused) => {
    const found = refused.flatMap((node) => {
      const taint = repelledBy(node, request.placement)
      return taint ? [taintText(taint)] : []
    })
    return `${refused.length} with the taint ${[...new Set(found)].sort().join(' or ')}`
  },
}

const volumes: Filter = {
  name: 'volumes',
  appliesTo: (request) => request.volumes.length > 0,
  check: (request, node, draft) =>
    request.volumes.every((address) => {
      const pinned = draft.volumeNode(address)
      return pinned === null || pinned === node.id
    }),
  explain: (request, refused, draft) => {
    const pinned = request.volumes.filter((address) => {
      const node = draft.volumeNode(address)
      return node !== null && refused.some(({ id }) => id !== node)
    })
    return `${refused.length} without the data of ${pinned.join(' and ')}`
  },
}

const constraints: Filter = {
  name: 'constraints',
  appliesTo: (request) => request.placement.require.length > 0,
  check: (request, node) => request.placement.require.every((each) => holds(each, node)),
  explain: (request, refused) => {
    const failed = request.placement.require.find((each) => refused.some((node) => !holds(each, node)))
    return `${refused.length} without ${failed ? conditionText(failed) : 'the required attributes'}`
  },
}

const perNode: Filter = {
  name: 'perNode',
  appliesTo: (request) => request.placement.maxPerNode !== undefined,
  check: (request, node, draft) =>
    (draft.presentOf(request.owner).get(node.id) ?? 0) + draft.placedOn(node.id) <
    (request.placement.maxPerNode ?? Infinity),
  explain: (request, refused) =>
    `${refused.length} with ${request.placement.maxPerNode ?? 0} of its tasks already, the most of one node`,
}

const memory: Filter = {
  name: 'memory',
  appliesTo: (request) => request.reserve.memory > 0,
  check: (request, node, draft) => request.reserve.memory <= draft.freeOn(node).memory,
  explain: (request, refused, draft) =>
    `${refused.length} with too little memory (needs ${humanBytes(request.reserve.memory)}, the freest has ${humanBytes(
      Math.max(0, ...refused.map((node) => draft.freeOn(node).memory)),
    )})`,
}

const cpu: Filter = {
  name: 'cpu',
  appliesTo: (request) => request.reserve.cpu > 0,
  check: (request, node, draft) => request.reserve.cpu <= draft.freeOn(node).cpu,
  explain: (request, refused, draft) =>
    `${refused.length} with too little cpu (needs ${formatCpu(request.reserve.cpu)}, the freest has ${formatCpu(
      Math.max(0, ...refused.map((node) => draft.freeOn(node).cpu)),
    )})`,
}

const filters: readonly Filter[] = [ready, taints, volumes, constraints, perNode, memory, cpu]

export function placeTask(draft: Draft, request: PlacementRequest): PlacementResult {
  let left = [...draft.state.nodes.values()]
  const total = left.length
  const turnedAway: TurnedAway[] = []
  for (const filter of filters) {
    if (!filter.appliesTo(request) || left.length === 0) continue
    const passed: Node[] = []
    const refused: Node[] = []
    for (const node of left) (filter.check(request, node, draft) ? passed : refused).push(node)
    if (refused.length > 0)
      turnedAway.push({
        filter: filter.name,
        nodes: refused.length,
        why: filter.explain(request, refused, draft),
      })
    left = passed
  }
  const best = bestNode(draft, request, left)
  if (best) return { ok: true, node: best }
  return {
    ok: false,
    reason:
      total === 0
        ? 'the cluster has no nodes'
        : `no node fits: of ${total}, ${turnedAway.map(({ why }) => why).join(', ')}`,
    nodes: total,
    turnedAway,
  }
}

/** What it weighs that all tasks of an owner are on one node; weights of a stack's own go up to 100. */
const ownSpread = 50

interface Candidate {
  readonly node: Node
  readonly score: number
  readonly same: number
  readonly used: number
}

/**
 * The highest score (preferences, less how much of the owner is there already), then fewest tasks of the same owner, then
 * the fullest node that fits, then the smallest id, so that it is exact.
 */
function bestNode(draft: Draft, request: PlacementRequest, nodes: readonly Node[]): Node | undefined {
  const same = new Map(draft.spreadOf(request.owner))
  for (const { id } of draft.state.nodes.values()) {
    const count = (same.get(id) ?? 0) + draft.placedOn(id)
    if (count > 0) same.set(id, count)
  }
  const score = scoreOf(draft, request.placement, same)
  let best: Candidate | undefined
  for (const node of nodes) {
    const candidate = {
      node,
      score: score(node),
      same: same.get(node.id) ?? 0,
      used: usedShare(draft, node),
    }
    if (!best || isBetter(candidate, best)) best = candidate
  }
  return best?.node
}

function isBetter(a: Candidate, b: Candidate): boolean {
  if (a.score !== b.score) return a.score > b.score
  if (a.same !== b.same) return a.same < b.same
  return a.used > b.used || (a.used === b.used && a.node.id < b.node.id)
}

/** `same`: tasks of the owner by node. A node without an attribute that tasks are spread over counts as the fullest. */
function scoreOf(
  draft: Draft,
  { prefer = [], spread = [] }: Placement,
  same: ReadonlyMap<NodeId, number>,
): (node: Node) => number {
  const total = [...same.values()].reduce((sum, count) => sum + count, 0)
  const shareOf = (count: number) => (total === 0 ? 0 : count / total)
  const spreads = spread.map(({ attribute, weight }) => {
    const byValue = new Map<string | number | undefined, number>()
    for (const [id, count] of same) {
      const node = draft.state.nodes.get(id)
      const value = node && valueOn(node, attribute)
      byValue.set(value, (byValue.get(value) ?? 0) + count)
    }
    return { attribute, weight, byValue }
  })
  return (node) => {
    let score = -ownSpread * shareOf(same.get(node.id) ?? 0)
    for (const { when, weight } of prefer) if (holds(when, node)) score += weight
    for (const { attribute, weight, byValue } of spreads) {
      const value = valueOn(node, attribute)
      score -= weight * (value === undefined ? 1 : shareOf(byValue.get(value) ?? 0))
    }
    return score
  }
}

function usedShare(draft: Draft, node: Node): number {
  const free = draft.freeOn(node)
  const share = (left: number, of: number) => (of === 0 ? 0 : 1 - left / of)
  return share(free.cpu, node.capacity.cpu) + share(free.memory, node.capacity.memory)
}
