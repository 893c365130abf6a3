// What an apply would do to each thing of a stack: the one comparison that the leader carries out and the plan shows.
// Invariant: the plan and the apply cannot differ, because both are made from this. It changes nothing itself.

import {
  canonicalJson,
  secretAddress,
  serviceAddress,
  targetRevision,
  templateHash,
  volumeAddress,
} from '../model/index.ts'
import type {
  ClusterState,
  Job,
  JobSpec,
  Secret,
  SecretSpec,
  Service,
  ServiceSpec,
  StackDocument,
  TaskTemplate,
  Volume,
  VolumeSpec,
} from '../model/index.ts'
import { revisionHash } from './fence.ts'
import { isVolumeInUse } from './removal.ts'
import { secretsUsed } from './task.ts'
import type { Refusal } from './validate.ts'

export interface ServiceStep {
  readonly kind: 'service'
  readonly address: string
  /** `update`: something that touches no task's template; `roll`: a new (or an older) revision. */
  readonly action: 'create' | 'update' | 'roll' | 'delete' | 'keep'
  readonly before: Service | null
  readonly after: ServiceSpec | null
  /** Revision its tasks move to; null on delete. */
  readonly revision: number | null
}

export interface JobStep {
  readonly kind: 'job'
  readonly address: string
  /** `run`: its template changed, so it runs again; `update`: retries or placement only. */
  readonly action: 'create' | 'update' | 'run' | 'delete' | 'keep'
  readonly before: Job | null
  readonly after: JobSpec | null
}

export interface VolumeStep {
  readonly kind: 'volume'
  readonly address: string
  /** `retain`: no longer declared, the data stays; `restore`: declared again, the data is still there; `delete`: data goes. */
  readonly action: 'create' | 'update' | 'restore' | 'retain' | 'delete' | 'keep'
  readonly before: Volume | null
  readonly after: VolumeSpec | null
}

export interface SecretStep {
  readonly kind: 'secret'
  readonly address: string
  /** `generate`: declared, and its first value is made by the apply; `retain`: no longer declared, its values stay. */
  readonly action: 'create' | 'generate' | 'update' | 'restore' | 'retain' | 'keep'
  readonly before: Secret | null
  readonly after: SecretSpec | null
}

export type Step = ServiceStep | JobStep | VolumeStep | SecretStep

export interface Comparison {
  /** Sorted by address within each kind; services, jobs, volumes, secrets. */
  readonly steps: readonly Step[]
  /** Why this document cannot be applied to this cluster; empty when it can. */
  readonly refusals: readonly Refusal[]
}

/** Whether anything would change. */
export function hasWork(comparison: Comparison): boolean {
  return comparison.steps.some((step) => step.action !== 'keep')
}

export function compareStack(document: StackDocument, state: ClusterState): Comparison {
  const steps: Step[] = []
  const { stack } = document
  const names = (declared: object, known: Iterable<{ stack: string; name: string }>) =>
    [
      ...new Set([
        ...Object.keys(declared),
        ...[...known].filter((row) => row.stack === stack).map((row) => row.name),
      ]),
    ].sort()
  for (const name of names(document.services, state.services.values())) {
    const step = compareService(
      serviceAddress(stack, name),
      state.services.get(serviceAddress(stack, name)) ?? null,
      document.services[name] ?? null,
    )
    if (step) steps.push(step)
  }
  for (const name of names(document.jobs, state.jobs.values())) {
    const step = compareJob(
      serviceAddress(stack, name),
      state.jobs.get(serviceAddress(stack, name)) ?? null,
      document.jobs[name] ?? null,
    )
    if (step) steps.push(step)
  }
  for (const name of names(document.volumes, state.volumes.values())) {
    const step = compareVolume(
      volumeAddress(stack, name),
      state.volumes.get(volumeAddress(stack, name)) ?? null,
      document.volumes[name] ?? null,
    )
    if (step) steps.push(step)
  }
  for (const name of names(document.secrets, state.secrets.values())) {
    const step = compareSecret(
      secretAddress(stack, name),
      state.secrets.get(secretAddress(stack, name)) ?? null,
      document.secrets[name] ?? null,
    )
    if (step) steps.push(step)
  }
  return { steps, refusals: refusalsOf(document, state) }
}

function compareService(
  address: string,
  before: Service | null,
  after: ServiceSpec | null,
): ServiceStep | null {
  const step = { kind: 'service' as const, address, before, after }
  // What is on its way out already is nothing this apply does.
  if (!after) return before?.removing ? null : { ...step, action: 'delete', revision: null }
  if (!before || before.removing) return { ...step, action: 'create', revision: nextRevision(before, after) }
  const target = targetRevision(before)
  if (revisionHash(after) !== target.hash)
    return { ...step, action: 'roll', revision: nextRevision(before, after) }
  // A rollout that failed is tried again by an apply of the same document only when something is different.
  const changed = !sameBut('template', before.spec, after)
  return { ...step, action: changed ? 'update' : 'keep', revision: before.target }
}

