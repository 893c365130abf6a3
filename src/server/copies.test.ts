import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Copies, majorityOf } from './copies.ts'

const digest = (seq: number, of = 'a') => `${of}${seq}`
const said = (seq: number, { of = 'a', promised = 2 } = {}) => ({
  promised,
  tip: { term: 2, seq, digest: digest(seq, of) },
})

function copiesOf(servers: readonly string[], from = 10, to = 12): Copies {
  const copies = new Copies(2, servers)
  for (let seq = from; seq <= to; seq += 1) copies.appended(seq, digest(seq))
  return copies
}

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
])('of %i servers %i are a majority', (count, majority) => expect(majorityOf(count)).toBe(majority))

describe('what a majority has', () => {
  test('of one server is what it has itself', () => {
    const copies = copiesOf(['s1'])
    expect(copies.copied('s1', said(12))).toBe(true)
    expect(copies.seq).toBe(12)
  })

  test('of three is what the second of them has', () => {
    const copies = copiesOf(['s1', 's2', 's3'])
    expect(copies.copied('s1', said(12))).toBe(false)
    expect(copies.copied('s2', said(10))).toBe(true)
    expect(copies.seq).toBe(10)
    copies.copied('s3', said(11))
    expect(copies.seq).toBe(11)
  })

  test.each([
    ['who gave its word for a newer term', 's2', said(12, { promised: 3 })],
    ['whose log is another one', 's2', said(12, { of: 'b' })],
    ['whose log ends before this term', 's2', said(9)],
    ['who is none of the servers', 's9', said(12)],
    ['that says what this log has not got yet', 's2', said(13)],
  ])('leaves out one %s', (_, server, report) => {
    const copies = copiesOf(['s1', 's2', 's3'])
    copies.copied('s1', said(12))
    copies.copied(server, report)
    expect(copies.seq).toBe(0)
  })

  test('takes a report that came before the record it is about', () => {
    const copies = copiesOf(['s1', 's2', 's3'], 10, 11)
    copies.copied('s2', said(12))
    copies.appended(12, digest(12))
    copies.copied('s1', said(12))
    expect(copies.seq).toBe(12)
  })

  test('is counted among those who count from then on', () => {
    const copies = copiesOf(['s1'])
    copies.copied('s1', said(11))
    expect(copies.seq).toBe(11)
    copies.count(['s1', 's2'])
    copies.copied('s1', said(12))
    expect(copies.seq).toBe(11)
    copies.copied('s2', said(12))
    expect(copies.seq).toBe(12)
  })

  test('never shrinks, and is never more than a majority has said', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            server: fc.constantFrom('s1', 's2', 's3', 's4', 's5'),
            seq: fc.integer({ min: 9, max: 20 }),
          }),
        ),
        (reports) => {
          const servers = ['s1', 's2', 's3', 's4', 's5']
          const copies = copiesOf(servers, 10, 20)
          const most = new Map<string, number>()
          let before = 0
          for (const { server, seq } of reports) {
            copies.copied(server, said(seq))
            most.set(server, Math.max(most.get(server) ?? 0, seq))
            expect(copies.seq).toBeGreaterThanOrEqual(before)
            before = copies.seq
            if (before > 0)
              expect([...most.values()].filter((each) => each >= before).length).toBeGreaterThanOrEqual(3)
          }
        },
      ),
    ))
})
