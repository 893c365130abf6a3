// How tasks are moved from one revision to the next. Invariant: a rollout that comes out can be carried out: no step asks
// for two tasks where only one may be, and nothing is judged that cannot be measured.

import { nearest } from '../../model/index.ts'
import type { Gate, Rollout } from '../../model/index.ts'
import { isReference } from '../sandbox/opened.ts'
import type { Encoded } from '../sandbox/opened.ts'
import { singleWriterOrder } from '../words.ts'
import type { Words } from '../words.ts'
import { readGate } from './gate.ts'
import { checkMeasured } from './measure.ts'
import type { Measured } from './measure.ts'
import type { Reader } from './reader.ts'
import type { Declaration, Scope } from './scope.ts'
import { countOf, readShare } from './share.ts'
import type { DocumentKeys } from './sources.ts'

/** What the rest of the service means for its rollouts. */
export interface RolloutFacts {
  /** Why an old and a new task cannot be side by side; undefined when they can. */
  readonly alone: Alone | undefined
  /** The most tasks there are; undefined when that depends on the nodes. */
  readonly most: number | undefined
  /** Whether a probe says that a task is ready. */
  readonly isProbed: boolean
  readonly measured: Measured
}

export interface Alone {
  readonly kind: 'single-writer' | 'per-replica' | 'host port'
  /** The volume, or the port. */
  readonly name: string
  /** Where it stands in the arguments. */
  readonly path: readonly string[]
}

/** Fields that are read as they stand, with their names in the document. */
const plainFields = {
  batch: 'batch',
  order: 'order',
  minHealthy: 'minHealthyMs',
  deadline: 'deadlineMs',
  onFailure: 'onFailure',
  pause: 'pauseMs',
  gate: 'gate',
  canary: 'canary',
  blueGreen: 'blueGreen',
  before: 'before',
}

export function readRollout(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  facts: RolloutFacts,
): Rollout {
  const { sources } = scope
  const at = reader.path('rollout')
  const path = [...keys, 'rollout']
  const given = reader.fields(fields.get('rollout'), at) ?? new Map<string, Encoded>()
  for (const [name, key] of Object.entries(plainFields))
    if (given.has(name)) sources.written([...path, key], reader.at([...at, name]))
  const order = reader.oneOf(given.get('order'), [...at, 'order'], ['start-first', 'stop-first'])
  if (order === 'start-first' && facts.alone) refuseStartFirst(reader, [...at, 'order'], facts.alone)
  const batch = readShare(reader, given.get('batch'), [...at, 'batch'], 1)
  const pauseMs = reader.amount('time', given.get('pause'), [...at, 'pause'])
  const gate = readGateOf(scope, reader, given.get('gate'), [...at, 'gate'], facts)
  const canary = readCanary(scope, reader, given.get('canary'), at, path, facts)
  const blueGreen = readBlueGreen(scope, reader, given.get('blueGreen'), at, path, facts)
  const before = readBefore(scope, reader, given.get('before'), [...at, 'before'])
  if (canary && blueGreen)
    reader.refuse(
      [...at, 'blueGreen'],
      {
        code: 'GT2131',
        summary: `rollout of ${reader.subject} is both canary and blueGreen`,
        label: 'choose one',
      },
      'name',
    )
  if (blueGreen && order === 'stop-first')
    reader.refuse([...at, 'order'], {
      code: 'GT2131',
      summary: `rollout of ${reader.subject} is blueGreen, which starts the new tasks beside the old ones`,
      label: 'leave it out',
    })
  if (!facts.isProbed) refuseUnjudged(reader, at, { gate, canary, blueGreen })
  const rollout: Rollout = {
    batch: sources.orDefault([...path, 'batch'], batch, { percent: 25 }),
    order: sources.orDefault([...path, 'order'], order, facts.alone ? 'stop-first' : 'start-first'),
    minHealthyMs: sources.orDefault(
      [...path, 'minHealthyMs'],
      reader.amount('time', given.get('minHealthy'), [...at, 'minHealthy']),
      5000,
    ),
    deadlineMs: sources.orDefault(
      [...path, 'deadlineMs'],
      reader.amount('time', given.get('deadline'), [...at, 'deadline'], { min: 1000, atLeast: '1s' }),
      300_000,
    ),
    onFailure: sources.orDefault(
      [...path, 'onFailure'],
      reader.oneOf(given.get('onFailure'), [...at, 'onFailure'], ['rollback', 'pause']),
      'rollback',
    ),
    ...(pauseMs === undefined ? {} : { pauseMs }),
    ...(gate ? { gate } : {}),
    ...(canary ? { canary } : {}),
    ...(blueGreen ? { blueGreen } : {}),
    ...(before === undefined ? {} : { before }),
  }
  if (rollout.minHealthyMs >= rollout.deadlineMs)
    reader.refuse(given.has('deadline') ? [...at, 'deadline'] : [...at, 'minHealthy'], {
      code: 'GT2115',
      summary: `no rollout of ${reader.subject} could succeed: its deadline is not longer than minHealthy`,
      notes: [
        'a new task counts once it has been healthy for minHealthy, and has failed when it does not count within the deadline',
      ],
    })
  return rollout
}

