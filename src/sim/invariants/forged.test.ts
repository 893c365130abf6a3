// What no port can break is broken here: commits that no leader makes are shown to the invariants as if one had.

import { expect, test } from 'vitest'
import { applyChanges, emptySources, noRecord, recordFormat } from '../../model/index.ts'
import type { Change, MutableState, Task } from '../../model/index.ts'
import {
  clusterOf,
  documentOf,
  nodeOf,
  serviceOf,
  statusOf,
  taskOf,
  templateOf,
} from '../../model/testing.ts'
import type { Committed } from '../observer.ts'
import { World } from '../world.ts'
import { watchOver } from './invariant.ts'
import type { Invariant } from './invariant.ts'
import { nothingLost } from './nothing-lost.ts'
import { oneLeader } from './one-leader.ts'
import { placement } from './placement.ts'

function commit(state: MutableState, changes: readonly Change[], more: Partial<Committed> = {}): Committed {
  const before = new Map<string, Task | undefined>()
  for (const { table, key } of changes) if (table === 'tasks') before.set(key, state.tasks.get(key))
  applyChanges(state, changes)
  return {
    seq: 2,
    by: 's1',
    before,
    termBefore: 1,
    leaderBefore: 's1',
    state,
    record: {
      format: recordFormat,
      prev: noRecord,
      kind: 'commit',
      term: 1,
      at: 0,
      parts: [{ cause: { by: 'leader', what: 'test' }, changes }],
    },
    ...more,
  }
}

function show(invariant: Invariant, committed: Committed): () => void {
  const sight = {
    world: new World({ servers: 1, nodes: 1 }),
    consents: { volumes: new Map<string, number>() },
  }
  const watcher = watchOver(invariant, sight)
  return () => watcher.record?.(committed)
}

const healthy = (id: string, more: Partial<Task> = {}) =>
  taskOf(id, { status: statusOf({ health: 'healthy', healthySince: 0 }), ...more })

const put = (task: Task): Change => ({ table: 'tasks', key: task.id, value: task })

const stackWith = (name: string, published: number): Change => ({
  table: 'stacks',
  key: name,
  value: {
    name,
    version: 1,
    digest: '',
    document: documentOf(
      {
        services: {
          web: serviceOf({
            template: templateOf({ ports: { http: { container: 80, protocol: 'http', published } } }),
          }),
        },
      },
      name,
    ),
    sources: emptySources,
    appliedAt: 0,
    appliedBy: 'admin',
    planId: `plan-of-${name}`,
    removing: false,
  },
})

test.each([
  { other: 8001, isWrong: false },
  { other: 8000, isWrong: true },
])('ports: 8000 and $other in two stacks', ({ other, isWrong }) => {
  const look = show(placement, commit(clusterOf(nodeOf('n1')), [stackWith('a', 8000), stackWith('b', other)]))
  if (isWrong) expect(look).toThrow('a/web and b/web both publish 8000')
  else expect(look).not.toThrow()
})

test.each([
  { stopped: 1, isWrong: false },
  { stopped: 2, isWrong: true },
])('budgets: $stopped of three are told to stop, and two have to serve', ({ stopped, isWrong }) => {
  const state = clusterOf(nodeOf('n1'))
  const tasks = ['t1', 't2', 't3'].map((id) => healthy(id))
  applyChanges(state, [
    {
      table: 'services',
      key: 'shop/api',
      value: {
        address: 'shop/api',
        stack: 'shop',
        name: 'api',
        spec: serviceOf({ replicas: 3, budget: { minAvailable: { count: 2 } } }),
        revisions: [],
        target: 1,
        rollout: { from: 0, to: 1, status: 'done', startedAt: 0, endedAt: 0, reason: null },
        removing: false,
      },
    },
    ...tasks.map(put),
  ])
  const look = show(
    placement,
    commit(
      state,
      tasks.slice(0, stopped).map((task) => put({ ...task, desired: 'stop' })),
    ),
  )
  if (isWrong) expect(look).toThrow('1 of shop/api serve after 2 were told to stop, and 2 have to')
  else expect(look).not.toThrow()
})

test('a task without an owner', () => {
  expect(show(nothingLost, commit(clusterOf(nodeOf('n1')), [put(healthy('t1'))]))).toThrow('t1 is left over')
})

test('a commit of one who does not lead', () => {
  const state = clusterOf(nodeOf('n1'))
  expect(show(oneLeader, commit(state, [], { by: 's2' }))).toThrow('record 2 of term 1 is by s2')
})

test('a term that comes again', () => {
  const state = clusterOf(nodeOf('n1'))
  const record = { format: recordFormat, prev: noRecord, kind: 'term' as const, term: 2, server: 's2', at: 0 }
  const committed = commit(state, [], { record, by: 's2' })
  state.term = 1
  expect(show(oneLeader, committed)).toThrow('term 1 follows term 1')
})
