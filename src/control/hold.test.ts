// The hold: when too many nodes vanish at once, nothing of theirs is replaced until they are back or somebody says so.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentOf, nodeOf, serviceOf } from '../model/testing.ts'
import { releaseHold } from './hold.ts'
import { Toy } from './testing.ts'

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index + 1}`)

/** A cluster of so many nodes with a task on each. */
function busy(count: number): Toy {
  const toy = new Toy(...names(count).map((id) => nodeOf(id)))
  toy.apply(documentOf({ services: { api: serviceOf({ replicas: count }) } }))
  toy.pass(600_000)
  return toy
}

/** As the leader sees nodes go that fell silent together. */
function vanish(toy: Toy, ids: readonly string[]): void {
  for (const id of ids) toy.setNode(id, 'suspect')
  toy.pass(4000)
  for (const id of ids) {
    toy.setNode(id, 'lost')
    toy.pass(100)
  }
}

const onNodes = (toy: Toy, ids: readonly string[]) =>
  toy.tasks().filter((task) => ids.includes(task.node ?? '')).length

describe('nodes that vanish at once', () => {
  test.each([
    { of: 9, gone: 4, holds: true },
    { of: 9, gone: 3, holds: false },
    { of: 8, gone: 3, holds: true },
    { of: 4, gone: 2, holds: false },
    { of: 3, gone: 2, holds: false },
    { of: 3, gone: 3, holds: true },
  ])('$gone of $of: holds $holds', ({ of, gone, holds }) => {
    const toy = busy(of)
    const ids = names(gone)
    vanish(toy, ids)
    toy.pass(3_600_000)
    expect(toy.state.cluster?.hold?.nodes ?? []).toEqual(holds ? ids : [])
    expect(toy.serving()).toBe(holds ? of - gone : of)
  })

  test('and come back go on as if nothing had been', () => {
    const toy = busy(6)
    const before = toy.tasks().map(({ id }) => id)
    vanish(toy, names(4))
    toy.pass(60_000)
    for (const id of names(4)) toy.setNode(id, 'ready')
    toy.pass(60_000)
    expect(toy.state.cluster?.hold).toBeUndefined()
    expect(toy.tasks().map(({ id }) => id)).toEqual(before)
    expect(toy.unrest()).toEqual([])
  })

  test('and come back one by one within seconds are not replaced', () => {
    const toy = busy(6)
    const before = toy.tasks().map(({ id }) => id)
    vanish(toy, names(4))
    toy.pass(60_000)
    for (const id of names(4)) {
      toy.setNode(id, 'ready')
      toy.pass(3000)
    }
    toy.pass(60_000)
    expect(toy.tasks().map(({ id }) => id)).toEqual(before)
  })

  test('are replaced as soon as so few are left that they would be anyway', () => {
    const toy = busy(9)
    vanish(toy, names(4))
    toy.setNode('n1', 'ready')
    toy.pass(60_000)
    expect(toy.state.cluster?.hold).toBeUndefined()
    expect(toy.serving()).toBe(9)
  })

  test('are replaced when an operator says so', () => {
    const toy = busy(6)
    expect(toy.decide(releaseHold)).toMatchObject({ ok: false })
    vanish(toy, names(4))
    expect(toy.serving()).toBe(2)
    expect(toy.decide(releaseHold)).toMatchObject({ ok: true })
    toy.pass(60_000)
    expect(toy.serving()).toBe(6)
    expect(toy.state.cluster?.hold).toBeUndefined()
  })

  test('are joined by whatever is lost while the hold lasts', () => {
    const toy = busy(9)
    vanish(toy, names(4))
    toy.pass(3_600_000)
    toy.setNode('n9', 'lost')
    toy.pass(60_000)
    expect(toy.state.cluster?.hold?.nodes).toEqual(['n1', 'n2', 'n3', 'n4', 'n9'])
    expect(toy.serving()).toBe(4)
  })

  test('one after the other are replaced one by one', () => {
    const toy = busy(9)
    for (const id of names(6)) {
      toy.setNode(id, 'suspect')
      toy.pass(4000)
      toy.setNode(id, 'lost')
      toy.pass(60_000)
    }
    expect(toy.state.cluster?.hold).toBeUndefined()
    expect(toy.serving()).toBe(9)
  })

  test('among them one that was replaced before stays replaced', () => {
    const toy = busy(8)
    vanish(toy, ['n8'])
    toy.pass(60_000)
    const replaced = onNodes(toy, ['n8'])
    vanish(toy, names(4))
    toy.pass(60_000)
    expect(toy.state.cluster?.hold?.nodes).toEqual(names(4))
    expect(onNodes(toy, ['n8'])).toBe(replaced)
    expect(toy.serving()).toBe(toy.tasks().length - onNodes(toy, [...names(4), 'n8']))
  })
})

test('whatever comes and goes: a hold names lost and suspect nodes only, and what is held back is not replaced', () => {
  const step = fc.record({
    node: fc.integer({ min: 1, max: 7 }),
    status: fc.constantFrom('ready' as const, 'suspect' as const, 'lost' as const),
    ms: fc.constantFrom(1, 1000, 60_000),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const toy = busy(7)
      toy.onRound = () => {
        const { hold } = toy.state.cluster ?? {}
        if (!hold) return
        if (hold.endsAt === undefined) expect(hold.nodes.length * 3).toBeGreaterThan(hold.of)
        for (const id of hold.nodes) {
          expect(toy.state.nodes.get(id)?.status).not.toBe('ready')
          const given = toy.tasks().filter((task) => task.node === id && task.givenUp)
          const since = toy.state.nodes.get(id)?.statusSince ?? 0
          // What was given up before it vanished this time is still in the books.
          for (const task of given) expect(task.createdAt).toBeLessThanOrEqual(since)
        }
      }
      for (const { node, status, ms } of steps) {
        toy.setNode(`n${node}`, status)
        toy.pass(ms)
      }
      for (const id of names(7)) toy.setNode(id, 'ready')
      toy.pass(3_600_000)
      expect(toy.state.cluster?.hold).toBeUndefined()
      expect(toy.serving()).toBe(7)
      expect(toy.tasks()).toHaveLength(7)
      expect(toy.unrest()).toEqual([])
    }),
    { numRuns: 100 },
  )
})
