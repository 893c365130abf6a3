import { describe, expect, test } from 'vitest'
import { SimCopy, VirtualClock } from '../sim/index.ts'
import { judgeDivision, settleDivision } from './division.ts'
import { Division, LogDamage } from './log-errors.ts'
import type { Copied } from './vote.ts'

const theirs = new Map([
  [3, 'store 3'],
  [4, 'store 4'],
])
const mine = new Map([[3, 'copy 3']])
const has = (seq: number, digest: string): Copied => ({ promised: 2, tip: { term: 2, seq, digest } })
const three = new Set(['s1', 's2', 's3'])
const five = new Set(['s1', 's2', 's3', 's4', 's5'])
type Reports = Readonly<Record<string, Copied>>
const reportsOf = (reports: Reports) => new Map(Object.entries(reports))

describe('of a store and a copy that differ', () => {
  test.each([
    [
      'both others have what the store has',
      three,
      { s2: has(4, 'store 4'), s3: has(3, 'store 3') },
      'the store is right',
    ],
    ['only one of two has it', three, { s2: has(4, 'store 4') }, 'unknown'],
    ['two of four have it', five, { s2: has(4, 'store 4'), s3: has(3, 'store 3') }, 'unknown'],
    [
      'three of four have it',
      five,
      { s2: has(4, 'store 4'), s3: has(3, 'store 3'), s5: has(3, 'store 3') },
      'the store is right',
    ],
    ['a stranger has it, too', three, { s2: has(4, 'store 4'), s9: has(4, 'store 4') }, 'unknown'],
    ['the others have neither yet', three, { s2: has(2, 'both 2'), s3: has(2, 'both 2') }, 'unknown'],
    [
      'another one has what the copy has',
      three,
      { s2: has(3, 'copy 3'), s3: has(4, 'store 4') },
      'the copy is right',
    ],
  ] as const)('when %s', (_, servers, reports, verdict) => {
    expect(judgeDivision({ theirs, mine }, servers, 's1', reportsOf(reports))).toBe(verdict)
  })
})

describe('a server whose copy differs', () => {
  function settle(servers: ReadonlySet<string>, reports: Map<string, Copied>, store = theirs) {
    const clock = new VirtualClock()
    const copy = new SimCopy()
    const said: string[] = []
    const note = (_: object, message: string) => void said.push(message)
    const stop = new AbortController()
    const logger = { debug: note, info: note, warn: note, error: note }
    const outcome: { value: unknown } = { value: null }
    const run = async () => {
      await copy.append([1, 2, 3].map((seq) => ({ seq, bytes: Uint8Array.of(seq) })))
      const deps = { id: 's1', copy, clock, logger, signal: stop.signal }
      const compare = async () => new Division(2, store, mine)
      await settleDivision(deps, compare, servers, reports)
    }
    run().then(
      () => (outcome.value = 'given up'),
      (error: unknown) => (outcome.value = error),
    )
    return { clock, copy, said, stop, outcome }
  }

  test('waits for a majority of others, says so, then keeps what it gives up aside', async () => {
    const reports = reportsOf({ s2: has(4, 'store 4') })
    const { clock, copy, said, outcome } = settle(three, reports)
    await clock.pass(25_000)
    expect(outcome.value).toBeNull()
    expect(copy.records).toHaveLength(3)
    expect(said.filter((each) => each.includes('waiting for the other servers'))).toHaveLength(3)
    reports.set('s3', has(3, 'store 3'))
    await clock.pass(1000)
    expect(outcome.value).toBe('given up')
    expect(copy.records.map(({ seq }) => seq)).toEqual([1, 2])
    expect(copy.aside).toEqual([[{ seq: 3, bytes: Uint8Array.of(3) }]])
    expect(said.at(-1)).toMatch(/^records that only this server had copied were given up/)
  })

  test('looks at the store again each time: those who go on do not stand where it ended before', async () => {
    const store = new Map(theirs)
    const reports = reportsOf({ s2: has(4, 'store 4') })
    const { clock, outcome } = settle(three, reports, store)
    await clock.pass(5000)
    for (const seq of [5, 6]) store.set(seq, `store ${seq}`)
    reports.set('s2', has(6, 'store 6'))
    reports.set('s3', has(5, 'store 5'))
    await clock.pass(2000)
    expect(outcome.value).toBe('given up')
  })

  test.each([
    ['it is alone', new Set(['s1']), {}],
    ['there is but one other', new Set(['s1', 's2']), { s2: has(4, 'store 4') }],
    ['a majority has what it has', three, { s3: has(3, 'copy 3') }],
  ] as const)('gives nothing up when %s', async (_, servers, reports) => {
    const { clock, copy, outcome } = settle(servers, reportsOf(reports))
    await clock.pass(1000)
    expect(outcome.value).toBeInstanceOf(LogDamage)
    expect(copy.records).toHaveLength(3)
  })
})
