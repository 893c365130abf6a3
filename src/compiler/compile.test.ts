import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentDigest, Fault, spanAt, stackDocument } from '../model/index.ts'
import type { CompiledStack } from '../model/index.ts'
import { check, compile } from './index.ts'

const hello = fileURLToPath(new URL('../../examples/hello/hello.stack.ts', import.meta.url))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-compile-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function compiled(
  body: string,
  { inputs = {}, as }: { inputs?: Record<string, string>; as?: string } = {},
): Promise<CompiledStack> {
  const file = join(folder, 'shop.stack.ts')
  writeFileSync(file, body)
  const result = await compile({ file, inputs, cacheFolder: null, ...(as === undefined ? {} : { as }) })
  if (!result.ok) throw new Error(result.diagnostics.map((each) => `${each.code} ${each.summary}`).join('\n'))
  return result.compiled
}

const full = `import { http, input, job, place, secret, service, stack, tcp, text, volume } from 'gantry'
import settings from './settings.json'
import { labels } from './labels.ts'

export default stack('shop', { stage: input.oneOf('dev', 'prod'), port: input.number({ default: 80 }) }, ({ stage, port }) => {
  const password = secret('password', { generate: { bytes: 24 } })
  const token = secret('token')
  const data = volume('data', { size: '1.5Gi', reclaim: 'delete' })
  const shared = volume('shared', { access: 'shared' })
  const db = service('db', {
    image: 'postgres:17',
    ports: { pg: tcp(5432) },
    env: { POSTGRES_PASSWORD_FILE: password.file },
    mounts: { '/var/lib/postgresql/data': data },
    onLost: 'fence',
    health: { exec: ['pg_isready', '-U', 'postgres'] },
  })
  const migrate = job('migrate', { image: \`shop/migrate:\${settings.version}\`, retries: 1, dependsOn: [db], secrets: [token] })
  service('api', {
    image: 'registry.example:5000/shop/api:2.1@sha256:${'a'.repeat(64)}',
    command: ['/api'],
    args: ['--verbose'],
    ports: { http: http(8080, { published: port }), admin: tcp(9000) },
    env: {
      URL: text\`postgres://app:\${password}@\${db.ports.pg}/\${stage}?\${text\`file=\${token.file}\`}\${true}\`,
      DB: db.ports.pg,
      COUNT: 3,
      DEBUG: false,
      EMPTY: '',
    },
    labels,
    mounts: { '/shared': shared, '/backup': data.readOnly() },
    resources: { cpu: '1.5', cpuLimit: '2', memory: '512Mi' },
    replicas: stage === 'prod' ? 3 : 1,
    placement: place\`require node.labels.disk == "ssd" && node.name != "\${stage}-1"; require node.os == \${'linux'}\`,
    health: { http: '/healthz', port: 'http', every: '5s', timeout: '500ms', failures: 2 },
    rollout: { batch: 2, minHealthy: '10s', deadline: '1h', onFailure: 'pause', order: 'stop-first' },
    dependsOn: [db, migrate, db],
    user: '1000:1000',
    workingDir: '/srv',
    readOnlyRoot: true,
    stopSignal: 'SIGINT',
    stopGrace: '1m',
  })
})
`

