// When something is due: every`…`, or five fields of cron in every('…') or as a plain string. Invariant: a mistake in a
// string points at the characters in it when it is written in the program as it is.

import { readCron } from '../../model/index.ts'
import type { Schedule, Span } from '../../model/index.ts'
import { isReference } from '../sandbox/opened.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'
import type { Where } from './report.ts'
import type { Scope } from './scope.ts'
import { grammarOf, tell, templateOf } from './template.ts'

export interface ReadSchedule {
  readonly schedule: Schedule
  /** How many are kept, where that is said. */
  readonly keep?: number
  /** Where it is said; undefined when the template is not written in the program. */
  readonly keepAt?: Span
}

/** Undefined when `value` is no schedule, or a wrong one; that was said then. */
export function readSchedule(
  scope: Scope,
  reader: Reader,
  value: Encoded,
  path: readonly string[],
): ReadSchedule | undefined {
  if (typeof value === 'string') return readCronString(scope, value, reader.at(path))
  const made = isReference(value) ? reader.made(value, path, 'every') : undefined
  if (!made) {
    if (!isReference(value)) reader.misfit(value, path)
    return undefined
  }
  const cron = made.values['cron']
  if (typeof cron === 'string') return readCronString(scope, cron, { calls: made.calls, path: ['0'] })
  const template = templateOf(scope, made)
  if (!template) return undefined
  const { schedule, keep, keepAt, ...found } = grammarOf(scope).readScheduleText(
    template.text,
    template.holes,
  )
  if (!tell(scope, template, found) || !schedule) return undefined
  const span = keepAt && template.span(keepAt.start, keepAt.end)
  return { schedule, ...(keep === undefined ? {} : { keep }), ...(span ? { keepAt: span } : {}) }
}

function readCronString(scope: Scope, text: string, where: Where): ReadSchedule | undefined {
  const read = readCron(text)
  if ('cron' in read) return { schedule: { cron: [read.cron] } }
  const mark = { where, span: (start: number, end: number) => spanInString(scope, text, where, [start, end]) }
  const meant = grammarOf(scope).readScheduleText(text, [])
  if (meant.schedule && meant.mistakes.length === 0) {
    const mistake = {
      code: 'GT3207' as const,
      message: `'${text}' is a schedule for every, and this is a string, which has five fields of cron`,
      start: 0,
      end: text.length,
      label: `write every\`${text}\``,
    }
    tell(scope, mark, { mistakes: [mistake] })
    return undefined
  }
  const mistakes = read.mistakes.map(({ isNeverDue, ...mistake }) => ({
    code: isNeverDue ? ('GT3208' as const) : ('GT3207' as const),
    ...mistake,
  }))
  tell(scope, mark, { mistakes })
  return undefined
}

/** Undefined when the string is computed, or has escapes in it: the whole value is marked then. */
function spanInString(
  { places }: Scope,
  text: string,
  { calls, path }: Where,
  [start, end]: readonly [number, number],
): Span | undefined {
  const word = places.wordOf(calls)
  const found = word === undefined ? undefined : places.trace(calls, calls.lastIndexOf(word), path)
  if (!found) return undefined
  const { file, site } = found
  const [from, to] = site.value
  if (places.text(file, [from + 1, to - 1]) !== text) return undefined
  return places.span(file, [from + 1 + start, from + 1 + end])
}
