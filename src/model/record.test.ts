import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeRecord, noRecord, parseRecord, recordFormat } from './record.ts'
import type { LogRecord } from './record.ts'

const record: fc.Arbitrary<LogRecord> = fc.oneof(
  fc.record({
    format: fc.constant(recordFormat),
    prev: fc.stringMatching(/^[0-9a-f]{64}$/),
    kind: fc.constant('term' as const),
    term: fc.nat(),
    server: fc.string(),
    at: fc.nat(),
  }),
  fc.record({
    format: fc.constant(recordFormat),
    prev: fc.stringMatching(/^[0-9a-f]{64}$/),
    kind: fc.constant('commit' as const),
    term: fc.nat(),
    at: fc.nat(),
    parts: fc.array(
      fc.record({ cause: fc.record({ by: fc.string(), what: fc.string() }), changes: fc.constant([]) }),
    ),
  }),
)

test('a record is read back as it was written, with the digest it was written under', () =>
  fc.assert(
    fc.property(record, (written) => {
      const { bytes, digest } = encodeRecord(written)
      expect(parseRecord(bytes)).toEqual({ ok: true, record: written, digest })
    }),
  ))

test('a chain shows any change, loss or exchange of its records', () =>
  fc.assert(
    fc.property(fc.array(record, { minLength: 3, maxLength: 8 }), fc.nat(), (records, seed) => {
      let prev = noRecord
      const chain = records.map((each) => {
        const encoded = encodeRecord({ ...each, prev })
        prev = encoded.digest
        return encoded.bytes
      })
      const holds = (all: readonly Uint8Array[]) => {
        let digest = noRecord
        return all.every((bytes) => {
          const parsed = parseRecord(bytes)
          const fits = parsed.ok && parsed.record.prev === digest
          if (parsed.ok) digest = parsed.digest
          return fits
        })
      }
      expect(holds(chain)).toBe(true)
      const at = seed % (chain.length - 1)
      expect(holds(chain.filter((_, index) => index !== at))).toBe(false)
      expect(holds(chain.with(at, chain[at + 1] ?? chain[0] ?? new Uint8Array()))).toBe(false)
      const changed = Uint8Array.from(chain[at] ?? [])
      const last = changed.lastIndexOf('"'.charCodeAt(0))
      changed[last] = 'x'.charCodeAt(0)
      expect(holds(chain.with(at, changed))).toBe(false)
    }),
  ))

describe('what is no record is refused with a reason', () => {
  const good = { format: recordFormat, prev: noRecord, kind: 'term', term: 1, server: 's1', at: 0 }
  const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

  test.each([
    ['nothing', new Uint8Array(), 'not JSON'],
    ['half a record', bytesOf(good).slice(0, 40), 'not JSON'],
    ['bytes that are no text', Uint8Array.of(0x22, 0xff, 0x22), 'not JSON'],
    ['another thing', bytesOf([1, 2]), 'not a record of the log'],
    ['an unknown kind', bytesOf({ ...good, kind: 'vote' }), 'not a record of the log'],
    ['a short digest', bytesOf({ ...good, prev: '00' }), 'not a record of the log'],
    [
      'a newer format',
      bytesOf({ ...good, format: recordFormat + 1 }),
      `format ${recordFormat + 1} is newer than this server reads (${recordFormat})`,
    ],
    [
      'an older format',
      bytesOf({ ...good, format: recordFormat - 1 }),
      `format ${recordFormat - 1} is older than this server reads (${recordFormat})`,
    ],
  ])('%s', (_, bytes, reason) => {
    expect(parseRecord(bytes)).toEqual({ ok: false, reason })
  })
})
