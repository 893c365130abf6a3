// The steps of a destroy, read off the changes that control's own decision makes: what stops, which data and values
// stay, and which go. Invariant: a row that the decision leaves as it is, is no step.

import { destroyStack } from '../control/index.ts'
import { canonicalJson, unreachable } from '../model/index.ts'
import type { Change, ClusterState, Secret, Volume } from '../model/index.ts'
import type { PlanStep, Unchanged } from './plan.ts'
import { stops } from './steps.ts'
import type { Steps } from './steps.ts'
import { nodeName, plural } from './words.ts'

export function destroyStepsOf(state: ClusterState, stack: string, deleteVolumes: readonly string[]): Steps {
  const baseVersion = state.stacks.get(stack)?.version ?? 0
  const decision = destroyStack(state, { stack, baseVersion, deleteVolumes, by: 'plan' })
  if (!decision.ok)
    return {
      steps: [],
      unchanged: [],
      refusals: [{ address: stack, what: decision.what, fix: decision.fix }],
    }
  const steps = decision.changes
    .map((change) => stepOf(state, change))
    .filter((step) => step !== null)
    .toSorted((a, b) => order(a) - order(b) || (a.address < b.address ? -1 : 1))
  const stepped = new Set(steps.map(({ address }) => address))
  const unchanged = unchangedOf(state, stack).filter(({ address }) => !stepped.has(address))
  return { steps, unchanged, refusals: [] }
}

const kinds: readonly PlanStep['kind'][] = ['service', 'job', 'volume', 'secret']

function order(step: PlanStep): number {
  return kinds.indexOf(step.kind)
}

function stepOf(state: ClusterState, change: Change): PlanStep | null {
  const nothing = { note: null, source: null, changes: [] }
  const address = change.key
  switch (change.table) {
    case 'services':
      return {
        kind: 'service',
        address,
        op: 'delete',
        number: { before: change.value?.target ?? null, after: null },
        summary: stops(address, state),
        reason: 'the stack is destroyed',
        ...nothing,
      }
    case 'jobs':
      return {
        kind: 'job',
        address,
        op: 'delete',
        number: { before: change.value?.run ?? null, after: null },
        summary: stops(address, state),
        reason: 'the stack is destroyed',
        ...nothing,
      }
    case 'volumes': {
      const before = state.volumes.get(address)
      if (!before || canonicalJson(before) === canonicalJson(change.value)) return null
      return { ...volumeStep(before, change.value?.deleting === true, state), ...nothing }
    }
    case 'secrets': {
      const before = state.secrets.get(address)
      if (!before || canonicalJson(before) === canonicalJson(change.value)) return null
      return { ...secretStep(before, change.value === null), ...nothing }
    }
    case 'stacks':
    case 'pasts':
    case 'tasks':
    case 'nodes':
    case 'servers':
    case 'users':
    case 'tokens':
    case 'members':
    case 'cluster':
      return null
    default:
      return unreachable(change)
  }
}

type Step = Omit<PlanStep, 'note' | 'source' | 'changes'>

function volumeStep({ address, node }: Volume, isDeleted: boolean, state: ClusterState): Step {
  const place = node === null ? null : nodeName(state, node)
  const common = { kind: 'volume' as const, address, number: { before: null, after: null } }
  const empty = 'it holds no data'
  return isDeleted
    ? {
        ...common,
        op: 'delete',
        summary: place === null ? empty : `its data on ${place} is deleted`,
        reason: 'the command names it',
      }
    : {
        ...common,
        op: 'retain',
        summary: place === null ? empty : `its data stays on ${place}`,
        reason: 'the command does not name it',
      }
}

function secretStep({ address, versions }: Secret, isDeleted: boolean): Step {
  const version = versions.at(-1)?.version ?? null
  const common = { kind: 'secret' as const, address }
  return isDeleted
    ? {
        ...common,
        op: 'delete',
        number: { before: version, after: null },
        summary:
          version === null ? 'it has no value' : `its value is lost (${plural(versions.length, 'version')})`,
        reason: 'no data of the stack stays',
      }
    : {
        ...common,
        op: 'retain',
        number: { before: version, after: version },
        summary: version === null ? 'it has no value' : `version ${version} stays`,
        reason: 'data of the stack stays',
      }
}

function unchangedOf(state: ClusterState, stack: string): Unchanged[] {
  const rows = <Row extends { readonly stack: string; readonly address: string }>(
    table: ReadonlyMap<string, Row>,
    kind: Unchanged['kind'],
    note: (row: Row) => string | null,
  ): Unchanged[] =>
    [...table.values()]
      .filter((row) => row.stack === stack)
      .map((row) => ({ kind, address: row.address, note: note(row) }))
      .toSorted((a, b) => (a.address < b.address ? -1 : 1))
  return [
    ...rows(state.services, 'service', () => 'it is being removed already'),
    ...rows(state.jobs, 'job', () => 'it is being removed already'),
    ...rows(state.volumes, 'volume', ({ deleting }) =>
      deleting ? 'its data is being deleted already' : 'it was retained earlier',
    ),
    ...rows(state.secrets, 'secret', () => 'it was retained earlier'),
  ]
}
