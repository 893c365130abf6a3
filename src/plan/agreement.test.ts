// The plan is a proof: what it shows is what an apply does, for any two documents.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyDocument } from '../../test/support/any-documents.ts'
import { compiled, node, TestCluster } from '../../test/support/documents.ts'
import { applyStack, secretsToGenerate } from '../control/index.ts'
import { canonicalJson, emptySources, takeSnapshot } from '../model/index.ts'
import type { ClusterState, StackDocument, StateSnapshot } from '../model/index.ts'
import { makeDestroyPlan, makePlan } from './index.ts'
import type { Plan } from './index.ts'

const nodes = [node('h1'), node('h2')]

function planIn(cluster: TestCluster, document: StackDocument): Plan {
  return makePlan({
    compiled: compiled(document),
    snapshot: takeSnapshot(cluster.state, cluster.now),
    now: cluster.now,
    planId: 'plan-0001',
  })
}

/** Everything there is of each address: its row, and the tasks of a service or job. */
function thingsOf(state: ClusterState): Map<string, string> {
  const things = new Map<string, string>()
  for (const table of [state.services, state.jobs, state.volumes, state.secrets])
    for (const [address, row] of table)
      things.set(
        address,
        canonicalJson([row, [...state.tasks.values()].filter((task) => task.owner === address)]),
      )
  return things
}

function changedBetween(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((address) => before.get(address) !== after.get(address))
    .sort()
}

function shownIn(plan: Plan): string[] {
  const steps = plan.steps.map((step) => step.address)
  // A volume that was declared before gets its place when something mounts it: the forecast says so.
  const filled = (plan.forecast?.data ?? []).filter(({ effect }) => effect === 'created')
  return [...new Set([...steps, ...filled.map(({ address }) => address)])].sort()
}

test('an address is in the plan exactly when applying it to the end changes something of it', () => {
  fc.assert(
    fc.property(anyDocument(), anyDocument(), (first, second) => {
      const cluster = new TestCluster(nodes)
      cluster.applyToTheEnd(compiled(first))
      const before = thingsOf(cluster.state)
      const plan = planIn(cluster, second)
      fc.pre(plan.applyable)
      cluster.applyToTheEnd(compiled(second))
      const after = thingsOf(cluster.state)
      expect(shownIn(plan)).toEqual(changedBetween(before, after))
      for (const step of plan.steps) expect(after.has(step.address)).toBe(step.op !== 'delete')
      if (plan.forecast) expect(plan.forecast.outcome).toBe('done')
      expect(
        plan.unchanged.map(({ address }) => address).filter((each) => shownIn(plan).includes(each)),
      ).toEqual(
        (plan.forecast?.data ?? [])
          .filter(({ address }) => plan.unchanged.some((each) => each.address === address))
          .map(({ address }) => address),
      )
    }),
    { numRuns: 150 },
  )
})

test('at any moment, an address is a step exactly when the commit of the apply changes its row', () => {
  const moment = fc.array(fc.constantFrom(1000, 10_000), { maxLength: 4 })
  fc.assert(
    fc.property(anyDocument(), anyDocument(), anyDocument(), moment, (first, second, third, moments) => {
      const cluster = new TestCluster(nodes)
      cluster.applyToTheEnd(compiled(first))
      if (planIn(cluster, second).applyable) cluster.apply(compiled(second))
      for (const ms of moments) cluster.report(undefined, ms)
      const plan = planIn(cluster, third)
      fc.pre(plan.applyable)
      const { state } = cluster
      const decision = applyStack(
        state,
        {
          document: third,
          sources: emptySources,
          planId: plan.id,
          baseVersion: plan.basis.stackVersion,
          by: 'tester',
          generated: new Map(
            [...secretsToGenerate(third, state).keys()].map((address) => [
              address,
              { dataKey: '', ciphertext: '' },
            ]),
          ),
        },
        cluster.now,
      )
      const changed = decision.ok
        ? decision.changes.filter(({ table }) => table !== 'stacks' && table !== 'pasts')
        : []
      for (const { table, key, value } of changed)
        if (table === 'services' || table === 'jobs' || table === 'volumes' || table === 'secrets')
          expect(canonicalJson(value)).not.toBe(canonicalJson(state[table].get(key) ?? null))
      expect(decision.ok).toBe(true)
      expect(changed.map(({ key }) => key).sort()).toEqual(plan.steps.map(({ address }) => address).sort())
    }),
    { numRuns: 100 },
  )
})

test('applying a document a second time is nothing to do, and the forecast of the first came true', () => {
  fc.assert(
    fc.property(anyDocument(), (document) => {
      const cluster = new TestCluster(nodes)
      const plan = planIn(cluster, document)
      cluster.applyToTheEnd(compiled(document))
      expect(planIn(cluster, document).steps).toEqual([])
      expect(plan.forecast).toMatchObject({ settles: true, outcome: 'done' })
      const running = [...cluster.state.tasks.values()].map((task) => `${task.owner}.${task.slot}`)
      expect(plan.forecast?.landings.map(({ task }) => task).sort()).toEqual(running.sort())
    }),
    { numRuns: 100 },
  )
})

test('a destroy does to each address what its plan shows', () => {
  fc.assert(
    fc.property(anyDocument(), fc.boolean(), (document, deletes) => {
      const cluster = new TestCluster(nodes)
      cluster.applyToTheEnd(compiled(document))
      const before = thingsOf(cluster.state)
      const deleteVolumes = deletes ? Object.keys(document.volumes) : []
      const plan = makeDestroyPlan({
        stack: 'shop',
        snapshot: takeSnapshot(cluster.state, cluster.now),
        now: cluster.now,
        planId: 'plan-0001',
        deleteVolumes,
      })
      cluster.destroyToTheEnd('shop', deleteVolumes)
      const after = thingsOf(cluster.state)
      expect(plan.forecast).toMatchObject({ settles: true, outcome: 'done' })
      expect(shownIn(plan)).toEqual(changedBetween(before, after))
      for (const step of plan.steps) expect(after.has(step.address)).toBe(step.op === 'retain')
      expect(cluster.state.stacks.size).toBe(0)
    }),
    { numRuns: 60 },
  )
})

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const member of Object.values(value)) frozen(member)
  }
  return value
}

test('making a plan changes nothing of the snapshot', () => {
  fc.assert(
    fc.property(
      anyDocument({ canBeUnplaceable: true }),
      anyDocument({ canBeUnplaceable: true }),
      (first, second) => {
        const cluster = new TestCluster(nodes)
        cluster.apply(compiled(first))
        cluster.report()
        const snapshot: StateSnapshot = frozen(structuredClone(takeSnapshot(cluster.state, cluster.now)))
        const before = canonicalJson(snapshot)
        const request = {
          compiled: frozen(compiled(second)),
          snapshot,
          now: cluster.now,
          planId: 'plan-0001',
        }
        const plan = makePlan(request)
        makeDestroyPlan({ ...request, stack: 'shop', deleteVolumes: [] })
        expect(canonicalJson(snapshot)).toBe(before)
        expect(makePlan(request)).toEqual(plan)
        if (plan.forecast) expect(plan.forecast.settles).toBe(true)
      },
    ),
    { numRuns: 100 },
  )
})

test('no value of a secret, plain or sealed, is in a plan', () => {
  fc.assert(
    fc.property(anyDocument(), anyDocument(), (first, second) => {
      const cluster = new TestCluster(nodes)
      cluster.apply(compiled(first))
      expect(JSON.stringify(planIn(cluster, second))).not.toContain('SEALED')
    }),
    { numRuns: 50 },
  )
})
