// What a plan was computed from, and what of it has moved since. Invariant: what the comparison reads of an object is
// in its digest, and what controllers and agents change all the time (the status of tasks, the progress of a rollout)
// is not, so that a plan does not go stale by itself. It reads versions of secrets, never values.

import {
  digestOf,
  secretAddress,
  serviceAddress,
  stateFromSnapshot,
  unreachable,
  volumeAddress,
} from '../model/index.ts'
import type { ClusterState, CompiledStack, StackDocument, StateSnapshot } from '../model/index.ts'
import type { BasisObject, Plan, PlanStep } from './plan.ts'
import { destroyStepsOf } from './destroy.ts'
import { stepsOf } from './steps.ts'
import { nodeName } from './words.ts'

type ObjectKind = BasisObject['kind']

/** Everything of the stack, declared or there, and the nodes that its tasks are to land on. */
export function basisOf(
  state: ClusterState,
  stack: string,
  document: StackDocument | null,
  nodes: Iterable<string>,
): BasisObject[] {
  const objects: BasisObject[] = []
  const add = (
    kind: ObjectKind,
    declared: object,
    rows: Iterable<{ readonly stack: string; readonly address: string }>,
    address: (stack: string, name: string) => string,
  ) => {
    const addresses = new Set(Object.keys(declared).map((name) => address(stack, name)))
    for (const row of rows) if (row.stack === stack) addresses.add(row.address)
    for (const each of [...addresses].sort()) objects.push(basisObject(state, kind, each))
  }
  add('service', document?.services ?? {}, state.services.values(), serviceAddress)
  add('job', document?.jobs ?? {}, state.jobs.values(), serviceAddress)
  add('volume', document?.volumes ?? {}, state.volumes.values(), volumeAddress)
  add('secret', document?.secrets ?? {}, state.secrets.values(), secretAddress)
  for (const id of [...new Set(nodes)].sort()) objects.push(basisObject(state, 'node', `node:${id}`))
  return objects
}

function basisObject(state: ClusterState, kind: ObjectKind, object: string): BasisObject {
  const { version, read } = readObject(state, kind, object)
  return { object, kind, version, digest: digestOf(read) }
}

function readObject(
  state: ClusterState,
  kind: ObjectKind,
  object: string,
): { version: string; read: unknown } {
  const absent = { version: 'absent', read: null }
  switch (kind) {
    case 'service': {
      const row = state.services.get(object)
      if (!row) return absent
      const { spec, target, removing } = row
      const revisions = row.revisions.map(({ number, hash }) => [number, hash])
      return { version: `revision ${target}`, read: { spec, target, removing, revisions } }
    }
    case 'job': {
      const row = state.jobs.get(object)
      if (!row) return absent
      const { spec, run, removing } = row
      return { version: `run ${run}`, read: { spec, run, removing } }
    }
    case 'volume': {
      const row = state.volumes.get(object)
      if (!row) return absent
      const { spec, node, declared, deleting } = row
      return {
        version: node === null ? 'empty' : `on ${nodeName(state, node)}`,
        read: { spec, node, declared, deleting },
      }
    }
    case 'secret': {
      const row = state.secrets.get(object)
      if (!row) return absent
      const versions = row.versions.map(({ version }) => version)
      const last = versions.at(-1)
      return {
        version: last === undefined ? 'without a value' : `version ${last}`,
        read: { spec: row.spec, declared: row.declared, versions },
      }
    }
    case 'node': {
      const row = state.nodes.get(nodeId(object))
      if (!row) return absent
      const { status, availability, capacity, labels, platform, taints } = row
      // A node that was silent for some seconds is the same node; one that was lost is not what the forecast placed on.
      const isThere = status !== 'lost'
      return {
        version: isThere ? (availability === 'active' ? 'ready' : availability) : 'lost',
        read: { isThere, availability, capacity, labels, platform, ...(taints ? { taints } : {}) },
      }
    }
    default:
      return unreachable(kind)
  }
}

function nodeId(object: string): string {
  return object.slice('node:'.length)
}

/**
 * What has moved since the plan was made, a sentence each; empty when it can be carried out as it was approved.
 * With the stack that the plan was made from, its steps are compared again as well, so that a plan that shows one
 * thing and carries another is not fresh.
 */
export function checkFresh(plan: Plan, snapshot: StateSnapshot, compiled?: CompiledStack): string[] {
  const state = stateFromSnapshot(snapshot)
  const cluster = state.cluster?.id ?? ''
  if (cluster !== plan.cluster.id)
    return [`the plan was made for the cluster ${plan.cluster.id}, and this is ${cluster}`]
  const stack = state.stacks.get(plan.stack)
  if (stack?.planId === plan.id)
    return [`this plan has been applied already, as version ${stack.version} of ${plan.stack}`]
  if (state.pasts.get(plan.stack)?.plans.includes(plan.id))
    return [`this plan has been applied already, to an earlier ${plan.stack}`]
  const moved: string[] = []
  const version = stack?.version ?? 0
  if (version !== plan.basis.stackVersion)
    moved.push(
      `${plan.stack} ${stackWords(plan.basis.stackVersion, 'was')}, and ${stackWords(version, 'is')} now`,
    )
  const now = new Map(
    basisOf(
      state,
      plan.stack,
      compiled?.document ?? null,
      plan.basis.objects.filter(({ kind }) => kind === 'node').map(({ object }) => nodeId(object)),
    ).map((object) => [object.object, object]),
  )
  for (const then of plan.basis.objects) {
    const current = now.get(then.object) ?? basisObject(state, then.kind, then.object)
    now.delete(then.object)
    if (current.digest === then.digest) continue
    moved.push(
      current.version === then.version
        ? `${then.object} has changed (${then.version})`
        : `${then.object} was ${then.version}, and is ${current.version} now`,
    )
  }
  for (const { object, version: is } of now.values())
    if (is !== 'absent') moved.push(`${object} was absent, and is ${is} now`)
  if (moved.length === 0) moved.push(...otherwise(plan, state, compiled))
  return moved
}

function stackWords(version: number, verb: 'was' | 'is'): string {
  return version === 0 ? `${verb} not there` : `${verb} at version ${version}`
}

/** Addresses whose step is not what the plan shows. */
function otherwise(plan: Plan, state: ClusterState, compiled: CompiledStack | undefined): string[] {
  if (plan.kind === 'apply' && !compiled) return []
  const { steps } = compiled
    ? stepsOf(compiled, state)
    : destroyStepsOf(state, plan.stack, plan.deleteVolumes)
  const shown = new Map(plan.steps.map((step) => [step.address, essenceOf(step)]))
  const differing = steps
    .filter((step) => shown.get(step.address) !== essenceOf(step))
    .map((step) => step.address)
  const carried = new Set(steps.map((step) => step.address))
  for (const { address } of plan.steps) if (!carried.has(address)) differing.push(address)
  return differing.map((address) => `${address} is not what the plan shows`)
}

/** What a step does; its words may speak of tasks, which come and go. */
function essenceOf({ kind, op, number, changes }: PlanStep): string {
  return digestOf({ kind, op, number, changes })
}
