// Every field of everything that is not inside of a service, from the program to the document.

import { mkdtempSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256, spanAt, stackDocument } from '../../model/index.ts'
import type { CompiledStack, Diagnostic } from '../../model/index.ts'
import { check, compile, openStack } from '../index.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-declarations-'))
  mkdirSync(join(folder, 'files'))
  writeFileSync(join(folder, 'files/motd.txt'), 'Welcome: {{nobody}} is filled in here\n')
  writeFileSync(
    join(folder, 'files/app.conf'),
    'name = {{ name }}\nport = {{port}}\npassword = {{password}}\nliteral = {{{{x}}\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, body: string): string {
  const file = join(folder, name)
  writeFileSync(file, body)
  return file
}

async function compiled(
  body: string,
  inputs: Readonly<Record<string, string>> = {},
): Promise<{ compiled: CompiledStack; warnings: readonly Diagnostic[] }> {
  const result = await compile({ file: write('shop.stack.ts', body), inputs, cacheFolder: null })
  if (!result.ok) throw new Error(result.diagnostics.map((each) => `${each.code} ${each.summary}`).join('\n'))
  return result
}

const full = `import { ack, config, cron, every, grpc, http, ingress, input, job, outputs, place, route, secret, service, stack, tcp, text, volume } from 'gantry'
import type other from './other.stack.ts'

export default stack('shop', {
  stage: input.oneOf(['dev', 'prod'], { default: 'dev', env: 'SHOP_STAGE', description: 'where it runs' }),
  domain: input.string({ pattern: '[a-z.]+', minLength: 3, maxLength: 40, env: 'SHOP_DOMAIN' }),
  size: input.number({ min: 1, max: 8, whole: true, default: 2 }),
  apiToken: input.secret({ description: 'of the payment service', env: 'SHOP_TOKEN' }),
}, ({ stage, domain, size, apiToken }) => {
  const password = secret('password', { generate: { bytes: 24 }, onChange: { signal: 'SIGHUP' } })
  const media = volume('media', { access: 'shared', driver: { nfs: 'nas.example', path: '/media', options: ['nfsvers=4'] } })
  const scratch = volume('scratch', { driver: 'tmpfs', access: 'per-replica', size: '64Mi' })
  const srv = volume('srv', { access: 'read-only', driver: { bind: '/srv/www' } })
  const block = volume('block', { driver: { plugin: 'rexray/ebs', options: { type: 'gp3' } }, reclaim: 'delete' })
  const data = volume('data', {
    size: '20Gi', access: 'single-writer', backup: every\`day at 02:30 keep 7\`, timezone: 'Europe/Amsterdam',
  })
  volume('archive')
  ack('GT4021', 'kept until the audit is over')

  const migrate = job('migrate', { image: 'shop/migrate:1', env: { TOKEN_FILE: apiToken.file } })
  const seed = job('seed', {
    image: 'shop/seed:1',
    mounts: { '/scratch': scratch, '/block': block.readOnly() },
    completions: 10, parallelism: 3, indexed: true, retries: 1,
    backoff: { delay: '5s', maxDelay: '1m' },
    deadline: '1h',
    exitCodes: { fail: [2, 3], succeed: [10], retry: [75] },
    priority: 20,
  })
  const db = service('db', {
    image: 'postgres:17', ports: { pg: tcp(5432) }, mounts: { '/data': data }, onLost: 'fence',
    configs: { '/etc/motd': config('motd', { file: './files/motd.txt', mode: '0600', onChange: 'update' }) },
  })
  job('warm', { image: 'shop/warm:1', perNode: true, dependsOn: [seed, db], reaches: [db.ports.pg], retries: 0 })
  job('resize', {
    image: 'shop/resize:1',
    mounts: { '/media': media },
    parameters: {
      SIZE: input.oneOf(['small', 'large'], { default: 'small', description: 'of the pictures' }),
      LIMIT: input.number({ min: 1, max: 100, whole: true }),
      PREFIX: input.string({ pattern: '[a-z]*', minLength: 0, maxLength: 10, default: '' }),
      FORCE: input.boolean(),
    },
  })
  const api = service('api', {
    image: 'shop/api:1',
    ports: { http: http(8080), grpc: grpc(9000) },
    mounts: { '/srv/www': srv },
    configs: {
      '/etc/app.conf': config('app', {
        template: './files/app.conf',
        values: { name: stage, port: db.ports.pg, password },
        mode: '0400',
        onChange: { signal: 'SIGUSR1' },
      }),
      '/etc/plain': config('plain', { content: text\`db=\${db.ports.pg}\` }),
    },
    env: { UPSTREAM: outputs<typeof other>('other').url, CALLBACK: text\`http://\${outputs<typeof other>('other').api}/\` },
    rollout: { before: migrate },
  })
  cron('report', {
    image: 'shop/report:1',
    schedule: '30 2 * * 1-5', timezone: 'Europe/Amsterdam',
    overlap: 'allow', missed: '0s', history: { succeeded: 1, failed: 5 }, suspended: stage === 'dev',
    retries: 2, env: { SIZE: size },
    placement: place\`require node.os == "linux"\`,
    reaches: [db],
  })
  cron('tidy', { image: 'shop/tidy:1', schedule: every\`day at 04:00\` })
  ingress('public', {
    host: [domain, \`*.\${domain}\`],
    routes: { '/': api.ports.http, '/rpc': route(api.ports.grpc, { stripPrefix: true }) },
    tls: 'internal', redirect: false,
  })
  ingress('plain', { host: 'plain.example', routes: { '/': api.ports.http }, tls: 'off' })
  return { api: api.ports.http, url: text\`http://\${api.ports.http}/\`, size, stage, ready: true }
})
`

