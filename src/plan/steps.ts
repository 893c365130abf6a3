// The steps of an apply, from the comparison that the leader carries out: each with the fields that differ, where they
// are declared, and why the step is needed. Invariant: there is a step for an address exactly when the comparison has
// work for it. How it will go is the forecast's business.

import { compareStack, unsupported, validateDocument } from '../control/index.ts'
import type { JobStep, Refusal, SecretStep, ServiceStep, Step, VolumeStep } from '../control/index.ts'
import {
  documentPath,
  isOver,
  nameOf,
  servingTasks,
  spanAt,
  targetRevision,
  tasksOf,
  unreachable,
} from '../model/index.ts'
import type {
  ClusterState,
  CompiledStack,
  Job,
  Secret,
  Service,
  ServiceSpec,
  Sources,
} from '../model/index.ts'
import { differences } from './field.ts'
import type { FieldDifference } from './field.ts'
import { jobFields, secretFields, serviceFields, volumeFields } from './fields.ts'
import type { FieldChange, PlanStep, Unchanged } from './plan.ts'
import { renamesAmong } from './rename.ts'
import { nodeName, plural } from './words.ts'

export interface Steps {
  readonly steps: PlanStep[]
  readonly unchanged: Unchanged[]
  readonly refusals: readonly Refusal[]
}

/** `given`: addresses of secrets whose last version comes with the apply, and who gives it. */
export function stepsOf(
  { document, sources }: CompiledStack,
  state: ClusterState,
  given: ReadonlyMap<string, string> = new Map(),
): Steps {
  const invalid = validateDocument(document)
  // A document that speaks of what is not there cannot be compared.
  if (invalid.length > 0) return { steps: [], unchanged: [], refusals: invalid }
  const impossible = unsupported(document)
  const comparison = compareStack(document, state)
  const renames = renamesAmong(comparison.steps, state)
  const steps: PlanStep[] = []
  const unchanged: Unchanged[] = []
  for (const step of comparison.steps)
    if (step.action === 'keep')
      unchanged.push({ kind: step.kind, address: step.address, note: ailmentOf(step, state) })
    else {
      const planned = plannedStep(step, sources, state, given)
      steps.push(inOrder({ ...planned, note: renames.get(step.address) ?? planned.note }))
    }
  return { steps, unchanged, refusals: [...impossible, ...comparison.refusals] }
}

/** The members in the order in which people read them in JSON. */
function inOrder({ kind, address, op, number, summary, reason, note, source, changes }: PlanStep): PlanStep {
  return { kind, address, op, number, summary, reason, note, source, changes }
}

function plannedStep(
  step: Step,
  sources: Sources,
  state: ClusterState,
  given: ReadonlyMap<string, string>,
): PlanStep {
  switch (step.kind) {
    case 'service':
      return serviceStep(step, sources, state)
    case 'job':
      return jobStep(step, sources, state)
    case 'volume':
      return volumeStep(step, sources, state)
    case 'secret':
      return secretStep(step, sources, given.get(step.address))
    default:
      return unreachable(step)
  }
}

function serviceStep(step: ServiceStep, sources: Sources, state: ClusterState): PlanStep {
  const { address, before, after, revision } = step
  const changes = changesOf(
    ['services', nameOf(address)],
    differences(
      before && !before.removing && after ? serviceFields(runningSpec(before)) : [],
      after ? serviceFields(after) : [],
    ),
    sources,
  )
  const from = before?.target ?? null
  const common = {
    kind: 'service' as const,
    address,
    number: { before: from, after: revision },
    note: null,
    source: sourceOf(['services', nameOf(address)], sources, after),
    changes,
  }
  switch (step.action) {
    case 'create':
      return {
        ...common,
        op: 'create',
        summary: plural(after?.replicas ?? 0, 'replica'),
        reason: before ? 'declared again while it is being removed' : 'newly declared',
      }
    case 'update':
      return { ...common, op: 'update', summary: 'no task is replaced', reason: changed(changes) }
    case 'roll': {
      const isKnown = before?.revisions.some((each) => each.number === revision) === true
      return {
        ...common,
        op: 'roll',
        summary: `revision ${from ?? 0} → ${revision ?? 0}${isKnown ? ' (known from earlier)' : ''}`,
        reason: changed(changes.filter((change) => change.path.split('/')[2] === 'template')),
      }
    }
    case 'delete':
      return { ...common, op: 'delete', summary: stops(address, state), reason: 'no longer declared' }
    case 'keep':
      throw new Error(`${address} is kept and is no step`)
  }
}

