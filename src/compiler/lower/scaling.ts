// How many tasks there are, by load: scale({ … })`…`. Invariant: what is wrong with the bounds is shown in the call that
// gives them, what is wrong with the policy in the template.

import type { Condition, Scaling } from '../../model/index.ts'
import { isList } from '../sandbox/opened.ts'
import type { Encoded, Made } from '../sandbox/opened.ts'
import { needsTask } from './measure.ts'
import { Reader } from './reader.ts'
import { readSchedule } from './schedule.ts'
import type { Scope } from './scope.ts'
import { grammarOf, tell, templateOf } from './template.ts'
import type { Template } from './template.ts'
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
  const inBounds = readerOfBounds(scope, made)
  const bounds = readBounds(scope, made, inBounds)
  if (!isRight || !bounds) return undefined
  const scaling = { ...bounds, rules: [...read.rules], targets: [...read.targets] }
  checkUp(scope, scaling, { template, inBounds, subject: reader.subject })
  return scaling
}

/** A policy adds tasks at some time, and can do so when there is none. */
function checkUp(
  { report }: Scope,
  { min, rules, targets, schedule = [] }: Scaling,
  {
    template,
    inBounds,
    subject,
  }: { readonly template: Template; readonly inBounds: Reader; readonly subject: string },
): void {
  const up = rules.filter(({ step }) => ('count' in step ? step.count : step.percent) > 0)
  const lows = schedule.length > 0 ? schedule.map((entry) => entry.min ?? min) : [min]
  const canBegin =
    up.some(({ when }) => holdsWithoutTasks(when)) || targets.some(({ attribute }) => !needsTask(attribute))
  const { length } = template.text
  const span = template.span(length - template.text.trimStart().length, template.text.trimEnd().length)
  if (!canBegin && lows.every((low) => low === 0))
    inBounds.refuse(['0', 'min'], {
      code: 'GT3212',
      summary: `${subject} would never leave 0 tasks`,
      label: 'min: 1, or a rule on queue("…") or metric("…")',
      ...(span ? { related: [{ span, label: 'measured while a task runs' }] } : {}),
    })
  else if (up.length === 0 && targets.length === 0 && schedule.length === 0)
    report.warnAt(span, template.where, {
      code: 'GT4032',
      summary: `no rule adds tasks to ${subject}`,
      label: 'it only ever has fewer',
    })
}

/** Whether it could hold while there is no task; a comparison of what nobody measures does not. */
function holdsWithoutTasks(condition: Condition): boolean {
  if ('all' in condition) return condition.all.every(holdsWithoutTasks)
  if ('any' in condition) return condition.any.some(holdsWithoutTasks)
  if ('not' in condition) return holdsWithoutTasks(condition.not)
  return !needsTask(condition.attribute)
}

function readerOfBounds(scope: Scope, made: Made): Reader {
  const { boundsCalls } = made.values
  const calls = isList(boundsCalls) ? boundsCalls.filter((each) => typeof each === 'number') : []
  return new Reader(scope.report, scope.references, { word: 'scale', subject: 'scale()', calls })
}

function readBounds(
  scope: Scope,
  made: Made,
  reader: Reader,
): Omit<Scaling, 'rules' | 'targets'> | undefined {
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
  const earlier = new Map<string, readonly string[]>()
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
    for (const cron of read.schedule.cron) {
      const key = `${timezone ?? 'UTC'} ${cron}`
      const other = earlier.get(key)
      earlier.set(key, [...at, 'at'])
      if (!other) continue
      const span = reader.report.spanOf(reader.at(other))
      reader.refuse([...at, 'at'], {
        code: 'GT3205',
        summary: 'two entries of the schedule of scale() begin at the same time',
        ...(span ? { related: [{ span, label: 'the other one' }] } : {}),
      })
      break
    }
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