const otherStack = `import { http, service, stack } from 'gantry'
export default stack('other', {}, () => {
  const web = service('web', { image: 'web:1', ports: { http: http(80) } })
  return { url: 'http://other.example', api: web.ports.http }
})
`

const taskDefaults = {
  env: {},
  labels: {},
  mounts: {},
  secretFiles: [],
  resources: { cpu: 0, memory: 0 },
  readOnlyRoot: false,
  stopGraceMs: 10_000,
  ports: {},
}
const jobDefaults = {
  placement: { require: [] },
  priority: 50,
  retries: 3,
  backoff: { delayMs: 10_000, maxDelayMs: 600_000 },
  completions: 1,
  parallelism: 1,
  dependsOn: [],
  reaches: [],
}

describe('a stack that uses every field', () => {
  let result: CompiledStack
  let warnings: readonly Diagnostic[]
  beforeAll(async () => {
    write('other.stack.ts', otherStack)
    const found = await compiled(full, { domain: 'shop.example' })
    result = found.compiled
    warnings = found.warnings
  }, 60_000)

  test('passes the schema, and warns of nothing that it answers for', () => {
    expect(stackDocument.parse(result.document)).toEqual(result.document)
    expect(warnings).toEqual([])
    expect(result.document.acknowledged).toEqual([{ code: 'GT4021', reason: 'kept until the audit is over' }])
  })

  test('jobs', () => {
    const { jobs } = result.document
    expect(jobs['migrate']).toEqual({
      ...jobDefaults,
      template: {
        ...taskDefaults,
        image: { ref: 'shop/migrate:1' },
        env: { TOKEN_FILE: { secretFile: 'api-token' } },
        secretFiles: ['api-token'],
      },
      trigger: 'rollout',
    })
    expect(jobs['seed']).toMatchObject({
      priority: 20,
      retries: 1,
      backoff: { delayMs: 5000, maxDelayMs: 60_000 },
      completions: 10,
      parallelism: 3,
      indexed: true,
      deadlineMs: 3_600_000,
      exitCodes: { fail: [2, 3], succeed: [10], retry: [75] },
      trigger: 'apply',
    })
    expect(jobs['warm']).toMatchObject({
      perNode: true,
      completions: 1,
      parallelism: 1,
      retries: 0,
      dependsOn: [
        { on: 'seed', until: 'completed' },
        { on: 'db', until: 'healthy' },
      ],
      reaches: [{ service: 'db', port: 'pg' }],
      trigger: 'apply',
    })
    expect(jobs['resize']).toMatchObject({
      trigger: 'run',
      parameters: {
        SIZE: { type: 'oneOf', values: ['small', 'large'], default: 'small', description: 'of the pictures' },
        LIMIT: { type: 'number', min: 1, max: 100, whole: true },
        PREFIX: { type: 'string', pattern: '[a-z]*', minLength: 0, maxLength: 10, default: '' },
        FORCE: { type: 'boolean' },
      },
    })
  })

  test('crons', () => {
    expect(result.document.crons).toEqual({
      report: {
        job: {
          ...jobDefaults,
          template: {
            ...taskDefaults,
            image: { ref: 'shop/report:1' },
            env: { SIZE: { text: ['2'] } },
          },
          placement: { require: [{ attribute: 'node.os', operator: '==', value: 'linux' }] },
          retries: 2,
          reaches: [{ service: 'db' }],
          trigger: 'run',
        },
        schedule: { cron: ['30 2 * * 1-5'] },
        timezone: 'Europe/Amsterdam',
        overlap: 'allow',
        missedMs: 0,
        history: { succeeded: 1, failed: 5 },
        suspended: true,
      },
      tidy: {
        job: { ...jobDefaults, template: { ...taskDefaults, image: { ref: 'shop/tidy:1' } }, trigger: 'run' },
        schedule: { cron: ['0 4 * * *'] },
        timezone: 'UTC',
        overlap: 'forbid',
        missedMs: 300_000,
        history: { succeeded: 3, failed: 3 },
      },
    })
  })

  test('volumes', () => {
    expect(result.document.volumes).toEqual({
      media: {
        access: 'shared',
        reclaim: 'retain',
        driver: { kind: 'nfs', server: 'nas.example', path: '/media', options: ['nfsvers=4'] },
      },
      scratch: {
        size: 64 * 1024 ** 2,
        access: 'per-replica',
        reclaim: 'retain',
        driver: { kind: 'tmpfs' },
      },
      srv: { access: 'read-only', reclaim: 'retain', driver: { kind: 'bind', path: '/srv/www' } },
      block: {
        access: 'single-writer',
        reclaim: 'delete',
        driver: { kind: 'plugin', name: 'rexray/ebs', options: { type: 'gp3' } },
      },
      data: {
        size: 20 * 1024 ** 3,
        access: 'single-writer',
        reclaim: 'retain',
        driver: { kind: 'local' },
        backup: { schedule: { cron: ['30 2 * * *'] }, timezone: 'Europe/Amsterdam', keep: 7 },
      },
      archive: { access: 'single-writer', reclaim: 'retain', driver: { kind: 'local' } },
    })
    // Nobody may write it, so it is mounted so.
    expect(result.document.services['api']?.template.mounts['/srv/www']).toEqual({
      volume: 'srv',
      readOnly: true,
    })
  })

  test('secrets, those that are inputs among them, without any value', () => {
    expect(result.document.secrets).toEqual({
      'api-token': { input: 'apiToken' },
      password: { generateBytes: 24, onChange: { signal: 'SIGHUP' } },
    })
    expect(result.document.inputs).toEqual({ stage: 'dev', domain: 'shop.example', size: 2 })
  })

  test('configs, put together where the task runs', () => {
    const endpoint = { endpoint: { service: 'db', port: 'pg', container: 5432 } }
    expect(result.document.configs).toEqual({
      motd: { content: ['Welcome: {{nobody}} is filled in here\n'], mode: '0600', onChange: 'update' },
      app: {
        content: [
          'name = dev\nport = ',
          endpoint,
          '\npassword = ',
          { secret: 'password' },
          '\nliteral = {{x}}\n',
        ],
        mode: '0400',
        onChange: { signal: 'SIGUSR1' },
      },
      plain: { content: ['db=', endpoint], mode: '0444', onChange: 'restart' },
    })
    // What a config refers to is talked to by those who mount it.
    expect(result.document.services['api']?.reaches).toEqual([{ service: 'db', port: 'pg' }])
    expect(result.sources.files['files/motd.txt']).toBe(sha256('Welcome: {{nobody}} is filled in here\n'))
  })

  test('ingresses', () => {
    expect(result.document.ingresses).toEqual({
      public: {
        hosts: ['shop.example', '*.shop.example'],
        routes: {
          '/': { service: 'api', port: 'http', stripPrefix: false },
          '/rpc': { service: 'api', port: 'grpc', stripPrefix: true },
        },
        tls: 'internal',
        redirect: false,
      },
      plain: {
        hosts: ['plain.example'],
        routes: { '/': { service: 'api', port: 'http', stripPrefix: false } },
        tls: 'off',
        redirect: false,
      },
    })
  })

  test('outputs, and those of another stack', () => {
    const endpoint = { endpoint: { service: 'api', port: 'http', container: 8080 } }
    expect(result.document.outputs).toEqual({
      api: { text: [endpoint] },
      url: { text: ['http://', endpoint, '/'] },
      size: { text: ['2'] },
      stage: { text: ['dev'] },
      ready: { text: ['true'] },
    })
    expect(result.document.services['api']?.template.env).toEqual({
      UPSTREAM: { text: [{ output: { stack: 'other', name: 'url' } }] },
      CALLBACK: { text: ['http://', { output: { stack: 'other', name: 'api' } }, '/'] },
    })
    expect(spanAt(result.sources, 'outputs/url')?.line).toBe(
      full.split('\n').findIndex((line) => line.includes('return {')) + 1,
    )
  })

  test('defaults are known as such', () => {
    const defaults = Object.keys(result.sources.defaults)
    for (const path of [
      'crons/tidy/timezone',
      'crons/tidy/job/retries',
      'configs/plain/mode',
      'jobs/warm/completions',
    ])
      expect(defaults).toContain(path)
    expect(defaults.filter((path) => path.startsWith('ingresses/public'))).toEqual([])
  })

  test('what is declared as an input is known before any value is, which variables give it among it', async () => {
    const inputs = await openStack({
      file: join(folder, 'shop.stack.ts'),
      all: false,
      cacheFolder: null,
    }).declaredInputs()
    expect(inputs?.map(({ name, type, env, secret }) => [name, type, env, secret])).toEqual([
      ['stage', 'oneOf', 'SHOP_STAGE', undefined],
      ['domain', 'string', 'SHOP_DOMAIN', undefined],
      ['size', 'number', undefined, undefined],
      ['apiToken', 'secret', 'SHOP_TOKEN', 'api-token'],
    ])
  })

  test('check counts all of it, and makes a text up that its pattern takes', async () => {
    const result = await check({ file: join(folder, 'shop.stack.ts'), cacheFolder: null })
    expect(result.ok && result.summary).toBe(
      'shop: 2 services, 4 jobs, 2 crons, 6 volumes, 2 secrets, 3 configs, 2 ingresses, 5 outputs (2 combinations of inputs)',
    )
  })
})