/** What its tasks run or move to now: after a rollout that went back this is not what was declared last. */
export function runningSpec(service: Service): ServiceSpec {
  return { ...service.spec, template: targetRevision(service).template }
}

function jobStep(step: JobStep, sources: Sources, state: ClusterState): PlanStep {
  const { address, before, after } = step
  const changes = changesOf(
    ['jobs', nameOf(address)],
    differences(
      before && !before.removing && after ? jobFields(before.spec) : [],
      after ? jobFields(after) : [],
    ),
    sources,
  )
  const run = (before?.run ?? 0) + (step.action === 'update' ? 0 : 1)
  const common = {
    kind: 'job' as const,
    address,
    number: { before: before?.run ?? null, after: after ? run : null },
    note: null,
    source: sourceOf(['jobs', nameOf(address)], sources, after),
    changes,
  }
  switch (step.action) {
    case 'create':
      return {
        ...common,
        op: 'create',
        summary: 'runs once',
        reason: before ? 'declared again while it is being removed' : 'newly declared',
      }
    case 'update':
      return { ...common, op: 'update', summary: 'does not run again', reason: changed(changes) }
    case 'run':
      return {
        ...common,
        op: 'run',
        summary: `runs again, run ${before?.run ?? 0} → ${run}`,
        reason: changed(changes.filter((change) => change.path.split('/')[2] === 'template')),
        note: before?.status === 'running' ? 'its present run is stopped first: two never run at once' : null,
      }
    case 'delete':
      return { ...common, op: 'delete', summary: stops(address, state), reason: 'no longer declared' }
    case 'keep':
      throw new Error(`${address} is kept and is no step`)
  }
}

function volumeStep(step: VolumeStep, sources: Sources, state: ClusterState): PlanStep {
  const { address, before, after } = step
  const changes = changesOf(
    ['volumes', nameOf(address)],
    differences(before && after ? volumeFields(before.spec) : [], after ? volumeFields(after) : []),
    sources,
  )
  const place = before?.node == null ? null : nodeName(state, before.node)
  const common = {
    kind: 'volume' as const,
    address,
    number: { before: null, after: null },
    note: null,
    source: sourceOf(['volumes', nameOf(address)], sources, after),
    changes,
  }
  switch (step.action) {
    case 'create':
      return {
        ...common,
        op: 'create',
        summary: after?.driver.kind === 'tmpfs' ? 'memory of each task' : 'empty, where its first task lands',
        reason: 'newly declared',
      }
    case 'update':
      return {
        ...common,
        op: 'update',
        summary: place === null ? 'it holds no data yet' : `its data stays on ${place}`,
        reason: changed(changes),
      }
    case 'restore':
      return {
        ...common,
        op: 'restore',
        summary: place === null ? 'it holds no data yet' : `with its data on ${place}`,
        reason: 'declared again',
      }
    case 'retain':
      return {
        ...common,
        op: 'retain',
        summary: place === null ? 'it holds no data' : `its data stays on ${place}`,
        reason: 'no longer declared, and its reclaim is retain',
      }
    case 'delete':
      return {
        ...common,
        op: 'delete',
        summary: place === null ? 'it holds no data' : `its data on ${place} is deleted`,
        reason: 'no longer declared, and its reclaim is delete',
      }
    case 'keep':
      throw new Error(`${address} is kept and is no step`)
  }
}