function refuseStartFirst(reader: Reader, path: readonly string[], alone: Alone): void {
  const span = reader.report.spanOf(reader.at(alone.path))
  const related = span
    ? { related: [{ span, label: alone.kind === 'host port' ? 'this port' : 'mounted here' }] }
    : {}
  reader.refuse(path, { ...startFirstWords(reader.subject, alone), ...related })
}

function startFirstWords(subject: string, { kind, name }: Alone): Words {
  const fix = "leave order out, or write 'stop-first'"
  switch (kind) {
    case 'single-writer':
      return singleWriterOrder(subject)
    case 'per-replica':
      return {
        code: 'GT2104',
        summary: `${subject}: a 'per-replica' volume forbids start-first`,
        label: `the old and the new task of a replica would both write '${name}'`,
        fix,
      }
    case 'host port':
      return {
        code: 'GT2130',
        summary: `${subject}: the host port of '${name}' forbids start-first`,
        label: 'the old task holds the port until it has stopped',
        fix,
      }
  }
}

function refuseUnjudged(
  reader: Reader,
  at: readonly string[],
  read: Pick<Rollout, 'gate' | 'canary' | 'blueGreen'>,
): void {
  const name = (['gate', 'canary', 'blueGreen'] as const).find((each) => read[each] !== undefined)
  if (name === undefined) return
  reader.refuse(
    [...at, name],
    {
      code: 'GT2133',
      summary: `${name} of ${reader.subject} judges new tasks, and nothing says whether they are healthy`,
      fix: 'add health, or probes with readiness',
    },
    'name',
  )
}

function readGateOf(
  scope: Scope,
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
  { measured }: RolloutFacts,
): Gate | undefined {
  if (value === undefined) return undefined
  const gate = readGate(scope, reader, value, path)
  if (gate) checkMeasured(scope, reader, value, { measured, verb: 'has a gate on' })
  return gate
}

type Pause = { ms: number } | 'promote'

function readPause(reader: Reader, value: Encoded | undefined, path: readonly string[]): Pause | undefined {
  if (value === 'promote') return value
  // A word is no time, whatever word it is.
  if (typeof value === 'string' && /^[a-z]+$/i.test(value)) {
    reader.refuse(path, {
      code: 'GT1004',
      summary: `${reader.fieldAt(path)} is a time or 'promote', not '${value}'`,
      ...(nearest(value, ['promote']) === undefined ? {} : { label: "did you mean 'promote'?" }),
    })
    return undefined
  }
  const ms = reader.amount('time', value, path)
  return ms === undefined ? undefined : { ms }
}

type Canary = NonNullable<Rollout['canary']>

