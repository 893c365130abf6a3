// Stacks as a run's steps hold them: the few things in which generated stacks differ, as plain data that can be printed
// and written to a file, and the documents that are made from them. Invariant: a sketch says everything, so a step can be
// left out of a run without changing what another one means.

import { z } from 'zod'
import { defaultPriority, defaultReschedule } from '../../model/index.ts'
import type { JobSpec, ServiceSpec, StackDocument, TaskTemplate, VolumeSpec } from '../../model/index.ts'

export const serviceSketch = z.strictObject({
  name: z.string(),
  /** The beginning of the name says what its containers do; see runtime.ts. */
  image: z.string(),
  replicas: z.int().nonnegative(),
  cpu: z.int().nonnegative(),
  order: z.enum(['start-first', 'stop-first']),
  isFenced: z.boolean(),
  /** Uses the volume of the stack, alone. */
  hasVolume: z.boolean(),
  secret: z.enum(['none', 'file', 'variable']),
  /** The label that its nodes must have. */
  zone: z.string().nullable(),
  maxPerNode: z.int().min(1).nullable(),
  published: z.int().nullable(),
  /** Another service of the stack that it waits for. */
  after: z.string().nullable(),
})
export type ServiceSketch = z.infer<typeof serviceSketch>

export const jobSketch = z.strictObject({
  name: z.string(),
  image: z.string(),
  retries: z.int().nonnegative(),
})
export type JobSketch = z.infer<typeof jobSketch>

export const stackSketch = z.strictObject({
  name: z.string(),
  services: z.array(serviceSketch),
  jobs: z.array(jobSketch),
  /** Has a secret that the cluster makes. */
  hasSecret: z.boolean(),
})
export type StackSketch = z.infer<typeof stackSketch>

/** Of each stack that has them. */
export const volumeOfStack = 'data'
export const secretOfStack = 'token'

const memory = 16 * 1024 ** 2

export function documentOf(sketch: StackSketch): StackDocument {
  const usesVolume = sketch.services.some(({ hasVolume }) => hasVolume)
  return {
    format: 1,
    stack: sketch.name,
    inputs: {},
    services: Object.fromEntries(sketch.services.map((each) => [each.name, serviceOf(each)])),
    jobs: Object.fromEntries(sketch.jobs.map((each) => [each.name, jobOf(each)])),
    crons: {},
    volumes: usesVolume ? { [volumeOfStack]: volume } : {},
    secrets: sketch.hasSecret ? { [secretOfStack]: { generateBytes: 24 } } : {},
    configs: {},
    ingresses: {},
    outputs: {},
    acknowledged: [],
  }
}

const volume: VolumeSpec = { access: 'single-writer', reclaim: 'retain', driver: { kind: 'local' } }

function serviceOf(sketch: ServiceSketch): ServiceSpec {
  return {
    template: {
      ...bare(sketch.image, sketch.cpu),
      env: sketch.secret === 'variable' ? { TOKEN: { text: ['t=', { secret: secretOfStack }] } } : {},
      ports: {
        http: {
          container: 8080,
          protocol: 'http',
          ...(sketch.published === null ? {} : { published: sketch.published }),
        },
      },
      mounts: sketch.hasVolume ? { '/data': { volume: volumeOfStack, readOnly: false } } : {},
      secretFiles: sketch.secret === 'file' ? [secretOfStack] : [],
      health: {
        check: { kind: 'http', path: '/', port: 'http' },
        intervalMs: 10_000,
        timeoutMs: 1000,
        failures: 3,
      },
    },
    replicas: sketch.replicas,
    placement: {
      require:
        sketch.zone === null ? [] : [{ attribute: 'node.labels.zone', operator: '==', value: sketch.zone }],
      ...(sketch.maxPerNode === null ? {} : { maxPerNode: sketch.maxPerNode }),
    },
    priority: defaultPriority,
    rollout: {
      batch: { percent: 50 },
      order: sketch.order,
      minHealthyMs: 3000,
      deadlineMs: 120_000,
      onFailure: 'rollback',
    },
    reschedule: defaultReschedule,
    onLost: sketch.isFenced ? 'fence' : 'replace',
    dependsOn: sketch.after === null ? [] : [{ on: sketch.after, until: 'healthy' }],
    reaches: [],
  }
}

function jobOf({ image, retries }: JobSketch): JobSpec {
  return {
    template: bare(image, 50),
    placement: { require: [] },
    priority: defaultPriority,
    retries,
    backoff: { delayMs: 2000, maxDelayMs: 20_000 },
    completions: 1,
    parallelism: 1,
    trigger: 'apply',
    dependsOn: [],
    reaches: [],
  }
}

function bare(image: string, cpu: number): TaskTemplate {
  return {
    image: { ref: image },
    env: {},
    labels: {},
    ports: {},
    mounts: {},
    secretFiles: [],
    resources: { cpu, memory },
    readOnlyRoot: false,
    stopGraceMs: 1000,
  }
}