function secretStep(step: SecretStep, sources: Sources, origin: string | undefined): PlanStep {
  const { address, before, after } = step
  const changes = changesOf(
    ['secrets', nameOf(address)],
    differences(
      before && after && step.action !== 'create' ? secretFields(before.spec) : [],
      after ? secretFields(after) : [],
    ),
    sources,
  )
  const version = lastVersion(before, 0)
  const common = {
    kind: 'secret' as const,
    address,
    number: {
      // A value that was set before anybody declared the secret makes it no older.
      before: step.action === 'create' ? null : origin === undefined ? version : lastVersion(before, 1),
      after: step.action === 'generate' ? 1 : version,
    },
    note: null,
    source: sourceOf(['secrets', nameOf(address)], sources, after),
    changes,
  }
  const comes = origin === undefined ? keptVersion(before) : `version ${version ?? 1} from ${origin}`
  switch (step.action) {
    case 'create':
      return {
        ...common,
        op: 'create',
        summary: version === null || origin !== undefined ? comes : `with version ${version}, set before`,
        reason: 'newly declared',
      }
    case 'generate':
      return {
        ...common,
        op: 'generate',
        summary: 'its first value is made',
        reason: before ? 'it has no value yet' : 'newly declared',
      }
    case 'update':
      return { ...common, op: 'update', summary: comes, reason: changed(changes) }
    case 'restore':
      return { ...common, op: 'restore', summary: comes, reason: 'declared again' }
    case 'retain':
      return { ...common, op: 'retain', summary: keptVersion(before), reason: 'no longer declared' }
    case 'keep':
      throw new Error(`${address} is kept and is no step`)
  }
}

/** Number of the last version but `skipped`; null when there is none. */
function lastVersion(secret: Secret | null, skipped: number): number | null {
  return secret?.versions.at(-1 - skipped)?.version ?? null
}

function keptVersion(secret: Secret | null): string {
  const version = secret?.versions.at(-1)?.version
  return version === undefined ? 'without a value yet' : `version ${version} stays`
}

function changesOf(
  owner: readonly string[],
  differing: readonly FieldDifference[],
  sources: Sources,
): FieldChange[] {
  return differing.map(({ path, label, before, after }) => ({
    path: documentPath(...owner, ...path),
    label,
    before,
    after,
    source: spanAt(sources, documentPath(...owner, ...path)) ?? null,
    default: after === null ? null : defaultAt(sources, [...owner, ...path], owner.length),
  }))
}

/** The default that gave a value, at its path or at that of something above it within its owner. */
function defaultAt(sources: Sources, path: readonly string[], owner: number): string | null {
  for (let length = path.length; length > owner; length--) {
    const found = sources.defaults[documentPath(...path.slice(0, length))]
    if (found !== undefined) return found
  }
  return null
}

function sourceOf(path: readonly string[], sources: Sources, after: object | null) {
  return after ? (spanAt(sources, documentPath(...path)) ?? null) : null
}

/** "the image changed", "the image, env LOG and 2 more changed". */
function changed(changes: readonly FieldChange[]): string {
  const labels = [...new Set(changes.map((change) => change.label))]
  const named = labels.length > 3 ? [...labels.slice(0, 2), `${labels.length - 2} more`] : labels
  const last = named.pop() ?? 'something'
  return `${named.length === 0 ? last : `${named.join(', ')} and ${last}`} changed`
}

export function stops(address: string, state: ClusterState): string {
  const running = tasksOf(state, address).filter((task) => !isOver(task)).length
  return running === 0 ? 'it runs nothing' : `${plural(running, 'task')} ${running === 1 ? 'stops' : 'stop'}`
}

/** Why something that this apply does not touch is not well; null when it is. */
function ailmentOf(step: Step, state: ClusterState): string | null {
  if (step.kind === 'service' && step.before) return serviceAilment(step.before, state)
  if (step.kind === 'job' && step.before) return jobAilment(step.before)
  return null
}

function serviceAilment(service: Service, state: ClusterState): string | null {
  const { status, reason } = service.rollout
  if (status === 'progressing' || status === 'rolling-back')
    return `its rollout to revision ${service.target} is still going on`
  if (status === 'failed') return `its rollout failed: ${reason ?? 'for an unknown reason'}`
  const running = tasksOf(state, service.address).filter((task) => task.desired === 'run')
  const healthy = servingTasks(state, service.address).length
  if (healthy >= service.spec.replicas) return null
  const pending = running.find((task) => task.node === null)
  const why = pending?.unplaceable ?? pending?.status.message ?? null
  return `${healthy} of ${service.spec.replicas} healthy${why === null ? '' : `: ${why}`}`
}

function jobAilment(job: Job): string | null {
  switch (job.status) {
    case 'complete':
      return null
    case 'failed':
      return `it failed after ${job.failures === 1 ? '1 try' : `${job.failures} tries`}, and runs again only when its template changes`
    case 'running':
    case 'waiting':
      return `run ${job.run} is not complete yet`
    default:
      return unreachable(job.status)
  }
}