test('the value of a secret is refused without being repeated', async () => {
  const file = write(
    'secret.stack.ts',
    `import { input, stack } from 'gantry'
export default stack('shop', { token: input.secret() }, () => {})
`,
  )
  const result = await compile({ file, inputs: { token: 'hunter2' }, cacheFolder: join(folder, 'cache') })
  expect(result.ok ? [] : result.diagnostics.map((each) => each.code)).toEqual(['GT2212'])
  expect(JSON.stringify(result)).not.toContain('hunter2')
  // Not as a digest in a file's name either.
  expect(readdirSync(join(folder, 'cache')).filter((name) => name.startsWith('run-'))).toEqual([])
})

test('a config is never read from outside of the folder, and what is not a text file is refused', async () => {
  writeFileSync(join(folder, 'files/bytes'), new Uint8Array([0xff, 0xfe, 0x41]))
  writeFileSync(join(folder, 'files/large.txt'), 'x'.repeat(512 * 1024 + 1))
  writeFileSync(join(folder, 'files/nul.txt'), 'a\0b')
  symlinkSync('/etc/passwd', join(folder, 'files/link.txt'))
  symlinkSync('motd.txt', join(folder, 'files/inside.txt'))
  const files = [
    '../passwd',
    '/etc/passwd',
    './files/link.txt',
    './files/none.txt',
    './files',
    './files/bytes',
    './files/large.txt',
    './files/nul.txt',
    './files/inside.txt',
  ]
  const file = write(
    'files.stack.ts',
    `import { config, stack } from 'gantry'
export default stack('shop', {}, () => {
${files.map((path, index) => `  config('c${index}', { file: '${path}' })`).join('\n')}
})
`,
  )
  const result = await compile({ file, inputs: {}, cacheFolder: null })
  expect(
    result.ok ? [] : result.diagnostics.map(({ code, span }) => [code, span?.line, span?.column]),
  ).toEqual([
    ['GT0002', 3, 24],
    ['GT0002', 4, 24],
    ['GT0002', 5, 24],
    ['GT2176', 6, 24],
    ['GT2176', 7, 24],
    ['GT2176', 8, 24],
    ['GT2176', 9, 24],
    ['GT2176', 10, 24],
  ])
})

