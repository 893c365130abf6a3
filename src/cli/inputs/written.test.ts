import { expect, test } from 'vitest'
import { exitCodes, Fault } from '../../model/index.ts'
import { parseInputs } from './written.ts'

test('a value may be empty and may hold further equal signs', () => {
  expect(parseInputs(['a=1', 'b=', 'c=x=y'])).toEqual({ a: '1', b: '', c: 'x=y' })
})

test.each([
  { name: 'one without a name', written: ['=1'], words: /not of the form name=value/ },
  { name: 'one without an equal sign', written: ['stage'], words: /not of the form name=value/ },
  { name: 'one given twice', written: ['a=1', 'a=2'], words: /gives a twice/ },
])('$name is wrong usage', ({ written, words }) => {
  try {
    parseInputs(written)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(Fault)
    expect(error).toMatchObject({ exit: exitCodes.usage, message: expect.stringMatching(words) as string })
  }
})

test('an input may be called like a member of objects', () => {
  expect(Object.entries(parseInputs(['__proto__=1']))).toEqual([['__proto__', '1']])
})
