import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOver } from './rows.ts'
import type { Change, ClusterState, Reservation, Task } from './state.ts'
import {
  applyChanges,
  copyState,
  emptyState,
  foldRecord,
  rowsOf,
  stateFromSnapshot,
  takeSnapshot,
} from './fold.ts'
import type { MutableState } from './fold.ts'
import { encodeParts, encodeRecord, noRecord, parseRecord, recordFormat } from './record.ts'
import type { LogRecord } from './record.ts'
import { after, clusterRow, jobOf, nodeOf, serviceOf, statusOf, taskOf, volumeOf } from './testing.ts'

const nodeId = fc.constantFrom('n1', 'n2', 'n3')
const owner = fc.constantFrom('shop/api', 'shop/db', 'other/api')

const task: fc.Arbitrary<Task> = fc
  .record({
    id: fc.constantFrom('t1', 't2', 't3', 't4', 't5', 't6'),
    owner,
    node: fc.option(nodeId),
    desired: fc.constantFrom('run' as const, 'stop' as const),
    phase: fc.constantFrom('pending' as const, 'running' as const, 'stopped' as const, 'failed' as const),
    cpu: fc.constantFrom(0, 100, 250),
    memory: fc.constantFrom(0, 64),
  })
  .map(({ id, phase, cpu, memory, ...rest }) =>
    taskOf(id, { ...rest, reserve: { cpu, memory }, status: statusOf({ phase }) }),
  )

const dependsOn = fc.subarray(['api', 'db', 'seed'])

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: task.map((value): Change => ({ table: 'tasks', key: value.id, value })) },
  {
    weight: 2,
    arbitrary: task.map(({ id }): Change => ({ table: 'tasks', key: id, value: null })),
  },
  fc.tuple(nodeId, fc.boolean()).map(([id, isThere]): Change => ({
    table: 'nodes',
    key: id,
    value: isThere ? nodeOf(id) : null,
  })),
  fc.tuple(owner, dependsOn, fc.boolean()).map(([address, on, isThere]): Change => ({
    table: 'services',
    key: address,
    value: isThere
      ? {
          address,
          stack: address.split('/')[0] ?? '',
          name: address.split('/')[1] ?? '',
          spec: serviceOf({ dependsOn: on.map(after) }),
          revisions: [],
          target: 1,
          rollout: { from: 0, to: 1, status: 'progressing', startedAt: 0, endedAt: null, reason: null },
          removing: false,
        }
      : null,
  })),
  fc.tuple(dependsOn, fc.boolean()).map(([on, isThere]): Change => ({
    table: 'jobs',
    key: 'shop/seed',
    value: isThere
      ? {
          address: 'shop/seed',
          stack: 'shop',
          name: 'seed',
          spec: jobOf({ dependsOn: on.map(after) }),
          run: 1,
          hash: '',
          status: 'waiting',
          failures: 0,
          nextTryAt: null,
          endedAt: null,
          removing: false,
        }
      : null,
  })),
  fc.tuple(fc.option(nodeId), fc.boolean(), fc.boolean()).map(([node, isThere, deleting]): Change => ({
    table: 'volumes',
    key: 'shop/volume:data',
    value: isThere
      ? {
          address: 'shop/volume:data',
          stack: 'shop',
          name: 'data',
          spec: volumeOf(),
          node,
          declared: !deleting,
          deleting,
        }
      : null,
  })),
  fc.boolean().map((isThere): Change => ({
    table: 'secrets',
    key: 'shop/secret:token',
    value: isThere
      ? { address: 'shop/secret:token', stack: 'shop', name: 'token', spec: {}, versions: [], declared: true }
      : null,
  })),
  fc.nat(9).map((version): Change => ({
    table: 'pasts',
    key: 'shop',
    value: version === 0 ? null : { stack: 'shop', version, plans: ['plan-0001'], at: 1 },
  })),
  fc.nat(9).map((serial): Change => ({ table: 'cluster', key: 'cluster', value: { ...clusterRow, serial } })),
)

const changes = fc.array(change, { maxLength: 40 })

/** Everything of a state, the order inside tables and indexes left out. */
function contentOf(state: ClusterState): unknown {
  const { seq, term, leader, at } = state
  const index = (map: ReadonlyMap<string, ReadonlySet<string>>) =>
    [...map].map(([key, ids]) => [key, [...ids].sort()] as const).sort()
  return {
    seq,
    term,
    leader,
    at,
    rows: rowsOf(state),
    tasksByOwner: index(state.tasksByOwner),
    tasksByNode: index(state.tasksByNode),
    pendingTasks: [...state.pendingTasks].sort(),
    deletingVolumes: [...state.deletingVolumes].sort(),
    reservedByNode: [...state.reservedByNode].sort(([a], [b]) => (a < b ? -1 : 1)),
    dependents: index(state.dependents),
  }
}