describe('a stack that uses every word', () => {
  let result: CompiledStack
  beforeAll(async () => {
    writeFileSync(join(folder, 'settings.json'), '{ "version": "1.4" }')
    writeFileSync(join(folder, 'labels.ts'), "export const labels = { team: 'shop' }\n")
    result = await compiled(full, { inputs: { stage: 'prod' } })
  })

  test('is lowered to the document', () => {
    expect(stackDocument.parse(result.document)).toEqual(result.document)
    expect(result.digest).toBe(documentDigest(result.document))
    expect(result.document).toMatchObject({
      format: 1,
      stack: 'shop',
      inputs: { stage: 'prod', port: 80 },
      secrets: { password: { generateBytes: 24 }, token: {} },
      volumes: {
        data: { size: 1.5 * 1024 ** 3, access: 'single-writer', reclaim: 'delete' },
        shared: { access: 'shared', reclaim: 'retain' },
      },
    })
    expect(result.document.jobs['migrate']).toEqual({
      template: {
        image: { ref: 'shop/migrate:1.4' },
        env: {},
        labels: {},
        ports: {},
        mounts: {},
        secretFiles: ['token'],
        resources: { cpu: 0, memory: 0 },
        readOnlyRoot: false,
        stopGraceMs: 10_000,
      },
      placement: { require: [] },
      priority: 50,
      retries: 1,
      backoff: { delayMs: 10_000, maxDelayMs: 600_000 },
      completions: 1,
      parallelism: 1,
      trigger: 'apply',
      dependsOn: [{ on: 'db', until: 'healthy' }],
      reaches: [],
    })
    expect(result.document.services['api']).toEqual({
      template: {
        image: { ref: `registry.example:5000/shop/api:2.1@sha256:${'a'.repeat(64)}` },
        command: ['/api'],
        args: ['--verbose'],
        env: {
          URL: {
            text: [
              'postgres://app:',
              { secret: 'password' },
              '@',
              { endpoint: { service: 'db', port: 'pg', container: 5432 } },
              '/prod?file=/run/secrets/tokentrue',
            ],
          },
          DB: { text: [{ endpoint: { service: 'db', port: 'pg', container: 5432 } }] },
          COUNT: { text: ['3'] },
          DEBUG: { text: ['false'] },
          EMPTY: { text: [] },
        },
        labels: { team: 'shop' },
        ports: {
          http: { container: 8080, protocol: 'http', published: 80 },
          admin: { container: 9000, protocol: 'tcp' },
        },
        mounts: {
          '/shared': { volume: 'shared', readOnly: false },
          '/backup': { volume: 'data', readOnly: true },
        },
        secretFiles: ['token'],
        resources: { cpu: 1500, cpuLimit: 2000, memory: 512 * 1024 ** 2 },
        health: {
          check: { kind: 'http', path: '/healthz', port: 'http' },
          intervalMs: 5000,
          timeoutMs: 500,
          failures: 2,
        },
        user: '1000:1000',
        workingDir: '/srv',
        readOnlyRoot: true,
        stopSignal: 'SIGINT',
        stopGraceMs: 60_000,
        restart: { policy: 'always', delayMs: 1000, maxDelayMs: 300_000, resetAfterMs: 600_000 },
      },
      replicas: 3,
      placement: {
        require: [
          { attribute: 'node.labels.disk', operator: '==', value: 'ssd' },
          { attribute: 'node.name', operator: '!=', value: 'prod-1' },
          { attribute: 'node.os', operator: '==', value: 'linux' },
        ],
      },
      rollout: {
        batch: { count: 2 },
        order: 'stop-first',
        minHealthyMs: 10_000,
        deadlineMs: 3_600_000,
        onFailure: 'pause',
      },
      priority: 50,
      reschedule: { after: 3, withinMs: 300_000, delayMs: 5000, maxDelayMs: 600_000 },
      onLost: 'replace',
      dependsOn: [
        { on: 'db', until: 'healthy' },
        { on: 'migrate', until: 'completed' },
      ],
      reaches: [{ service: 'db', port: 'pg' }],
    })
    expect(result.document.services['db']).toMatchObject({
      replicas: 1,
      // Because of the volume that one task at a time may write.
      rollout: {
        batch: { percent: 25 },
        order: 'stop-first',
        minHealthyMs: 5000,
        deadlineMs: 300_000,
        onFailure: 'rollback',
      },
      template: {
        env: { POSTGRES_PASSWORD_FILE: { secretFile: 'password' } },
        secretFiles: ['password'],
        health: { check: { kind: 'exec' }, intervalMs: 10_000, timeoutMs: 1000, failures: 3 },
      },
    })
  })

  test('says which values are defaults', () => {
    const defaults = Object.keys(result.sources.defaults)
    expect(defaults).toContain('services/db/rollout/order')
    expect(defaults).toContain('services/db/replicas')
    expect(defaults).toContain('services/db/template/health/intervalMs')
    expect(defaults).toContain('volumes/data/access')
    expect(defaults.filter((path) => path.startsWith('services/api'))).toEqual([
      'services/api/priority',
      'services/api/template/restart',
      'services/api/reschedule',
      'services/api/onLost',
    ])
    expect(new Set(Object.values(result.sources.defaults))).toEqual(new Set(['default@1']))
  })

  test('says where each value was written, in whatever file', () => {
    const { sources } = result
    const textAt = (path: string): string => {
      const span = spanAt(sources, path)
      if (!span) throw new Error(`nothing is known of ${path}`)
      const bytes = readFileSync(join(folder, span.file))
      expect(
        bytes
          .toString('utf8')
          .split('\n')
          [span.line - 1]?.slice(span.column - 1),
      ).toContain(bytes.subarray(span.start, span.end).toString('utf8').split('\n')[0])
      return bytes.subarray(span.start, span.end).toString('utf8')
    }
    expect(textAt('services/db')).toMatch(/^service\('db', \{[^]*\}\)$/)
    expect(textAt('services/api/replicas')).toBe("stage === 'prod' ? 3 : 1")
    expect(textAt('services/api/template/env/COUNT')).toBe('3')
    expect(textAt('services/api/template/mounts/~1backup')).toBe('data.readOnly()')
    expect(textAt('services/api/template/labels/team')).toBe("'shop'")
    expect(spanAt(sources, 'services/api/template/labels/team')?.file).toBe('labels.ts')
    expect(textAt('services/api/rollout/batch')).toBe('2')
    expect(textAt('jobs/migrate/retries')).toBe('1')
    expect(textAt('volumes/data/size')).toBe("'1.5Gi'")
    expect(Object.keys(sources.files)).toEqual(['labels.ts', 'settings.json', 'shop.stack.ts'])
  })
})

