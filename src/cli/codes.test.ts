import { expect, test } from 'vitest'
import { allCodes, explainCode } from './codes.ts'

test('every code can be explained, at 80 columns', () => {
  expect(Object.keys(allCodes).filter((code) => code.startsWith('GT6')).length).toBeGreaterThan(10)
  for (const [code, { title }] of Object.entries(allCodes)) {
    const text = explainCode(code, 80) ?? ''
    expect(text.split('\n')[0]).toBe(`${code}: ${title}`)
    for (const line of text.split('\n').slice(1))
      if (!line.startsWith('    ')) expect(line.length, `${code}: ${line}`).toBeLessThanOrEqual(80)
  }
})

test('a code that does not exist has no long form', () => {
  expect(explainCode('GT9999', 80)).toBeUndefined()
  expect(explainCode('constructor', 80)).toBeUndefined()
})
