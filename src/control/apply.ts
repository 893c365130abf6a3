// From a wish to changes: apply of a stack. Invariant: an apply is refused when the stack is not at the version its plan
// was made from, or when that plan was applied before; otherwise everything it does is one set of changes. Making
// secret values is the caller's effect; they come in sealed.

import { documentDigest, exitCodes, nameOf, targetRevision, tasksOf, templateHash } from '../model/index.ts'
import type {
  Change,
  ClusterState,
  ExitCode,
  Instant,
  Job,
  Revision,
  RolloutState,
  Secret,
  Service,
  Sources,
  StackDocument,
  SealedValue,
} from '../model/index.ts'
import { compareStack } from './compare.ts'
import type { JobStep, SecretStep, ServiceStep, VolumeStep } from './compare.ts'
import { staleness } from './decision.ts'
import type { Decision } from './decision.ts'
import { fenceOf, revisionHash } from './fence.ts'
import { unsupported } from './support.ts'
import { validateDocument } from './validate.ts'
import type { Refusal } from './validate.ts'

const revisionsKept = 10
/** Plans remembered of each stack that made it from nothing, and stacks remembered after they went. */
const plansKept = 20
const pastsKept = 1000

export interface ApplyWish {
  readonly document: StackDocument
  readonly sources: Sources
  readonly planId: string
  readonly baseVersion: number
  readonly by: string
  /** First values of generated secrets, by address; see `secretsToGenerate` in secrets.ts. */
  readonly generated: ReadonlyMap<string, SealedValue>
}