test('the same program and inputs give the same bytes in two processes', () => {
  const program = `import { compile } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    for (const file of process.argv.slice(1)) {
      const result = await compile({ file, inputs: { port: '8081', stage: 'prod' }, cacheFolder: null })
      process.stdout.write(JSON.stringify(result))
    }`
  writeFileSync(join(folder, 'shop.stack.ts'), full)
  const run = (environment: Record<string, string>): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', program, join(folder, 'shop.stack.ts')], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    })
  const first = run({ TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8' })
  expect(first).toContain('"ok":true')
  expect(run({ TZ: 'America/Lima', LANG: 'C' })).toBe(first)
})

describe('the example', () => {
  test('compiles, and its built images are named by the content of their folders', async () => {
    const result = await compile({ file: hello, inputs: { port: '8081' }, cacheFolder: null })
    if (!result.ok) throw new Error(result.diagnostics[0]?.summary)
    const { document } = result.compiled
    expect(document.services['web']?.template.ports['http']?.published).toBe(8081)
    expect(document.services['api']?.template.image).toMatchObject({
      build: { context: 'api', dockerfile: 'Dockerfile', args: {} },
    })
  })

  test('a change of a file that is built from changes the document', async () => {
    mkdirSync(join(folder, 'image'), { recursive: true })
    writeFileSync(join(folder, 'image', 'Dockerfile'), 'FROM scratch\n')
    const program = `import { build, service, stack } from 'gantry'
export default stack('shop', {}, () => { service('api', { image: build('./image') }) })`
    const before = await compiled(program)
    expect((await compiled(program)).digest).toBe(before.digest)
    writeFileSync(join(folder, 'image', 'Dockerfile'), 'FROM scratch\nLABEL a=b\n')
    expect((await compiled(program)).digest).not.toBe(before.digest)
  })
})

describe('under another name', () => {
  const program = `import { service, stack } from 'gantry'
export default stack('shop', {}, () => { service('api', { image: 'shop/api:1' }) })`

  test('a program is the same stack but for the name', async () => {
    const { document } = await compiled(program, { as: 'shop-2' })
    expect(document).toEqual({ ...(await compiled(program)).document, stack: 'shop-2' })
  })

  test('a name that cannot be one is a fault of the command', async () => {
    await expect(compiled(program, { as: 'Shop 2' })).rejects.toThrow(
      "'Shop 2' cannot be the name of a stack",
    )
  })
})

describe('a stack file that cannot be read is a fault, not a diagnostic', () => {
  test.each([
    { name: 'that is not there', make: () => join(folder, 'nothing.stack.ts'), why: 'there is no such file' },
    {
      name: 'in a folder that is not there',
      make: () => join(folder, 'no', 'a.stack.ts'),
      why: 'there is no such file',
    },
    { name: 'that is a folder', make: () => folder, why: 'it is a folder' },
    {
      name: 'that is not text',
      make: () => {
        writeFileSync(join(folder, 'binary.stack.ts'), Buffer.from([0xff, 0xfe, 0x00]))
        return join(folder, 'binary.stack.ts')
      },
      why: 'it is not UTF-8 text',
    },
    {
      name: 'that is too large',
      make: () => {
        writeFileSync(join(folder, 'large.stack.ts'), ' '.repeat(5 * 1024 * 1024))
        return join(folder, 'large.stack.ts')
      },
      why: 'it is larger than 4 MiB',
    },
    {
      name: 'that is a link to itself',
      make: () => {
        symlinkSync('loop.stack.ts', join(folder, 'loop.stack.ts'))
        return join(folder, 'loop.stack.ts')
      },
      why: 'it is a symbolic link that leads to itself',
    },
    // A pipe would wait for ever.
    {
      name: 'that is a pipe',
      make: () => {
        execFileSync('mkfifo', [join(folder, 'pipe.stack.ts')])
        return join(folder, 'pipe.stack.ts')
      },
      why: 'it is not a plain file',
    },
  ])('one $name', async ({ make, why }) => {
    const file = make()
    for (const attempt of [
      check({ file, cacheFolder: null }),
      compile({ file, inputs: {}, cacheFolder: null }),
    ]) {
      const error: unknown = await attempt.catch((each: unknown) => each)
      expect(error).toBeInstanceOf(Fault)
      expect(error).toMatchObject({ exit: 1, details: { what: `cannot read the stack file ${file}`, why } })
    }
  })
})

test('a stack file may be a link that the user names, a file that it imports may not', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'gantry-outside-'))
  writeFileSync(
    join(outside, 'real.ts'),
    "import { stack } from 'gantry'\nexport default stack('linked', {}, () => undefined)\n",
  )
  symlinkSync(join(outside, 'real.ts'), join(folder, 'linked.stack.ts'))
  expect(await check({ file: join(folder, 'linked.stack.ts'), cacheFolder: null })).toMatchObject({
    ok: true,
    stack: 'linked',
  })
  rmSync(outside, { recursive: true })
})