function stateAfter(all: readonly Change[]): MutableState {
  const state = emptyState()
  applyChanges(state, all)
  return state
}

describe('applying changes', () => {
  test('and then their undo leaves the state as it was, indexes included', () =>
    fc.assert(
      fc.property(changes, changes, (before, these) => {
        const state = stateAfter(before)
        const was = contentOf(state)
        const undo = applyChanges(state, these)
        expect(undo).toHaveLength(these.length)
        applyChanges(state, undo)
        expect(contentOf(state)).toEqual(was)
      }),
    ))

  test('at once or one by one comes to the same, and so does undoing', () =>
    fc.assert(
      fc.property(changes, (these) => {
        const single = emptyState()
        const undo: Change[] = []
        for (const each of these) undo.unshift(...applyChanges(single, [each]))
        const together = emptyState()
        expect(applyChanges(together, these)).toEqual(undo)
        expect(contentOf(single)).toEqual(contentOf(together))
      }),
    ))

  test('keeps indexes that say what the rows say', () =>
    fc.assert(
      fc.property(changes, (these) => {
        const state = stateAfter(these)
        const tasks = [...state.tasks.values()]
        const reserved = new Map<string, Reservation>()
        for (const { node, reserve } of tasks.filter((each) => each.node !== null && !isOver(each))) {
          const sum = reserved.get(node ?? '') ?? { cpu: 0, memory: 0 }
          reserved.set(node ?? '', { cpu: sum.cpu + reserve.cpu, memory: sum.memory + reserve.memory })
        }
        for (const [node, sum] of reserved) if (sum.cpu + sum.memory === 0) reserved.delete(node)
        expect(state.reservedByNode).toEqual(reserved)
        expect(new Set(state.pendingTasks)).toEqual(
          new Set(tasks.filter((each) => each.node === null).map((each) => each.id)),
        )
        expect([...state.deletingVolumes]).toEqual(
          [...state.volumes.values()].filter((each) => each.deleting).map((each) => each.address),
        )
        for (const each of ['n1', 'n2', 'n3'])
          expect(state.tasksByNode.get(each) ?? new Set()).toEqual(
            new Set(tasks.filter(({ node }) => node === each).map(({ id }) => id)),
          )
        const dependents = [...state.services.values(), ...state.jobs.values()].flatMap((row) =>
          row.spec.dependsOn.map(({ on }) => `${row.stack}/${on} < ${row.address}`),
        )
        expect(
          [...state.dependents].flatMap(([on, all]) => [...all].map((each) => `${on} < ${each}`)).sort(),
        ).toEqual(dependents.sort())
      }),
    ))

  test('is linear in their number', () => {
    const rows: Change[] = Array.from({ length: 200_000 }, (_, index) => ({
      table: 'nodes',
      key: `n${index}`,
      value: nodeOf('n'),
    }))
    expect(applyChanges(emptyState(), rows)).toHaveLength(rows.length)
  }, 5000)
})

test('a copy does not follow the original, nor the original the copy', () =>
  fc.assert(
    fc.property(changes, changes, (before, these) => {
      const state = stateAfter(before)
      const was = contentOf(state)
      const copy = copyState(state)
      expect(contentOf(copy)).toEqual(was)
      applyChanges(copy, these)
      const changed = contentOf(copy)
      expect(contentOf(state)).toEqual(was)
      applyChanges(state, [{ table: 'nodes', key: 'n9', value: nodeOf('n9') }])
      expect(contentOf(copy)).toEqual(changed)
    }),
  ))

test('a snapshot gives the state back, through JSON', () =>
  fc.assert(
    fc.property(changes, (these) => {
      const state = stateAfter(these)
      Object.assign(state, { seq: 7, term: 2, leader: 's1', at: 99 })
      const snapshot = takeSnapshot(state, state.at)
      const again = stateFromSnapshot(JSON.parse(JSON.stringify(snapshot)) as typeof snapshot)
      expect(contentOf(again)).toEqual(contentOf(state))
    }),
  ))

test('a snapshot does not tell in which order things came', () =>
  fc.assert(
    fc.property(changes, (these) => {
      const state = stateAfter(these)
      const other = stateAfter(rowsOf(state).reverse())
      expect(JSON.stringify(takeSnapshot(other, 1))).toBe(JSON.stringify(takeSnapshot(state, 1)))
    }),
  ))

