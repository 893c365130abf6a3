// Services: options become the specification in the document. What a service is beyond a task is here; the task itself
// is read in task.ts.

import { defaultReschedule } from '../../model/index.ts'
import type { JobSpec, ServiceSpec } from '../../model/index.ts'
import type { Declared } from '../sandbox/opened.ts'
import { singleWriterReplicas } from '../words.ts'
import { readHealth, readProbes } from './health.ts'
import { readPorts } from './ports.ts'
import { readRollout } from './rollout.ts'
import { openDeclaration } from './scope.ts'
import type { Declaration, Scope } from './scope.ts'
import { allMounts, readTaskParts } from './task.ts'

export function readService(
  scope: Scope,
  declared: Declared,
  singleWriters: ReadonlySet<string>,
): ServiceSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const { sources } = scope
  const keys = ['services', name]
  const template = [...keys, 'template']
  sources.written(keys, reader.where)
  const ports = readPorts(scope, declaration, template)
  const probed = fields.has('ports') ? ports : {}
  const parts = readTaskParts(scope, declaration, keys, probed)
  const health = readHealth(scope, declaration, template, probed)
  const probes = readProbes(scope, declaration, template, probed)
  const exclusive = allMounts(parts.template).find(
    ({ mount }) => !mount.readOnly && singleWriters.has(mount.volume),
  )
  if (fields.has('replicas')) sources.written([...keys, 'replicas'], reader.at(['1', 'replicas']))
  const replicas = reader.whole(fields.get('replicas'), ['1', 'replicas'], { min: 0, max: 100_000 })
  if (exclusive && replicas !== undefined && replicas > 1)
    refuseReplicas(declaration, replicas, exclusive.path, exclusive.mount.volume)
  return {
    ...parts,
    template: { ...parts.template, ports, ...(health ? { health } : {}), ...(probes ? { probes } : {}) },
    replicas: sources.orDefault([...keys, 'replicas'], replicas, 1),
    rollout: readRollout(scope, declaration, keys, exclusive !== undefined),
    reschedule: defaultReschedule,
    onLost: 'replace',
  }
}

function refuseReplicas(
  { reader }: Declaration,
  replicas: number,
  path: readonly string[],
  volume: string,
): void {
  const words = singleWriterReplicas(reader.subject)
  const span = reader.report.spanOf(reader.at(path))
  reader.refuse(['1', 'replicas'], {
    ...words,
    label: `${replicas} tasks would write '${volume}'`,
    ...(span ? { related: [{ span, label: 'mounted here' }] } : {}),
  })
}

export function readJob(scope: Scope, declared: Declared): JobSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const keys = ['jobs', name]
  scope.sources.written(keys, reader.where)
  if (fields.has('retries')) scope.sources.written([...keys, 'retries'], reader.at(['1', 'retries']))
  const parts = readTaskParts(scope, declaration, keys)
  return {
    ...parts,
    template: { ...parts.template, ports: {} },
    retries: scope.sources.orDefault(
      [...keys, 'retries'],
      reader.whole(fields.get('retries'), ['1', 'retries'], { min: 0, max: 1000 }),
      3,
    ),
    backoff: { delayMs: 10_000, maxDelayMs: 600_000 },
    completions: 1,
    parallelism: 1,
    trigger: 'apply',
  }
}
