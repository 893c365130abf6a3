import { expect, test } from 'vitest'
import { codes, explain } from './codes.ts'

test('the long form has the title, the text and examples, and fits a terminal', () => {
  const text = explain('GT1102') ?? ''
  expect(text).toContain('GT1102: a size in the wrong form')
  expect(text).toContain("Wrong:\n\n    resources: { memory: '512MB' }")
  for (const code of Object.keys(codes))
    for (const line of (explain(code) ?? '').split('\n'))
      if (!line.startsWith('    ')) expect(line.length).toBeLessThanOrEqual(80)
})

test('a code that does not exist has none', () => {
  expect(explain('GT9999')).toBeUndefined()
  expect(explain('constructor')).toBeUndefined()
})