test('a byte order mark and carriage returns are no part of the program', async () => {
  const lines = [
    "import { place, service, stack } from 'gantry'",
    "export default stack('shop', {}, () => {",
    "  service('api', { image: 'shop/api:1', placement: place`",
    '    require node.os == "linux"; sprad',
    '  ` })',
    '})',
  ]
  const file = join(folder, 'windows.stack.ts')
  writeFileSync(file, `\uFEFF${lines.join('\r\n')}`)
  const result = await check({ file, cacheFolder: null })
  expect(result.ok).toBe(false)
  const [diagnostic] = result.ok ? [] : result.diagnostics
  expect(diagnostic).toMatchObject({ code: 'GT3103', span: { line: 4, column: 33, endColumn: 38 } })
})

test('check fixes what is given and tries the rest', async () => {
  const file = join(folder, 'inputs.stack.ts')
  writeFileSync(
    file,
    `import { input, service, stack } from 'gantry'
export default stack('shop', { stage: input.oneOf('dev', 'prod'), debug: input.boolean() }, ({ stage, debug }) => {
  service('api', { image: 'shop/api:1', replicas: stage === 'prod' && debug ? -1 : 1 })
})`,
  )
  expect(await check({ file, cacheFolder: null })).toMatchObject({
    ok: false,
    diagnostics: [{ onlyWhen: 'stage = prod and debug = true' }],
  })
  expect(await check({ file, inputs: { stage: 'prod' }, cacheFolder: null })).toMatchObject({
    ok: false,
    diagnostics: [{ onlyWhen: 'debug = true' }],
  })
  expect(await check({ file, inputs: { stage: 'dev' }, cacheFolder: null })).toMatchObject({
    ok: true,
    combinations: 2,
    summary: 'shop: 1 service (2 combinations of inputs)',
    inputs: [{ name: 'stage' }, { name: 'debug' }],
  })
})

test('nothing is left in the folder of a stack without a cache', () => {
  expect(readdirSync(folder)).not.toContain('.gantry')
})
