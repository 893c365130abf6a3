// Snapshots on a real disk.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSnapshots } from './index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-snapshots-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('are listed with the newest first, read, replaced and removed; other files are let alone', async () => {
  const snapshots = await openSnapshots(join(folder, 'new', 'place'))
  expect(await snapshots.list()).toEqual([])
  for (const seq of [9, 100, 20]) await snapshots.write(seq, Buffer.from(`state ${seq}`))
  await writeFile(join(folder, 'new', 'place', 'notes.txt'), 'mine')
  expect(await snapshots.list()).toEqual([100, 20, 9])
  await snapshots.write(20, Buffer.from('again'))
  expect(String(await snapshots.read(20))).toBe('again')
  await snapshots.remove(9)
  await snapshots.remove(9)
  expect(await snapshots.read(9)).toBeNull()
  expect((await readdir(join(folder, 'new', 'place'))).sort()).toEqual([
    'notes.txt',
    'state-100.gz',
    'state-20.gz',
  ])
})
