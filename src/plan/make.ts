// Makes plans: from a compiled stack, or for the end of a stack, against one snapshot of the live state. Invariant: the
// snapshot is not changed, and the same arguments give the same plan. Nothing here can reach a host.

import { applyStack, destroyStack, noticesOf, secretsToGenerate } from '../control/index.ts'
import type { Decision } from '../control/index.ts'
import { assert, copyState, documentDigest, emptySources, stateFromSnapshot } from '../model/index.ts'
import type {
  ClusterState,
  CompiledStack,
  Instant,
  Sources,
  StackDocument,
  StateSnapshot,
} from '../model/index.ts'
import { basisOf } from './basis.ts'
import { destroyStepsOf } from './destroy.ts'
import { runForecast } from './forecast.ts'
import type { Forecast, Plan } from './plan.ts'
import { planFormat } from './plan.ts'
import { shownRefusal } from './refusal.ts'
import { stepsOf } from './steps.ts'
import type { Steps } from './steps.ts'

export interface PlanRequest {
  readonly compiled: CompiledStack
  readonly snapshot: StateSnapshot
  /** Addresses of secrets that the snapshot shows with a value that only the apply sets, and who gives it: `--input`. */
  readonly given?: ReadonlyMap<string, string>
  /** By the clock of whoever asks. */
  readonly now: Instant
  /** Never used before: the cluster refuses to apply a plan twice. 8 to 100 characters. */
  readonly planId: string
  /** What people call the cluster; it is shown, not checked. */
  readonly clusterName?: string
}

export interface DestroyPlanRequest {
  readonly stack: string
  readonly snapshot: StateSnapshot
  readonly now: Instant
  readonly planId: string
  /** Names of the volumes whose data is to be deleted; that of all others stays. */
  readonly deleteVolumes: readonly string[]
  readonly clusterName?: string
}

/** The plan of an apply. It is not `applyable` when it has refusals. */
export function makePlan(request: PlanRequest): Plan {
  const { compiled, snapshot, now, planId } = request
  const { document, sources } = compiled
  assert(documentDigest(document) === compiled.digest, () => 'the digest is not that of the document')
  const state = stateFromSnapshot(snapshot)
  const steps = stepsOf(compiled, state, request.given)
  const isWorth = steps.steps.length > 0 || !state.stacks.has(document.stack)
  const forecast =
    steps.refusals.length === 0 && isWorth
      ? foresee(state, document.stack, steps, planId, now, (current) =>
          applyStack(
            current,
            {
              document,
              sources,
              planId,
              baseVersion: current.stacks.get(document.stack)?.version ?? 0,
              by: 'plan',
              // The forecast decides with secrets that have a value, not with the value.
              generated: new Map(
                [...secretsToGenerate(document, current).keys()].map((address) => [
                  address,
                  { dataKey: '', ciphertext: '' },
                ]),
              ),
            },
            now,
          ),
        )
      : null
  return planOf(request, state, steps, forecast, document, sources, {
    kind: 'apply',
    stack: document.stack,
    inputs: document.inputs,
    document: compiled.digest,
    files: sources.files,
    deleteVolumes: [],
  })
}

/** The plan of a destroy. */
export function makeDestroyPlan(request: DestroyPlanRequest): Plan {
  const { stack, snapshot, now, planId } = request
  const deleteVolumes = [...new Set(request.deleteVolumes)].sort()
  const state = stateFromSnapshot(snapshot)
  const steps = destroyStepsOf(state, stack, deleteVolumes)
  const baseVersion = state.stacks.get(stack)?.version ?? 0
  const forecast =
    steps.refusals.length === 0
      ? foresee(state, stack, steps, planId, now, (current) =>
          destroyStack(current, { stack, baseVersion, deleteVolumes, by: 'plan' }),
        )
      : null
  return planOf(request, state, steps, forecast, null, emptySources, {
    kind: 'destroy',
    stack,
    inputs: state.stacks.get(stack)?.document.inputs ?? {},
    document: null,
    files: {},
    deleteVolumes,
  })
}

function foresee(
  state: ClusterState,
  stack: string,
  { steps }: Steps,
  planId: string,
  now: Instant,
  decide: (state: ClusterState) => Decision,
): Forecast {
  return runForecast(
    copyState(state),
    stack,
    steps,
    (current) => {
      const decision = decide(current)
      assert(decision.ok, () => `plan ${planId} has no refusals, and its apply was refused`)
      return { cause: { by: 'plan', what: decision.what }, changes: decision.changes }
    },
    now,
  )
}

function planOf(
  { snapshot, now, planId, clusterName }: PlanRequest | DestroyPlanRequest,
  state: ClusterState,
  { steps, unchanged, refusals }: Steps,
  forecast: Forecast | null,
  document: StackDocument | null,
  sources: Sources,
  rest: Pick<Plan, 'kind' | 'stack' | 'inputs' | 'document' | 'files' | 'deleteVolumes'>,
): Plan {
  const { kind, stack, inputs, document: digest, files, deleteVolumes } = rest
  return {
    format_version: planFormat,
    id: planId,
    kind,
    stack,
    inputs,
    applyable: refusals.length === 0,
    refusals: refusals.map((refusal) => shownRefusal(refusal, document, sources)),
    notices: document
      ? noticesOf(document, state.nodes.size).map(({ addresses, ...rest }) => ({
          ...rest,
          addresses: [...addresses],
        }))
      : [],
    acknowledged: document?.acknowledged ?? [],
    steps,
    unchanged,
    deleteVolumes,
    losesData: steps
      .filter(
        ({ kind, op, address }) =>
          kind === 'volume' && op === 'delete' && state.volumes.get(address)?.node != null,
      )
      .map(({ address }) => address),
    forecast,
    madeAt: now,
    cluster: { id: state.cluster?.id ?? '', name: clusterName ?? null },
    document: digest,
    files,
    basis: {
      seq: snapshot.seq,
      stackVersion: state.stacks.get(stack)?.version ?? 0,
      objects: basisOf(
        state,
        stack,
        document,
        (forecast?.landings ?? []).map(({ node }) => node.id),
      ),
    },
  }
}
