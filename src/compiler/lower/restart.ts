// What happens to a task that ends or fails: restarted where it is, or moved to another node. Invariant: every wait
// begins at or below its maximum.

import { defaultReschedule, defaultRestart } from '../../model/index.ts'
import type { Reschedule, Restart } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

const policies = ['always', 'on-failure', 'never'] as const

const shortest = { min: 100, atLeast: '100ms' }
const aSecond = { min: 1000, atLeast: '1s' }

/** `keys` lead to the template. */
export function readRestart(scope: Scope, { reader, fields }: Declaration, keys: DocumentKeys): Restart {
  const path = reader.path('restart')
  const value = fields.get('restart')
  const to = [...keys, 'restart']
  if (value === undefined) return scope.sources.orDefault(to, undefined, defaultRestart)
  const isWord = typeof value === 'string'
  const given = isWord ? undefined : reader.fields(value, path)
  const policyPath = isWord ? path : [...path, 'policy']
  const read = readWaits(scope, reader, given, path, to, {
    delay: shortest,
    maxDelay: shortest,
    resetAfter: aSecond,
  })
  const written = isWord ? value : given?.get('policy')
  if (written !== undefined) scope.sources.written([...to, 'policy'], reader.at(policyPath))
  const { policy, resetAfterMs } = defaultRestart
  const waits = delaysOf(scope, to, read, defaultRestart)
  checkWaits(reader, path, read)
  return {
    policy: scope.sources.orDefault([...to, 'policy'], reader.oneOf(written, policyPath, policies), policy),
    ...waits,
    resetAfterMs: scope.sources.orDefault([...to, 'resetAfterMs'], read.resetAfter, resetAfterMs),
  }
}

export function readReschedule(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
): Reschedule {
  const path = reader.path('reschedule')
  const value = fields.get('reschedule')
  const to = [...keys, 'reschedule']
  if (value === undefined) return scope.sources.orDefault(to, undefined, defaultReschedule)
  if (value === 'never') {
    scope.sources.written(to, reader.at(path))
    return null
  }
  const given = reader.fields(value, path)
  const read = readWaits(scope, reader, given, path, to, {
    within: aSecond,
    delay: shortest,
    maxDelay: shortest,
  })
  const after = reader.whole(given?.get('after'), [...path, 'after'], { min: 1, max: 1000 })
  if (given?.has('after')) scope.sources.written([...to, 'after'], reader.at([...path, 'after']))
  if (!defaultReschedule) return null
  const waits = delaysOf(scope, to, read, defaultReschedule)
  checkWaits(reader, path, read)
  return {
    after: scope.sources.orDefault([...to, 'after'], after, defaultReschedule.after),
    withinMs: scope.sources.orDefault([...to, 'withinMs'], read.within, defaultReschedule.withinMs),
    ...waits,
  }
}

function readWaits<Name extends string>(
  scope: Scope,
  reader: Reader,
  given: ReadonlyMap<string, Encoded> | undefined,
  path: readonly string[],
  to: DocumentKeys,
  bounds: Readonly<Record<Name, { readonly min: number; readonly atLeast: string }>>,
): Partial<Record<Name, number>> {
  const read: Partial<Record<string, number>> = {}
  for (const [name, least] of Object.entries<{ readonly min: number; readonly atLeast: string }>(bounds)) {
    if (given?.has(name)) scope.sources.written([...to, `${name}Ms`], reader.at([...path, name]))
    const amount = reader.amount('time', given?.get(name), [...path, name], least)
    if (amount !== undefined) read[name] = amount
  }
  return read // its names are those of the bounds
}

interface Delays {
  readonly delayMs: number
  readonly maxDelayMs: number
}

/** Waits that double up to a maximum: each default gives way to the other wait, when that was written. */
export function delaysOf(
  { sources }: Scope,
  to: DocumentKeys,
  { delay, maxDelay }: { readonly delay?: number | undefined; readonly maxDelay?: number | undefined },
  { delayMs, maxDelayMs }: Delays,
): Delays {
  return {
    delayMs: sources.orDefault([...to, 'delayMs'], delay, Math.min(delayMs, maxDelay ?? Infinity)),
    maxDelayMs: sources.orDefault([...to, 'maxDelayMs'], maxDelay, Math.max(maxDelayMs, delay ?? 0)),
  }
}

function checkWaits(
  reader: Reader,
  path: readonly string[],
  { delay, maxDelay }: { readonly delay?: number; readonly maxDelay?: number },
): void {
  if (delay === undefined || maxDelay === undefined || delay <= maxDelay) return
  const span = reader.report.spanOf(reader.at([...path, 'delay']))
  reader.refuse([...path, 'maxDelay'], {
    code: 'GT2109',
    summary: `maxDelay of ${path.at(-1) ?? ''} of ${reader.subject} is less than its delay`,
    ...(span ? { related: [{ span, label: 'the first wait' }] } : {}),
  })
}
