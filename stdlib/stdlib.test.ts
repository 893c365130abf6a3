// What each component becomes, looked at in the documents of the examples that use it, and in programs that use it
// wrongly: a mistake in what a component was given is shown at its call.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { check, renderDiagnostics } from '../src/compiler/index.ts'
import { compile } from '../src/compiler/testing.ts'

const example = (name: string) => new URL(`../examples/std/${name}.stack.ts`, import.meta.url)

async function refusalOf(body: string, imports: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-std-'))
  try {
    const file = join(folder, 'stack.ts')
    writeFileSync(
      file,
      `import { stack, service, every } from 'gantry'\n${imports}\nexport default stack('s', {}, () => {\n${body}\n})\n`,
    )
    const result = await check({ file, cacheFolder: null })
    return renderDiagnostics(result.ok ? result.warnings : result.diagnostics, {
      color: false,
      verbose: false,
      width: 100,
      root: folder,
      base: folder,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('postgres is one fenced server with its data on a volume and a password that is generated', async () => {
  const { document } = await compile(example('postgres'))
  const db = document.services['db']
  expect(db).toMatchObject({
    replicas: 1,
    onLost: 'fence',
    rollout: { order: 'stop-first' },
    template: {
      image: { ref: 'postgres:17' },
      env: {
        POSTGRES_DB: { text: ['ledger'] },
        POSTGRES_PASSWORD_FILE: { secretFile: 'db-password' },
      },
      mounts: { '/var/lib/postgresql/data': { volume: 'db-data', readOnly: false } },
      secretFiles: ['db-password'],
      health: { check: { kind: 'exec', command: ['pg_isready', '-U', 'app', '-d', 'ledger'] } },
      stopSignal: 'SIGINT',
    },
  })
  expect(document.secrets['db-password']).toMatchObject({ generateBytes: 24 })
  expect(document.volumes['db-data']).toMatchObject({ access: 'single-writer', backup: { keep: 8 } })
  expect(document.outputs['pg']).toEqual({
    text: [{ endpoint: { service: 'db', port: 'pg', container: 5432 } }],
  })
})

test('a scheduled backup has the password as a file only, and reaches the database only', async () => {
  const { document } = await compile(example('postgres'))
  const dump = document.crons['dump']
  expect(dump).toMatchObject({
    schedule: { cron: ['15 3 * * *'] },
    timezone: 'Europe/Amsterdam',
    overlap: 'forbid',
    job: {
      trigger: 'run',
      deadlineMs: 3_600_000,
      reaches: [{ service: 'db', port: 'pg' }],
      dependsOn: [{ on: 'db', until: 'healthy' }],
      template: {
        secretFiles: ['db-password'],
        env: {
          KEEP: { text: ['14'] },
          PGHOST: { text: [{ host: { service: 'db', port: 'pg' } }] },
          PGPORT: { text: [{ portNumber: { service: 'db', port: 'pg', container: 5432 } }] },
          PGPASSWORD_FILE: { secretFile: 'db-password' },
        },
      },
    },
  })
  expect(JSON.stringify(dump)).not.toContain('"secret":')
})

test('redis has its password in a config that is put together where the task runs', async () => {
  const { document } = await compile(example('redis'))
  expect(document.services['queue']).toMatchObject({
    onLost: 'fence',
    template: {
      args: ['redis-server', '/etc/redis.conf'],
      configs: { '/etc/redis.conf': 'queue-conf' },
      mounts: { '/data': { volume: 'queue-data' } },
      resources: { memory: 316 * 1024 ** 2 },
    },
  })
  expect(document.configs['queue-conf']?.content).toContainEqual({ secret: 'queue-password' })
})

test('a worker grows with its queue', async () => {
  const { document } = await compile(example('redis'), { most: '30' })
  expect(document.services['sender']).toMatchObject({
    scaling: { min: 0, max: 30, rules: [], targets: [{ attribute: 'queue', of: 'mails', per: 50 }] },
    template: { stopGraceMs: 60_000, ports: {} },
  })
})

test('a web service is reached by its host name, and is migrated before each rollout', async () => {
  const { document } = await compile(example('web-service'), { domain: 'blog.example.org' })
  expect(document.services['web']).toMatchObject({
    replicas: 2,
    rollout: { before: 'migrate', minHealthyMs: 10_000 },
    template: { health: { check: { kind: 'http', path: '/healthz', port: 'http' } } },
  })
  expect(document.jobs['migrate']).toMatchObject({ trigger: 'rollout', retries: 0, deadlineMs: 600_000 })
  expect(document.ingresses['web']).toMatchObject({
    hosts: ['blog.example.org'],
    routes: { '/': { service: 'web', port: 'http' } },
  })
})

test('a static site can write nothing but its memory, and a reverse proxy tries the longest prefix first', async () => {
  const { document } = await compile(example('static-site'))
  expect(document.services['site']).toMatchObject({
    template: {
      readOnlyRoot: true,
      capabilities: { add: [], drop: ['ALL'] },
      mounts: { '/tmp': { volume: 'site-tmp', readOnly: false } },
    },
  })
  expect(document.volumes['site-tmp']).toMatchObject({ driver: { kind: 'tmpfs' } })
  const text = document.configs['front-caddyfile']?.content
    .map((part) =>
      typeof part === 'string' ? part : 'endpoint' in part ? `<${part.endpoint.service}>` : '?',
    )
    .join('')
  expect(text).toBe(
    '{\n  admin off\n  auto_https off\n}\n:8080 {\n  @route0 path /search /search/*\n  route {\n    respond /-/healthy 204\n' +
      '    handle @route0 {\n      reverse_proxy <search>\n    }\n    handle {\n      reverse_proxy <site>\n    }\n  }\n}\n',
  )
  expect(document.services['front']?.reaches).toEqual([
    { service: 'search', port: 'http' },
    { service: 'site', port: 'http' },
  ])
})

test('a mistake in what a component was given is shown at its call, with the line in the component', async () => {
  const shown = await refusalOf(
    `  postgres('db', { memory: '-5Mi' })`,
    `import { postgres } from 'gantry/std/postgres'`,
  )
  expect(shown).toContain("memory '-5Mi' is not a size")
  expect(shown).toMatch(/--> stack\.ts:4:/)
  expect(shown).toMatch(/gantry:std\/postgres\.ts/)
})

test('what components share is no component, and those that there are are named', async () => {
  for (const module of ['options', 'internal/options']) {
    const shown = await refusalOf('', `import { refuseOthers } from 'gantry/std/${module}'`)
    expect(shown).toContain(`gantry has no component '${module}'`)
    expect(shown.replaceAll(/\s+/g, ' ')).toContain(
      "there are 'migration', 'postgres', 'redis', 'reverse-proxy', 'scheduled-backup', 'static-site', 'web-service' or 'worker'",
    )
    expect(shown).toMatch(/--> stack\.ts:2:/)
  }
})

test('a web service has volumes, and is rolled out as it is told, after its job', async () => {
  const { document } = await compile(example('web-service'))
  expect(document.services['media']).toMatchObject({
    rollout: { batch: { percent: 50 }, minHealthyMs: 30_000, before: 'migrate' },
    template: { mounts: { '/media': { volume: 'media', readOnly: false } } },
  })
  const shown = await refusalOf(
    `  const m = job('m', { image: 'm:1' })\n  webService('web', { image: 'web:1', before: m, rollout: { before: m } })`,
    `import { job } from 'gantry'\nimport { webService } from 'gantry/std/web-service'`,
  )
  expect(shown).toContain('webService takes before, or rollout with a before, not both')
})

test('a web service with the volume of one task is one task', async () => {
  const of = (more: string) =>
    refusalOf(
      `  webService('web', { image: 'web:1', mounts: { '/data': volume('data') }, ${more} })`,
      `import { volume } from 'gantry'\nimport { webService } from 'gantry/std/web-service'`,
    )
  expect(await of(`onLost: 'fence'`)).toContain("a 'single-writer' volume allows one replica")
  expect(await of('replicas: 1')).toContain("a 'single-writer' volume needs onLost: 'fence'")
  expect(await of(`replicas: 1, onLost: 'fence'`)).toBe('')
})

test.each<[string, string, string, string]>([
  [
    'an option in a variable',
    'postgres',
    `const o = { version: '16', sizee: '50Gi' }; postgres('db', o)`,
    "postgres() has no field 'sizee'",
  ],
  ['an option behind a cast', 'redis', `redis('r', { foo: 1 } as any)`, "redis() has no field 'foo'"],
  [
    'a database with a quote',
    'postgres',
    `postgres('db', { database: 'a"b' })`,
    'the database of postgres begins with',
  ],
  ['too little memory', 'redis', `redis('r', { maxMemory: '2Ki' })`, 'a size of at least 1Mi'],
  [
    'a folder that is configuration',
    'static-site',
    `staticSite('s', { image: 'a:1', root: '/a; autoindex on' })`,
    'root of staticSite is a folder',
  ],
  [
    'a route that is configuration',
    'reverse-proxy',
    `reverseProxy('p', { routes: { '/a {': service('a', { image: 'a:1', ports: { http: http(80) } }).ports.http } })`,
    'a route of reverseProxy begins with /',
  ],
])('%s is refused at the call of the component', async (_, module, body, said) => {
  const name = module.replace(/-(.)/, (_match, letter: string) => letter.toUpperCase())
  const shown = await refusalOf(
    `  ${body}`,
    `import { http } from 'gantry'\nimport { ${name} } from 'gantry/std/${module}'`,
  )
  expect(shown).toContain(said)
  expect(shown).toMatch(/stack\.ts:[45]:/)
})
