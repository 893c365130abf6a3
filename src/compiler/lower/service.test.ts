// Every field of a service and of its containers, from the program to the document.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentPath, initContainer, spanAt } from '../../model/index.ts'
import type { CompiledStack, ServiceSpec } from '../../model/index.ts'
import { compile } from '../testing.ts'
import { fieldsOf } from '../vocabulary.ts'
import type { Fields } from '../fields.ts'

const mebi = 1024 ** 2

interface Case {
  /** In the vocabulary, with dots; `*` is a member of a record or of a list. */
  readonly field: string
  /** What is written in the options of the service, beside an image. */
  readonly written: string
  /** Path in the service of the document, and the value there. */
  readonly path: readonly string[]
  readonly value: unknown
  /** What the source of the value is, when that is one piece of the program. */
  readonly source?: string
}

const web = 'ports: { http: http(80), rpc: grpc(90), pg: tcp(5432) }'

function inTemplate(field: string, written: string, value: unknown, ...path: readonly string[]): Case {
  return { field, written, path: ['template', ...(path.length > 0 ? path : [field])], value }
}

const cases: readonly Case[] = [
  inTemplate('image', "image: 'shop/api@sha256:" + 'a'.repeat(64) + "'", {
    ref: `shop/api@sha256:${'a'.repeat(64)}`,
  }),
  inTemplate('command', "command: ['/api', '-v']", ['/api', '-v']),
  inTemplate('args', "args: ['serve']", ['serve']),
  inTemplate('env', "env: { A: 'a', B: 1, C: true }", {
    A: { text: ['a'] },
    B: { text: ['1'] },
    C: { text: ['true'] },
  }),
  inTemplate('env.*', 'env: { A: password.env }', { text: [{ secret: 'password' }] }, 'env', 'A'),
  inTemplate('labels', "labels: { team: 'shop' }", { team: 'shop' }),
  inTemplate('labels.*', "labels: { 'a/b': 'c' }", 'c', 'labels', 'a/b'),
  inTemplate('secrets', 'secrets: [password]', ['password'], 'secretFiles'),
  inTemplate('secrets.*', 'secrets: [token, password]', ['password', 'token'], 'secretFiles'),
  inTemplate('configs', "configs: { '/etc/app.conf': settings }", { '/etc/app.conf': 'settings' }),
  inTemplate('configs.*', "configs: { '/etc/app.conf': settings }", 'settings', 'configs', '/etc/app.conf'),
  inTemplate('mounts', "mounts: { '/data': shared }", { '/data': { volume: 'shared', readOnly: false } }),
  inTemplate(
    'mounts.*',
    "mounts: { '/media': media }",
    { volume: 'media', readOnly: true },
    'mounts',
    '/media',
  ),
  inTemplate('resources', 'resources: {}', { cpu: 0, memory: 0 }),
  inTemplate('resources.cpu', "resources: { cpu: '1.5' }", 1500, 'resources', 'cpu'),
  inTemplate('resources.cpuLimit', "resources: { cpuLimit: '2' }", 2000, 'resources', 'cpuLimit'),
  inTemplate('resources.memory', "resources: { memory: '64Mi' }", 64 * mebi, 'resources', 'memory'),
  inTemplate(
    'resources.memoryLimit',
    "resources: { memoryLimit: '1Gi' }",
    1024 * mebi,
    'resources',
    'memoryLimit',
  ),
  inTemplate('resources.pids', 'resources: { pids: 100 }', 100, 'resources', 'pids'),
  inTemplate('resources.shm', "resources: { shm: '256Mi' }", 256 * mebi, 'resources', 'shm'),
  inTemplate(
    'resources.ulimits',
    'resources: { ulimits: { nofile: 1024 } }',
    { nofile: { soft: 1024, hard: 1024 } },
    'resources',
    'ulimits',
  ),
  inTemplate(
    'resources.ulimits.*',
    'resources: { ulimits: { core: -1 } }',
    { soft: -1, hard: -1 },
    'resources',
    'ulimits',
    'core',
  ),
  inTemplate(
    'resources.ulimits.*.soft',
    'resources: { ulimits: { nproc: { soft: 5, hard: -1 } } }',
    5,
    'resources',
    'ulimits',
    'nproc',
    'soft',
  ),
  inTemplate(
    'resources.ulimits.*.hard',
    'resources: { ulimits: { nproc: { soft: 5, hard: -1 } } }',
    -1,
    'resources',
    'ulimits',
    'nproc',
    'hard',
  ),
  inTemplate(
    'resources.devices',
    "resources: { devices: ['/dev/fuse'] }",
    [{ host: '/dev/fuse', container: '/dev/fuse', access: 'rwm' }],
    'resources',
    'devices',
  ),
  inTemplate(
    'resources.devices.*',
    "resources: { devices: [{ host: '/dev/a' }] }",
    { host: '/dev/a', container: '/dev/a', access: 'rwm' },
    'resources',
    'devices',
    '0',
  ),
  inTemplate(
    'resources.devices.*.host',
    "resources: { devices: [{ host: '/dev/a' }] }",
    '/dev/a',
    'resources',
    'devices',
    '0',
    'host',
  ),
  inTemplate(
    'resources.devices.*.container',
    "resources: { devices: [{ host: '/dev/a', container: '/dev/b' }] }",
    '/dev/b',
    'resources',
    'devices',
    '0',
    'container',
  ),
  inTemplate(
    'resources.devices.*.access',
    "resources: { devices: [{ host: '/dev/a', access: 'r' }] }",
    'r',
    'resources',
    'devices',
    '0',
    'access',
  ),
  inTemplate('resources.gpus', 'resources: { gpus: 2 }', { count: 2 }, 'resources', 'gpus'),
  inTemplate('resources.gpus.count', 'resources: { gpus: { count: 3 } }', 3, 'resources', 'gpus', 'count'),
  inTemplate(
    'resources.gpus.kind',
    "resources: { gpus: { count: 1, kind: 'nvidia/a100' } }",
    'nvidia/a100',
    'resources',
    'gpus',
    'kind',
  ),
  inTemplate('user', "user: '1000:1000'", '1000:1000'),
  inTemplate('groups', "groups: [1001, 'audio']", ['1001', 'audio']),
  inTemplate('groups.*', 'groups: [0]', '0', 'groups', '0'),
  inTemplate('workingDir', "workingDir: '/srv'", '/srv'),
  inTemplate('readOnlyRoot', 'readOnlyRoot: true', true),
  inTemplate('stopSignal', "stopSignal: 'SIGINT'", 'SIGINT'),
  inTemplate('stopGrace', "stopGrace: '1m'", 60_000, 'stopGraceMs'),
  inTemplate('capabilities', "capabilities: { drop: ['ALL'] }", { add: [], drop: ['ALL'] }),
  inTemplate(
    'capabilities.add',
    "capabilities: { add: ['SYS_TIME', 'CHOWN', 'CHOWN'] }",
    ['CHOWN', 'SYS_TIME'],
    'capabilities',
    'add',
  ),
  inTemplate('capabilities.drop', "capabilities: { drop: ['NET_RAW'] }", ['NET_RAW'], 'capabilities', 'drop'),
  inTemplate('privileged', 'privileged: true', true),
  inTemplate('sysctls', "sysctls: { 'net.core.somaxconn': 1024 }", { 'net.core.somaxconn': '1024' }),
  inTemplate('sysctls.*', "sysctls: { 'kernel.shmmax': '5' }", '5', 'sysctls', 'kernel.shmmax'),
  inTemplate('seccomp', 'seccomp: profile', '{ "defaultAction": "SCMP_ACT_ERRNO" }'),
  inTemplate('apparmor', "apparmor: 'shop-api'", 'shop-api'),
  inTemplate('runtime', "runtime: 'runsc'", 'runsc'),
  inTemplate('init', 'init: true', true),
  inTemplate('logging', "logging: { driver: 'journald' }", { driver: 'journald', options: {} }),
  inTemplate(
    'logging.driver',
    "logging: { driver: 'grafana/loki:3' }",
    'grafana/loki:3',
    'logging',
    'driver',
  ),
  inTemplate(
    'logging.options',
    "logging: { driver: 'journald', options: { tag: 'x' } }",
    { tag: 'x' },
    'logging',
    'options',
  ),
  inTemplate(
    'logging.options.*',
    "logging: { driver: 'journald', options: { tag: 'x' } }",
    'x',
    'logging',
    'options',
    'tag',
  ),
  {
    field: 'dependsOn',
    written: 'dependsOn: [db, migrate, db]',
    path: ['dependsOn'],
    value: [
      { on: 'db', until: 'healthy' },
      { on: 'migrate', until: 'completed' },
    ],
  },
  {
    field: 'dependsOn.*',
    written: 'dependsOn: [{ on: db }]',
    path: ['dependsOn', '0'],
    value: { on: 'db', until: 'healthy' },
  },
  {
    field: 'dependsOn.*.on',
    written: 'dependsOn: [{ on: migrate }]',
    path: ['dependsOn', '0', 'until'],
    value: 'completed',
  },
  {
    field: 'dependsOn.*.until',
    written: "dependsOn: [{ on: db, until: 'started' }]",
    path: ['dependsOn', '0', 'until'],
    value: 'started',
  },
  {
    field: 'reaches',
    written: 'reaches: [db.ports.pg, cache]',
    path: ['reaches'],
    value: [{ service: 'cache' }, { service: 'db', port: 'pg' }],
  },
  {
    field: 'reaches.*',
    written: 'reaches: [db, db.ports.pg]',
    path: ['reaches'],
    value: [{ service: 'db' }],
  },
  {
    field: 'placement',
    written: 'placement: place`require node.os == "linux"`',
    path: ['placement'],
    value: { require: [{ attribute: 'node.os', operator: '==', value: 'linux' }] },
  },
  { field: 'priority', written: 'priority: 80', path: ['priority'], value: 80, source: '80' },
  inTemplate('ports', web, { container: 90, protocol: 'grpc' }, 'ports', 'rpc'),
  inTemplate(
    'ports.*',
    'ports: { dns: udp(53, { published: 5353, hostPort: 53 }) }',
    { container: 53, protocol: 'udp', published: 5353, hostPort: 53 },
    'ports',
    'dns',
  ),
  { field: 'replicas', written: 'replicas: 3', path: ['replicas'], value: 3, source: '3' },
  {
    field: 'replicas',
    written: "replicas: 'per-node'",
    path: ['perNode'],
    value: true,
    source: "'per-node'",
  },
  {
    field: 'replicas',
    written: 'replicas: scale({ min: 2, max: 9 })`queue("jobs") / 10`',
    path: ['scaling'],
    value: {
      min: 2,
      max: 9,
      rules: [],
      targets: [{ attribute: 'queue', of: 'jobs', per: 10 }],
      protectMs: 0,
    },
  },
  {
    field: 'replicas',
    written: 'replicas: scale({ min: 2, max: 9 })`queue("jobs") / 10`',
    path: ['replicas'],
    value: 2,
  },
  ...['http', 'port'].map((name): Case => ({
    field: `health.${name}`,
    written: `${web}, health: { http: '/healthz', port: 'http' }`,
    path: ['template', 'health', 'check'],
    value: { kind: 'http', path: '/healthz', port: 'http' },
  })),
  {
    field: 'health',
    written: `${web}, health: { tcp: 'pg' }`,
    path: ['template', 'health'],
    value: { check: { kind: 'tcp', port: 'pg' }, intervalMs: 10_000, timeoutMs: 1000, failures: 3 },
    source: "{ tcp: 'pg' }",
  },
  {
    field: 'health.tcp',
    written: `${web}, health: { tcp: 'pg' }`,
    path: ['template', 'health', 'check'],
    value: { kind: 'tcp', port: 'pg' },
  },
  {
    field: 'health.exec',
    written: "health: { exec: ['true'] }",
    path: ['template', 'health', 'check'],
    value: { kind: 'exec', command: ['true'] },
  },
  {
    field: 'health.grpc',
    written: `${web}, health: { grpc: 'rpc' }`,
    path: ['template', 'health', 'check'],
    value: { kind: 'grpc', port: 'rpc' },
  },
  {
    field: 'health.service',
    written: `${web}, health: { grpc: 'rpc', service: 'shop.Api' }`,
    path: ['template', 'health', 'check'],
    value: { kind: 'grpc', port: 'rpc', service: 'shop.Api' },
  },
  {
    field: 'health.every',
    written: "health: { exec: ['true'], every: '250ms', timeout: '10ms' }",
    path: ['template', 'health', 'intervalMs'],
    value: 250,
  },
  {
    field: 'health.timeout',
    written: "health: { exec: ['true'], timeout: '10ms' }",
    path: ['template', 'health', 'timeoutMs'],
    value: 10,
  },
  {
    field: 'health.failures',
    written: "health: { exec: ['true'], failures: 5 }",
    path: ['template', 'health', 'failures'],
    value: 5,
  },
  ...['startup', 'readiness', 'liveness'].map((name): Case => ({
    field: `probes.${name}`,
    written: `probes: { ${name}: { exec: ['true'] } }`,
    path: ['template', 'probes'],
    value: {
      [name]: {
        check: { kind: 'exec', command: ['true'] },
        intervalMs: 10_000,
        timeoutMs: 1000,
        failures: 3,
      },
    },
  })),
  {
    field: 'probes',
    written: `${web}, probes: { startup: { tcp: 'pg' }, liveness: { grpc: 'rpc' } }`,
    path: ['template', 'probes', 'liveness', 'check'],
    value: { kind: 'grpc', port: 'rpc' },
  },
  {
    field: 'rollout',
    written: 'rollout: {}',
    path: ['rollout'],
    value: {
      batch: { percent: 25 },
      order: 'start-first',
      minHealthyMs: 5000,
      deadlineMs: 300_000,
      onFailure: 'rollback',
    },
  },
  {
    field: 'rollout.batch',
    written: "rollout: { batch: '12.5%' }",
    path: ['rollout', 'batch'],
    value: { percent: 12.5 },
    source: "'12.5%'",
  },
  {
    field: 'rollout.order',
    written: "rollout: { order: 'stop-first' }",
    path: ['rollout', 'order'],
    value: 'stop-first',
    source: "'stop-first'",
  },
  {
    field: 'rollout.minHealthy',
    written: "rollout: { minHealthy: '10s' }",
    path: ['rollout', 'minHealthyMs'],
    value: 10_000,
    source: "'10s'",
  },
  {
    field: 'rollout.deadline',
    written: "rollout: { deadline: '1h' }",
    path: ['rollout', 'deadlineMs'],
    value: 3_600_000,
    source: "'1h'",
  },
  {
    field: 'rollout.onFailure',
    written: "rollout: { onFailure: 'pause' }",
    path: ['rollout', 'onFailure'],
    value: 'pause',
    source: "'pause'",
  },
  {
    field: 'rollout.pause',
    written: "rollout: { pause: '30s' }",
    path: ['rollout', 'pauseMs'],
    value: 30_000,
    source: "'30s'",
  },
  {
    field: 'rollout.gate',
    written: `${web}, health: { tcp: 'pg' }, rollout: { gate: gate\`errors < 1% for 2m\` }`,
    path: ['rollout', 'gate'],
    value: { when: { attribute: 'errors', operator: '<', value: 1 }, forMs: 120_000 },
  },
  {
    field: 'rollout.canary',
    written: `${web}, health: { tcp: 'pg' }, replicas: 8, rollout: { canary: [{ tasks: 1 }, { tasks: '50%' }] }`,
    path: ['rollout', 'canary'],
    value: [
      { tasks: { count: 1 }, pause: { ms: 0 } },
      { tasks: { percent: 50 }, pause: { ms: 0 } },
    ],
  },
  {
    field: 'rollout.canary.*',
    written: `${web}, health: { tcp: 'pg' }, replicas: 8, rollout: { canary: [{ tasks: '25%', pause: 'promote', gate: gate\`errors < 1%\` }] }`,
    path: ['rollout', 'canary', '0'],
    value: {
      tasks: { percent: 25 },
      pause: 'promote',
      gate: { when: { attribute: 'errors', operator: '<', value: 1 }, forMs: 0 },
    },
  },
  ...['tasks', 'pause', 'gate'].map((name): Case => ({
    field: `rollout.canary.*.${name}`,
    written: `${web}, health: { tcp: 'pg' }, replicas: 8, rollout: { canary: [{ tasks: 2, pause: '5m', gate: gate\`p99 < 1s\` }] }`,
    path: ['rollout', 'canary', '0', name],
    value: {
      tasks: { count: 2 },
      pause: { ms: 300_000 },
      gate: { when: { attribute: 'p99', operator: '<', value: 1000 }, forMs: 0 },
    }[name],
  })),
  {
    field: 'rollout.blueGreen',
    written: `${web}, health: { tcp: 'pg' }, rollout: { blueGreen: {} }`,
    path: ['rollout', 'blueGreen'],
    value: { pause: { ms: 0 }, keepOldMs: 300_000 },
  },
  {
    field: 'rollout.blueGreen.pause',
    written: `${web}, health: { tcp: 'pg' }, rollout: { blueGreen: { pause: 'promote' } }`,
    path: ['rollout', 'blueGreen', 'pause'],
    value: 'promote',
  },
  {
    field: 'rollout.blueGreen.keepOld',
    written: `${web}, health: { tcp: 'pg' }, rollout: { blueGreen: { keepOld: '1m' } }`,
    path: ['rollout', 'blueGreen', 'keepOldMs'],
    value: 60_000,
  },
  {
    field: 'rollout.blueGreen.gate',
    written: `${web}, health: { tcp: 'pg' }, rollout: { blueGreen: { gate: gate\`p99 < 1s\` } }`,
    path: ['rollout', 'blueGreen', 'gate'],
    value: { when: { attribute: 'p99', operator: '<', value: 1000 }, forMs: 0 },
  },
  {
    field: 'rollout.before',
    written: 'rollout: { before: hook }',
    path: ['rollout', 'before'],
    value: 'hook',
    source: 'hook',
  },
  {
    field: 'budget',
    written: "replicas: 3, budget: { minAvailable: '50%' }",
    path: ['budget'],
    value: { minAvailable: { percent: 50 } },
    source: "{ minAvailable: '50%' }",
  },
  {
    field: 'budget.minAvailable',
    written: 'replicas: 3, budget: { minAvailable: 2 }',
    path: ['budget'],
    value: { minAvailable: { count: 2 } },
  },
  {
    field: 'budget.maxUnavailable',
    written: 'replicas: 3, budget: { maxUnavailable: 1 }',
    path: ['budget'],
    value: { maxUnavailable: { count: 1 } },
  },
  {
    field: 'restart',
    written: "restart: 'never'",
    path: ['template', 'restart'],
    value: { policy: 'never', delayMs: 1000, maxDelayMs: 300_000, resetAfterMs: 600_000 },
  },
  {
    field: 'restart.policy',
    written: "restart: { policy: 'on-failure' }",
    path: ['template', 'restart', 'policy'],
    value: 'on-failure',
    source: "'on-failure'",
  },
  {
    field: 'restart.delay',
    written: "restart: { delay: '10m' }",
    path: ['template', 'restart'],
    value: { policy: 'always', delayMs: 600_000, maxDelayMs: 600_000, resetAfterMs: 600_000 },
  },
  {
    field: 'restart.maxDelay',
    written: "restart: { maxDelay: '500ms' }",
    path: ['template', 'restart'],
    value: { policy: 'always', delayMs: 500, maxDelayMs: 500, resetAfterMs: 600_000 },
  },
  {
    field: 'restart.resetAfter',
    written: "restart: { resetAfter: '1h' }",
    path: ['template', 'restart', 'resetAfterMs'],
    value: 3_600_000,
    source: "'1h'",
  },
  {
    field: 'reschedule',
    written: "reschedule: 'never'",
    path: ['reschedule'],
    value: null,
    source: "'never'",
  },
  {
    field: 'reschedule.after',
    written: 'reschedule: { after: 5 }',
    path: ['reschedule'],
    value: { after: 5, withinMs: 300_000, delayMs: 5000, maxDelayMs: 600_000 },
  },
  {
    field: 'reschedule.within',
    written: "reschedule: { within: '1h' }",
    path: ['reschedule', 'withinMs'],
    value: 3_600_000,
    source: "'1h'",
  },
  {
    field: 'reschedule.delay',
    written: "reschedule: { delay: '1s' }",
    path: ['reschedule', 'delayMs'],
    value: 1000,
    source: "'1s'",
  },
  {
    field: 'reschedule.maxDelay',
    written: "reschedule: { maxDelay: '2h' }",
    path: ['reschedule', 'maxDelayMs'],
    value: 7_200_000,
    source: "'2h'",
  },
  { field: 'onLost', written: "onLost: 'fence'", path: ['onLost'], value: 'fence', source: "'fence'" },
  { field: 'onLost', written: "onLost: 'fence'", path: ['fenceAfterMs'], value: 15_000 },
  {
    field: 'fenceAfter',
    written: "onLost: 'fence', fenceAfter: '3s'",
    path: ['fenceAfterMs'],
    value: 3000,
    source: "'3s'",
  },
  {
    field: 'sidecars',
    written: "sidecars: { proxy: { image: 'b:1' } }",
    path: ['template', 'sidecars', 'proxy', 'image'],
    value: { ref: 'b:1' },
    source: "'b:1'",
  },
  {
    field: 'sidecars.*',
    written: `${web}, sidecars: { proxy: { image: 'b:1', health: { grpc: 'rpc' } } }`,
    path: ['template', 'sidecars', 'proxy', 'health', 'check'],
    value: { kind: 'grpc', port: 'rpc' },
  },
  {
    field: 'initContainers',
    written: "initContainers: { one: { image: 'b:1' }, another: { image: 'c:1' } }",
    path: ['template', 'initContainers', '1', 'name'],
    value: 'another',
  },
  {
    field: 'initContainers.*',
    written: "initContainers: { one: { image: 'b:1' }, two: { image: 'c:1' } }",
    path: ['template', 'initContainers', '1', 'image'],
    value: { ref: 'c:1' },
    source: "'c:1'",
  },
]

