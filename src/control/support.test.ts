// Nothing of a document is dropped in silence: each part of its schema is carried out, and a test shows it, or refused.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyOf, definitionOf } from '../../test/support/any-schema.ts'
import { canonicalJson, stackDocument } from '../model/index.ts'
import type { StackDocument } from '../model/index.ts'
import {
  clusterOf,
  documentOf,
  imageOf,
  jobOf,
  nodeOf,
  rolloutOf,
  serviceOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { applyStack } from './apply.ts'
import { noticesOf } from './notices.ts'
import { supportCodes } from './support-codes.ts'
import type { SupportCode } from './support-codes.ts'
import { rules, unsupported } from './support.ts'
import { Toy, wishOf } from './testing.ts'
import { validateDocument } from './validate.ts'

const docker = 'src/adapters/docker/docker.test.ts'
const options = 'src/adapters/docker/options.test.ts'

/** Both of services and of jobs. */
const ofBoth = (entries: Record<string, readonly [file: string, test: string]>) =>
  Object.entries(entries).flatMap(([path, shown]) =>
    ['services', 'jobs'].map((owners) => [`${owners}/*/${path}`, shown] as const),
  )

/** What is carried out, all of it below the path, and the test that shows it. */
const carriedOut = new Map<string, readonly [file: string, test: string]>([
  ['format', ['src/model/document.test.ts', 'a newer format']],
  ['stack', ['src/control/apply.test.ts', 'brings everything up']],
  ['inputs', ['test/golden/plan/plan.test.ts', 'the first apply of a stack']],
  ['acknowledged', ['test/golden/plan/plan.test.ts', 'warnings that somebody answers for are listed']],
  ...ofBoth({
    'template/image': [docker, 'are found by their names'],
    'template/command': [docker, 'has everything that was asked for'],
    'template/args': [docker, 'has everything that was asked for'],
    'template/env': ['src/agent/request.test.ts', 'a value is put together from text, secrets and endpoints'],
    'template/labels': [docker, 'is created, runs, exits and goes, and each step is seen'],
    'template/mounts': [docker, 'has everything that was asked for'],
    'template/secretFiles': [docker, 'say whom they run as, and that user can read secret files'],
    'template/resources/cpu': [docker, 'has everything that was asked for'],
    'template/resources/memory': [docker, 'that runs out of memory is known to have'],
    'template/resources/cpuLimit': [docker, 'has everything that was asked for'],
    'template/resources/memoryLimit': [options, 'is limited in memory by its limit'],
    'template/resources/pids': [options, 'has a limit of processes, and cannot pass it'],
    'template/resources/shm': [options, 'has shared memory of the size that was asked for'],
    'template/resources/ulimits': [options, 'has the limits of the kernel by their names'],
    'template/resources/devices': [options, 'has devices of its host under another path'],
    'template/user': [docker, 'has everything that was asked for'],
    'template/groups': [options, 'has the further groups of its user'],
    'template/workingDir': [docker, 'has everything that was asked for'],
    'template/readOnlyRoot': [docker, 'has everything that was asked for'],
    'template/stopSignal': [docker, 'is stopped with its signal, and killed after its grace'],
    'template/stopGraceMs': [docker, 'is stopped with its signal, and killed after its grace'],
    'template/capabilities': [options, 'has the capabilities that it was given and none that was taken'],
    'template/privileged': [options, 'is privileged only when that is asked for'],
    'template/sysctls': [options, 'has settings of the kernel for its own namespaces'],
    'template/seccomp': [options, 'has the seccomp profile that was asked for, or none'],
    'template/apparmor': [options, 'is under the apparmor profile that was asked for'],
    'template/runtime': [options, 'runs under the OCI runtime of that name'],
    'template/init': [options, 'has a small init as its first process'],
    'template/logging': [options, 'writes its log where it was told to'],
    'template/ports/*/container': ['test/cluster/first-light.test.ts', 'apply brings the example up'],
    'template/ports/*/protocol': ['src/control/support.test.ts', 'a udp port that is not published'],
    'template/ports/*/published': [
      'src/adapters/network/publisher.test.ts',
      'connections go to the backends in turn',
    ],
    'template/health': ['src/agent/health.test.ts', 'while it starts it is probed every 100 ms'],
    'template/health/check/kind': ['src/adapters/network/prober.test.ts', 'a gRPC probe'],
    'template/restart/policy': ['src/agent/decide.test.ts', "describe('a service'"],
    'template/restart/delayMs': ['src/agent/restart.test.ts', 'a service may say how long the waits are'],
    'template/restart/maxDelayMs': ['src/agent/restart.test.ts', 'a service may say how long the waits are'],
    'template/restart/resetAfterMs': [
      'src/agent/restart.test.ts',
      'a service may say how long the waits are',
    ],
    'placement/require': ['src/control/condition.test.ts', 'conditions'],
    'placement/prefer': ['src/control/placement.test.ts', 'what a stack prefers'],
    'placement/spread': ['src/control/placement.test.ts', 'tasks are spread over the values of an attribute'],
    'placement/tolerate': ['src/control/drain.test.ts', 'a taint keeps tasks away that do not tolerate it'],
    'placement/maxPerNode': ['src/control/placement.test.ts', 'no node is given more than the most'],
    // The default only.
    priority: ['src/control/support.test.ts', 'what is said by default is carried out'],
    dependsOn: ['src/control/dependencies.test.ts', 'what depends on others'],
  }),
  [
    'services/*/budget',
    ['src/control/drain.test.ts', 'a budget says how many tasks may be missing at a time'],
  ],
  [
    'services/*/onLost',
    ['src/control/fence.test.ts', 'a fenced task is replaced once its lease has run out'],
  ],
  [
    'services/*/fenceAfterMs',
    ['src/control/fence.test.ts', 'a fenced task is replaced once its lease has run out'],
  ],
  ['services/*/replicas', ['src/control/apply.test.ts', 'more replicas start only the missing ones']],
  ['services/*/rollout/batch', ['src/control/rollout.test.ts', 'the size of a batch']],
  ['services/*/rollout/order', ['src/control/rollout.test.ts', 'start only after the old one has ended']],
  [
    'services/*/rollout/minHealthyMs',
    ['src/control/rollout.test.ts', 'wait until it has been healthy for long enough'],
  ],
  [
    'services/*/rollout/deadlineMs',
    ['src/control/rollout.test.ts', 'when a new task is not healthy in time'],
  ],
  [
    'services/*/rollout/onFailure',
    ['src/control/support.test.ts', 'a rollout that fails goes back or stays'],
  ],
  ['jobs/*/retries', ['src/control/job.test.ts', 'it is tried again after 10 s']],
  ['jobs/*/backoff', ['src/control/job.test.ts', 'waits as long as its back-off says']],
  ['jobs/*/completions', ['src/control/job.test.ts', 'it runs once, and never again']],
  ['jobs/*/parallelism', ['src/control/job.test.ts', 'it runs once, and never again']],
  ['jobs/*/exitCodes', ['src/control/job.test.ts', 'exit codes']],
  ['jobs/*/trigger', ['src/control/job.test.ts', 'it runs once, and never again']],
  ['volumes/*/access', ['src/control/validate.test.ts', 'allows a single writer']],
  ['volumes/*/reclaim', ['src/control/apply.test.ts', 'with reclaim delete go once nothing can need them']],
  ['volumes/*/driver/kind', ['src/adapters/docker/options.test.ts', 'has memory of its own size']],
  [
    'secrets/*/input',
    ['src/cli/inputs/secrets.test.ts', 'a value belongs to the secret that names its input'],
  ],
  ['secrets/*/generateBytes', ['src/control/apply.test.ts', 'that are set by hand are not generated']],
])

/** What is gone past, and the code that says so; that the default of it is all there is, is a rule's business. */
const noticed = new Map<string, SupportCode>([
  // Everything in a stack reaches everything; what a service speaks of is among it.
  ['services/*/reaches', 'GT6039'],
  ['jobs/*/reaches', 'GT6039'],
  ['volumes/*/size', 'GT6040'],
  // A task that fails is restarted on its node, and nothing moves it.
  ['services/*/reschedule', 'GT6042'],
])

type Schema = Parameters<typeof definitionOf>[0]

/** Paths of all leaves below a schema, `*` for any key; unions are all of their members. */
function leavesOf(schema: Schema, path: string): string[] {
  const { shape, innerType, element, valueType, options: members, type } = definitionOf(schema)
  const inner = innerType ?? undefined
  if (shape) return Object.entries(shape).flatMap(([key, value]) => leavesOf(value, join(path, key)))
  if (inner) return leavesOf(inner, path)
  if (type === 'array' && element) return leavesIn(element, `${path}/*`)
  if (valueType) return leavesIn(valueType, `${path}/*`)
  if (members) return [...new Set(members.flatMap((each) => leavesIn(each, path)))]
  return [path]
}

/** Conditions hold conditions: deeper ones are like the first. */
function leavesIn(schema: Schema, path: string): string[] {
  return path.split('/').length > 12 ? [] : leavesOf(schema, path)
}

/** Parts of values that are refused as a whole. */
const partsOfRefused = ['path', 'server', 'options', 'name'].map((key) => `volumes/*/driver/${key}`)

const isBelow = (leaf: string, path: string) => leaf === path || leaf.startsWith(`${path}/`)

describe('every part of the document', () => {
  const leaves = leavesOf(stackDocument, '')
  const refused = rules.filter(({ except, when }) => !except && !when).map(({ path }) => path.join('/'))

  test('is carried out, noticed or refused by name', () => {
    expect(leaves.length).toBeGreaterThan(200)
    const dropped = leaves.filter(
      (leaf) =>
        ![...carriedOut.keys(), ...noticed.keys(), ...refused, ...partsOfRefused].some((path) =>
          isBelow(leaf, path),
        ),
    )
    expect(dropped).toEqual([])
  })

  test('that is carried out is shown by a test that is there', () => {
    for (const [path, [file, title]] of carriedOut) {
      expect(
        leaves.some((leaf) => isBelow(leaf, path)),
        path,
      ).toBe(true)
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      expect(text.includes(title), `${file}: ${title}`).toBe(true)
    }
  })

  test('that is noticed is part of the schema, and its code is a notice', () => {
    for (const [path, code] of noticed) {
      expect(
        leaves.some((leaf) => isBelow(leaf, path)),
        path,
      ).toBe(true)
      expect(supportCodes[code]).toMatchObject({ severity: 'notice' })
    }
  })

  test('that is refused is part of the schema, and every code is used', () => {
    for (const { path } of rules)
      expect(
        leaves.some((leaf) => isBelow(leaf, path.join('/')) || isBelow(path.join('/'), leaf)),
        path.join('/'),
      ).toBe(true)
    const used = new Set([...rules.map(({ code }) => code), ...noticed.values()])
    expect([...used].sort()).toEqual(Object.keys(supportCodes).sort())
  })
})

test('what is gone past is said once for a stack, with its addresses, and refuses nothing', () => {
  const document = documentOf({
    services: { web: serviceOf(), db: serviceOf({ onLost: 'fence', fenceAfterMs: 15_000 }) },
    volumes: {
      data: volumeOf({ size: 1024 }),
      memory: volumeOf({ driver: { kind: 'tmpfs' }, size: 1024, access: 'per-replica' }),
      free: volumeOf(),
    },
  })
  const said = (nodes: number) =>
    noticesOf(document, nodes).map(({ code, addresses }) => [code, ...addresses].join(' '))
  const always = ['GT6039 shop/db shop/web', 'GT6040 shop/volume:data']
  expect(said(1)).toEqual(always)
  expect(said(2)).toEqual([...always, 'GT6042 shop/db shop/web'])
  expect(unsupported(document)).toEqual([])
  expect(noticesOf(documentOf({ services: { web: serviceOf() } }), 1)).toEqual([])
})

test.each([
  ['rollback', 'rolled-back', 1],
  ['pause', 'failed', 2],
] as const)('a rollout that fails goes back or stays where it is: %s', (onFailure, status, target) => {
  const toy = new Toy(nodeOf('n1'))
  const apply = (tag: string) =>
    toy.apply(
      documentOf({
        services: { api: serviceOf({ template: imageOf(tag), rollout: rolloutOf({ onFailure }) }) },
      }),
    )
  apply('1')
  toy.pass(60_000)
  toy.isGood = (task) => task.revision === 1
  apply('2')
  toy.pass(600_000)
  expect(toy.state.services.get('shop/api')).toMatchObject({ target, rollout: { status } })
})

test('what is said by default is carried out', () => {
  const document = documentOf({
    services: { api: serviceOf({ fenceAfterMs: 15_000, onLost: 'fence' }) },
    jobs: { seed: jobOf() },
    volumes: { data: volumeOf(), files: volumeOf({ access: 'shared', size: 1, reclaim: 'delete' }) },
    secrets: { token: { generateBytes: 24 } },
  })
  expect(unsupported(document)).toEqual([])
  const memory = volumeOf({ driver: { kind: 'tmpfs' }, access: 'per-replica' })
  expect(unsupported(documentOf({ volumes: { memory } }))).toEqual([])
  expect(unsupported(documentOf({ volumes: { data: volumeOf({ access: 'per-replica' }) } }))).toMatchObject([
    { code: 'GT6026', address: 'shop/volume:data' },
  ])
})

test('a udp port that is not published is all right, and one that is published is not', () => {
  const document = (published?: number) =>
    documentOf({
      services: {
        dns: serviceOf({
          template: templateOf({
            ports: { dns: { container: 53, protocol: 'udp', ...(published ? { published } : {}) } },
          }),
        }),
      },
    })
  expect(unsupported(document())).toEqual([])
  expect(unsupported(document(5353))).toEqual([
    {
      code: 'GT6015',
      address: 'shop/dns',
      path: 'services/dns/template/ports/dns',
      what: 'shop/dns publishes a udp port, which is not carried out yet',
      fix: supportCodes.GT6015.fix,
    },
  ])
})

test('a refusal names the address of what it is about', () => {
  const document: StackDocument = {
    ...documentOf({ volumes: { cache: volumeOf({ driver: { kind: 'bind', path: '/x' } }) } }),
    configs: { nginx: { content: [''], mode: '0444', onChange: 'restart' } },
    outputs: { url: { text: ['x'] } },
  }
  expect(unsupported(document).map(({ address, code }) => [address, code])).toEqual([
    ['shop', 'GT6031'],
    ['shop/config:nginx', 'GT6018'],
    ['shop/volume:cache', 'GT6025'],
  ])
})

test('what is said several times of one thing is refused once', () => {
  const config = 'nope'
  const configs = { '/a': config, '/b': config }
  const document = documentOf({ services: { api: serviceOf({ template: templateOf({ configs }) }) } })
  expect(unsupported(document)).toMatchObject([
    { code: 'GT6018', address: 'shop/api', path: 'services/api/template/configs/~1a' },
  ])
})

test('an apply is refused by what is not carried out, with its own exit code', () => {
  const state = clusterOf(nodeOf('n1'))
  const document = documentOf({ services: { api: serviceOf({ priority: 80 }) } })
  expect(applyStack(state, wishOf(state, document), 0)).toMatchObject({
    ok: false,
    exit: 5,
    what: 'GT6010 shop/api has a priority of its own, which is not carried out yet',
    fix: 'leave priority away',
  })
})

test('whatever a document says, the answer is a list of known codes, the same each time', () => {
  fc.assert(
    fc.property(anyOf(stackDocument), (document) => {
      const found = unsupported(document)
      for (const { code } of found) expect(code !== undefined && code in supportCodes).toBe(true)
      expect(canonicalJson(unsupported(structuredClone(document)))).toBe(canonicalJson(found))
      expect(validateDocument(document)).toBeInstanceOf(Array)
    }),
    { numRuns: 100 },
  )
})
