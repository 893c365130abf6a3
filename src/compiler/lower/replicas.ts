// How many tasks a service has: a number, a policy, or one for each node. Invariant: no number of tasks comes out that
// the volumes of the service forbid.

import type { Scaling, ServiceSpec } from '../../model/index.ts'
import { isReference } from '../sandbox/opened.ts'
import { singleWriterReplicas } from '../words.ts'
import { checkMeasured } from './measure.ts'
import type { Measured } from './measure.ts'
import type { Alone } from './rollout.ts'
import { readScaling } from './scaling.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

export interface Replicas {
  readonly replicas: number
  readonly perNode?: true
  readonly scaling?: Scaling
}

const bounds = { min: 0, max: 100_000 }

/** Undefined when what is given was refused: how many there are is not known then. */
export function readReplicas(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  { writer, measured }: { readonly writer: Alone | undefined; readonly measured: Measured },
): Replicas | undefined {
  const path = reader.path('replicas')
  const value = fields.get('replicas')
  const refuse = (who: string): void => {
    if (!writer) return
    const span = reader.report.spanOf(reader.at(writer.path))
    reader.refuse(path, {
      ...singleWriterReplicas(reader.subject),
      label: `${who} would write '${writer.name}'`,
      ...(span ? { related: [{ span, label: 'mounted here' }] } : {}),
    })
  }
  if (value !== undefined) scope.sources.written([...keys, 'replicas'], reader.at(path))
  if (value === 'per-node') {
    scope.sources.written([...keys, 'perNode'], reader.at(path))
    refuse('one task on each node')
    return { replicas: 1, perNode: true }
  }
  if (value !== undefined && isReference(value) && value.$ === 'scale') {
    scope.sources.written([...keys, 'scaling'], reader.at(path))
    const scaling = readScaling(scope, reader, value, path)
    if (!scaling) return undefined
    const most = mostOf({ replicas: scaling.min, scaling })
    if (most !== undefined && most > 1) refuse(`up to ${most} tasks`)
    checkMeasured(scope, reader, value, { measured, verb: 'scales on' })
    return { replicas: scaling.min, scaling }
  }
  const replicas = reader.whole(value, path, bounds)
  if (replicas === undefined && value !== undefined) return undefined
  if (replicas !== undefined && replicas > 1) refuse(`${replicas} tasks`)
  return { replicas: scope.sources.orDefault([...keys, 'replicas'], replicas, 1) }
}

/** The most tasks there are at a time; undefined when that depends on the nodes. */
export function mostOf({
  replicas,
  perNode,
  scaling,
}: Pick<ServiceSpec, 'replicas' | 'perNode' | 'scaling'>): number | undefined {
  if (perNode) return undefined
  const later = scaling?.schedule?.flatMap((entry) => entry.max ?? []) ?? []
  return scaling ? Math.max(scaling.max, ...later) : replicas
}