/** An older revision with the same template is used again, so that going back replaces no task needlessly. */
function nextRevision(before: Service | null, spec: ServiceSpec): number {
  const hash = revisionHash(spec)
  const known = before?.revisions.find((revision) => revision.hash === hash)
  return known?.number ?? Math.max(0, ...(before?.revisions ?? []).map((revision) => revision.number)) + 1
}

function compareJob(address: string, before: Job | null, after: JobSpec | null): JobStep | null {
  const step = { kind: 'job' as const, address, before, after }
  if (!after) return before?.removing ? null : { ...step, action: 'delete' }
  if (!before || before.removing) return { ...step, action: 'create' }
  if (templateHash(after.template) !== before.hash) return { ...step, action: 'run' }
  return { ...step, action: sameBut('template', before.spec, after) ? 'keep' : 'update' }
}

function compareVolume(address: string, before: Volume | null, after: VolumeSpec | null): VolumeStep | null {
  const step = { kind: 'volume' as const, address, before, after }
  if (!after) {
    // Retained earlier, or already going: nothing to do and nothing to show.
    if (!before?.declared || before.deleting) return null
    return { ...step, action: before.spec.reclaim === 'delete' ? 'delete' : 'retain' }
  }
  if (!before) return { ...step, action: 'create' }
  if (!before.declared) return { ...step, action: 'restore' }
  return { ...step, action: same(before.spec, after) ? 'keep' : 'update' }
}

function compareSecret(address: string, before: Secret | null, after: SecretSpec | null): SecretStep | null {
  const step = { kind: 'secret' as const, address, before, after }
  if (!after) return before?.declared ? { ...step, action: 'retain' } : null
  if (after.generateBytes !== undefined && (before?.versions.length ?? 0) === 0)
    return { ...step, action: 'generate' }
  if (!before || before.early) return { ...step, action: 'create' }
  if (!before.declared) return { ...step, action: 'restore' }
  return { ...step, action: same(before.spec, after) ? 'keep' : 'update' }
}

function refusalsOf(document: StackDocument, state: ClusterState): Refusal[] {
  const refusals: Refusal[] = []
  const { stack } = document
  const published = new Map<number, Service>()
  for (const service of state.services.values())
    if (service.stack !== stack)
      for (const port of Object.values(targetRevision(service).template.ports))
        if (port.published !== undefined) published.set(port.published, service)
  const owners: readonly (readonly [string, TaskTemplate])[] = [
    ...Object.entries(document.services).map(([name, spec]) => [name, spec.template] as const),
    ...Object.entries(document.jobs).map(([name, spec]) => [name, spec.template] as const),
  ]
  for (const [name, template] of owners) {
    const address = serviceAddress(stack, name)
    const other = name in document.services ? state.jobs.get(address) : state.services.get(address)
    if (other)
      refusals.push({
        address,
        what: `${address} is still there as a ${name in document.services ? 'job' : 'service'}`,
        fix: 'give it another name, or apply without it first',
      })
    for (const port of Object.values(template.ports)) {
      const holder = port.published === undefined ? undefined : published.get(port.published)
      if (holder)
        refusals.push({
          address,
          what: `${address} publishes port ${port.published ?? 0}, which ${holder.address} publishes already`,
          fix: holder.removing ? 'apply again once that is gone' : 'publish it on another port',
        })
    }
    for (const secret of secretsUsed(stack, template)) {
      const row = state.secrets.get(secret)
      const spec = document.secrets[secret.slice(secret.indexOf(':') + 1)]
      if ((row?.versions.length ?? 0) === 0 && spec?.generateBytes === undefined)
        refusals.push({
          address,
          what: `${address} uses the secret ${secret}, which has no value yet`,
          fix: `set it: gantry secret set ${secret.replace('secret:', '')}`,
        })
    }
  }
  for (const [name, spec] of Object.entries(document.volumes)) {
    const volume = state.volumes.get(volumeAddress(stack, name))
    if (volume && !same(volume.spec.driver, spec.driver))
      refusals.push({
        address: volume.address,
        what: `${volume.address} is of the driver ${volume.spec.driver.kind} and cannot become ${spec.driver.kind}`,
        fix: 'declare a volume of another name',
      })
    if (volume?.deleting && !isVolumeInUse(state, volume))
      refusals.push({
        address: volume.address,
        what: `${volume.address} is being deleted`,
        fix: 'apply again once it is gone',
      })
  }
  if (state.stacks.get(stack)?.removing)
    refusals.push({
      address: stack,
      what: `the stack ${stack} is being destroyed`,
      fix: 'apply again once it is gone',
    })
  return refusals
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

function sameBut<Key extends string>(
  key: Key,
  a: Readonly<Record<Key, unknown>>,
  b: Readonly<Record<Key, unknown>>,
): boolean {
  return same({ ...a, [key]: null }, { ...b, [key]: null })
}
