// From a wish to changes: apply and destroy of a stack. Invariant: an apply is refused when the stack is not at the
// version its plan was made from, or when that plan was applied before; otherwise everything it does is one set of
// changes. Making secret values is the caller's effect; they come in sealed.

import { exitCodes, secretAddress, templateHash, volumeAddress } from '../model/index.ts'
import type {
  Change,
  ClusterState,
  ExitCode,
  Instant,
  Job,
  Revision,
  Secret,
  Service,
  Sources,
  StackDocument,
  SealedValue,
} from '../model/index.ts'
import { compareStack } from './compare.ts'
import type { JobStep, SecretStep, ServiceStep, VolumeStep } from './compare.ts'
import { documentDigest } from '../model/index.ts'

const revisionsKept = 10

export interface ApplyWish {
  readonly document: StackDocument
  readonly sources: Sources
  readonly planId: string
  readonly baseVersion: number
  readonly by: string
  /** First values of generated secrets, by address; see `secretsToGenerate`. */
  readonly generated: ReadonlyMap<string, SealedValue>
}

export type Decision =
  | {
      readonly ok: true
      readonly changes: readonly Change[]
      readonly version: number
      readonly what: string
    }
  | {
      readonly ok: false
      readonly what: string
      readonly why?: string
      readonly fix: string
      readonly exit: ExitCode
    }

/** Secrets that an apply of the document must bring a first value for, with the number of random bytes. */
export function secretsToGenerate(document: StackDocument, state: ClusterState): Map<string, number> {
  const wanted = new Map<string, number>()
  for (const [name, spec] of Object.entries(document.secrets)) {
    const address = secretAddress(document.stack, name)
    if (spec.generateBytes !== undefined && (state.secrets.get(address)?.versions.length ?? 0) === 0)
      wanted.set(address, spec.generateBytes)
  }
  return wanted
}

export function applyStack(state: ClusterState, wish: ApplyWish, now: Instant): Decision {
  const { document, planId } = wish
  const before = state.stacks.get(document.stack)
  const stale = staleness(before?.version ?? 0, wish.baseVersion, document.stack, before?.planId === planId)
  if (stale) return stale
  const { steps, refusals } = compareStack(document, state)
  const refusal = refusals[0]
  if (refusal)
    return {
      ok: false,
      what: refusals.map((each) => each.what).join('; '),
      fix: refusal.fix,
      exit: exitCodes.failed,
    }
  const version = (before?.version ?? 0) + 1
  const changes: Change[] = [
    {
      table: 'stacks',
      key: document.stack,
      value: {
        name: document.stack,
        version,
        digest: documentDigest(document),
        document,
        sources: wish.sources,
        appliedAt: now,
        appliedBy: wish.by,
        planId,
        removing: false,
      },
    },
  ]
  for (const step of steps)
    switch (step.kind) {
      case 'service':
        changes.push(...serviceChanges(step, document.stack, now))
        break
      case 'job':
        changes.push(...jobChanges(step, document.stack))
        break
      case 'volume':
        changes.push(...volumeChanges(step, document.stack))
        break
      case 'secret':
        changes.push(...secretChanges(step, document.stack, wish, now))
        break
    }
  return { ok: true, changes, version, what: `apply ${document.stack} (version ${version})` }
}

function staleness(version: number, base: number, stack: string, isSpent: boolean): Decision | null {
  if (isSpent)
    return {
      ok: false,
      what: `this plan has been applied already, as version ${version} of ${stack}`,
      fix: 'make a new plan',
      exit: exitCodes.stale,
    }
  if (version === base) return null
  return {
    ok: false,
    what: `the plan is stale: ${stack} ${base === 0 ? 'was not there' : `was at version ${base}`} when it was made, and ${version === 0 ? 'is gone' : `is at version ${version}`} now`,
    fix: 'make a new plan',
    exit: exitCodes.stale,
  }
}

function serviceChanges(step: ServiceStep, stack: string, now: Instant): Change[] {
  const { address, before, after, revision } = step
  if (!after || revision === null)
    return before && !before.removing
      ? [{ table: 'services', key: address, value: { ...before, removing: true } }]
      : []
  if (step.action === 'keep') return []
  const name = address.slice(stack.length + 1)
  if (step.action === 'update' && before)
    return [{ table: 'services', key: address, value: { ...before, spec: after } }]
  const fresh: Revision = {
    number: revision,
    hash: templateHash(after.template),
    template: after.template,
    verdict: 'unproven',
  }
  const others = (before?.revisions ?? []).filter((known) => known.number !== revision)
  const known = before?.revisions.find((each) => each.number === revision)
  const service: Service = {
    address,
    stack,
    name,
    spec: after,
    revisions: keepRevisions([...others, known?.verdict === 'good' ? known : fresh], before?.target),
    target: revision,
    rollout: {
      // A service whose first rollout never succeeded has nothing better to go back to.
      from: before && before.revisions.some((each) => each.verdict === 'good') ? before.target : 0,
      to: revision,
      status: 'progressing',
      startedAt: now,
      endedAt: null,
      reason: null,
    },
    removing: false,
  }
  return [{ table: 'services', key: address, value: service }]
}

