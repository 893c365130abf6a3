import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refuseVote } from './vote.ts'
import type { Voter, VoteRequest } from './vote.ts'

const digest = (name: string) => name.padEnd(64, '0')
const tip = (term: number, seq: number, name = 'a') => ({ term, seq, digest: digest(name) })
const voter = (over: Partial<Voter> = {}): Voter => ({
  promised: { term: 3, candidate: 's1' },
  tip: tip(3, 10),
  hearsLeader: false,
  ...over,
})
const request = (over: Partial<VoteRequest> = {}): VoteRequest => ({
  term: 4,
  candidate: 's2',
  tip: tip(3, 10),
  trial: false,
  ...over,
})

describe('a server gives its word', () => {
  test.each([
    ['for a newer term, to a log as long as its own', voter(), request()],
    ['to a longer log', voter(), request({ tip: tip(3, 11) })],
    ['to a shorter log that ends in a newer term', voter(), request({ tip: tip(4, 2), term: 5 })],
    [
      'again to the one who has it, whose answer was lost',
      voter({ promised: { term: 4, candidate: 's2' } }),
      request(),
    ],
    [
      'while it hears a leader, when it is no trial: its word is what counts',
      voter({ hearsLeader: true }),
      request(),
    ],
  ])('%s', (_, given, asked) => {
    expect(refuseVote(given, asked)).toBeNull()
  })

  test.each([
    [
      'twice for a term',
      voter({ promised: { term: 4, candidate: 's1' } }),
      request(),
      'the word for term 4 is given to s1',
    ],
    [
      'for a term older than that of its word',
      voter({ promised: { term: 5, candidate: 's2' } }),
      request(),
      'the word for term 5 is given',
    ],
    ['for a term that has begun', voter({ tip: tip(4, 10) }), request(), 'term 4 has begun'],
    [
      'to a shorter log',
      voter(),
      request({ tip: tip(3, 9) }),
      'the log is shorter: it ends at 9 in term 3, and this one at 10 in term 3',
    ],
    [
      'to a longer log that ends in an older term',
      voter(),
      request({ tip: tip(2, 99) }),
      'the log is shorter: it ends at 99 in term 2, and this one at 10 in term 3',
    ],
    [
      'to a log that ends otherwise',
      voter(),
      request({ tip: tip(3, 10, 'b') }),
      'record 10 is another one here',
    ],
    [
      'on trial, while it hears a leader',
      voter({ hearsLeader: true }),
      request({ trial: true }),
      'there is a leader',
    ],
  ])('not %s', (_, given, asked, reason) => {
    expect(refuseVote(given, asked)).toBe(reason)
  })

  test('in any order of questions to one candidate at most, for every term', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ term: fc.nat(6), candidate: fc.constantFrom('s1', 's2', 's3'), seq: fc.nat(4) }),
        ),
        (questions) => {
          let promised = { term: 0, candidate: '' }
          const given = new Map<number, string>()
          for (const { term, candidate, seq } of questions) {
            const asked = request({ term, candidate, tip: tip(1, seq) })
            if (refuseVote(voter({ promised, tip: tip(1, 2) }), asked) !== null) continue
            expect(given.get(term) ?? candidate).toBe(candidate)
            expect(seq).toBeGreaterThanOrEqual(2)
            given.set(term, candidate)
            promised = { term, candidate }
          }
        },
      ),
    ))
})
