import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileText } from '../../test/support/any-documents.ts'
import { job, service } from '../../test/support/documents.ts'
import { canonicalJson, serviceSpec } from '../model/index.ts'
import type { ServiceSpec, TaskTemplate } from '../model/index.ts'
import { differences, jobFields, secretFields, serviceFields, volumeFields } from './fields.ts'

const word = fc.constantFrom('a', 'b-c', 'x y', '')
const name = fc.constantFrom('a', 'bc')
const strings = fc.array(word, { maxLength: 2 })
const record = <Value>(value: fc.Arbitrary<Value>) =>
  fc.dictionary(name, value, { maxKeys: 2, noNullPrototype: true })
const part = fc.oneof(
  word,
  fc.record({ secret: name }),
  fc.record({ endpoint: fc.record({ service: name, port: name, container: fc.constantFrom(1, 2) }) }),
)
const port = fc.record(
  {
    container: fc.constantFrom(1, 2),
    protocol: fc.constantFrom('tcp' as const, 'http' as const),
    published: fc.constantFrom(1, 2),
  },
  { requiredKeys: ['container', 'protocol'] },
)
const check = fc.oneof(
  fc.record({ kind: fc.constant('http' as const), path: word, port: name }),
  fc.record({ kind: fc.constant('tcp' as const), port: name }),
  fc.record({ kind: fc.constant('exec' as const), command: fc.array(word, { minLength: 1, maxLength: 2 }) }),
)

/** Everything a service may say, each of it in a few forms. */
const anySpec: fc.Arbitrary<ServiceSpec> = fc.record({
  template: fc.record(
    {
      image: fc.oneof(
        fc.record({ ref: fc.constantFrom('a:1', 'a:2') }),
        fc.record({
          build: fc.record({
            context: fc.constantFrom('./a', './b'),
            dockerfile: fc.constantFrom('Dockerfile', 'Other'),
            args: record(word),
            digest: fc.constantFrom('1'.repeat(64), '1'.repeat(63) + '2'),
          }),
        }),
      ),
      command: strings,
      args: strings,
      env: record(
        fc.oneof(fc.record({ text: fc.array(part, { maxLength: 3 }) }), fc.record({ secretFile: name })),
      ),
      labels: record(word),
      ports: record(port),
      mounts: fc.dictionary(
        fc.constantFrom('/a', '/b'),
        fc.record({ volume: name, readOnly: fc.boolean() }),
        {
          noNullPrototype: true,
        },
      ),
      secretFiles: fc.subarray(['a', 'bc']),
      resources: fc.record(
        {
          cpu: fc.constantFrom(0, 500),
          memory: fc.constantFrom(0, 1024),
          cpuLimit: fc.constantFrom(500, 1000),
        },
        { requiredKeys: ['cpu', 'memory'] },
      ),
      health: fc.record({
        check,
        intervalMs: fc.constantFrom(1000, 2000),
        timeoutMs: fc.constantFrom(1000, 2000),
        failures: fc.constantFrom(1, 2),
      }),
      user: word,
      workingDir: word,
      readOnlyRoot: fc.boolean(),
      stopSignal: word,
      stopGraceMs: fc.constantFrom(0, 1000),
    },
    {
      requiredKeys: [
        'image',
        'env',
        'labels',
        'ports',
        'mounts',
        'secretFiles',
        'resources',
        'readOnlyRoot',
        'stopGraceMs',
      ],
    },
  ),
  replicas: fc.constantFrom(0, 1),
  placement: fc.record({
    require: fc.array(
      fc.record({
        attribute: fc.constantFrom('node.id', 'node.name'),
        operator: fc.constantFrom('==' as const, '!=' as const),
        value: word,
      }),
      { maxLength: 2 },
    ),
  }),
  rollout: fc.record({
    batch: fc.oneof(
      fc.record({ count: fc.constantFrom(1, 2) }),
      fc.record({ percent: fc.constantFrom(1, 25) }),
    ),
    order: fc.constantFrom('start-first' as const, 'stop-first' as const),
    minHealthyMs: fc.constantFrom(0, 1000),
    deadlineMs: fc.constantFrom(0, 1000),
    onFailure: fc.constantFrom('rollback' as const, 'pause' as const),
  }),
  dependsOn: fc.subarray(['a', 'bc']),
})