/** Fields whose members are shown by those of another: every probe is a probe, every container a container. */
const shownElsewhere =
  /^(?:probes\.\w+|sidecars\.\*|initContainers\.\*)\.|(?:^|\.)(?:command|args|exec|add|drop)\.\*$/

const head = `import {
  config, gate, grpc, http, job, place, scale, secret, service, stack, tcp, text, udp, volume,
} from 'gantry'

export default stack('shop', {}, () => {
  const password = secret('password')
  const token = secret('token')
  const shared = volume('shared', { access: 'shared' })
  const media = volume('media', { access: 'read-only', driver: { bind: '/srv/media' } })
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
  const cache = service('cache', { image: 'redis:8', ports: { redis: tcp(6379) } })
  const migrate = job('migrate', { image: 'shop/migrate:1' })
  const hook = job('hook', { image: 'shop/hook:1' })
  const settings = config('settings', { content: text\`cache=\${cache.ports.redis}\` })
  const profile = config('profile', { content: '{ "defaultAction": "SCMP_ACT_ERRNO" }' })
`

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-services-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function compiled(body: string): Promise<CompiledStack & { readonly program: string }> {
  const program = `${head}${body}\n})\n`
  await writeFile(join(folder, 'shop.stack.ts'), program)
  return { ...(await compile(join(folder, 'shop.stack.ts'))), program }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  )
}

