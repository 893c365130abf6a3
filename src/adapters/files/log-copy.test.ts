// A server's copy of the log on a real disk: whatever happens to the file, what is loaded is a whole beginning of it.
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../server/index.ts'
import { openLogCopy } from './index.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-copy-'))
  path = join(folder, 'log')
})
afterEach(() => rm(folder, { recursive: true }))

const record = (seq: number, text = `record ${seq}`): StoredRecord => ({ seq, bytes: Buffer.from(text) })
const texts = (records: readonly StoredRecord[]) =>
  records.map(({ seq, bytes }) => `${seq} ${Buffer.from(bytes).toString()}`)

async function write(records: readonly StoredRecord[]): Promise<void> {
  const copy = await openLogCopy(path)
  await copy.load()
  await copy.append(records)
  await copy.close()
}

async function load(): Promise<{ texts: string[]; damage: string | null }> {
  const copy = await openLogCopy(path)
  const { records, damage } = await copy.load()
  await copy.close()
  return { texts: texts(records), damage }
}

test('what was appended is there after it was closed and opened, and more goes behind it', async () => {
  expect(await load()).toEqual({ texts: [], damage: null })
  await write([record(1), record(2, '')])
  await write([record(3)])
  expect(await load()).toEqual({ texts: ['1 record 1', '2 ', '3 record 3'], damage: null })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a record that does not follow the last one is a bug, and so is an append before the load', async () => {
  await write([record(1)])
  const copy = await openLogCopy(path)
  await expect(copy.append([record(2)])).rejects.toThrow('not loaded')
  await copy.load()
  await expect(copy.append([record(3)])).rejects.toThrow('record 3 after record 1')
  await copy.append([record(2)])
  await copy.close()
})

test('cut at every byte, it gives the records that are whole, says so, and goes on after the cut', async () => {
  const all = [record(1, 'one'), record(2, ''), record(3, 'the third')]
  await write(all)
  const whole = await readFile(path)
  const ends = [0, 23, 43, 72]
  expect(whole.length).toBe(72)
  for (let length = 0; length <= whole.length; length++) {
    await writeFile(path, whole)
    await truncate(path, length)
    const copy = await openLogCopy(path)
    const { records, damage } = await copy.load()
    const count = ends.findLastIndex((end) => end <= length)
    expect(texts(records)).toEqual(texts(all.slice(0, count)))
    expect(damage === null).toBe(ends.includes(length))
    if (damage !== null) {
      expect(damage).toMatch(/^at byte \d+: the file ends inside /)
      await expect(copy.append([record(count + 1)])).rejects.toThrow('damaged')
      await copy.truncate(count)
    }
    await copy.append([record(count + 1, 'new')])
    await copy.close()
    expect(await load()).toEqual({ texts: [...texts(all.slice(0, count)), `${count + 1} new`], damage: null })
  }
})

test('with any one bit flipped, no changed record is given, and all before it are', async () => {
  const all = [record(1, 'one'), record(2, 'two'), record(3, 'three')]
  await write(all)
  const whole = await readFile(path)
  const starts = [0, 23, 46, whole.length]
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const changed = Buffer.from(whole)
    const at = bit >> 3
    changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7))
    await writeFile(path, changed)
    const { texts: found, damage } = await load()
    const intact = starts.findLastIndex((start) => start <= at)
    expect(found).toEqual(texts(all.slice(0, intact)))
    expect(damage).toMatch(/^at byte \d+: /)
  }
})

test('garbage and another file behind the records are not taken for records', async () => {
  await write([record(1)])
  await writeFile(path, Buffer.alloc(4096), { flag: 'a' })
  expect(await load()).toEqual({ texts: ['1 record 1'], damage: 'at byte 28: no record begins here' })
  await writeFile(path, '{"not":"a log"}')
  expect((await load()).damage).toBe('at byte 0: the file ends inside the head of a record')
})

test('truncate drops what is behind a record, and everything with 0', async () => {
  await write([record(1), record(2), record(3)])
  const copy = await openLogCopy(path)
  await copy.load()
  await copy.truncate(1)
  await copy.append([record(2, 'again')])
  await copy.close()
  expect((await load()).texts).toEqual(['1 record 1', '2 again'])
  const second = await openLogCopy(path)
  await second.load()
  await second.truncate(0)
  await second.append([record(1, 'first')])
  await second.close()
  expect(await load()).toEqual({ texts: ['1 first'], damage: null })
})