describe('the fold', () => {
  const term = (number: number, at = 0): LogRecord => ({
    format: recordFormat,
    prev: noRecord,
    kind: 'term',
    term: number,
    server: `s${number}`,
    at,
  })
  const commit = (number: number, all: readonly Change[], at = 0): LogRecord => ({
    format: recordFormat,
    prev: noRecord,
    kind: 'commit',
    term: number,
    at,
    parts: [{ cause: { by: 'admin', what: 'test' }, changes: all }],
  })

  test('of the same records is the same state, whether they came as objects or as bytes', () =>
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 6 }), (commits) => {
        const records = [term(1), ...commits.map((all) => commit(1, all))]
        const a = emptyState()
        const b = emptyState()
        for (const [index, record] of records.entries()) {
          foldRecord(a, record, index + 1)
          const parsed = parseRecord(encodeRecord(record).bytes)
          expect(parsed.ok).toBe(true)
          if (parsed.ok) foldRecord(b, parsed.record, index + 1)
        }
        expect(contentOf(b)).toEqual(contentOf(a))
        expect(a.seq).toBe(records.length)
      }),
    ))

  test('knows term, leader and time of the last record', () => {
    const state = emptyState()
    foldRecord(state, term(1, 10), 1)
    foldRecord(state, commit(1, [], 30), 2)
    foldRecord(state, term(2, 20), 3)
    expect(state).toMatchObject({ seq: 3, term: 2, leader: 's2', at: 30 })
  })

  const second: readonly (readonly [string, LogRecord, number])[] = [
    ['a record that is there already', term(2), 1],
    ['a commit of a leader that nobody made one', commit(2, []), 2],
  ]
  test.each(second)('refuses %s', (_, record, seq) => {
    const state = emptyState()
    foldRecord(state, term(1), 1)
    expect(() => foldRecord(state, record, seq)).toThrow('assertion failed')
  })

  const row: Change = {
    table: 'servers',
    key: 's9',
    value: { id: 's9', name: '', address: null, joinedAt: 0 },
  }
  const void_: readonly (readonly [string, LogRecord])[] = [
    ['a term that comes again', term(3, 50)],
    ['a term that is over', term(2, 50)],
    ['a commit of a deposed leader', commit(2, [row], 50)],
  ]
  test.each(void_)('passes over %s, and over nothing else', (_, record) => {
    const state = emptyState()
    foldRecord(state, term(3, 10), 1)
    foldRecord(state, record, 2)
    expect(state).toMatchObject({ seq: 2, term: 3, leader: 's3', at: 10 })
    expect(state.servers.size).toBe(0)
    foldRecord(state, commit(3, [row]), 3)
    expect(state.servers.size).toBe(1)
  })

  describe('of a commit in parts', () => {
    const rows = Array.from({ length: 20 }, (_, index): Change => ({
      table: 'servers',
      key: `s${index}`,
      value: { id: `s${index}`, name: 'n', address: null, joinedAt: index },
    }))
    const pieces = encodeParts([{ cause: { by: 'admin', what: 'test' }, changes: rows }], 80)
    const part = (index: number, of = pieces.length): LogRecord => ({
      format: recordFormat,
      prev: noRecord,
      kind: 'part',
      term: 1,
      at: 0,
      part: index,
      of,
      data: pieces[index - 1] ?? '',
    })
    const all = pieces.map((_, index) => part(index + 1))
    const folded = (records: readonly LogRecord[]) => {
      const state = emptyState()
      for (const [index, record] of [term(1), ...records].entries()) foldRecord(state, record, index + 1)
      return state
    }

    test('takes effect with the last, all at once', () => {
      expect(all.length).toBeGreaterThan(2)
      expect(folded(all.slice(0, -1)).servers.size).toBe(0)
      expect(rowsOf(folded(all))).toEqual(rowsOf(folded([commit(1, rows)])))
      expect(folded(all).open).toBeNull()
    })

    test.each([
      ['another commit came between', [...all.slice(0, -1), commit(1, []), ...all.slice(-1)]],
      ['one is missing', all.filter((_, index) => index !== 1)],
      ['another leader came', [...all.slice(0, -1), term(2)]],
      ['they begin again and do not end', [...all.slice(0, -1), ...all.slice(0, -1)]],
    ])('takes none when %s', (_, records) => {
      expect(folded(records).servers.size).toBe(0)
    })

    test('goes on after a record that is void, which is not there for anybody', () => {
      const late = commit(0, [])
      expect(folded([...all.slice(0, -1), late, ...all.slice(-1)]).servers.size).toBe(rows.length)
    })
  })
})