describe('every field ends in the document', () => {
  let result: Awaited<ReturnType<typeof compiled>>
  beforeAll(async () => {
    const services = cases.map(({ written }, index) => {
      // A second field of that name in the options would replace the first.
      const image = written.startsWith('image:') ? '' : "image: 'a:1', "
      return `  service('s${index}', { ${image}${written} })`
    })
    result = await compiled(services.join('\n'))
  }, 30_000)

  test.each(cases.map((each, index) => ({ ...each, index, to: each.path.join('/') })))(
    '$field: $written → $to',
    ({ index, path, value, source }) => {
      const name = `s${index}`
      expect(valueAt(result.document.services[name], path)).toEqual(value)
      if (source === undefined) return
      const span = spanAt(result.sources, documentPath('services', name, ...path))
      expect(span && Buffer.from(result.program).subarray(span.start, span.end).toString()).toBe(source)
    },
  )

  test('and no field of the vocabulary is left out', () => {
    const shown = new Set(cases.map((each) => each.field))
    const all = fieldPaths(fieldsOf.service).filter((field) => !shownElsewhere.test(field))
    expect(all.filter((field) => !shown.has(field))).toEqual([])
    expect([...shown].filter((field) => !all.includes(field))).toEqual([])
  })
})

function fieldPaths(fields: Fields, within = ''): string[] {
  return Object.entries(fields).flatMap(([name, { fields: inner = {}, each }]) => {
    const path = `${within}${name}`
    const members = each ? [`${path}.*`, ...fieldPaths(each.fields ?? {}, `${path}.*.`)] : []
    return [path, ...fieldPaths(inner, `${path}.`), ...members]
  })
}