test('gives records from anywhere, in pieces, and only those after one when it is loaded', async () => {
  const all = Array.from({ length: 1000 }, (_, index) => record(index + 1))
  await write(all)
  const copy = await openLogCopy(path)
  expect(texts(await copy.read(999, 2000))).toEqual(['999 record 999', '1000 record 1000'])
  expect(texts((await copy.load(997)).records)).toEqual(texts(all.slice(997)))
  expect(texts(await copy.read(255, 257))).toEqual(texts(all.slice(254, 257)))
  expect(await copy.read(1001, 1002)).toEqual([])
  await copy.append([record(1001)])
  expect(texts(await copy.read(1000, 1001))).toEqual(['1000 record 1000', '1001 record 1001'])
  await copy.truncate(300)
  expect(texts(await copy.read(299, 500))).toEqual(texts(all.slice(298, 300)))
  await copy.append([{ seq: 301, bytes: Buffer.alloc(5 * 1024 * 1024) }, record(302)])
  // What is much comes in pieces.
  expect((await copy.read(301, 302)).map(({ seq }) => seq)).toEqual([301])
  await copy.close()
})

test('what is set aside is whole in a file of its own, and what was there before is let alone', async () => {
  const all = [1, 2, 3, 4].map((seq) => record(seq))
  const places: string[] = []
  for (let round = 0; round < 2; round += 1) {
    await rm(path, { force: true })
    await write(all)
    const copy = await openLogCopy(path)
    await copy.load()
    places.push(await copy.setAside(2))
    await copy.append([record(3, 'other')])
    await copy.close()
    expect((await load()).texts).toEqual(['1 record 1', '2 record 2', '3 other'])
  }
  expect(new Set(places).size).toBe(2)
  for (const place of places) {
    const aside = await openLogCopy(place)
    expect(texts((await aside.load()).records)).toEqual(texts(all.slice(2)))
    await aside.close()
  }
})

test('the word that was given is there after a start; one that cannot be read is not taken for none', async () => {
  const copy = await openLogCopy(path)
  expect((await copy.load()).promised).toEqual({ term: 0, candidate: '' })
  await copy.promise({ term: 7, candidate: 's2' })
  await copy.close()
  const again = await openLogCopy(path)
  expect((await again.load()).promised).toEqual({ term: 7, candidate: 's2' })
  await writeFile(`${path}.promised`, '{"term":')
  await expect(again.load()).rejects.toThrow('cannot read the word that this server gave')
  await again.close()
})

test('calls made at once are carried out one after the other', async () => {
  const copy = await openLogCopy(path)
  const loading = copy.load()
  const appends = [1, 2, 3, 4, 5].map((seq) => copy.append([record(seq)]))
  await Promise.all([loading, ...appends])
  await copy.close()
  expect((await load()).texts).toHaveLength(5)
})

test('a file of 100 MB with records across every border of what is read at a time is loaded whole', async () => {
  const size = 700_001
  const count = 150
  const copy = await openLogCopy(path)
  await copy.load()
  await copy.append(
    Array.from({ length: count }, (_, index) => ({ seq: index + 1, bytes: Buffer.alloc(size, index) })),
  )
  await copy.close()
  const again = await openLogCopy(path)
  const { records, damage } = await again.load()
  await again.close()
  expect(damage).toBeNull()
  expect(records.map(({ bytes }) => [bytes.length, bytes[0], bytes[size - 1]])).toEqual(
    Array.from({ length: count }, (_, index) => [size, index, index]),
  )
})

describe('when the disk does not do', () => {
  test('a folder that is not one is a fault that names it', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(openLogCopy(join(folder, 'file', 'log'))).rejects.toThrow(
      `cannot write ${join(folder, 'file', 'log')}`,
    )
  })

  test.skipIf(process.geteuid?.() !== 0)(
    'a full one refuses the record, keeps what was there, and takes the next once there is room',
    async () => {
      const { execFileSync } = await import('node:child_process')
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
      try {
        const copy = await openLogCopy(path)
        await copy.load()
        await copy.append([record(1)])
        await expect(copy.append([{ seq: 2, bytes: Buffer.alloc(100_000) }])).rejects.toThrow(
          /cannot write .*no space left.*make room on its disk/i,
        )
        await copy.append([record(2, 'small')])
        await copy.close()
        expect(await load()).toEqual({ texts: ['1 record 1', '2 small'], damage: null })
      } finally {
        execFileSync('umount', [folder])
      }
    },
  )
})
