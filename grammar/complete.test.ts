import { describe, expect, test } from 'vitest'
import { completionsAt, hoverAt } from './index.ts'
import type { Field, Language } from './index.ts'
import { isKeyword, tokens } from './tokens.ts'
import { keywordDetails } from './words.ts'

const fields: readonly Field[] = [
  { name: 'state', type: 'text', detail: 'its state', values: ['running', 'failed'] },
  { name: 'drained', type: 'boolean', detail: 'whether it is' },
]

/** The cursor is `¦`. */
function labelsAt(language: Language, marked: string): string[] {
  const offset = marked.indexOf('¦')
  return completionsAt(language, marked.replace('¦', ''), offset, fields).map((each) => each.label)
}

describe('completion', () => {
  test.each<[Language, string, readonly string[]]>([
    ['place', '¦', ['require', 'prefer', 'spread', 'near', 'avoid', 'max', 'tolerate']],
    ['place', 'require node.os == "a"; pre¦', ['prefer', 'tolerate']],
    ['place', 'require node.os == "a" && ¦', ['node.zone', 'node.labels.<name>']],
    ['place', 'require node.zone ¦', ['==', '!=', 'in', 'not in']],
    ['place', 'require node.memory > ¦', ['4Gi']],
    ['place', 'require node.arch == ¦', ['"amd64"', '"arm64"']],
    ['place', 'require node.os in ("linux", ¦', ['"windows"']],
    ['place', 'prefer node.os == "a" ¦', ['&&', '||', 'weight']],
    ['place', 'spread ¦', ['zone', 'node.labels.<name>']],
    ['place', 'avoid ¦', ['${…}']],
    ['place', 'max 2 ¦', ['per']],
    ['scale', '¦', ['cpu', 'queue("…")']],
    ['scale', 'cpu > 70% ¦', ['&&', 'for', '=>']],
    ['scale', 'cpu > 70% => ¦', ['+1', '-1', '+50%']],
    ['scale', 'queue("a") ¦', ['/', '>']],
    ['gate', 'errors < 1% ¦', ['&&', '||', 'for']],
    ['every', '¦', ['day', 'weekday', 'monday', 'hour', 'minute', 'month']],
    ['every', '15 ¦', ['minutes', 'hours']],
    ['every', 'day at 02:30 ¦', ['keep']],
    ['where', 'state == ¦', ['"running"', '"failed"']],
    ['where', 'state in ("running", ¦', ['"failed"']],
    ['where', 'state == "ru¦', ['"running"']],
    ['where', 'drained == ¦', ['true', 'false']],
  ])('%s: %s', (language, marked, expected) => {
    expect(labelsAt(language, marked)).toEqual(expect.arrayContaining([...expected]))
  })

  test.each<[Language, string, readonly string[]]>([
    ['place', 'require node.zone ¦', ['<', '>=', 'node.os']],
    ['place', 'require node.memory ¦', ['in', 'not in']],
    ['place', 'spread ¦', ['node.memory']],
    ['place', '¦', ['&&', 'node.os']],
    ['every', 'hour at ¦', ['02:30']],
    ['gate', 'cpu > 7¦', ['70%']],
  ])('%s: %s does not offer what is wrong there', (language, marked, wrong) => {
    expect(labelsAt(language, marked).filter((label) => wrong.includes(label))).toEqual([])
  })

  test('what was begun is replaced as a whole', () => {
    const [first] = completionsAt('place', 'require node.z == "a"', 'require no'.length)
    expect(first?.replace).toEqual([8, 14])
    expect(completionsAt('where', 'state == "ru"', 'state == "r'.length, fields)[0]).toMatchObject({
      insert: '"running"',
      replace: [9, 13],
    })
  })
})

describe('hover', () => {
  test.each<[Language, string, string, string]>([
    ['place', 'require node.memory > 4Gi', 'node.memory', 'memory of the node'],
    ['place', 'spread zone', 'zone', 'node.zone: a text'],
    ['place', 'max 2 per node', 'node', 'max 2 per node'],
    ['scale', 'queue("a") / 5', 'queue', 'messages waiting'],
    ['scale', 'cpu > 70% for 1m => +1', 'for', 'has to hold'],
    ['every', 'weekday at 09:00', 'weekday', 'cron 0 9 * * 1-5'],
    ['where', 'state == "running"', 'state', 'One of "running", "failed"'],
  ])('%s: %s tells of %s', (language, text, word, said) => {
    const start = text.lastIndexOf(word)
    const hover = hoverAt(language, text, start + 1, fields)
    expect(hover).toMatchObject({ start, end: start + word.length })
    expect(hover?.text).toContain(said)
  })

  test('nothing is told of what has no meaning', () => {
    expect(hoverAt('place', 'require nonsense == "a"', 10)).toBeUndefined()
    expect(hoverAt('place', '', 0)).toBeUndefined()
  })
})

test('every keyword is explained', () => {
  for (const token of tokens.filter((each) => isKeyword(each)))
    expect(keywordDetails).toHaveProperty(token.name.toLowerCase())
})
