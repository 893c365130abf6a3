// The commands for writing stacks, run as a user does: formats for machines, pictures, lists, inputs. No cluster runs, and
// none is needed. Standard output holds the result and nothing else; nothing is coloured; no line of a list is wider than 80 columns.

import { spawnSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root, runGantry } from '../support/gantry.ts'
import type { Ran, RunOptions } from '../support/gantry.ts'

const work = mkdtempSync(join(tmpdir(), 'gantry-authoring-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const shop = `import { http, input, secret, service, stack, place, volume } from 'gantry'

export default stack(
  'shop',
  {
    stage: input.oneOf('dev', 'prod'),
    domain: input.string({ default: 'shop.example', env: 'SHOP_DOMAIN' }),
    apiToken: input.secret({ env: 'SHOP_TOKEN' }),
  },
  ({ stage, domain, apiToken }) => {
    const data = volume('data')
    const db = service('db', { image: 'postgres:17', onLost: 'fence', mounts: { '/data': data }, ports: { pg: http(5432) } })
    service('api', {
      image: 'shop/api:2.1',
      env: { DB: db.ports.pg, DOMAIN: domain, STAGE: stage, TOKEN_FILE: apiToken.file },
      placement: place\`require node.labels.disk=="ssd";spread zone\`,
    })
  },
)
`
const wrong = `import { service, stack } from 'gantry'

export default stack('bad', {}, () => {
  service('a', { image: 'a:1', replicas: -1 })
  service('b', { image: 'b' })
})
`
const warned = `import { secret, service, stack } from 'gantry'

export default stack('warned', {}, () => {
  const token = secret('token')
  service('a', { image: 'a:1', env: { TOKEN: token.env } })
})
`

beforeAll(() => {
  for (const [name, text] of Object.entries({ shop, wrong, warned })) {
    mkdirSync(join(work, name))
    writeFileSync(join(work, name, 'stack.ts'), text)
  }
})

function gantry(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runGantry(args, { cwd: work, ...options, env: { GANTRY_HOME: join(work, 'home'), ...options.env } })
}

const json = (text: string): unknown => JSON.parse(text)

describe('check', { timeout: 60_000 }, () => {
  test('has an alias that people type', async () => {
    expect(await gantry(['validate', 'shop'])).toMatchObject({ code: 0, err: '' })
  })

  test('says all that is wrong at once, in the order of the file', async () => {
    const ran = await gantry(['check', 'wrong'])
    expect({ code: ran.code, out: ran.out }).toEqual({ code: 3, out: '' })
    expect(ran.err).toMatch(/wrong\/stack\.ts:4:[^]*wrong\/stack\.ts:5:[^]*2 errors/)
    // A sentence is left to the terminal to break.
    for (const line of ran.err.split('\n'))
      if (!line.startsWith('error[')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('gives one JSON document, with the same version of the format as every other', async () => {
    const ran = await gantry(['check', 'wrong', '--json'])
    expect({ code: ran.code, err: ran.err }).toEqual({ code: 3, err: '' })
    expect(json(ran.out)).toMatchObject({
      format_version: 1,
      valid: false,
      error_count: 2,
      diagnostics: [{ severity: 'error', range: { start: { line: 4 } } }, { range: { start: { line: 5 } } }],
    })
  })

  test('marks lines for GitHub, with paths from the root of the repository', async () => {
    const ran = await gantry(['check', 'wrong', '--format', 'github'], { env: { GITHUB_WORKSPACE: work } })
    expect(ran.code).toBe(3)
    expect(ran.out.trimEnd().split('\n')).toHaveLength(2)
    expect(ran.out).toMatch(
      /^::error file=wrong\/stack\.ts,line=4,col=\d+,endLine=4,endColumn=\d+,title=GT\d{4}::/,
    )
  })

  test('gives SARIF of what is fine too', async () => {
    for (const [folder, code, count] of [
      ['wrong', 3, 2],
      ['shop', 0, 0],
    ] as const) {
      const ran = await gantry(['check', folder, '--format', 'sarif'])
      expect({ code: ran.code, err: ran.err }).toEqual({ code, err: '' })
      const log = json(ran.out) as { runs: [{ results: unknown[] }] } // what formats.test.ts holds in detail
      expect(log).toMatchObject({ version: '2.1.0' })
      expect(log.runs[0].results).toHaveLength(count)
    }
  })

  test('lets warnings pass, but not when it is strict', async () => {
    expect((await gantry(['check', 'warned'])).code).toBe(0)
    const strict = await gantry(['check', 'warned', '--strict'])
    expect(strict.code).toBe(3)
    expect(strict.err).toMatch(/warning\[GT4001\][^]*--strict lets no warning pass/)
  })

  test('says what TypeScript says when it is asked', async () => {
    const plain = await gantry(['check', 'wrong'])
    const verbose = await gantry(['check', 'wrong', '--verbose'])
    expect(verbose.err.length).toBeGreaterThanOrEqual(plain.err.length)
  })

  test('takes one format at a time', async () => {
    expect(await gantry(['check', 'shop', '--json', '--format', 'sarif'])).toMatchObject({ code: 64 })
    const unknown = await gantry(['check', 'shop', '--format', 'xml'])
    expect(unknown.code).toBe(64)
    expect(unknown.err).toMatch(/Allowed choices are text, json, github, sarif/)
  })
})

describe('inputs', { timeout: 60_000 }, () => {
  const domainOf = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const ran = await gantry(['print', 'shop', '--input', 'stage=dev', ...args], { env })
    expect(ran.code, ran.err).toBe(0)
    return (json(ran.out) as { inputs: { domain: string } }).inputs.domain // a document
  }

  test('come from --input before the file before the environment before the default', async () => {
    writeFileSync(join(work, 'inputs.yaml'), 'domain: from.file\n')
    const file = ['--inputs-file', 'inputs.yaml']
    const env = { SHOP_DOMAIN: 'from.env' }
    expect(await domainOf([])).toBe('shop.example')
    expect(await domainOf([], { GANTRY_INPUT_DOMAIN: 'from.gantry' })).toBe('from.gantry')
    expect(await domainOf([], { GANTRY_INPUT_DOMAIN: 'from.gantry', ...env })).toBe('from.env')
    expect(await domainOf(file, env)).toBe('from.file')
    expect(await domainOf([...file, '--input', 'domain=from.option'], env)).toBe('from.option')
    writeFileSync(join(work, 'domain.txt'), 'from.a.file\n')
    expect(await domainOf(['--input', 'domain=@domain.txt'])).toBe('from.a.file')
  })

  test('that the stack does not have are refused, with a guess', async () => {
    const ran = await gantry(['check', 'shop', '--input', 'stag=dev'])
    expect(ran.code).toBe(3)
    expect(ran.err).toMatch(/GT2201[^]*did you mean --input stage=/)
    writeFileSync(join(work, 'slip.json'), '{ "domian": "x" }')
    const slip = await gantry(['check', 'shop', '--inputs-file', 'slip.json'])
    expect(slip.code).toBe(64)
    expect(slip.err).toMatch(/slip\.json gives domian, .*did you mean domain\?/)
    const variable = await gantry(['check', 'shop'], { env: { GANTRY_INPUT_STAGEE: 'dev' } })
    expect(variable.code).toBe(0)
    expect(variable.err).toMatch(/note: GANTRY_INPUT_STAGEE gives no input .*GANTRY_INPUT_STAGE\?/)
  })

  test('that are secret leave no trace: not in the document, the cache, or a message', async () => {
    const value = 'hunter2-never-seen'
    for (const [args, env] of [
      [['--input', `apiToken=${value}`], {}],
      [[], { SHOP_TOKEN: value }],
      [['--input', `apiTokn=${value}`], {}],
    ] as const)
      for (const command of ['print', 'check', 'graph']) {
        const ran = await gantry([command, 'shop', '--input', 'stage=dev', ...args], { env })
        expect(ran.out + ran.err).not.toContain(value)
      }
    const found = await import('node:child_process').then(({ spawnSync }) =>
      spawnSync('grep', ['-rlF', value, work], { encoding: 'utf8' }),
    )
    expect(found.stdout).toBe('')
  })
})

describe('print', { timeout: 60_000 }, () => {
  test('gives the document, the same text each time', async () => {
    const [one, two] = await Promise.all([
      gantry(['print', 'shop', '--input', 'stage=prod']),
      gantry(['print', 'shop', '--input', 'stage=prod', '--as', 'shop']),
    ])
    expect(one).toMatchObject({ code: 0 })
    expect(json(one.out)).toMatchObject({ format: 1, stack: 'shop', inputs: { stage: 'prod' } })
    expect(two.out).toBe(one.out)
  })

  test('lists each value with where it comes from, in 80 columns', async () => {
    const ran = await gantry(['print', 'shop', '--explain', '--input', 'stage=prod'])
    expect(ran.code, ran.err).toBe(0)
    expect(ran.out).toMatch(/^ {2}stage +prod +--input$/m)
    expect(ran.out).toMatch(/^ {2}domain +shop\.example +default$/m)
    expect(ran.out).toMatch(/^service api {2}stack\.ts:13:5$/m)
    expect(ran.out).toMatch(/^ {2}image +shop\/api:2\.1 +:14:14$/m)
    expect(ran.out).toMatch(/^ {2}on lost +replace +default@1$/m)
    for (const line of ran.out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(ran.out).not.toContain('\u001b')
  })

  test('ends with exit 3 when the stack does not compile', async () => {
    expect(await gantry(['print', 'wrong'])).toMatchObject({ code: 3, out: '' })
  })
})

describe('graph', { timeout: 60_000 }, () => {
  test('goes by the name of the file, and by the format that is asked for', async () => {
    const args = ['graph', 'shop', '--input', 'stage=dev']
    expect((await gantry(args)).out).toMatch(/^---\ntitle: "shop"\n---\nflowchart LR\n/)
    expect((await gantry([...args, '--format', 'dot'])).out).toMatch(/^digraph "shop" \{/)
    const ran = await gantry([...args, '-o', 'shop.svg'])
    expect(ran).toMatchObject({ code: 0, out: '' })
    expect(ran.err).toMatch(/written to shop\.svg/)
    expect(readFileSync(join(work, 'shop.svg'), 'utf8')).toMatch(/^<\?xml[^]*<svg[^]*>api<[^]*<\/svg>\n$/)
    const refused = await gantry([...args, '-o', 'none/shop.svg'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toMatch(/cannot write .*none\/shop\.svg/)
  })
})

describe('fmt', { timeout: 60_000 }, () => {
  test('formats in place what is written in the small languages, and nothing else', async () => {
    const folder = join(work, 'fmt')
    cpSync(join(work, 'shop'), folder, { recursive: true })
    const file = join(folder, 'stack.ts')
    const check = await gantry(['fmt', '--check'], { cwd: folder })
    expect({ code: check.code, out: check.out }).toEqual({ code: 11, out: 'stack.ts\n' })
    expect(readFileSync(file, 'utf8')).toBe(shop)
    expect(await gantry(['fmt', 'stack.ts'], { cwd: folder })).toMatchObject({ code: 0, out: 'stack.ts\n' })
    expect(readFileSync(file, 'utf8')).toBe(
      shop.replace(
        'require node.labels.disk=="ssd";spread zone',
        'require node.labels.disk == "ssd"; spread zone',
      ),
    )
    expect(await gantry(['fmt', '--check'], { cwd: folder })).toEqual({ code: 0, out: '', err: '' })
  })

  test('leaves what has mistakes as it is, and tells them', async () => {
    const folder = join(work, 'fmt-wrong')
    mkdirSync(folder)
    const text = shop.replace('spread zone', 'sprad   zone')
    writeFileSync(join(folder, 'stack.ts'), text)
    const ran = await gantry(['fmt'], { cwd: folder })
    expect(ran).toMatchObject({ code: 3, out: '' })
    expect(ran.err).toMatch(/GT3\d{3}[^]*stack\.ts:16:/)
    expect(readFileSync(join(folder, 'stack.ts'), 'utf8')).toBe(text)
  })

  test('says what there is not', async () => {
    expect(await gantry(['fmt', 'none.ts'])).toMatchObject({ code: 1, out: '' })
    expect((await gantry(['fmt'])).err).toMatch(/there is no stack file in this folder/)
  })
})

describe('explain, schema and run', { timeout: 60_000 }, () => {
  test('a code is explained however it is written, and a wrong one has a guess', async () => {
    expect((await gantry(['explain', 'gt2001'])).out).toMatch(/^GT2001: /)
    expect((await gantry(['explain', '2001'])).out).toMatch(/^GT2001: /)
    expect((await gantry(['explain', 'GT6001'])).out).toMatch(/^GT6001: [^]*Instead: /)
    expect(json((await gantry(['explain', 'GT2001', '--json'])).out)).toMatchObject({
      format_version: 1,
      code: 'GT2001',
    })
    const slip = await gantry(['explain', 'GT2001x'])
    expect(slip).toMatchObject({ code: 64, out: '' })
    expect(slip.err).toMatch(/there is no diagnostic "GT2001x"; did you mean GT2001\?/)
  })

  test('without a code all are listed in groups', async () => {
    const { code, out } = await gantry(['explain'])
    expect(code).toBe(0)
    expect(out).toMatch(/^Files and the program as a whole:\n {2}GT0001 /)
    for (const title of ['Rules of the language:', 'Warnings:', 'The cluster:'])
      expect(out).toContain(`\n${title}\n`)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('the schemas are those that are published', async () => {
    for (const [args, file] of [
      [[], 'stack-document'],
      [['plan'], 'plan'],
    ] as const)
      expect((await gantry(['schema', ...args])).out).toBe(
        readFileSync(join(root, `schema/${file}.schema.json`), 'utf8'),
      )
    expect(await gantry(['schema', 'other'])).toMatchObject({ code: 64, out: '' })
  })

  test('a job that is asked for is judged, and then refused by name', async () => {
    const folder = join(work, 'jobs')
    mkdirSync(folder)
    writeFileSync(
      join(folder, 'stack.ts'),
      `import { input, job, stack } from 'gantry'
export default stack('jobs', {}, () => {
  job('reindex', { image: 'a:1', parameters: { SIZE: input.oneOf('small', 'large') } })
  job('seed', { image: 'a:1' })
})
`,
    )
    const run = (...args: string[]) => gantry(['run', ...args, '--file', 'jobs'])
    const refused = await run('jobs/reindex', '--param', 'SIZE=large')
    expect(refused).toMatchObject({ code: 5, out: '' })
    expect(refused.err).toMatch(/^error: GT6020: .*: nothing gives a run its parameters/)
    const wrongSize = await run('jobs/reindex', '--param', 'SIZE=huge', '--param', 'SIZ=1')
    expect(wrongSize.code).toBe(64)
    expect(wrongSize.err).toMatch(
      /there is no parameter SIZ: did you mean SIZE\?; SIZE=huge is not one of small, large/,
    )
    expect((await run('jobs/seed')).err).toMatch(/not started by hand: it runs with the apply/)
    expect((await run('jobs/reinde')).err).toMatch(/did you mean jobs\/reindex\?/)
    expect(await run('jobs')).toMatchObject({ code: 64 })
  })
})

test(
  'an output that cannot be written is an error; a reader that goes away is none',
  { timeout: 60_000 },
  () => {
    const bin = join(root, 'bin/gantry.js')
    for (const args of [
      ['print', 'shop', '--input', 'stage=prod'],
      ['check', 'warned', '--json'],
      ['explain'],
      ['--help'],
    ]) {
      const full = openSync('/dev/full', 'w')
      const ran = spawnSync(process.execPath, [bin, ...args], {
        cwd: work,
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      })
      closeSync(full)
      expect(ran.status, args.join(' ')).toBe(1)
      expect(ran.stderr).toMatch(/^error: cannot write the output: no space left on device$/m)
    }
    const script = '"$0" "$1" explain | true; exit ${PIPESTATUS[0]}'
    const gone = spawnSync('bash', ['-c', script, process.execPath, bin], { encoding: 'utf8' })
    expect(gone).toMatchObject({ status: 0, stderr: '' })
  },
)

describe('wrong usage', { timeout: 60_000 }, () => {
  test.each([
    { args: ['chekc'], words: /Did you mean check\?/ },
    { args: ['check', '--strickt'], words: /Did you mean --strict\?/ },
    { args: ['print', 'shop', '--inptu', 'a=b'], words: /Did you mean --input\?/ },
    { args: ['check', 'a', 'b'], words: /too many arguments/ },
    { args: ['check', 'shop', '--input', 'novalue'], words: /not of the form name=value/ },
  ])('$args', async ({ args, words }) => {
    const ran = await gantry(args)
    expect({ code: ran.code, out: ran.out }).toEqual({ code: 64, out: '' })
    expect(ran.err).toMatch(words)
  })

  test('every command has help that fits 80 columns', async () => {
    const help = (await gantry(['--help'])).out
    const commands = [...help.matchAll(/^ {2}([a-z]+)(?:\|[a-z]+)?(?: |$)/gm)].map((match) => match[1] ?? '')
    expect(commands).toEqual(
      expect.arrayContaining(['init', 'check', 'graph', 'print', 'fmt', 'schema', 'run', 'plan']),
    )
    for (const command of commands) {
      const ran = await gantry([command, '--help'])
      expect(ran.code, command).toBe(0)
      for (const line of ran.out.split('\n'))
        expect(line.length, `${command}: ${line}`).toBeLessThanOrEqual(80)
    }
  })
})
