import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type {
  CronSpec,
  IngressSpec,
  ServiceSpec,
  Sidecar,
  StackDocument,
  TaskTemplate,
} from '../model/index.ts'
import {
  after,
  afterJob,
  documentOf,
  jobOf,
  rolloutOf,
  serviceOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { sidecar } from '../model/index.ts'
import { validateDocument } from './validate.ts'

const api = (template: Partial<TaskTemplate>, spec: Partial<ServiceSpec> = {}) =>
  documentOf({
    services: {
      api: serviceOf({ template: templateOf(template), ...spec }),
      db: serviceOf({ template: templateOf({ ports: { pg: { container: 5432, protocol: 'tcp' } } }) }),
    },
    volumes: { data: volumeOf(), files: volumeOf({ access: 'shared' }) },
    secrets: { token: {} },
  })

const health = (check: NonNullable<TaskTemplate['health']>['check']) => ({
  health: { check, intervalMs: 10_000, timeoutMs: 1000, failures: 3 },
})
const http = { http: { container: 80, protocol: 'http' as const } }
const published = { http: { container: 80, protocol: 'http' as const, published: 8080 } }
const data = { volume: 'data', readOnly: false }

/** A container without what only a main one has. */
const bare: Sidecar = sidecar.parse(
  Object.fromEntries(Object.entries(templateOf()).filter(([key]) => key !== 'ports')),
)

const ingressTo = (service: string, port: string): IngressSpec => ({
  hosts: ['shop.example.org'],
  routes: { '/': { service, port, stripPrefix: false } },
  tls: 'off',
  redirect: false,
})

const cronOf = (): CronSpec => ({
  job: jobOf({ trigger: 'run' }),
  schedule: { cron: ['0 2 * * *'] },
  timezone: 'UTC',
  overlap: 'forbid',
  missedMs: 0,
  history: { succeeded: 3, failed: 3 },
})

test.each<[string, StackDocument]>([
  [
    'one number of tcp and of udp',
    api({
      ports: { ...published, dns: { container: 53, protocol: 'udp', hostPort: 8080 } },
    }),
  ],
  ['nothing at all', documentOf()],
  [
    'references to what is declared',
    api({
      mounts: { '/files': { volume: 'files', readOnly: false } },
      secretFiles: ['token'],
      env: {
        A: { text: ['x', { endpoint: { service: 'db', port: 'pg', container: 5432 } }, { secret: 'token' }] },
        B: { secretFile: 'token' },
        C: { text: [{ host: { service: 'db', port: 'pg' } }] },
        D: { text: [{ portNumber: { service: 'db', port: 'pg', container: 5432 } }] },
      },
      ports: http,
      ...health({ kind: 'http', path: '/healthz', port: 'http' }),
    }),
  ],
  [
    'a single writer that stops first',
    api({ mounts: { '/data': data } }, { rollout: rolloutOf({ order: 'stop-first' }), onLost: 'fence' }),
  ],
  [
    'many readers of a single writer',
    api({ mounts: { '/data': { volume: 'data', readOnly: true } } }, { replicas: 5 }),
  ],
  ['a command as a probe', api(health({ kind: 'exec', command: ['true'] }))],
  [
    'known attributes of nodes',
    api(
      {},
      {
        placement: {
          require: ['node.id', 'node.name', 'node.os', 'node.arch', 'node.labels.disk'].map((attribute) => ({
            attribute,
            operator: '==' as const,
            value: 'x',
          })),
        },
      },
    ),
  ],
  [
    'a chain of dependencies',
    documentOf({
      services: {
        a: serviceOf({ dependsOn: [after('b'), afterJob('c')] }),
        b: serviceOf({ dependsOn: [afterJob('c')] }),
      },
      jobs: { c: jobOf() },
    }),
  ],
])('%s is all right', (_, document) => expect(validateDocument(document)).toEqual([]))

test.each<[string, StackDocument, string, string]>([
  [
    'a volume that is not declared',
    api({ mounts: { '/x': { volume: 'nope', readOnly: false } } }),
    'shop/api mounts shop/volume:nope at /x, which is not declared',
    'declare the volume in the same stack',
  ],
  [
    'a secret file that is not declared',
    api({ secretFiles: ['nope'] }),
    'shop/api uses shop/secret:nope, which is not declared',
    'declare the secret in the same stack',
  ],
  [
    'a secret in a text that is not declared',
    api({ env: { A: { text: [{ secret: 'nope' }] } } }),
    'shop/api uses shop/secret:nope, which is not declared',
    'declare the secret in the same stack',
  ],
  [
    'a secret in the environment that is not declared',
    api({ env: { A: { secretFile: 'nope' } } }),
    'shop/api uses shop/secret:nope, which is not declared',
    'declare the secret in the same stack',
  ],
  [
    'a service that is not declared',
    api({ env: { A: { text: [{ endpoint: { service: 'nope', port: 'pg', container: 5432 } }] } } }),
    'shop/api speaks of the service nope, which is not declared',
    'name a service of the same stack',
  ],
  [
    'a port that is not declared',
    api({ env: { A: { text: [{ endpoint: { service: 'db', port: 'pgsql', container: 5432 } }] } } }),
    'shop/api speaks of the port pgsql of db, which is not declared',
    'name one of its ports: pg',
  ],
  [
    'a port of a service that has none',
    api({ env: { A: { text: [{ endpoint: { service: 'api', port: 'http', container: 80 } }] } } }),
    'shop/api speaks of the port http of api, which is not declared',
    'name one of its ports: it has none',
  ],
  [
    'the host of a port that is not declared',
    api({ env: { A: { text: [{ host: { service: 'db', port: 'pgsql' } }] } } }),
    'shop/api speaks of the port pgsql of db, which is not declared',
    'name one of its ports: pg',
  ],
  [
    'another number of a port alone than is declared',
    api({ env: { A: { text: [{ portNumber: { service: 'db', port: 'pg', container: 5433 } }] } } }),
    'shop/api speaks of the port pg of db as 5433, and db declares it as 5432',
    'compile the stack again',
  ],
  [
    'another number of a port than is declared',
    api({ env: { A: { text: [{ endpoint: { service: 'db', port: 'pg', container: 5433 } }] } } }),
    'shop/api speaks of the port pg of db as 5433, and db declares it as 5432',
    'compile the stack again',
  ],
  [
    'a service that has the name of what every object has',
    api({ env: { A: { text: [{ endpoint: { service: 'constructor', port: 'name', container: 1 } }] } } }),
    'shop/api speaks of the service constructor, which is not declared',
    'name a service of the same stack',
  ],
  [
    'a probe of a port that is not declared',
    api({ ports: http, ...health({ kind: 'tcp', port: 'grpc' }) }),
    'shop/api is probed on its port grpc, which is not declared',
    'name one of its ports: http',
  ],
  [
    'a probe of a relative path',
    api({ ports: http, ...health({ kind: 'http', path: 'healthz', port: 'http' }) }),
    'shop/api is probed at the path healthz',
    'write /healthz',
  ],
  [
    'a dependency that is not declared',
    api({}, { dependsOn: [after('nope')] }),
    'shop/api depends on nope, which is not declared',
    'name a service or a job of the same stack',
  ],
  [
    'a service that waits for itself',
    api({}, { dependsOn: [after('api')] }),
    'shop/api waits for shop/api: none would ever start',
    'take one of them out of dependsOn',
  ],
  [
    'a circle of dependencies',
    documentOf({
      services: {
        d: serviceOf({ dependsOn: [after('c')] }),
        c: serviceOf({ dependsOn: [after('b')] }),
        b: serviceOf({ dependsOn: [afterJob('a')] }),
      },
      jobs: { a: jobOf({ dependsOn: [after('c')] }) },
    }),
    'shop/a waits for shop/c waits for shop/b waits for shop/a: none would ever start',
    'take one of them out of dependsOn',
  ],
  [
    'a service and a job of one name',
    documentOf({ services: { api: serviceOf() }, jobs: { api: jobOf() } }),
    'shop/api is both a service and a job',
    'give one of them another name',
  ],
  [
    'one port published by two services',
    documentOf({
      services: {
        api: serviceOf({ template: templateOf({ ports: published }) }),
        web: serviceOf({ template: templateOf({ ports: published }) }),
      },
    }),
    'shop/web publishes port 8080, which shop/api publishes already',
    'publish it on another port',
  ],
  [
    'one port published twice by a service',
    api({ ports: { ...published, more: { container: 81, protocol: 'tcp', published: 8080 } } }),
    'shop/api publishes port 8080, which it publishes already',
    'publish it on another port',
  ],
  [
    'a job that publishes a port',
    documentOf({ jobs: { seed: jobOf({ template: templateOf({ ports: published }) }) } }),
    'the job shop/seed publishes its port http',
    'only a service can publish a port',
  ],
  [
    'an attribute that nodes do not have',
    api({}, { placement: { require: [{ attribute: 'node.kernel', operator: '==', value: 'a' }] } }),
    'shop/api is placed by node.kernel, which no node has',
    'nodes have node.id, node.name, node.os, node.arch, node.zone, node.region, node.cpu, node.memory and node.labels.NAME',
  ],
  [
    'a label without a name',
    api({}, { placement: { require: [{ attribute: 'node.labels.', operator: '==', value: 'a' }] } }),
    'shop/api is placed by node.labels., which no node has',
    'nodes have node.id, node.name, node.os, node.arch, node.zone, node.region, node.cpu, node.memory and node.labels.NAME',
  ],
  [
    'several replicas that write what allows one writer',
    api({ mounts: { '/data': data } }, { replicas: 2, rollout: rolloutOf({ order: 'stop-first' }) }),
    'shop/api has 2 replicas and shop/volume:data allows a single writer',
    "one replica, or access 'shared'",
  ],
  [
    'a second writer during a rollout',
    api({ mounts: { '/data': data } }),
    'shop/api starts a new task before the old one has stopped, and shop/volume:data allows a single writer',
    "rollout order 'stop-first'",
  ],
  [
    'a writer that a lost node may still run beside',
    api({ mounts: { '/data': data } }, { rollout: rolloutOf({ order: 'stop-first' }) }),
    'shop/api is replaced while a lost node may still run it, and shop/volume:data allows a single writer',
    "onLost 'fence'",
  ],
  [
    'a job that writes what a service writes',
    {
      ...api({ mounts: { '/data': data } }, { rollout: rolloutOf({ order: 'stop-first' }), onLost: 'fence' }),
      jobs: { seed: jobOf({ template: templateOf({ mounts: { '/x': data } }) }) },
    },
    'shop/seed writes shop/volume:data, which shop/api writes already, and it allows a single writer',
    "mount it read-only, or with access 'shared'",
  ],
  [
    'a config that is not declared',
    api({ configs: { '/etc/x': 'nope' } }),
    'shop/api mounts shop/config:nope at /etc/x, which is not declared',
    'declare the config in the same stack',
  ],
  [
    'a volume of a sidecar that is not declared',
    api({ sidecars: { proxy: { ...bare, mounts: { '/x': { volume: 'nope', readOnly: false } } } } }),
    'shop/api mounts shop/volume:nope at /x, which is not declared',
    'declare the volume in the same stack',
  ],
  [
    'an address in an init container of what is not there',
    api({
      initContainers: [
        {
          ...bare,
          name: 'wait',
          env: { A: { text: [{ endpoint: { service: 'nope', port: 'pg', container: 1 } }] } },
        },
      ],
    }),
    'shop/api speaks of the service nope, which is not declared',
    'name a service of the same stack',
  ],
  [
    'a config that speaks of a secret that is not declared',
    {
      ...documentOf(),
      configs: { nginx: { content: ['x', { secret: 'nope' }], mode: '0444', onChange: 'restart' } },
    },
    'shop/config:nginx uses shop/secret:nope, which is not declared',
    'declare the secret in the same stack',
  ],
  [
    'an output with a secret',
    { ...api({}), outputs: { url: { text: [{ secret: 'token' }] } } },
    'shop hands out the secret token',
    'an output is for everybody: take the secret out of it',
  ],
  [
    'a service to reach that is not declared',
    api({}, { reaches: [{ service: 'nope' }] }),
    'shop/api reaches the service nope, which is not declared',
    'name a service of the same stack',
  ],
  [
    'a port to reach that is not declared',
    api({}, { reaches: [{ service: 'db', port: 'http' }] }),
    'shop/api reaches the port http of db, which is not declared',
    'name one of its ports: pg',
  ],
  [
    'a neighbour that is not declared',
    api({}, { placement: { require: [], near: [{ service: 'nope', away: true }] } }),
    'shop/api is placed by where nope is, which is not declared',
    'name a service or a job of the same stack',
  ],
  [
    'a spread over what is a number',
    api({}, { placement: { require: [], spread: [{ attribute: 'node.cpu', weight: 1 }] } }),
    'shop/api is placed by a spread over node.cpu, which no node has a few values of',
    'nodes have node.id, node.name, node.os, node.arch, node.zone, node.region, node.cpu, node.memory and node.labels.NAME',
  ],
  [
    'a job before a rollout that is not declared',
    api({}, { rollout: rolloutOf({ before: 'nope' }) }),
    'shop/api runs the job nope before its rollouts, which is not declared',
    'name a job of the same stack',
  ],
  [
    'a job before a rollout that an apply starts',
    { ...api({}, { rollout: rolloutOf({ before: 'seed' }) }), jobs: { seed: jobOf() } },
    'shop/api runs the job seed before its rollouts, and its trigger is apply',
    'compile the stack again',
  ],
  [
    'a route to a port that speaks no HTTP',
    { ...api({}), ingresses: { public: ingressTo('db', 'pg') } },
    'shop/ingress:public leads / to the port pg of db, which is tcp',
    'lead it to an http or grpc port',
  ],
  [
    'a route to a service that is not declared',
    { ...api({}), ingresses: { public: ingressTo('nope', 'pg') } },
    'shop/ingress:public leads / to the service nope, which is not declared',
    'name a service of the same stack',
  ],
  [
    'a probe on a udp port',
    api({
      ports: { dns: { container: 53, protocol: 'udp' } },
      ...health({ kind: 'tcp', port: 'dns' }),
    }),
    'shop/api is probed on its port dns, which is udp',
    'probe another port, or by a command',
  ],
  [
    'a liveness probe on a port that is not declared',
    api({ probes: { liveness: health({ kind: 'tcp', port: 'nope' }).health } }),
    'shop/api is probed on its port nope, which is not declared',
    'name one of its ports: it has none',
  ],
  [
    'a service that is waited for until it has completed',
    api({}, { dependsOn: [afterJob('db')] }),
    'shop/api waits until the service db has completed, which it never does',
    "wait until it is 'healthy'",
  ],
  [
    'a job that is waited for until it is healthy',
    { ...api({}, { dependsOn: [after('seed')] }), jobs: { seed: jobOf() } },
    'shop/api waits until the job seed is healthy',
    "wait until it has 'completed'",
  ],
  [
    'a job that nobody starts is waited for',
    { ...api({}, { dependsOn: [afterJob('seed')] }), jobs: { seed: jobOf({ trigger: 'run' }) } },
    'shop/api waits for the job seed, which no apply starts',
    'take it out of dependsOn',
  ],
  [
    'a host port that the stack publishes on every host',
    api({
      ports: { ...published, own: { container: 81, protocol: 'tcp', hostPort: 8080 } },
    }),
    'shop/api takes port 8080 of its host, which it publishes already',
    'take another port',
  ],
  [
    'a cron of the name of a service',
    { ...api({}), crons: { db: cronOf() } },
    'shop/db is both a service and a cron',
    'give one of them another name',
  ],
  [
    'a mount with a slash too many',
    api({ mounts: { '/files/': { volume: 'files', readOnly: false } } }),
    'shop/api mounts a volume at /files/, which is not a plain absolute path of a folder',
    'write /files',
  ],
  [
    'a mount over everything',
    api({ mounts: { '/': { volume: 'files', readOnly: false } } }),
    'shop/api mounts a volume at /, which is not a plain absolute path of a folder',
    'mount it at another path',
  ],
  [
    'a mount that climbs',
    api({ mounts: { '/a/../b': { volume: 'files', readOnly: false } } }),
    'shop/api mounts a volume at /a/../b, which is not a plain absolute path of a folder',
    'mount it at another path',
  ],
  [
    'a mount where the secrets are',
    api({ mounts: { '/run/secrets': { volume: 'files', readOnly: false } } }),
    'shop/api mounts a volume at /run/secrets, where its secrets are',
    'mount it at another path',
  ],
  [
    'a variable that is two',
    api({ env: { 'A=B': { text: ['x'] } } }),
    'shop/api sets the environment variable "A=B"',
    'a name is not empty and holds no "="',
  ],
  [
    "a label of gantry's own",
    api({ labels: { 'gantry.task': 'x' } }),
    'shop/api sets the label "gantry.task"',
    'labels that begin with "gantry." are gantry\'s own',
  ],
])('%s is refused', (_, document, what, fix) => {
  const [refusal, ...others] = validateDocument(document)
  expect({ what: refusal?.what, fix: refusal?.fix }).toEqual({ what, fix })
  expect(others).toEqual([])
})

describe('of dependencies', () => {
  const names = Array.from({ length: 8 }, (_, index) => `s${index}`)
  const graph = fc.array(fc.subarray(names), { minLength: names.length, maxLength: names.length })

  test('exactly those are refused in which something can never start', () =>
    fc.assert(
      fc.property(graph, (edges) => {
        const needs = new Map(names.map((name, index) => [name, edges[index] ?? []]))
        const started = new Set<string>()
        for (let isBusy = true; isBusy;) {
          isBusy = false
          for (const [name, on] of needs)
            if (!started.has(name) && on.every((each) => started.has(each))) {
              started.add(name)
              isBusy = true
            }
        }
        const document = documentOf({
          services: Object.fromEntries(
            [...needs].map(([name, dependsOn]) => [name, serviceOf({ dependsOn: dependsOn.map(after) })]),
          ),
        })
        const refusals = validateDocument(document)
        expect(refusals.length === 0).toBe(started.size === names.length)
        // What is named really is a circle.
        for (const { what } of refusals) {
          const path = (what.split(':')[0] ?? '')
            .split(' waits for ')
            .map((each) => each.replace('shop/', ''))
          for (const [index, name] of path.slice(0, -1).entries())
            expect(needs.get(name)).toContain(path[index + 1])
          expect(path[0]).toBe(path.at(-1))
        }
      }),
    ))

  test('a chain of ten thousand neither takes long nor overflows anything', () => {
    const chain = (isClosed: boolean) =>
      documentOf({
        services: Object.fromEntries(
          Array.from({ length: 10_000 }, (_, index) => [
            `s${index}`,
            serviceOf({ dependsOn: index > 0 ? [after(`s${index - 1}`)] : isClosed ? [after('s9999')] : [] }),
          ]),
        ),
      })
    expect(validateDocument(chain(false))).toEqual([])
    expect(validateDocument(chain(true))).toHaveLength(1)
  }, 5000)
})
