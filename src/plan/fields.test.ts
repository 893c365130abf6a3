import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { hostileText } from '../../test/support/any-documents.ts'
import { anyOf } from '../../test/support/any-schema.ts'
import { job, service, volume } from '../../test/support/documents.ts'
import {
  canonicalJson,
  configSpec,
  cronSpec,
  ingressSpec,
  jobSpec,
  secretSpec,
  serviceSpec,
  volumeSpec,
} from '../model/index.ts'
import type { TaskTemplate } from '../model/index.ts'
import { differences } from './field.ts'
import type { Field } from './field.ts'
import {
  configFields,
  cronFields,
  ingressFields,
  jobFields,
  secretFields,
  serviceFields,
  volumeFields,
} from './fields.ts'

const anySpec = anyOf(serviceSpec)

const kinds = {
  service: [serviceSpec, serviceFields],
  job: [jobSpec, jobFields],
  cron: [cronSpec, cronFields],
  volume: [volumeSpec, volumeFields],
  secret: [secretSpec, secretFields],
  config: [configSpec, configFields],
  ingress: [ingressSpec, ingressFields],
} as const

/** Two of a kind differ when and only when a field does, and the field shows it. */
function checkKind<Spec>(schema: z.ZodType<Spec>, fields: (spec: Spec) => Field[]): void {
  fc.assert(
    fc.property(anyOf(schema), anyOf(schema), (a, b) => {
      expect(schema.safeParse(a).success).toBe(true)
      expect(differences(fields(a), fields(a))).toEqual([])
      const found = differences(fields(a), fields(b))
      expect(found.length > 0).toBe(canonicalJson(a) !== canonicalJson(b))
      for (const { before, after } of found) expect(before).not.toBe(after)
    }),
    { numRuns: 100 },
  )
}

describe('two that differ have a field that differs, and the same has none', () => {
  test('service', () => checkKind(...kinds.service))
  test('job', () => checkKind(...kinds.job))
  test('cron', () => checkKind(...kinds.cron))
  test('volume', () => checkKind(...kinds.volume))
  test('secret', () => checkKind(...kinds.secret))
  test('config', () => checkKind(...kinds.config))
  test('ingress', () => checkKind(...kinds.ingress))
})

test('any one member that differs is seen, at its place', () => {
  // Present or absent, at every depth: a member that no field is made from shows itself here.
  fc.assert(
    fc.property(anySpec, anySpec, fc.nat(), (a, other, pick) => {
      const places = placesIn(a, other)
      const place = places[pick % Math.max(1, places.length)]
      if (!place) return
      const b = structuredClone(a)
      set(b, place, at(other, place))
      if (!serviceSpec.safeParse(b).success) return
      const found = differences(serviceFields(a), serviceFields(b))
      expect(found.length > 0).toBe(canonicalJson(a) !== canonicalJson(b))
      const depth = Math.min(2, place.length)
      for (const { path } of found)
        expect(path.slice(0, depth)).toEqual(place.slice(0, path.length).slice(0, depth))
    }),
    { numRuns: 150 },
  )
})

type Plain = Record<string, unknown>
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Paths of members that the two do not agree in, down to three below the top. */
function placesIn(a: unknown, b: unknown, path: readonly string[] = []): string[][] {
  if (!isPlain(a) || !isPlain(b)) return []
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => canonicalJson(a[key] ?? null) !== canonicalJson(b[key] ?? null))
    .flatMap((key) => [[...path, key], ...(path.length < 3 ? placesIn(a[key], b[key], [...path, key]) : [])])
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner: unknown, key) => (isPlain(inner) ? inner[key] : undefined), value)
}

function set(value: unknown, path: readonly string[], to: unknown): void {
  const parent = at(value, path.slice(0, -1))
  const key = path.at(-1)
  if (!isPlain(parent) || key === undefined) return
  if (to === undefined) Reflect.deleteProperty(parent, key)
  else parent[key] = to
}

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
  {
    name: 'half of an address',
    value: {
      text: [
        { host: { service: 'db', port: 'pg' } },
        ' ',
        { portNumber: { service: 'db', port: 'pg', container: 1 } },
      ],
    },
    shown: 'text`${db.ports.pg.host} ${db.ports.pg.number}`',
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
  const number = (container: number): TaskTemplate['env'][string] => ({
    text: [{ portNumber: { service: 'db', port: 'pg', container } }],
  })
  expect(differences(env({ A: number(1) }), env({ A: number(2) }))).toMatchObject([
    { before: 'text`${db.ports.pg.number}` (1)', after: 'text`${db.ports.pg.number}` (2)' },
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

test('how long a fenced task goes on is said with what it goes on without', () => {
  const fenced = { ...service(), onLost: 'fence' as const, fenceAfterMs: 15_000 }
  const said = serviceFields(fenced).map(({ label, text }) => `${label} ${text}`)
  expect(said).toContain('fenced after 15s without a leader')
})

test('jobs, volumes and secrets are compared too', () => {
  expect(differences(jobFields(job()), jobFields(job({}, { retries: 0 })))).toMatchObject([
    { path: ['retries'], before: '3', after: '0' },
  ])
  expect(
    differences(volumeFields(volume()), volumeFields(volume({ reclaim: 'delete', size: 1024 ** 3 }))),
  ).toMatchObject([
    { label: 'size', before: null, after: '1Gi' },
    { label: 'reclaim', before: 'retain', after: 'delete' },
  ])
  expect(differences(secretFields({}), secretFields({ generateBytes: 16 }))).toMatchObject([
    { before: null, after: '16 random bytes' },
  ])
})
