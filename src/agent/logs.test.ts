import { expect, test } from 'vitest'
import { inChunks } from './logs.ts'
import type { LogLine } from './ports.ts'

const line = (text: string): LogLine => ({ at: '2026-01-01T00:00:00.000Z', source: 'stdout', text })

test('few lines make one chunk, none make none', () => {
  expect([...inChunks([line('a'), line('b')])]).toEqual([[line('a'), line('b')]])
  expect([...inChunks([])]).toEqual([])
})

test('no chunk is larger than a message may be, and nothing is lost', () => {
  const lines = Array.from({ length: 2000 }, (_, index) => line(`${index} ${'é'.repeat(500)}`))
  const chunks = [...inChunks(lines)]
  expect(chunks.flat()).toEqual(lines)
  for (const chunk of chunks) {
    expect(chunk.length).toBeLessThanOrEqual(500)
    expect(Buffer.byteLength(JSON.stringify(chunk))).toBeLessThan(600_000)
  }
})

test('a line that fits no message is cut into lines that do', () => {
  const text = 'x'.repeat(100_000)
  const lines = [...inChunks([line(text)])].flat()
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.map((each) => each.text).join('')).toBe(text)
})