const container = `
    image: 'a:1', command: ['/a'], args: ['b'], env: { A: password.env, B: db.ports.pg }, labels: { a: 'b' },
    secrets: [token], configs: { '/etc/a': settings }, mounts: { '/data': shared }, user: '1', groups: [5],
    resources: { cpu: '1', cpuLimit: '2', memory: '64Mi', memoryLimit: '65Mi', pids: 9, shm: '1Mi',
      ulimits: { core: 0 }, devices: ['/dev/fuse'], gpus: 1 },
    workingDir: '/a', readOnlyRoot: true, stopSignal: 'SIGINT', stopGrace: '2s', capabilities: { add: ['CHOWN'] },
    sysctls: { 'net.core.somaxconn': 1 }, seccomp: profile, apparmor: 'a', runtime: 'b', init: false,
    logging: { driver: 'journald', options: { a: 'b' } },`

test('sidecars and init containers of services and jobs are read as the main container is', async () => {
  const { document } = await compiled(`
  service('api', { ${container} sidecars: { proxy: { ${container} } }, initContainers: { first: { ${container} } } })
  job('report', { ${container} sidecars: { proxy: { ${container} } }, initContainers: { first: { ${container} } } })`)
  const ofTask = new Set(['sidecars', 'initContainers', 'ports', 'restart'])
  const templateOf = (template: ServiceSpec['template'] | undefined) => ({
    main: Object.fromEntries(Object.entries(template ?? {}).filter(([field]) => !ofTask.has(field))),
    sidecar: template?.sidecars?.['proxy'],
    first: template?.initContainers?.[0],
  })
  const api = templateOf(document.services['api']?.template)
  // All that a container may have in the document, but what a privileged one would leave nothing to say for.
  expect(['name', 'privileged', ...Object.keys(api.main)].sort()).toEqual(
    Object.keys(initContainer.shape).sort(),
  )
  expect(api.sidecar).toEqual(api.main)
  expect(api.first).toEqual({ name: 'first', ...api.main })
  expect(templateOf(document.jobs['report']?.template)).toEqual(api)
})