test('two services that differ have a field that differs, and the same service has none', () => {
  fc.assert(
    fc.property(anySpec, anySpec, (a, b) => {
      expect(serviceSpec.safeParse(a).success).toBe(true)
      const found = differences(serviceFields(a), serviceFields(b))
      expect(found.length > 0).toBe(canonicalJson(a) !== canonicalJson(b))
      for (const { before, after } of found) expect(before).not.toBe(after)
      expect(differences(serviceFields(a), serviceFields(structuredClone(a)))).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test('any one member that differs is seen', () => {
  type Key = keyof TaskTemplate
  const keys: readonly Key[] = [
    ...([
      'image',
      'command',
      'args',
      'env',
      'labels',
      'ports',
      'mounts',
      'secretFiles',
      'resources',
    ] as const),
    ...(['health', 'user', 'workingDir', 'readOnlyRoot', 'stopSignal', 'stopGraceMs'] as const),
  ]
  expect([...keys].sort()).toEqual(Object.keys(serviceSpec.shape.template.shape).sort())
  fc.assert(
    fc.property(anySpec, anySpec, fc.constantFrom(...keys), (a, other, key) => {
      const b = { ...a, template: { ...a.template, [key]: other.template[key] } }
      const found = differences(serviceFields(a), serviceFields(b))
      expect(found.length > 0).toBe(canonicalJson(a) !== canonicalJson(b))
      for (const { path } of found) expect(path.slice(0, 2)).toEqual(['template', key])
    }),
    { numRuns: 500 },
  )
})

test('one thing that differs is one field, named by its path', () => {
  fc.assert(
    fc.property(anySpec, hostileText, (a, value) => {
      const b = structuredClone(a)
      b.template.env['ADDED'] = { text: [value] }
      expect(differences(serviceFields(a), serviceFields(b))).toMatchObject([
        { path: ['template', 'env', 'ADDED'], label: 'env ADDED', before: null },
      ])
      expect(differences(serviceFields(b), serviceFields(a))).toMatchObject([
        { path: ['template', 'env', 'ADDED'], after: null },
      ])
    }),
  )
})

const env = (given: TaskTemplate['env']) => serviceFields(service({ env: given }))

test.each([
  { name: 'a plain word', value: { text: ['info'] }, shown: 'info' },
  { name: 'words with a space', value: { text: ['hello ', 'world'] }, shown: '"hello world"' },
  { name: 'nothing', value: { text: [''] }, shown: '""' },
  { name: 'what looks like nothing', value: { text: ['(gone)'] }, shown: '"(gone)"' },
  { name: 'a control character', value: { text: ['\u001b[2J'] }, shown: String.raw`"\u001b[2J"` },
  {
    name: 'an endpoint and a secret',
    value: {
      text: [
        'pg://',
        { secret: 'pw' },
        '@',
        { endpoint: { service: 'db', port: 'pg', container: 5432 } },
        '/`${x}',
      ],
    },
    shown: 'text`pg://${secret:pw}@${db.ports.pg}/\\`\\${x}`',
  },
  { name: 'the file of a secret', value: { secretFile: 'pw' }, shown: 'file of secret:pw' },
])('$name is written so that it cannot be taken for something else', ({ value, shown }) => {
  expect(differences(env({}), env({ A: value }))).toMatchObject([
    { label: 'env A', before: null, after: shown },
  ])
})

test('a port whose number alone has changed shows both numbers', () => {
  const url = (...numbers: readonly number[]): TaskTemplate['env'][string] => ({
    text: ['x', ...numbers.map((container) => ({ endpoint: { service: 'db', port: 'pg', container } }))],
  })
  expect(differences(env({ A: url(5432) }), env({ A: url(5433) }))).toMatchObject([
    { before: 'text`x${db.ports.pg}` (5432)', after: 'text`x${db.ports.pg}` (5433)' },
  ])
  expect(differences(env({ A: url(1, 2) }), env({ A: url(1, 3) }))).toMatchObject([
    {
      before: 'text`x${db.ports.pg}${db.ports.pg}` (1, 2)',
      after: 'text`x${db.ports.pg}${db.ports.pg}` (1, 3)',
    },
  ])
  expect(differences(env({ A: url(5432) }), env({ A: url(5433, 1) }))).toMatchObject([
    { before: 'text`x${db.ports.pg}`', after: 'text`x${db.ports.pg}${db.ports.pg}`' },
  ])
})

test('values that read alike but are not are written as they are in the document', () => {
  expect(differences(env({ A: { text: ['ab'] } }), env({ A: { text: ['a', 'b'] } }))).toMatchObject([
    { before: '{"text":["ab"]}', after: '{"text":["a","b"]}' },
  ])
})

test('what went stands beside its kind', () => {
  const before = env({ A: { text: ['1'] }, B: { text: ['2'] } })
  const after = serviceFields(service({ env: { C: { text: ['3'] } }, stopGraceMs: 0 }))
  expect(differences(before, after).map(({ label }) => label)).toEqual([
    'env C',
    'env A',
    'env B',
    'stop grace',
  ])
})

test('jobs, volumes and secrets are compared too', () => {
  expect(differences(jobFields(job()), jobFields(job({}, { retries: 0 })))).toMatchObject([
    { path: ['retries'], before: '3', after: '0' },
  ])
  expect(
    differences(
      volumeFields({ access: 'shared', reclaim: 'retain' }),
      volumeFields({ access: 'shared', reclaim: 'delete', size: 1024 ** 3 }),
    ),
  ).toMatchObject([
    { label: 'size', before: null, after: '1Gi' },
    { label: 'reclaim', before: 'retain', after: 'delete' },
  ])
  expect(differences(secretFields({}), secretFields({ generateBytes: 16 }))).toMatchObject([
    { before: null, after: '16 random bytes' },
  ])
})
