// Programs that people wrote, with a few tokens deleted, doubled, swapped or taken from elsewhere.

import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** They take as long as the limits let them; once in a while is enough (test/golden). */
const slow =
  /^(?:built-in-that|endless-loop|memory-bomb|many-combinations|regular-expression|too-many-decl|deep-recursion)/

const corpus: readonly string[] = globSync(
  ['test/golden/stacks/*.stack.ts', 'test/golden/programs/*.stack.ts', 'examples/*/*.stack.ts'],
  { cwd: root },
)
  .filter((path) => !slow.test(basename(path)))
  .sort()
  .map((path) => readFileSync(`${root}${path}`, 'utf8'))

function tokensOf(text: string): string[] {
  return text.match(/[A-Za-z_$][\w$]*|\d[\w.]*|\s+|'[^'\n]*'|=>|\.\.\.|\$\{|[^]/g) ?? []
}

const foreign = corpus.flatMap(tokensOf).filter((token) => token.trim() !== '')

const edit = fc.record({
  kind: fc.constantFrom('delete', 'double', 'swap', 'foreign', 'foreign'),
  at: fc.nat(1_000_000),
  other: fc.nat(1_000_000),
})

export const mutations: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...corpus), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) => {
    const tokens = tokensOf(text)
    for (const { kind, at, other } of edits) {
      const index = at % tokens.length
      const token = tokens[index] ?? ''
      if (kind === 'delete') tokens.splice(index, 1, '')
      else if (kind === 'double') tokens.splice(index, 1, `${token} ${token}`)
      else if (kind === 'foreign') tokens.splice(index, 1, foreign[other % foreign.length] ?? '')
      else {
        const second = other % tokens.length
        tokens[index] = tokens[second] ?? ''
        tokens[second] = token
      }
    }
    return tokens.join('')
  })
