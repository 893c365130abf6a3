// How many tasks there are, by load: scale({ … })`…`. Invariant: what is wrong with the bounds is shown in the call that
// gives them, what is wrong with the policy in the template.

import type { Scaling, Span } from '../../model/index.ts'
import { isList, isReference } from '../sandbox/opened.ts'
import type { Encoded, Made } from '../sandbox/opened.ts'
import { Reader } from './reader.ts'
import type { Where } from './report.ts'
import { readSchedule } from './schedule.ts'
import type { Scope } from './scope.ts'
import { grammarOf, tell, templateOf } from './template.ts'
import { readTimezone } from './timezone.ts'

const mostTasks = 100_000

type Entry = NonNullable<Scaling['schedule']>[number]

/** Undefined when `value` is no policy, or a wrong one; that was said then. */
export function readScaling(
  scope: Scope,
  reader: Reader,
  value: Encoded,
  path: readonly string[],
): Scaling | undefined {
  const made = reader.made(value, path, 'scale')
  if (!made) return undefined
  const template = templateOf(scope, made)
  if (!template) return undefined
  const read = grammarOf(scope).readScalingText(template.text, template.holes)
  const isRight = tell(scope, template, read)
  const bounds = readBounds(scope, made)
  if (!isRight || !bounds) return undefined
  return { ...bounds, rules: [...read.rules], targets: [...read.targets] }
}

export interface MeasuredAt {
  /** `cpu`, `queue` … */
  readonly attribute: string
  readonly of?: string
  /** Where it is named; undefined when the template is not written in the program. */
  readonly span: Span | undefined
  /** The call that made the policy or gate, for a place of last resort. */
  readonly where: Where
}

/** What a policy or a gate measures, in the order of the text; nothing for any other value. It reports nothing. */
export function measurementsOf(scope: Scope, value: Encoded | undefined): readonly MeasuredAt[] {
  if (!isReference(value) || (value.$ !== 'scale' && value.$ !== 'gate')) return []
  const template = templateOf(scope, scope.references.made(value))
  if (!template) return []
  const { readGateText, readScalingText } = grammarOf(scope)
  const { measured } =
    value.$ === 'gate'
      ? readGateText(template.text, template.holes)
      : readScalingText(template.text, template.holes)
  return measured.map(({ attribute, of, start, end }) => ({
    attribute,
    ...(of === undefined ? {} : { of }),
    span: template.span(start, end),
    where: template.where,
  }))
}

function readBounds(scope: Scope, made: Made): Omit<Scaling, 'rules' | 'targets'> | undefined {
  const { boundsCalls } = made.values
  const calls = isList(boundsCalls) ? boundsCalls.filter((each) => typeof each === 'number') : []
  const reader = new Reader(scope.report, scope.references, { word: 'scale', subject: 'scale()', calls })
  const fields = reader.fields(made.values['options'], ['0'])
  if (!fields) return undefined
  const min = reader.whole(reader.require(fields, 'min', ['0']), ['0', 'min'], { min: 0, max: mostTasks })
  const max = reader.whole(reader.require(fields, 'max', ['0']), ['0', 'max'], { min: 1, max: mostTasks })
  const protectMs = reader.amount('time', fields.get('protect'), ['0', 'protect'])
  const schedule = readEntries(scope, reader, fields.get('schedule'), { min, max })
  if (min === undefined || max === undefined) return undefined
  if (!checkOrder(reader, ['0', 'min'], { min, max })) return undefined
  return { min, max, protectMs: protectMs ?? 0, ...(schedule ? { schedule } : {}) }
}

/** Each in turn over the bounds that hold otherwise. */
function readEntries(
  scope: Scope,
  reader: Reader,
  value: Encoded | undefined,
  usual: Bounds,
): Entry[] | undefined {
  const path = ['0', 'schedule']
  return reader.list(value, path)?.flatMap((item, index): Entry[] => {
    const at = [...path, String(index)]
    const fields = reader.fields(item, at)
    if (!fields) return []
    const when = reader.require(fields, 'at', at)
    const read = when === undefined ? undefined : readSchedule(scope, reader, when, [...at, 'at'])
    if (read?.keep !== undefined)
      scope.report.refuseAt(read.keepAt, reader.at([...at, 'at']), {
        code: 'GT3211',
        summary: "'keep' is for backups: it says how many are kept",
      })
    if (read && 'everyMs' in read.schedule)
      reader.refuse([...at, 'at'], {
        code: 'GT3211',
        summary: 'an entry of the schedule of scale() begins at a time of day',
        label: 'every`weekday at 08:00`, say',
      })
    const min = reader.whole(fields.get('min'), [...at, 'min'], { min: 0, max: mostTasks })
    const max = reader.whole(fields.get('max'), [...at, 'max'], { min: 1, max: mostTasks })
    if (!fields.has('min') && !fields.has('max'))
      reader.refuse(at, {
        code: 'GT1003',
        summary: 'an entry of the schedule of scale() has neither min nor max',
      })
    const timezone = readTimezone(reader, fields.get('timezone'), [...at, 'timezone'])
    if (isInOrder(usual) && (min ?? max) !== undefined)
      checkOrder(reader, [...at, min === undefined ? 'max' : 'min'], {
        min: min ?? usual.min,
        max: max ?? usual.max,
      })
    if (!read || 'everyMs' in read.schedule) return []
    return [
      {
        at: read.schedule,
        timezone: timezone ?? 'UTC',
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
      },
    ]
  })
}

interface Bounds {
  readonly min: number | undefined
  readonly max: number | undefined
}

function isInOrder({ min, max }: Bounds): boolean {
  return min === undefined || max === undefined || min <= max
}

function checkOrder(reader: Reader, at: readonly string[], bounds: Bounds): boolean {
  if (isInOrder(bounds)) return true
  const { min = 0, max = 0 } = bounds
  reader.refuse(at, {
    code: 'GT3209',
    summary: `there would be at least ${min} tasks and at most ${max}`,
    label: 'min is at most max',
  })
  return false
}