/** The newest ten, in the order of use; the one that runs now and the last good one always stay. */
function keepRevisions(revisions: readonly Revision[], running: number | undefined): Revision[] {
  const lastGood = revisions.findLast((revision) => revision.verdict === 'good')?.number
  const newest = new Set(revisions.slice(-revisionsKept).map((revision) => revision.number))
  return revisions.filter(({ number }) => newest.has(number) || number === running || number === lastGood)
}

function jobChanges(step: JobStep, stack: string): Change[] {
  const { address, before, after } = step
  if (!after)
    return before && !before.removing
      ? [{ table: 'jobs', key: address, value: { ...before, removing: true } }]
      : []
  if (step.action === 'keep') return []
  if (step.action === 'update' && before)
    return [{ table: 'jobs', key: address, value: { ...before, spec: after } }]
  const job: Job = {
    address,
    stack,
    name: address.slice(stack.length + 1),
    spec: after,
    run: (before?.run ?? 0) + 1,
    hash: templateHash(after.template),
    status: 'waiting',
    failures: 0,
    nextTryAt: null,
    endedAt: null,
    removing: false,
  }
  return [{ table: 'jobs', key: address, value: job }]
}

function volumeChanges(step: VolumeStep, stack: string): Change[] {
  const { address, before, after } = step
  if (step.action === 'keep') return []
  if (!after)
    return before
      ? [
          {
            table: 'volumes',
            key: address,
            value: { ...before, declared: false, deleting: step.action === 'delete' },
          },
        ]
      : []
  return [
    {
      table: 'volumes',
      key: address,
      value: {
        address,
        stack,
        name: nameAfterColon(address),
        spec: after,
        node: before?.node ?? null,
        declared: true,
        deleting: false,
      },
    },
  ]
}

function secretChanges(step: SecretStep, stack: string, wish: ApplyWish, now: Instant): Change[] {
  const { address, before, after } = step
  if (step.action === 'keep') return []
  if (!after) return before ? [{ table: 'secrets', key: address, value: { ...before, declared: false } }] : []
  const value = wish.generated.get(address)
  if (step.action === 'generate' && value === undefined)
    throw new Error(`no first value was made for ${address}`)
  const secret: Secret = {
    address,
    stack,
    name: nameAfterColon(address),
    spec: after,
    versions:
      step.action === 'generate' && value
        ? [{ version: 1, createdAt: now, createdBy: wish.by, value }]
        : (before?.versions ?? []),
    declared: true,
  }
  return [{ table: 'secrets', key: address, value: secret }]
}

function nameAfterColon(address: string): string {
  return address.slice(address.indexOf(':') + 1)
}

export interface DestroyWish {
  readonly stack: string
  readonly baseVersion: number
  readonly deleteVolumes: readonly string[]
  readonly by: string
}

/** Stops everything of a stack; data stays unless its volume is named. */
export function destroyStack(state: ClusterState, wish: DestroyWish): Decision {
  const stack = state.stacks.get(wish.stack)
  if (!stack)
    return {
      ok: false,
      what: `there is no stack ${wish.stack}`,
      fix: 'gantry status lists what there is',
      exit: exitCodes.failed,
    }
  const stale = staleness(stack.version, wish.baseVersion, wish.stack, false)
  if (stale) return stale
  for (const name of wish.deleteVolumes)
    if (!state.volumes.has(volumeAddress(wish.stack, name)))
      return {
        ok: false,
        what: `${wish.stack} has no volume ${name}`,
        fix: 'nothing was destroyed; name one of its volumes',
        exit: exitCodes.failed,
      }
  const version = stack.version + 1
  const changes: Change[] = [
    { table: 'stacks', key: wish.stack, value: { ...stack, version, removing: true } },
  ]
  for (const service of state.services.values())
    if (service.stack === wish.stack && !service.removing)
      changes.push({ table: 'services', key: service.address, value: { ...service, removing: true } })
  for (const job of state.jobs.values())
    if (job.stack === wish.stack && !job.removing)
      changes.push({ table: 'jobs', key: job.address, value: { ...job, removing: true } })
  for (const volume of state.volumes.values())
    if (volume.stack === wish.stack)
      changes.push({
        table: 'volumes',
        key: volume.address,
        value: {
          ...volume,
          declared: false,
          deleting: volume.deleting || wish.deleteVolumes.includes(volume.name),
        },
      })
  for (const secret of state.secrets.values())
    if (secret.stack === wish.stack) changes.push({ table: 'secrets', key: secret.address, value: null })
  return { ok: true, changes, version, what: `destroy ${wish.stack}` }
}

/** A new version of a secret's value; the rows of tasks do not change, so nothing restarts by itself. */
export function setSecret(
  state: ClusterState,
  wish: { readonly stack: string; readonly name: string; readonly value: SealedValue; readonly by: string },
  now: Instant,
): { readonly changes: readonly Change[]; readonly version: number } {
  const address = secretAddress(wish.stack, wish.name)
  const before = state.secrets.get(address)
  const version = (before?.versions.at(-1)?.version ?? 0) + 1
  const row: Secret = {
    address,
    stack: wish.stack,
    name: wish.name,
    spec: before?.spec ?? {},
    versions: [
      ...(before?.versions ?? []),
      { version, createdAt: now, createdBy: wish.by, value: wish.value },
    ].slice(-revisionsKept),
    declared: before?.declared ?? false,
  }
  return { changes: [{ table: 'secrets', key: address, value: row }], version }
}
