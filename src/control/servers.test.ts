import { describe, expect, test } from 'vitest'
import { applyChanges, emptyState } from '../model/index.ts'
import type { MutableState } from '../model/index.ts'
import { changeServers, serversLimit } from './servers.ts'

const identity = (id: string, address: string | null = null) => ({ id, name: `host-${id}`, address })

function stateWith(count: number): MutableState {
  const state = emptyState()
  for (let index = 1; index <= count; index += 1) {
    const decision = changeServers(state, { add: identity(`s${index}`) }, index)
    if (decision.ok) applyChanges(state, decision.changes)
  }
  return state
}

describe('changing the servers', () => {
  test('adds one, with the moment it joined', () => {
    const state = stateWith(1)
    expect([...state.servers.values()]).toEqual([{ id: 's1', name: 'host-s1', address: null, joinedAt: 1 }])
  })

  test('a server that is there already gets its new address and keeps its age', () => {
    const state = stateWith(2)
    const decision = changeServers(state, { add: identity('s2', '10.0.0.2:4222') }, 99)
    expect(decision).toMatchObject({
      ok: true,
      changes: [{ value: { address: '10.0.0.2:4222', joinedAt: 2 } }],
    })
  })

  test('removes one', () => {
    const decision = changeServers(stateWith(3), { remove: 's2' }, 9)
    expect(decision).toMatchObject({ ok: true, changes: [{ table: 'servers', key: 's2', value: null }] })
  })

  test.each([
    ['one that is not there', 3, { remove: 's9' }, 'there is no server s9'],
    ['the last one', 1, { remove: 's1' }, 'host-s1 is the only server'],
    ['one too many', serversLimit, { add: identity('s6') }, 'there are 5 servers already'],
  ])('refuses %s', (_, count, wish, what) => {
    expect(changeServers(stateWith(count), wish, 9)).toMatchObject({ ok: false, what })
  })
})
