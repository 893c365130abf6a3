import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findStackFile } from './stack-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-stack-file-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const touch = (name: string) => writeFileSync(join(folder, name), '')

test('the only stack file of the folder stood in is meant without an argument', () => {
  touch('shop.stack.ts')
  touch('shop.test.ts')
  expect(findStackFile(undefined, folder)).toBe(join(folder, 'shop.stack.ts'))
})

test('a folder or a file may be named', () => {
  mkdirSync(join(folder, 'inner'))
  touch('inner/stack.ts')
  touch('odd-name.ts')
  expect(findStackFile('inner', folder)).toBe(join(folder, 'inner/stack.ts'))
  expect(findStackFile('odd-name.ts', folder)).toBe(join(folder, 'odd-name.ts'))
})

test('nothing is guessed', () => {
  expect(() => findStackFile(undefined, folder)).toThrow(/no stack file in this folder/)
  touch('a.stack.ts')
  touch('b.stack.ts')
  expect(() => findStackFile('.', folder)).toThrow(/2 stack files .*a\.stack\.ts, b\.stack\.ts/)
  expect(() => findStackFile('missing', folder)).toThrow(/cannot open missing: no such file/)
})