test('a change of a file that a config is made of changes the document, cache or not', async () => {
  const file = write(
    'changing.stack.ts',
    `import { config, service, stack } from 'gantry'
export default stack('shop', {}, () => {
  service('web', { image: 'web:1', configs: { '/etc/it': config('it', { file: 'files/it.txt' }) } })
})
`,
  )
  const digestOf = async (text: string): Promise<string> => {
    writeFileSync(join(folder, 'files/it.txt'), text)
    const result = await compile({ file, inputs: {}, cacheFolder: join(folder, 'cache') })
    if (!result.ok) throw new Error(result.diagnostics.map((each) => each.summary).join('\n'))
    return result.compiled.digest
  }
  const first = await digestOf('one')
  expect(await digestOf('two')).not.toBe(first)
  expect(await digestOf('one')).toBe(first)
})

describe('acknowledgements', () => {
  const body = (acks: string) => `import { ack, input, service, secret, stack, volume } from 'gantry'
export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  const password = secret('password')
  const api = service('api', { image: 'api:1', env: { PASSWORD: password.env } })
  const web = service('web', { image: 'web:1', env: { PASSWORD: password.env } })
  if (stage === 'prod') volume('later')
  ${acks}
})
`
  async function warningsOf(acks: string): Promise<(readonly [string, string])[]> {
    const result = await check({ file: write('acks.stack.ts', body(acks)), cacheFolder: null })
    if (!result.ok) throw new Error(result.diagnostics.map((each) => each.summary).join('\n'))
    return result.warnings.map(({ code, summary }) => [code, summary] as const)
  }

  test('answer for one declaration, or for all', async () => {
    expect((await warningsOf('')).map(([code]) => code)).toEqual(['GT4001', 'GT4001', 'GT4021'])
    expect(await warningsOf("ack('GT4001', 'reads no file', api); ack('GT4021', 'soon')")).toEqual([
      ['GT4001', "PASSWORD of service 'web' holds the value of secret 'password'"],
    ])
    expect(await warningsOf("ack('GT4001', 'read no files'); ack('GT4021', 'soon'); void web")).toEqual([])
  })

  test('that answer for nothing are told, but not when they do with other inputs', async () => {
    expect(
      await warningsOf(
        "ack('GT4001', 'read no files'); ack('GT4021', 'soon'); ack('GT4022', 'x'); ack('GT4001', 'y')",
      ),
    ).toEqual([
      ['GT4020', 'there is no warning GT4022 to acknowledge'],
      ['GT4020', 'GT4001 is acknowledged twice'],
    ])
  })

  test('answer for what check could not try, too', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const program = (ack: string) => `import { ack, input, stack } from 'gantry'
export default stack('shop', { ${names.map((name) => `${name}: input.boolean()`).join(', ')} }, () => {
  ${ack}
})
`
    const warned = async (ack: string): Promise<unknown> => {
      const result = await check({ file: write('many.stack.ts', program(ack)), cacheFolder: null })
      return result.ok && result.warnings.map((each) => each.code)
    }
    // That it is given otherwise is among the goldens.
    expect(await warned("ack('GT4002', 'they do not meet')")).toEqual([])
  }, 60_000)
})
