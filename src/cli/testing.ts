// A stack document that has one of everything, for tests of what shows documents.

import { stackDocument } from '../model/index.ts'
import type { StackDocument } from '../model/index.ts'

const container = (ref: string) => ({
  image: { ref },
  env: {},
  labels: {},
  mounts: {},
  secretFiles: [] as string[],
  resources: { cpu: 0, memory: 0 },
  readOnlyRoot: false,
  stopGraceMs: 10_000,
})

const service = (template: object, over: object = {}) => ({
  template: { ports: {}, ...template },
  replicas: 1,
  placement: { require: [] },
  priority: 50,
  rollout: {
    batch: { percent: 25 },
    order: 'start-first',
    minHealthyMs: 5000,
    deadlineMs: 300_000,
    onFailure: 'rollback',
  },
  reschedule: null,
  onLost: 'replace',
  dependsOn: [],
  reaches: [],
  ...over,
})

const job = (template: object, over: object = {}) => ({
  template: { ports: {}, ...template },
  placement: { require: [] },
  priority: 50,
  retries: 3,
  backoff: { delayMs: 10_000, maxDelayMs: 600_000 },
  completions: 1,
  parallelism: 1,
  trigger: 'apply',
  dependsOn: [],
  reaches: [],
  ...over,
})

const pg = { endpoint: { service: 'db', port: 'pg', container: 5432 } }
const databaseUrl = { text: ['postgres://app:', { secret: 'db-password' }, '@', pg, '/shop'] }

/** The shop of the documentation. Parsed by the schema, so that it cannot fall behind. */
export function shopDocument(): StackDocument {
  return stackDocument.parse({
    format: 1,
    stack: 'shop',
    inputs: { stage: 'prod', domain: 'shop.example' },
    services: {
      db: service(
        {
          ...container('postgres:17'),
          ports: { pg: { container: 5432, protocol: 'tcp' } },
          env: { POSTGRES_PASSWORD_FILE: { secretFile: 'db-password' } },
          secretFiles: ['db-password'],
          mounts: { '/var/lib/postgresql/data': { volume: 'db-data', readOnly: false } },
        },
        { onLost: 'fence', fenceAfterMs: 15_000 },
      ),
      api: service(
        {
          ...container('shop/api:2.1'),
          ports: {
            http: { container: 8080, protocol: 'http' },
            metrics: { container: 9090, protocol: 'http' },
          },
          env: { DATABASE_URL: databaseUrl, LOG: { text: ['info'] } },
          sidecars: {
            proxy: { ...container('envoy:1.30'), configs: { '/etc/envoy.yaml': 'envoy' } },
          },
        },
        {
          scaling: { min: 2, max: 20, rules: [], targets: [], protectMs: 0 },
          replicas: 2,
          dependsOn: [{ on: 'db', until: 'healthy' }],
          rollout: { ...service({}).rollout, before: 'migrate' },
          placement: { require: [], near: [{ service: 'db', away: true, weight: 20 }] },
          reaches: [
            { service: 'db', port: 'pg' },
            { service: 'web', port: 'http' },
          ],
        },
      ),
      web: service(
        {
          ...container('shop/web:2.1'),
          ports: { http: { container: 80, protocol: 'http', published: 8080 } },
          env: {
            API: { text: [{ endpoint: { service: 'api', port: 'http', container: 8080 } }] },
            TRACES: { text: ['http://', { output: { stack: 'observe', name: 'collector' } }] },
          },
          mounts: { '/media': { volume: 'media', readOnly: true } },
        },
        { replicas: 3 },
      ),
      agent: service(container('shop/agent:1'), { perNode: true }),
    },
    jobs: {
      migrate: job(
        { ...container('shop/api:2.1'), env: { DATABASE_URL: databaseUrl } },
        { trigger: 'rollout' },
      ),
      seed: job(container('shop/seed:1'), { dependsOn: [{ on: 'db', until: 'healthy' }] }),
    },
    crons: {
      report: {
        job: job({ ...container('shop/report:1'), env: { DATABASE_URL: databaseUrl } }, { trigger: 'run' }),
        schedule: { cron: ['30 2 * * 1-5'] },
        timezone: 'Europe/Amsterdam',
        overlap: 'forbid',
        missedMs: 300_000,
        history: { succeeded: 3, failed: 3 },
      },
    },
    volumes: {
      'db-data': {
        size: 20 * 1024 ** 3,
        access: 'single-writer',
        reclaim: 'retain',
        driver: { kind: 'local' },
      },
      media: {
        access: 'shared',
        reclaim: 'retain',
        driver: { kind: 'nfs', server: 'nas', path: '/media', options: [] },
      },
    },
    secrets: { 'db-password': { generateBytes: 24 } },
    configs: {
      envoy: {
        content: ['to: ', { endpoint: { service: 'api', port: 'http', container: 8080 } }],
        mode: '0444',
        onChange: 'restart',
      },
    },
    ingresses: {
      public: {
        hosts: ['shop.example', '*.shop.example'],
        routes: {
          '/api': { service: 'api', port: 'http', stripPrefix: false },
          '/': { service: 'web', port: 'http', stripPrefix: false },
        },
        tls: 'auto',
        redirect: true,
      },
    },
    outputs: {},
    acknowledged: [],
  })
}