test('what any container refers to is reached, and so is what its configs refer to', async () => {
  const { document } = await compiled(`
  const store = service('store', { image: 'a:1', ports: { http: http(80) } })
  service('api', {
    image: 'a:1',
    env: { DB: text\`pg://\${db.ports.pg}\`, AGAIN: db.ports.pg },
    sidecars: { proxy: { image: 'b:1', configs: { '/etc/proxy.conf': settings } } },
    initContainers: { wait: { image: 'c:1', env: { STORE: store.ports.http } } },
  })`)
  expect(document.services['api']?.reaches).toEqual([
    { service: 'cache', port: 'redis' },
    { service: 'db', port: 'pg' },
    { service: 'store', port: 'http' },
  ])
})

test('a task that has to be alone is replaced by stopping it first, and that is a default', async () => {
  const { document, sources } = await compiled(`
  const data = volume('data')
  const own = volume('own', { access: 'per-replica' })
  const scratch = volume('scratch', { access: 'per-replica', driver: 'tmpfs' })
  service('writer', { image: 'a:1', mounts: { '/data': data }, onLost: 'fence' })
  service('reader', { image: 'a:1', mounts: { '/data': data.readOnly() } })
  service('beside', { image: 'a:1', sidecars: { log: { image: 'b:1', mounts: { '/own': own } } } })
  service('memory', { image: 'a:1', mounts: { '/scratch': scratch } })
  service('dns', { image: 'a:1', ports: { dns: udp(53, { hostPort: 53 }) } })`)
  const orders = ['writer', 'reader', 'beside', 'memory', 'dns'].map(
    (name) => document.services[name]?.rollout.order,
  )
  expect(orders).toEqual(['stop-first', 'start-first', 'stop-first', 'start-first', 'stop-first'])
  expect(sources.defaults['services/dns/rollout/order']).toBe('default@1')
})
