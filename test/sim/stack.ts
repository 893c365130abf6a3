// Stack documents for the simulator's tests: small, with every field the model asks for.

import { emptySources, stackDocument } from '../../src/model/index.ts'
import type { JobSpec, ServiceSpec, StackDocument, TaskTemplate } from '../../src/model/index.ts'

export function template(changes: Partial<TaskTemplate> = {}): TaskTemplate {
  return {
    image: { ref: 'web:1' },
    env: {},
    labels: {},
    ports: { http: { container: 8080, protocol: 'http' } },
    mounts: {},
    secretFiles: [],
    resources: { cpu: 100, memory: 64 * 1024 ** 2 },
    health: {
      check: { kind: 'http', path: '/healthz', port: 'http' },
      intervalMs: 10_000,
      timeoutMs: 1000,
      failures: 3,
    },
    readOnlyRoot: false,
    stopGraceMs: 10_000,
    ...changes,
  }
}

export function service(changes: Partial<TaskTemplate> = {}, spec: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    template: template(changes),
    replicas: 1,
    placement: { require: [] },
    rollout: {
      batch: { percent: 25 },
      order: 'start-first',
      minHealthyMs: 5000,
      deadlineMs: 300_000,
      onFailure: 'rollback',
    },
    dependsOn: [],
    ...spec,
  }
}

/** A template without ports and probe. */
export function plain(changes: Partial<TaskTemplate> = {}): TaskTemplate {
  const { image, env, labels, mounts, secretFiles, resources, readOnlyRoot, stopGraceMs } = template()
  return {
    image,
    env,
    labels,
    ports: {},
    mounts,
    secretFiles,
    resources,
    readOnlyRoot,
    stopGraceMs,
    ...changes,
  }
}

export function job(changes: Partial<TaskTemplate> = {}, spec: Partial<JobSpec> = {}): JobSpec {
  return {
    template: plain({ image: { ref: 'job:1' }, ...changes }),
    placement: { require: [] },
    retries: 3,
    dependsOn: [],
    ...spec,
  }
}

export function stack(parts: Partial<StackDocument> = {}): StackDocument {
  return stackDocument.parse({
    format: 1,
    stack: 'hello',
    inputs: {},
    services: {},
    jobs: {},
    volumes: {},
    secrets: {},
    ...parts,
  })
}

let plans = 0

export function applyRequest(document: StackDocument, baseVersion: number) {
  plans += 1
  return { document, sources: emptySources, planId: `plan-of-a-test-${plans}`, baseVersion }
}
