// What operators do with nodes: pause, drain, label, taint, remove. Invariant: what an operator sets outlives the agent's
// sessions, no label of an agent goes over one of an operator, and a node is forgotten only when nothing of it can
// still run or an operator has said that its data is lost. Moving its tasks is their controllers' decision.

import { exitCodes, formatDuration, isOver, tasksOn } from '../model/index.ts'
import type {
  Change,
  ClusterState,
  Instant,
  Node,
  NodeRemoveRequest,
  NodeUpdateRequest,
  Task,
  Volume,
} from '../model/index.ts'
import { refusal } from './decision.ts'
import type { Decision, Refused } from './decision.ts'
import { endOfLease } from './fence.ts'
import { taintText } from './leaving.ts'
import { without } from './without.ts'

const labelsLimit = 100
const taintsLimit = 20

/** By its id, or by its name where only one has it. */
export function findNode(state: ClusterState, wanted: string): Node | undefined {
  const byId = state.nodes.get(wanted)
  if (byId) return byId
  const [node, ...others] = [...state.nodes.values()].filter(({ name }) => name === wanted)
  return others.length === 0 ? node : undefined
}

/** Why `findNode` finds none. */
export function noSuchNode(state: ClusterState, wanted: string): Refused {
  const ids = [...state.nodes.values()].filter(({ name }) => name === wanted).map(({ id }) => id)
  return ids.length > 1
    ? {
        ok: false,
        what: `${ids.length} nodes are called ${wanted}`,
        fix: `say which one by its id: ${ids.sort().join(', ')}`,
        exit: exitCodes.usage,
      }
    : {
        ok: false,
        what: `there is no node ${wanted}`,
        fix: 'gantry node ls lists them',
        exit: exitCodes.failed,
      }
}

export function updateNode(state: ClusterState, wish: NodeUpdateRequest, now: Instant): Decision {
  const before = findNode(state, wish.node)
  if (!before) return noSuchNode(state, wish.node)
  if (wish.deadlineMs !== undefined && wish.availability !== 'drain')
    return {
      ok: false,
      what: 'a deadline is given, and it is not a drain',
      fix: 'leave it away',
      exit: exitCodes.usage,
    }
  const missing = (wish.untaint ?? []).find((key) => !before.taints?.some((taint) => taint.key === key))
  if (missing !== undefined)
    return {
      ok: false,
      what: `${before.name} has no taint ${missing}`,
      fix: `gantry node inspect ${before.name} lists them`,
      exit: exitCodes.failed,
    }
  const after = withTaints(withLabels(withAvailability(before, wish, now), wish), wish)
  if (
    Object.keys(after.operatorLabels ?? {}).length > labelsLimit ||
    (after.taints?.length ?? 0) > taintsLimit
  )
    return {
      ok: false,
      what: `${before.name} would have more than ${labelsLimit} labels or ${taintsLimit} taints`,
      fix: 'remove some first',
      exit: exitCodes.usage,
    }
  return {
    ok: true,
    version: 0,
    what: `node ${before.name}: ${deedsOf(wish).join(', ') || 'nothing'}`,
    changes: [{ table: 'nodes', key: before.id, value: after }],
  }
}

function withAvailability(node: Node, { availability, deadlineMs }: NodeUpdateRequest, now: Instant): Node {
  if (availability === undefined) return node
  const { drain: before, ...rest } = node
  if (availability !== 'drain') return { ...rest, availability }
  const deadline = deadlineMs === undefined ? null : now + deadlineMs
  return { ...rest, availability, drain: { since: before?.since ?? now, deadline } }
}

function withLabels(node: Node, { labels }: NodeUpdateRequest): Node {
  if (labels === undefined) return node
  const set = { ...node.operatorLabels }
  for (const [key, value] of Object.entries(labels))
    if (value === null) Reflect.deleteProperty(set, key)
    else set[key] = value
  return {
    ...without(node, 'operatorLabels'),
    ...(Object.keys(set).length === 0 ? {} : { operatorLabels: set }),
    labels: { ...node.agentLabels, ...set },
  }
}

function withTaints(node: Node, { taint, untaint = [] }: NodeUpdateRequest): Node {
  if (taint === undefined && untaint.length === 0) return node
  const kept = (node.taints ?? []).filter(({ key }) => key !== taint?.key && !untaint.includes(key))
  const taints = [...kept, ...(taint ? [taint] : [])].sort((a, b) => (a.key < b.key ? -1 : 1))
  return taints.length === 0 ? without(node, 'taints') : { ...node, taints }
}

function deedsOf({ availability, labels = {}, taint, untaint = [] }: NodeUpdateRequest): string[] {
  return [
    ...(availability === undefined ? [] : [availability]),
    ...Object.entries(labels).map(([key, value]) =>
      value === null ? `no label ${key}` : `label ${key}=${value}`,
    ),
    ...(taint ? [`taint ${taintText(taint)}:${taint.effect}`] : []),
    ...untaint.map((key) => `no taint ${key}`),
  ]
}

/** Forgets a node that is lost or drained, and what was on it. Whoever keeps credentials revokes those of a row that goes. */
export function removeNode(
  state: ClusterState,
  { node: wanted, forgetVolumes }: NodeRemoveRequest,
  now: Instant,
): Decision {
  const node = findNode(state, wanted)
  if (!node) return noSuchNode(state, wanted)
  const { id, name } = node
  const there = tasksOn(state, id).filter((task) => !isOver(task))
  if (node.status !== 'lost') {
    if (node.availability !== 'drain')
      return refusal(
        `${name} is ${node.status} and ${node.availability}`,
        `drain it first: gantry node drain ${name}`,
      )
    if (there.length > 0)
      return refusal(
        `${name} is not drained yet: ${there.length} ${there.length === 1 ? 'task is' : 'tasks are'} on it`,
        `gantry node inspect ${name} says what holds it up`,
      )
  }
  const running = leftOfLeases(node, there, now)
  if (running > 0)
    return refusal(
      `fenced tasks of ${name} may run for another ${formatDuration(Math.ceil(running / 1000) * 1000)}`,
      'try again then: their leases have run out for certain',
    )
  const volumes = [...state.volumes.values()].filter((volume) => volume.node === id)
  if (volumes.length > 0 && !forgetVolumes)
    return {
      ok: false,
      what: `${name} has the data of ${volumes
        .map(({ address }) => address)
        .sort()
        .join(', ')}`,
      fix: 'with --forget-volumes it counts as lost, and tasks that use it begin with empty volumes elsewhere',
      exit: exitCodes.policy,
    }
  return {
    ok: true,
    version: 0,
    what: `remove node ${name}`,
    changes: [
      { table: 'nodes', key: id, value: null },
      ...volumes.map(forgotten),
      ...tasksOn(state, id).map((task): Change => ({ table: 'tasks', key: task.id, value: null })),
    ],
  }
}

/** How long fenced tasks of a lost node may yet run. */
function leftOfLeases(node: Node, tasks: readonly Task[], now: Instant): number {
  const ends = tasks.flatMap(({ fenceMs, givenUp }) =>
    fenceMs === undefined || givenUp ? [] : [endOfLease(node.silentSince ?? node.statusSince, fenceMs)],
  )
  return node.status === 'lost' ? Math.max(0, ...ends.map((end) => end - now)) : 0
}

function forgotten(volume: Volume): Change {
  const isKept = volume.declared && !volume.deleting
  return { table: 'volumes', key: volume.address, value: isKept ? { ...volume, node: null } : null }
}
