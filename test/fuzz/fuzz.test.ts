// The compiler with programs that nobody wrote: no crash, no hang, nothing but diagnostics whose places are in the
// program. A few of each kind here; `node test/fuzz/main.ts --minutes 10` goes on for as long as one likes.

import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { files, templates } from './bytes.ts'
import { FuzzFolder } from './folder.ts'
import { judge } from './judge.ts'
import { mutations } from './mutations.ts'
import { programs } from './programs.ts'

const folder = new FuzzFolder()
afterAll(() => folder[Symbol.dispose]())

/** The same in every run: what fails here fails for everybody. New seeds are the business of main.ts. */
const seed = 4

describe('only diagnostics come of', () => {
  test.each([
    { name: 'programs made from the vocabulary', kind: programs, numRuns: 30 },
    { name: 'goldens and examples with a few tokens changed', kind: mutations, numRuns: 80 },
    { name: 'anything in the templates', kind: templates, numRuns: 25 },
    { name: 'anything as a file', kind: files, numRuns: 100 },
  ])('$name', { timeout: 600_000 }, async ({ kind, numRuns }) => {
    const property = fc.asyncProperty<[string | Uint8Array]>(kind, (program) => judge(folder.path, program))
    const result = await fc.check(property, { seed, numRuns, endOnFailure: true })
    expect(result.failed ? String(result.errorInstance) : '').toBe('')
  })
})
