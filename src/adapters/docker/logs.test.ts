import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogLine } from '../../agent/index.ts'
import { batches, logLimits, LogSplitter } from './logs.ts'

const at = '2026-01-01T00:00:00.000000001Z'
const later = '2026-01-01T00:00:09.5Z'

function frame(text: string | Uint8Array, stream = 1, stamp: string | null = at): Buffer {
  const body = Buffer.concat([Buffer.from(stamp === null ? '' : `${stamp} `), Buffer.from(text)])
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(body.length, 4)
  return Buffer.concat([header, body])
}

function linesOf(...parts: Uint8Array[]): LogLine[] {
  const splitter = new LogSplitter()
  return [...parts.flatMap((part) => splitter.push(part)), ...splitter.end()]
}

test('takes frames of both streams apart and strips their stamps', () => {
  expect(linesOf(frame('out\n'), frame('err\n', 2, later), frame('\n'), frame('two\nlines\n'))).toEqual([
    { at, source: 'stdout', text: 'out' },
    { at: later, source: 'stderr', text: 'err' },
    { at, source: 'stdout', text: '' },
    { at, source: 'stdout', text: 'two' },
    { at, source: 'stdout', text: 'lines' },
  ])
})

test('puts a line together that came in several frames, though the other stream spoke between', () => {
  expect(linesOf(frame('a long '), frame('other\n', 2), frame('line\n', 1, later), frame('no end'))).toEqual([
    { at, source: 'stderr', text: 'other' },
    { at, source: 'stdout', text: 'a long line' },
    { at, source: 'stdout', text: 'no end' },
  ])
})

test('a text that only looks like a stamp, or has none, is kept whole', () => {
  expect(linesOf(frame('text\n', 1, null), frame(`${later} said twice\n`))).toEqual([
    { at: '', source: 'stdout', text: 'text' },
    { at, source: 'stdout', text: `${later} said twice` },
  ])
})

test('bytes that are no UTF-8 are shown as such and disturb nothing', () => {
  const lines = linesOf(frame(Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x0a])), frame('next\n'))
  expect(lines.map((line) => line.text)).toEqual(['\ufffd\u0000\ufffd(', 'next'])
})

test('a line longer than the limit comes out as several, cut between characters, and nothing is lost', () => {
  const text = `x${'ü'.repeat(20_000)}${'😀'.repeat(10_000)}`
  const bytes = Buffer.from(`${text}\n`)
  const frames: Buffer[] = []
  for (let from = 0; from < bytes.length; from += 16_384)
    frames.push(frame(bytes.subarray(from, from + 16_384)))
  const lines = linesOf(...frames)
  expect(lines.length).toBe(Math.ceil(bytes.length / logLimits.lineBytes))
  expect(lines.map((line) => line.text).join('')).toBe(text)
  for (const line of lines) expect(Buffer.byteLength(line.text)).toBeLessThanOrEqual(logLimits.lineBytes)
})

test('where the parts of the stream are cut makes no difference', () => {
  const piece = fc.record({
    text: fc.string({ unit: 'binary', maxLength: 40 }),
    stream: fc.constantFrom(1, 2),
  })
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.array(fc.nat(400), { maxLength: 12 }),
      (pieces, cuts) => {
        const stream = Buffer.concat(pieces.map(({ text, stream }) => frame(text, stream)))
        const marks = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length]
        const parts = marks.slice(1).map((mark, index) => stream.subarray(marks[index], mark))
        expect(linesOf(...parts)).toEqual(linesOf(stream))
      },
    ),
  )
})

test('batches have a bound', () => {
  const lines = linesOf(frame('\n'.repeat(1200)))
  expect([...batches(lines)].map((batch) => batch.length)).toEqual([500, 500, 200])
})
