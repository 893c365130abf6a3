// docs/rules.md is what the golden tests prove, no more and no less.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { rulesTable } from './rules-table.ts'

const { text, programs, unproved } = rulesTable()

test('every rule is shown by a golden message of a wrong program', () => {
  expect(unproved).toEqual([])
})

test('at least 60 distinct wrong programs prove the rules', () => {
  expect(programs).toBeGreaterThanOrEqual(60)
})

// While golden texts are written anew the page comes after them.
test.skipIf(process.env['UPDATE_GOLDEN'] !== undefined)(
  'the page is up to date: node scripts/rules-table.ts writes it',
  () => {
    expect(readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8')).toBe(text)
  },
)