function readCanary(
  scope: Scope,
  reader: Reader,
  value: Encoded | undefined,
  rollout: readonly string[],
  keys: DocumentKeys,
  facts: RolloutFacts,
): Canary | undefined {
  const path = [...rollout, 'canary']
  const list = reader.list(value, path)
  if (list?.length === 0) reader.misfit([], path)
  const steps = list?.flatMap((each, index): Canary => {
    const at = [...path, String(index)]
    const given = reader.fields(each, at)
    if (!given) return []
    const tasks = readShare(reader, reader.require(given, 'tasks', at), [...at, 'tasks'], 1)
    const pause = scope.sources.orDefault<Pause>(
      [...keys, 'canary', String(index), 'pause'],
      readPause(reader, given.get('pause'), [...at, 'pause']),
      { ms: 0 },
    )
    const gate = readGateOf(scope, reader, given.get('gate'), [...at, 'gate'], facts)
    return tasks ? [{ tasks, pause, ...(gate ? { gate } : {}) }] : []
  })
  if (!steps || steps.length !== list?.length || steps.length === 0) return undefined
  checkSteps(reader, steps, path, facts.most)
  return steps
}

/** Each step has more than the one before it, and none has all. Counts and shares are compared where that can be known. */
function checkSteps(reader: Reader, steps: Canary, path: readonly string[], most: number | undefined): void {
  for (const [index, { tasks }] of steps.entries()) {
    const at = [...path, String(index), 'tasks']
    const before = steps[index - 1]?.tasks
    const isAll = most !== undefined && most > 0 && countOf(tasks, most) >= most
    if (isAll || ('percent' in tasks && tasks.percent === 100))
      reader.refuse(at, {
        code: 'GT2132',
        summary: `a step of the canary of ${reader.subject} is all of its tasks`,
        ...(isAll && ('count' in tasks || tasks.percent < 100)
          ? { label: `it has at most ${most} ${most === 1 ? 'task' : 'tasks'}` }
          : { label: 'what follows the last step is the rest' }),
      })
    else if (before && !rises(before, tasks, most))
      reader.refuse(at, {
        code: 'GT2132',
        summary: `the steps of the canary of ${reader.subject} do not rise`,
        label: 'not more than in the step before it',
      })
  }
}

type Tasks = Canary[number]['tasks']

function rises(before: Tasks, after: Tasks, most: number | undefined): boolean {
  if ('percent' in before && 'percent' in after) return before.percent < after.percent
  if ('count' in before && 'count' in after) return before.count < after.count
  return most === undefined || countOf(before, most) < countOf(after, most)
}

function readBlueGreen(
  scope: Scope,
  reader: Reader,
  value: Encoded | undefined,
  at: readonly string[],
  keys: DocumentKeys,
  facts: RolloutFacts,
): Rollout['blueGreen'] {
  const path = [...at, 'blueGreen']
  const given = reader.fields(value, path)
  if (!given) return undefined
  if (facts.alone) {
    const { kind, name } = facts.alone
    const span = reader.report.spanOf(reader.at(facts.alone.path))
    reader.refuse(
      path,
      {
        code: 'GT2131',
        summary: `${reader.subject} cannot be rolled out as blueGreen: ${kind === 'host port' ? `one task at a time has the host port of '${name}'` : `the old and the new tasks would both write '${name}'`}`,
        ...(span ? { related: [{ span, label: kind === 'host port' ? 'this port' : 'mounted here' }] } : {}),
      },
      'name',
    )
  }
  const keepOldMs = reader.amount('time', given.get('keepOld'), [...path, 'keepOld'])
  const gate = readGateOf(scope, reader, given.get('gate'), [...path, 'gate'], facts)
  const { sources } = scope
  return {
    pause: sources.orDefault(
      [...keys, 'blueGreen', 'pause'],
      readPause(reader, given.get('pause'), [...path, 'pause']),
      { ms: 0 },
    ),
    ...(gate ? { gate } : {}),
    keepOldMs: sources.orDefault([...keys, 'blueGreen', 'keepOldMs'], keepOldMs, 300_000),
  }
}

function readBefore(
  scope: Scope,
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
): string | undefined {
  if (value === undefined) return undefined
  if (isReference(value) && value.$ === 'job') return scope.references.nameOf(value)
  if (typeof value === 'string')
    reader.refuse(path, {
      code: 'GT2002',
      summary: `the rollout of ${reader.subject} names job '${value}' by its name`,
      label: 'use what job() returned',
      notes: ['a name would still be there when what it names has gone'],
    })
  else reader.misfit(value, path)
  return undefined
}
