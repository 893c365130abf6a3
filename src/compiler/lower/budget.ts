// What rollouts, drains and preemption have to leave standing. Invariant: a budget that comes out can be kept and still
// lets a rollout go on.

import type { Budget, Rollout } from '../../model/index.ts'
import type { Declaration, Scope } from './scope.ts'
import { countOf, readShare } from './share.ts'
import type { DocumentKeys } from './sources.ts'

/** `most`: the most tasks there are; undefined when that depends on the nodes. */
export function readBudget(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  { most, rollout }: { readonly most: number | undefined; readonly rollout: Rollout },
): Budget | undefined {
  const path = reader.path('budget')
  const given = reader.fields(fields.get('budget'), path)
  if (!given) return undefined
  scope.sources.written([...keys, 'budget'], reader.at(path))
  const minAvailable = readShare(reader, given.get('minAvailable'), [...path, 'minAvailable'], 0)
  const maxUnavailable = readShare(reader, given.get('maxUnavailable'), [...path, 'maxUnavailable'], 0)
  if (given.size !== 1) {
    // A misspelt field was said already, and is what is meant.
    if (given.size === 2)
      reader.refuse(
        [...path, 'maxUnavailable'],
        {
          code: 'GT2135',
          summary: `budget of ${reader.subject} has both minAvailable and maxUnavailable`,
          label: 'choose one',
        },
        'name',
      )
    else if (Object.keys(fields.get('budget') ?? {}).length === 0)
      reader.refuse(path, {
        code: 'GT2135',
        summary: `budget of ${reader.subject} says nothing`,
        label: 'it takes minAvailable or maxUnavailable',
      })
    return undefined
  }
  const share = minAvailable ?? maxUnavailable
  if (!share) return undefined
  const name = minAvailable ? 'minAvailable' : 'maxUnavailable'
  if (most !== undefined && most > 0 && countOf(share, most) > most) {
    reader.refuse([...path, name], {
      code: 'GT2135',
      summary: `${name} of ${reader.subject} is ${countOf(share, most)}, and it never has more than ${most} ${most === 1 ? 'task' : 'tasks'}`,
    })
    return undefined
  }
  // With start-first a new task stands before an old one goes: nothing is ever missing.
  const allowsNone = minAvailable
    ? ('percent' in minAvailable && minAvailable.percent === 100) ||
      (most !== undefined && most > 0 && countOf(minAvailable, most) >= most)
    : countOf(share, most ?? 1) === 0
  if (allowsNone && rollout.order === 'stop-first' && !rollout.blueGreen)
    reader.refuse([...path, name], {
      code: 'GT2136',
      summary: `budget of ${reader.subject} forbids every rollout: with stop-first one task is missing for a while`,
      label: minAvailable ? 'all of them have to be available' : 'none of them may be missing',
    })
  return minAvailable ? { minAvailable } : { maxUnavailable: share }
}
