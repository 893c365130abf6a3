// The steps of a destroy: what stops, which data stays, and which goes because its volume was named. Invariant: it
// says of each address what `destroyStack` of control/ does to it.

import type { ClusterState, Secret, Volume } from '../model/index.ts'
import type { PlanStep, Unchanged } from './plan.ts'
import { stops } from './steps.ts'
import type { Steps } from './steps.ts'
import { nodeName, plural } from './words.ts'

export function destroyStepsOf(state: ClusterState, stack: string, deleteVolumes: readonly string[]): Steps {
  const row = state.stacks.get(stack)
  const volumes = ofStack(state.volumes.values(), stack)
  if (!row)
    return {
      steps: [],
      unchanged: [],
      refusals: [
        { address: stack, what: `there is no stack ${stack}`, fix: 'gantry status lists what there is' },
      ],
    }
  const steps: PlanStep[] = []
  const unchanged: Unchanged[] = []
  const reason = 'the stack is destroyed'
  const nothing = { note: null, source: null, changes: [] }
  for (const { address, target, removing } of ofStack(state.services.values(), stack))
    if (removing) unchanged.push({ kind: 'service', address, note: 'it is being removed already' })
    else
      steps.push({
        kind: 'service',
        address,
        op: 'delete',
        number: { before: target, after: null },
        summary: stops(address, state),
        reason,
        ...nothing,
      })
  for (const { address, run, removing } of ofStack(state.jobs.values(), stack))
    if (removing) unchanged.push({ kind: 'job', address, note: 'it is being removed already' })
    else
      steps.push({
        kind: 'job',
        address,
        op: 'delete',
        number: { before: run, after: null },
        summary: stops(address, state),
        reason,
        ...nothing,
      })
  for (const volume of volumes) {
    const step = volumeStep(volume, deleteVolumes.includes(volume.name), state)
    if (step) steps.push({ ...step, ...nothing })
    else
      unchanged.push({
        kind: 'volume',
        address: volume.address,
        note: volume.deleting ? 'its data is being deleted already' : 'it was retained earlier',
      })
  }
  for (const { address, versions } of ofStack(state.secrets.values(), stack))
    steps.push({
      kind: 'secret',
      address,
      op: 'delete',
      number: { before: versions.at(-1)?.version ?? null, after: null },
      summary: goneVersions(versions),
      reason,
      ...nothing,
    })
  const refusals = deleteVolumes
    .filter((name) => !volumes.some((volume) => volume.name === name))
    .map((name) => ({
      address: stack,
      what: `${stack} has no volume ${name}`,
      fix:
        volumes.length === 0
          ? 'it has no volumes at all'
          : `name one of ${volumes.map((volume) => volume.name).join(', ')}`,
    }))
  return { steps, unchanged, refusals }
}

function goneVersions(versions: Secret['versions']): string {
  return versions.length === 0
    ? 'it has no value'
    : `its value is lost (${plural(versions.length, 'version')})`
}

function volumeStep(
  volume: Volume,
  isNamed: boolean,
  state: ClusterState,
): Pick<PlanStep, 'kind' | 'address' | 'op' | 'number' | 'summary' | 'reason'> | null {
  const { address, declared, deleting } = volume
  const place = volume.node === null ? null : nodeName(state, volume.node)
  const common = { kind: 'volume' as const, address, number: { before: null, after: null } }
  if (deleting) return null
  if (isNamed)
    return {
      ...common,
      op: 'delete',
      summary: place === null ? 'it holds no data' : `its data on ${place} is deleted`,
      reason: 'the command names it',
    }
  if (!declared) return null
  return {
    ...common,
    op: 'retain',
    summary: place === null ? 'it holds no data' : `its data stays on ${place}`,
    reason: 'the command does not name it',
  }
}

function ofStack<Row extends { readonly stack: string; readonly address: string }>(
  rows: Iterable<Row>,
  stack: string,
): Row[] {
  return [...rows]
    .filter((row) => row.stack === stack)
    .toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
}
