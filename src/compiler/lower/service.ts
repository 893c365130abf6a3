// Services and jobs: options become the specification in the document.

import { defaultPriority, defaultReschedule } from '../../model/index.ts'
import type { Dependency, JobSpec, ServiceSpec } from '../../model/index.ts'
import type { Declared } from '../sandbox/opened.ts'
import { singleWriterReplicas } from '../words.ts'
import { readContainer } from './container.ts'
import { readHealth } from './health.ts'
import { readPlacement } from './placement.ts'
import { readPorts } from './ports.ts'
import { readRollout } from './rollout.ts'
import { openDeclaration } from './scope.ts'
import type { Declaration, Scope } from './scope.ts'
import { isReference } from '../sandbox/opened.ts'

/** Volumes that one task at a time may write. */
export type SingleWriters = ReadonlySet<string>

export function readService(
  scope: Scope,
  declared: Declared,
  singleWriters: SingleWriters,
): ServiceSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const { sources } = scope
  const keys = ['services', name]
  const template = [...keys, 'template']
  sources.written(keys, reader.where)
  const container = readContainer(scope, declaration, template)
  const ports = readPorts(scope, declaration, template)
  const health = readHealth(scope, declaration, template, ports)
  const exclusive = Object.entries(container.mounts).find(
    ([, mount]) => !mount.readOnly && singleWriters.has(mount.volume),
  )
  if (fields.has('replicas')) sources.written([...keys, 'replicas'], reader.at(['1', 'replicas']))
  const replicas = reader.whole(fields.get('replicas'), ['1', 'replicas'], { min: 0, max: 100_000 })
  if (exclusive && replicas !== undefined && replicas > 1)
    refuseReplicas(declaration, replicas, exclusive[0], exclusive[1].volume)
  return {
    template: { ...container, ports, ...(health ? { health } : {}) },
    replicas: sources.orDefault([...keys, 'replicas'], replicas, 1),
    placement: readPlacement(scope, declaration, keys),
    rollout: readRollout(scope, declaration, keys, exclusive !== undefined),
    dependsOn: readDependencies(scope, declaration, keys),
    priority: defaultPriority,
    reschedule: defaultReschedule,
    onLost: 'replace',
    reaches: [],
  }
}

function refuseReplicas({ reader }: Declaration, replicas: number, path: string, volume: string): void {
  const words = singleWriterReplicas(reader.subject)
  const span = reader.report.spanOf(reader.at(['1', 'mounts', path]))
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
  const container = readContainer(scope, declaration, [...keys, 'template'])
  return {
    template: { ...container, ports: {} },
    placement: readPlacement(scope, declaration, keys),
    retries: scope.sources.orDefault(
      [...keys, 'retries'],
      reader.whole(fields.get('retries'), ['1', 'retries'], { min: 0, max: 1000 }),
      3,
    ),
    dependsOn: readDependencies(scope, declaration, keys),
    priority: defaultPriority,
    backoff: { delayMs: 10_000, maxDelayMs: 600_000 },
    completions: 1,
    parallelism: 1,
    trigger: 'apply',
    reaches: [],
  }
}

/** A handle only exists after its declaration, so what depends on what can never go in a circle. */
function readDependencies(scope: Scope, { reader, fields }: Declaration, keys: readonly string[]): Dependency[] {
  const path = ['1', 'dependsOn']
  if (fields.has('dependsOn')) scope.sources.written([...keys, 'dependsOn'], reader.at(path))
  const names = (reader.list(fields.get('dependsOn'), path) ?? []).flatMap((each, index) => {
    const at = [...path, String(index)]
    if (isReference(each) && (each.$ === 'service' || each.$ === 'job')) return [{ on: scope.references.nameOf(each), until: each.$ === 'job' ? 'completed' : 'healthy' } as const]
    if (typeof each === 'string')
      reader.refuse(at, {
        code: 'GT2002',
        summary: `${reader.subject} depends on '${each}' by its name`,
        label: 'use what service() or job() returned',
        notes: ['a name would still be there when what it names has gone'],
      })
    else reader.misfit(each, at)
    return []
  })
  return names.filter(({ on }, index) => names.findIndex((each) => each.on === on) === index)
}
