// How tasks are moved from one revision to the next.

import type { Rollout } from '../../model/index.ts'
import { singleWriterOrder } from '../words.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

const at = ['1', 'rollout']

/** `singleWriter`: it mounts a volume that one task at a time may write. */
export function readRollout(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  singleWriter: boolean,
): Rollout {
  const { sources } = scope
  const path = [...keys, 'rollout']
  const given = reader.fields(fields.get('rollout'), at)
  const names = {
    batch: 'batch',
    order: 'order',
    minHealthy: 'minHealthyMs',
    deadline: 'deadlineMs',
    onFailure: 'onFailure',
  }
  for (const [name, key] of Object.entries(names))
    if (given?.has(name)) sources.written([...path, key], reader.at([...at, name]))
  const order = reader.oneOf(given?.get('order'), [...at, 'order'], ['start-first', 'stop-first'])
  if (order === 'start-first' && singleWriter)
    reader.refuse([...at, 'order'], singleWriterOrder(reader.subject))
  const rollout: Rollout = {
    batch: sources.orDefault(
      [...path, 'batch'],
      readBatch(scope, { reader, fields: given ?? new Map<string, never>(), name: '' }),
      { percent: 25 },
    ),
    order: sources.orDefault([...path, 'order'], order, singleWriter ? 'stop-first' : 'start-first'),
    minHealthyMs: sources.orDefault(
      [...path, 'minHealthyMs'],
      reader.amount('time', given?.get('minHealthy'), [...at, 'minHealthy']),
      5000,
    ),
    deadlineMs: sources.orDefault(
      [...path, 'deadlineMs'],
      reader.amount('time', given?.get('deadline'), [...at, 'deadline'], { min: 1000, atLeast: '1s' }),
      300_000,
    ),
    onFailure: sources.orDefault(
      [...path, 'onFailure'],
      reader.oneOf(given?.get('onFailure'), [...at, 'onFailure'], ['rollback', 'pause']),
      'rollback',
    ),
  }
  if (rollout.minHealthyMs >= rollout.deadlineMs)
    reader.refuse(given?.has('deadline') ? [...at, 'deadline'] : [...at, 'minHealthy'], {
      code: 'GT2115',
      summary: `no rollout of ${reader.subject} could succeed: its deadline is not longer than minHealthy`,
      notes: [
        'a new task counts once it has been healthy for minHealthy, and has failed when it does not count within the deadline',
      ],
    })
  return rollout
}

function readBatch(_: Scope, { reader, fields }: Declaration): Rollout['batch'] | undefined {
  const value = fields.get('batch')
  const path = [...at, 'batch']
  if (typeof value !== 'string') {
    const count = reader.whole(value, path, { min: 1, max: 100_000 })
    return count === undefined ? undefined : { count }
  }
  const written = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(value)?.[1]
  const percent = Number(written)
  if (written !== undefined && percent > 0 && percent <= 100) return { percent }
  reader.refuse(path, {
    code: 'GT1104',
    summary: `batch '${value}' is not a share: write '25%', or a number of tasks`,
    ...(percent > 100 ? { notes: ['a share is at most 100%'] } : {}),
  })
  return undefined
}
