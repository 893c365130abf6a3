// Stack documents for the simulator's tests: small, with every field the model asks for.

import { emptySources, stackDocument } from '../../src/model/index.ts'
import type { JobSpec, ServiceSpec, StackDocument, TaskTemplate, VolumeSpec } from '../../src/model/index.ts'
import { documentOf, jobOf, serviceOf, templateOf, volumeOf } from '../../src/model/testing.ts'

export { after, afterJob } from '../../src/model/testing.ts'

export function template(changes: Partial<TaskTemplate> = {}): TaskTemplate {
  return templateOf({
    image: { ref: 'web:1' },
    ports: { http: { container: 8080, protocol: 'http' } },
    resources: { cpu: 100, memory: 64 * 1024 ** 2 },
    health: {
      check: { kind: 'http', path: '/healthz', port: 'http' },
      intervalMs: 10_000,
      timeoutMs: 1000,
      failures: 3,
    },
    ...changes,
  })
}

export function service(changes: Partial<TaskTemplate> = {}, spec: Partial<ServiceSpec> = {}): ServiceSpec {
  return serviceOf({ template: template(changes), ...spec })
}

/** A template without ports and probe. */
export function plain(changes: Partial<TaskTemplate> = {}): TaskTemplate {
  const { image, resources } = template()
  return templateOf({ image, resources, ...changes })
}

export function job(changes: Partial<TaskTemplate> = {}, spec: Partial<JobSpec> = {}): JobSpec {
  return jobOf({ template: plain({ image: { ref: 'job:1' }, ...changes }), ...spec })
}

export const singleWriter: VolumeSpec = volumeOf()

export function stack(parts: Partial<StackDocument> = {}): StackDocument {
  return stackDocument.parse({ ...documentOf({}, 'hello'), ...parts })
}

let plans = 0

export function applyRequest(document: StackDocument, baseVersion: number) {
  plans += 1
  return { document, sources: emptySources, planId: `plan-of-a-test-${plans}`, baseVersion }
}
