// Services: options become the specification in the document. What a service is beyond a task is here; the task itself
// is read in task.ts. Invariant: a volume that one task at a time may write is never written by two, whatever is lost.

import type { Port, ServiceSpec } from '../../model/index.ts'
import type { Declared } from '../sandbox/opened.ts'
import { singleWriterFence } from '../words.ts'
import { readBudget } from './budget.ts'
import { readHealth, readProbes } from './health.ts'
import { writtenVolumes } from './mounts.ts'
import type { WrittenVolume } from './mounts.ts'
import { readPorts } from './ports.ts'
import { mostOf, readReplicas } from './replicas.ts'
import { readReschedule, readRestart } from './restart.ts'
import { readRollout } from './rollout.ts'
import type { Alone } from './rollout.ts'
import { openDeclaration } from './scope.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'
import { readTaskParts } from './task.ts'

export function readService(scope: Scope, declared: Declared): ServiceSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const keys = ['services', name]
  const template = [...keys, 'template']
  scope.sources.written(keys, reader.where)
  const ports = readPorts(scope, declaration, template)
  const probed = fields.has('ports') ? ports : {}
  const parts = readTaskParts(scope, declaration, keys, probed)
  const health = readHealth(scope, declaration, template, probed)
  const probes = readProbes(scope, declaration, template, probed)
  const written = writtenVolumes(scope.references, declaration)
  const writer = writes(written, 'single-writer')
  const measured = { resources: parts.template.resources, ports }
  const replicas = readReplicas(scope, declaration, keys, { writer, measured })
  const most = replicas && mostOf(replicas)
  const rollout = readRollout(scope, declaration, keys, {
    alone: writer ?? writes(written, 'per-replica') ?? hostPort(declaration, ports),
    most,
    isProbed: fields.has('health') || probes?.readiness !== undefined,
    measured,
  })
  const budget = readBudget(scope, declaration, keys, { most, rollout })
  return {
    ...parts,
    template: {
      ...parts.template,
      ports,
      ...(health ? { health } : {}),
      ...(probes ? { probes } : {}),
      restart: readRestart(scope, declaration, template),
    },
    ...(replicas ?? { replicas: 1 }),
    rollout,
    ...(budget ? { budget } : {}),
    reschedule: readReschedule(scope, declaration, keys),
    ...readLoss(scope, declaration, keys, writer),
  }
}

/** The first volume with that access; memory of the task is nobody else's. */
function writes(
  written: readonly WrittenVolume[],
  access: 'single-writer' | 'per-replica',
): Alone | undefined {
  const found = written.find((each) => each.access === access && !each.isOwn)
  return found && { kind: access, name: found.name, path: found.path }
}

function hostPort({ reader }: Declaration, ports: Readonly<Record<string, Port>>): Alone | undefined {
  const found = Object.entries(ports).find(([, port]) => port.hostPort !== undefined)
  return found && { kind: 'host port', name: found[0], path: reader.path('ports', found[0]) }
}

/** The lease must outlast a leader that is replaced by another. */
const leastFence = { min: 3000, atLeast: '3s' }

function readLoss(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  writer: Alone | undefined,
): Pick<ServiceSpec, 'onLost' | 'fenceAfterMs'> {
  const { sources } = scope
  const path = reader.path('onLost')
  const afterPath = reader.path('fenceAfter')
  const written = reader.oneOf(fields.get('onLost'), path, ['replace', 'fence'])
  if (fields.has('onLost')) sources.written([...keys, 'onLost'], reader.at(path))
  if (fields.has('fenceAfter')) sources.written([...keys, 'fenceAfterMs'], reader.at(afterPath))
  if (writer && (written === 'replace' || !fields.has('onLost'))) {
    const at = written === undefined ? writer.path : path
    const span = written === undefined ? undefined : reader.report.spanOf(reader.at(writer.path))
    reader.refuse(at, {
      ...singleWriterFence(reader.subject),
      label: `a lost node may still write '${writer.name}'`,
      ...(span ? { related: [{ span, label: 'mounted here' }] } : {}),
    })
  }
  const after = reader.amount('time', fields.get('fenceAfter'), afterPath, leastFence)
  const onLost = sources.orDefault([...keys, 'onLost'], written, 'replace')
  if (onLost === 'fence')
    return { onLost, fenceAfterMs: sources.orDefault([...keys, 'fenceAfterMs'], after, 15_000) }
  // What lacks the fence was said, and is what is meant.
  if (fields.has('fenceAfter') && !writer && (written !== undefined || !fields.has('onLost')))
    reader.refuse(
      afterPath,
      {
        code: 'GT2129',
        summary: `${reader.subject} has fenceAfter, and nothing fences it`,
        fix: "onLost: 'fence'",
      },
      'name',
    )
  return { onLost }
}
