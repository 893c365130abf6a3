// The stacks of the golden plans: a shop like examples/hello, with the spans a compiler would give.

import type { Sources, StackDocument } from '../../../src/model/index.ts'
import { after, job, line, service, stackDocument, text, volume } from '../../support/documents.ts'

const digestA = '3c1e9f'.padEnd(64, '0')
export const digestB = '9f2c41'.padEnd(64, '0')

export function image(
  context: string,
  digest = digestA,
): StackDocument['services'][string]['template']['image'] {
  return { build: { context, dockerfile: 'Dockerfile', args: {}, digest } }
}

export const sources: Sources = {
  files: { 'shop.stack.ts': '9f2c'.padEnd(64, '1') },
  spans: {
    'volumes/data': line(4),
    'secrets/token': line(5),
    'services/api': line(7),
    'services/api/replicas': line(8),
    'services/api/template/image': line(9),
    'services/api/template/env/LOG': line(10),
    'services/api/template/mounts': line(11),
    'services/api/template/health': line(12),
    'services/web': line(16),
    'services/web/replicas': line(17),
    'services/web/template/image': line(18),
    'services/web/template/ports': line(19),
    'services/web/template/env/API': line(20),
    'jobs/seed': line(24),
    'jobs/seed/template/env/ROWS': line(26),
  },
  defaults: Object.fromEntries(
    [
      ...['api', 'web'].flatMap((name) =>
        ['batch', 'order', 'minHealthyMs', 'deadlineMs', 'onFailure'].map(
          (key) => `services/${name}/rollout/${key}`,
        ),
      ),
      ...['api', 'web'].flatMap((name) => [`services/${name}/reschedule`, `services/${name}/onLost`]),
      ...['services/api', 'services/web', 'jobs/seed'].flatMap((owner) => [
        `${owner}/template/readOnlyRoot`,
        `${owner}/template/stopGraceMs`,
        `${owner}/priority`,
      ]),
      ...['intervalMs', 'timeoutMs', 'failures'].map((key) => `services/api/template/health/${key}`),
      ...['retries', 'backoff', 'completions', 'parallelism', 'trigger'].map((key) => `jobs/seed/${key}`),
      'volumes/data/reclaim',
      'volumes/data/driver',
    ].map((path) => [path, 'default@1'] as const),
  ),
}

export const shop: StackDocument = stackDocument('shop', {
  inputs: { stage: 'prod' },
  services: {
    api: service(
      {
        image: image('./api'),
        ports: { http: { container: 8080, protocol: 'http' } },
        env: { LOG: text('info'), TOKEN_FILE: { secretFile: 'token' } },
        secretFiles: ['token'],
        mounts: { '/data': { volume: 'data', readOnly: false } },
        resources: { cpu: 250, memory: 256 * 1024 ** 2 },
        health: {
          check: { kind: 'http', path: '/healthz', port: 'http' },
          intervalMs: 10_000,
          timeoutMs: 1000,
          failures: 3,
        },
      },
      { replicas: 2 },
    ),
    web: service(
      {
        image: { ref: 'shop/web:2.0' },
        ports: { http: { container: 80, protocol: 'http', published: 8088 } },
        env: { API: { text: ['http://', { endpoint: { service: 'api', port: 'http', container: 8080 } }] } },
        resources: { cpu: 100, memory: 64 * 1024 ** 2 },
      },
      { replicas: 2, dependsOn: [after('api')] },
    ),
  },
  jobs: {
    seed: job({ image: { ref: 'shop/seed:1' }, env: { ROWS: text('100') } }, { dependsOn: [after('api')] }),
  },
  volumes: { data: volume({ size: 1024 ** 3 }) },
  secrets: { token: { generateBytes: 24 } },
})
