// Arbitrary stack documents for property tests: small, valid, and close to each other, so that two of them share much
// and differ in everything that can differ.

import fc from 'fast-check'
import type { JobSpec, Probe, ServiceSpec, StackDocument, TaskTemplate } from '../../src/model/index.ts'
import { after, job, service, stackDocument, template, text } from './documents.ts'

const serviceNames = ['api', 'db', 'web'] as const
const volumeNames = ['data', 'media'] as const
const secretNames = ['key', 'token'] as const

/** Text as nobody hopes to see it: control characters, direction marks, wide and combining characters. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.constantFrom(
    '\u001b[2J',
    '\u202egnirts',
    'a\r\nb',
    '\u0000',
    '漢字'.repeat(30),
    '\u0065\u0301'.repeat(50),
    '👩‍👩‍👧',
    '__proto__',
    '',
  ),
)

function anyTemplate(
  volumes: readonly string[],
  secrets: readonly string[],
  value: fc.Arbitrary<string>,
): fc.Arbitrary<TaskTemplate> {
  return fc
    .record({
      tag: fc.constantFrom('1', '2'),
      isBuilt: fc.boolean(),
      value,
      hasCommand: fc.boolean(),
      port: fc.constantFrom(null, 80, 8080),
      volume: fc.constantFrom(null, ...volumes),
      secret: fc.constantFrom(null, ...secrets),
      isFile: fc.boolean(),
      memory: fc.constantFrom(0, 64 * 1024 ** 2),
      hasHealth: fc.boolean(),
      grace: fc.constantFrom(10_000, 30_000),
    })
    .map((given) =>
      template({
        image: given.isBuilt
          ? { build: { context: './app', dockerfile: 'Dockerfile', args: {}, digest: given.tag.repeat(64) } }
          : { ref: `app:${given.tag}` },
        ...(given.hasCommand ? { command: ['serve', given.value] } : {}),
        env: { VALUE: text(given.value), ...secretEnv(given.secret, given.isFile) },
        secretFiles: given.secret !== null && given.isFile ? [given.secret] : [],
        ports: given.port === null ? {} : { http: { container: given.port, protocol: 'http' } },
        mounts: given.volume === null ? {} : { '/data': { volume: given.volume, readOnly: false } },
        resources: { cpu: 0, memory: given.memory },
        ...(given.hasHealth && given.port !== null ? { health: probe } : {}),
        stopGraceMs: given.grace,
      }),
    )
}

const probe: Probe = {
  check: { kind: 'tcp', port: 'http' },
  intervalMs: 10_000,
  timeoutMs: 1000,
  failures: 3,
}

function secretEnv(secret: string | null, isFile: boolean): TaskTemplate['env'] {
  if (secret === null) return {}
  return { SECRET: isFile ? { secretFile: secret } : { text: ['x-', { secret }] } }
}

export interface AnyDocumentOptions {
  readonly stack?: string
  /** For values of the environment; few, so that two documents often agree. */
  readonly value?: fc.Arbitrary<string>
  /** Also requirements that no node meets. */
  readonly canBeUnplaceable?: boolean
}

export function anyDocument(options: AnyDocumentOptions = {}): fc.Arbitrary<StackDocument> {
  const { stack = 'shop', value = fc.constantFrom('a', 'b'), canBeUnplaceable = false } = options
  return fc
    .record({
      volumes: fc.subarray([...volumeNames]),
      secrets: fc.subarray([...secretNames]),
      services: fc.subarray([...serviceNames]),
      jobs: fc.subarray(['seed']),
    })
    .chain((names) =>
      fc
        .record({
          services: fc.tuple(
            ...names.services.map((_, index) =>
              anyService(
                anyTemplate(names.volumes, names.secrets, value),
                names.services.slice(0, index),
                canBeUnplaceable,
              ),
            ),
          ),
          jobs: fc.tuple(
            ...names.jobs.map(() => anyJob(anyTemplate(names.volumes, names.secrets, value), names.services)),
          ),
          volume: fc.record({
            access: fc.constant('shared' as const),
            driver: fc.constant({ kind: 'local' as const }),
            reclaim: fc.constantFrom('retain' as const, 'delete' as const),
          }),
          generateBytes: fc.constantFrom(16, 32),
        })
        .map((specs) =>
          stackDocument(stack, {
            services: withReferences(named(names.services, specs.services)),
            jobs: named(names.jobs, specs.jobs),
            volumes: Object.fromEntries(names.volumes.map((name) => [name, specs.volume])),
            secrets: Object.fromEntries(
              names.secrets.map((name) => [name, { generateBytes: specs.generateBytes }]),
            ),
          }),
        ),
    )
}

/** Every service speaks of the port of the one before it, if that has one. */
function withReferences(services: Record<string, ServiceSpec>): Record<string, ServiceSpec> {
  const all = Object.entries(services)
  return Object.fromEntries(
    all.map(([name, spec], index) => {
      const [other, before] = all[index - 1] ?? []
      const port = before?.template.ports['http']
      if (other === undefined || port === undefined) return [name, spec]
      const { container } = port
      const upstream = { text: ['http://', { endpoint: { service: other, port: 'http', container } }] }
      return [
        name,
        { ...spec, template: { ...spec.template, env: { ...spec.template.env, UPSTREAM: upstream } } },
      ]
    }),
  )
}

function named<Spec>(names: readonly string[], specs: readonly Spec[]): Record<string, Spec> {
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const spec = specs[index]
      return spec === undefined ? [] : [[name, spec] as const]
    }),
  )
}

function anyService(
  anyTemplate: fc.Arbitrary<TaskTemplate>,
  earlier: readonly string[],
  canBeUnplaceable: boolean,
): fc.Arbitrary<ServiceSpec> {
  return fc
    .record({
      template: anyTemplate,
      replicas: fc.integer({ min: 0, max: 3 }),
      order: fc.constantFrom('start-first' as const, 'stop-first' as const),
      count: fc.constantFrom(1, 2),
      dependsOn: fc.subarray([...earlier]),
      isImpossible: canBeUnplaceable ? fc.boolean() : fc.constant(false),
    })
    .map(({ template, replicas, order, count, dependsOn, isImpossible }) => ({
      ...service(),
      template,
      replicas,
      rollout: { ...service().rollout, order, batch: { count } },
      placement: {
        require: isImpossible ? [{ attribute: 'node.name', operator: '==' as const, value: 'nowhere' }] : [],
      },
      dependsOn: dependsOn.map(after),
    }))
}

function anyJob(anyTemplate: fc.Arbitrary<TaskTemplate>, services: readonly string[]): fc.Arbitrary<JobSpec> {
  return fc
    .record({
      template: anyTemplate,
      retries: fc.constantFrom(0, 3),
      dependsOn: fc.subarray([...services]),
    })
    .map(({ dependsOn, ...given }) => ({ ...job(), ...given, dependsOn: dependsOn.map(after) }))
}
