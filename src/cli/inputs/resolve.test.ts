import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseEnv, parseStructured, readInputsFile } from './file.ts'
import { chooseValues, variableName } from './resolve.ts'
import { readFiles } from './written.ts'

const folder = mkdtempSync(join(tmpdir(), 'gantry-inputs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const declared = [
  { name: 'stage', type: 'oneOf' },
  { name: 'dbPassword', type: 'secret', env: 'DB_PASS' },
]

describe('who gives a value', () => {
  const nothing = { written: {}, inFile: {}, fileName: 'prod.yaml', env: {} }
  test.each([
    {
      name: 'the option comes before the file and the environment',
      given: { written: { stage: 'a' }, inFile: { stage: 'b' }, env: { GANTRY_INPUT_STAGE: 'c' } },
      value: 'a',
      origin: '--input',
    },
    {
      name: 'the file comes before the environment',
      given: { inFile: { stage: 'b' }, env: { GANTRY_INPUT_STAGE: 'c' } },
      value: 'b',
      origin: 'prod.yaml',
    },
    {
      name: 'the environment comes last',
      given: { env: { GANTRY_INPUT_STAGE: 'c' } },
      value: 'c',
      origin: '$GANTRY_INPUT_STAGE',
    },
  ])('$name', ({ given, value, origin }) => {
    const { values, origins } = chooseValues(declared, { ...nothing, ...given })
    expect({ value: values['stage'], origin: origins['stage'] }).toEqual({ value, origin })
  })

  test('a secret is not among what the compiler gets, whoever gives it', () => {
    for (const given of [
      { written: { dbPassword: 's3cret' } },
      { inFile: { dbPassword: 's3cret' } },
      { env: { DB_PASS: 's3cret' } },
      { env: { GANTRY_INPUT_DB_PASSWORD: 's3cret' } },
    ]) {
      const { values, secrets } = chooseValues(declared, { ...nothing, ...given })
      expect(values).toEqual({})
      expect(secrets.get('dbPassword')).toBe('s3cret')
    }
  })

  test('the variable that the stack names comes before that of the same name as the input', () => {
    const env = { DB_PASS: 'a', GANTRY_INPUT_DB_PASSWORD: 'b' }
    expect(chooseValues(declared, { ...nothing, env }).secrets.get('dbPassword')).toBe('a')
  })

  test('of an input that the stack does not have the compiler gets the name alone', () => {
    expect(chooseValues(declared, { ...nothing, written: { dbPasword: 's3cret' } }).values).toEqual({
      dbPasword: '',
    })
  })
})

test('names become names of variables', () => {
  expect(['stage', 'dbPassword', 'db-password', 'a1B', 'URL'].map(variableName)).toEqual([
    'STAGE',
    'DB_PASSWORD',
    'DB_PASSWORD',
    'A1_B',
    'URL',
  ])
})

describe('a file of inputs', () => {
  test('of YAML keeps every value as it is written', async () => {
    expect(
      await parseStructured('stage: prod\nversion: 1.10\nmask: 0o17\ndebug: true\nold: no\nquoted: "1"\n'),
    ).toEqual({
      stage: 'prod',
      version: '1.10',
      mask: '0o17',
      debug: 'true',
      old: 'no',
      quoted: '1',
    })
  })

  test('of JSON is read too', async () => {
    expect(await parseStructured('{ "stage": "prod", "port": 8080, "debug": false }')).toEqual({
      stage: 'prod',
      port: '8080',
      debug: 'false',
    })
  })

  test.each([
    { name: 'a list', text: '- a\n- b\n', words: /not a list of names/ },
    { name: 'a nested value', text: 'a: 1\nb:\n  c: 1\n', words: /line 2: the value of b/ },
    { name: 'nothing as a value', text: 'a:\n', words: /line 1: the value of a/ },
    { name: 'a name given twice', text: 'a: 1\na: 2\n', words: /line 2: .*unique/i },
    { name: 'broken JSON', text: '{ "a": 1', words: /line 1: / },
  ])('with $name is refused with its line', async ({ text, words }) => {
    await expect(parseStructured(text)).rejects.toThrow(words)
  })

  test('of NAME=value lines knows comments, export and quotes', () => {
    expect(
      parseEnv('# prod\nexport STAGE=prod\n\nA = x = y # no comment\nB="l1\\nl2"\nC=\'$x\'\nD=\n'),
    ).toEqual({
      STAGE: 'prod',
      A: 'x = y # no comment',
      B: 'l1\nl2',
      C: '$x',
      D: '',
    })
    expect(() => parseEnv('a=1\nnonsense\n')).toThrow(/line 2 is not/)
    expect(() => parseEnv('a=1\na=2\n')).toThrow(/line 2 gives a a second time/)
  })

  test('is told apart by its name', async () => {
    for (const [name, text] of [
      ['a.yaml', 'a: 1'],
      ['a.yml', 'a: 1'],
      ['a.json', '{"a":1}'],
      ['a.env', 'a=1'],
      ['.env', 'a=1'],
      ['.env.prod', 'a=1'],
    ] as const) {
      writeFileSync(join(folder, name), text)
      expect(await readInputsFile(name, folder)).toEqual({ a: '1' })
    }
    writeFileSync(join(folder, 'a.txt'), 'a=1')
    await expect(readInputsFile('a.txt', folder)).rejects.toThrow(/its name does not say what it is/)
    await expect(readInputsFile('none.yaml', folder)).rejects.toThrow(/none\.yaml: no such file/)
  })
})

describe('a value that begins with @', () => {
  test('is the text of that file, without the line end at its end', () => {
    writeFileSync(join(folder, 'motd'), 'hello\nworld\n')
    expect(readFiles({ motd: '@motd', by: '@@alice', plain: 'a@b' }, folder)).toEqual({
      motd: 'hello\nworld',
      by: '@alice',
      plain: 'a@b',
    })
  })

  test('names a file that is there and holds text', () => {
    expect(() => readFiles({ motd: '@none' }, folder)).toThrow(
      /cannot read the input motd from none: no such file/,
    )
    writeFileSync(join(folder, 'bytes'), Buffer.from([0xff, 0xfe, 0x00]))
    expect(() => readFiles({ motd: '@bytes' }, folder)).toThrow(/not UTF-8/)
  })
})