export function applyStack(state: ClusterState, wish: ApplyWish, now: Instant): Decision {
  const { document, planId } = wish
  const before = state.stacks.get(document.stack)
  const past = state.pasts.get(document.stack)
  if (before?.planId === planId || past?.plans.includes(planId))
    return {
      ok: false,
      what: `this plan has been applied to ${document.stack} already`,
      fix: 'make a new plan',
      exit: exitCodes.stale,
    }
  const stale = staleness(before?.version ?? 0, wish.baseVersion, document.stack)
  if (stale) return stale
  const invalid = validateDocument(document)
  // A document that speaks of what is not there cannot be compared.
  const impossible = invalid.length > 0 ? invalid : unsupported(document)
  const { steps, refusals } =
    impossible.length > 0 ? { steps: [], refusals: impossible } : compareStack(document, state)
  const refusal = refusals[0]
  if (refusal)
    return {
      ok: false,
      what: listRefusals(refusals),
      fix: refusal.fix,
      exit: exitOf(refusals),
    }
  const version = (before?.version ?? past?.version ?? 0) + 1
  const changes: Change[] = [
    ...(before ? [] : birthChanges(state, document.stack, planId, now)),
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
        changes.push(...serviceChanges(state, step, document.stack, now))
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

/**
 * Volumes whose data an apply of the document would delete, by name, but those that somebody has agreed to lose. A
 * volume that no task has used yet holds none.
 */
export function losesUnasked(
  state: ClusterState,
  document: StackDocument,
  agreed: readonly string[],
): string[] {
  return compareStack(document, state).steps.flatMap((step) =>
    step.kind === 'volume' && step.action === 'delete' && step.before?.node != null
      ? [step.before.name].filter((name) => !agreed.includes(name))
      : [],
  )
}

/** What the document itself cannot have is policy; what stands in its way in the cluster is a failure. */
export function exitOf(refusals: readonly { readonly code?: string | null | undefined }[]): ExitCode {
  return refusals.some(({ code }) => code != null) ? exitCodes.policy : exitCodes.failed
}

const refusalsShown = 10

function listRefusals(refusals: readonly Refusal[]): string {
  const shown = refusals
    .slice(0, refusalsShown)
    .map(({ code, what }) => (code === undefined ? what : `${code} ${what}`))
  const rest = refusals.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}

/** Remembers the plan that makes a stack; of stacks that are gone the oldest are forgotten. */
function birthChanges(state: ClusterState, stack: string, planId: string, now: Instant): Change[] {
  const past = state.pasts.get(stack)
  const plans = [...(past?.plans ?? []), planId].slice(-plansKept)
  const changes: Change[] = [
    { table: 'pasts', key: stack, value: { stack, version: past?.version ?? 0, plans, at: now } },
  ]
  if (past || state.pasts.size < pastsKept) return changes
  const oldest = [...state.pasts.values()]
    .filter((each) => !state.stacks.has(each.stack))
    .sort((a, b) => a.at - b.at || (a.stack < b.stack ? -1 : 1))[0]
  return oldest ? [...changes, { table: 'pasts', key: oldest.stack, value: null }] : changes
}

function serviceChanges(state: ClusterState, step: ServiceStep, stack: string, now: Instant): Change[] {
  const { address, before, after, revision } = step
  if (!after || revision === null)
    return before && !before.removing
      ? [{ table: 'services', key: address, value: { ...before, removing: true } }]
      : []
  if (step.action === 'keep') return []
  if (step.action === 'update' && before)
    return [{ table: 'services', key: address, value: startOver({ ...before, spec: after }, now) }]
  const fenceMs = fenceOf(after)
  const fresh: Revision = {
    number: revision,
    hash: revisionHash(after),
    template: after.template,
    ...(fenceMs === undefined ? {} : { fenceMs }),
    verdict: 'unproven',
  }
  const others = (before?.revisions ?? []).filter((known) => known.number !== revision)
  const known = before?.revisions.find((each) => each.number === revision)
  // Nothing serves yet, or nothing that was ever good: there is nothing better to go back to.
  const isFirst =
    step.action === 'create' || !before || !before.revisions.some((each) => each.verdict === 'good')
  const needed = new Set(tasksOf(state, address).map((task) => task.revision))
  if (before) needed.add(before.target)
  const service: Service = {
    address,
    stack,
    name: nameOf(address),
    spec: after,
    revisions: keepRevisions([...others, known?.verdict === 'good' ? known : fresh], needed),
    target: revision,
    rollout: { ...begun(revision, now), from: isFirst ? 0 : before.target },
    removing: false,
  }
  return [{ table: 'services', key: address, value: service }]
}

function begun(to: number, now: Instant): RolloutState {
  return { from: 0, to, status: 'progressing', startedAt: now, endedAt: null, reason: null }
}

/** A rollout that ended without having shown that its revision is good goes on under the new rules. */
function startOver(service: Service, now: Instant): Service {
  const { rollout, target } = service
  const hasEnded = rollout.status !== 'progressing' && rollout.status !== 'rolling-back'
  if (!hasEnded || targetRevision(service).verdict === 'good') return service
  return {
    ...service,
    revisions: service.revisions.map((each) =>
      each.number === target ? { ...each, verdict: 'unproven' } : each,
    ),
    rollout: { ...begun(target, now), from: rollout.status === 'failed' ? rollout.from : 0 },
  }
}

/**
 * The newest ten, in the order of use; the last good one, those that tasks are of, and the highest number, so that no
 * number is given twice, always stay.
 */
function keepRevisions(revisions: readonly Revision[], needed: ReadonlySet<number>): Revision[] {
  const newest = revisions.slice(-revisionsKept).map(({ number }) => number)
  const lastGood = revisions.findLast(({ verdict }) => verdict === 'good')?.number
  const highest = Math.max(...revisions.map(({ number }) => number))
  const kept = new Set([...newest, ...needed, lastGood, highest])
  return revisions.filter(({ number }) => kept.has(number))
}

function jobChanges(step: JobStep, stack: string): Change[] {
  const { address, before, after } = step
  if (!after)
    return before && !before.removing
      ? [{ table: 'jobs', key: address, value: { ...before, removing: true } }]
      : []
  if (step.action === 'keep') return []
  if (step.action === 'update' && before) {
    // More tries than it has used up: it goes on.
    const goesOn = before.status === 'failed' && before.failures <= after.retries
    const value: Job = { ...before, spec: after, ...(goesOn ? { status: 'waiting', endedAt: null } : {}) }
    return [{ table: 'jobs', key: address, value }]
  }
  const job: Job = {
    address,
    stack,
    name: nameOf(address),
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
        name: nameOf(address),
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
    name: nameOf(address),
    spec: after,
    versions:
      step.action === 'generate' && value
        ? [{ version: 1, createdAt: now, createdBy: wish.by, value }]
        : (before?.versions ?? []),
    declared: true,
  }
  return [{ table: 'secrets', key: address, value: secret }]
}
