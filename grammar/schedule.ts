// What a schedule means: five fields of cron, or a span. Invariant: times of day whose minutes differ become several cron
// expressions, so that 02:30 and 14:45 never also mean 02:45.

import { nearest, readCron } from '../src/model/index.ts'
import type { Schedule } from '../src/model/index.ts'
import type { Extent, GrammarMistake } from './mistake.ts'
import { listed, quote } from './mistake.ts'
import { parse } from './parse.ts'
import { MeaningReader, unknown } from './reading.ts'
import type { HoleValue, Outcome } from './reading.ts'
import type { ClockNode, When, WordNode } from './syntax.ts'
import { withoutComments } from './tokens.ts'

/** Days by the numbers cron has for them. */
const dayNumbers: Readonly<Record<string, readonly number[]>> = {
  day: [0, 1, 2, 3, 4, 5, 6],
  weekday: [1, 2, 3, 4, 5],
  weekend: [0, 6],
  monday: [1],
  tuesday: [2],
  wednesday: [3],
  thursday: [4],
  friday: [5],
  saturday: [6],
  sunday: [0],
}

const spanUnits: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}
const unitNames = Object.keys(spanUnits).map((unit) => `${unit}s`)

/** A year: what is rarer is no schedule. */
const longestMs = 366 * 86_400_000

export interface ReadSchedule extends Outcome {
  /** Undefined when there is a mistake, or a hole that is not known. */
  readonly schedule: Schedule | undefined
  /** How many backups are kept. */
  readonly keep?: number
  /** Where that is said. */
  readonly keepAt?: Extent
}

/** The text has `holeMark` where the template has a hole; `holes` is undefined where their values are not known. */
export function readScheduleText(text: string, holes?: readonly HoleValue[]): ReadSchedule {
  const { sentence, mistakes } = parse('every', text)
  const reader = new MeaningReader(text, holes, mistakes)
  if (sentence?.language !== 'every') return { schedule: undefined, ...reader.outcome() }
  const { when, keep: written } = sentence.schedule
  const schedule = readWhen(when, text, reader)
  const keep = written && reader.whole(written, 'how many are kept', { min: 1, max: 10_000 })
  return {
    schedule,
    ...(typeof keep === 'number' ? { keep } : {}),
    ...(written ? { keepAt: { start: written.start, end: written.end } } : {}),
    ...reader.outcome(),
  }
}

/** A text of five fields that is no template: offsets are in it. */
function readCronText(text: string): {
  schedule: Schedule | undefined
  mistakes: readonly GrammarMistake[]
} {
  const read = readCron(text)
  return 'cron' in read
    ? { schedule: { cron: [read.cron] }, mistakes: [] }
    : {
        schedule: undefined,
        mistakes: read.mistakes.map(({ isNeverDue, ...mistake }) => ({
          code: isNeverDue ? 'GT3208' : 'GT3207',
          ...mistake,
        })),
      }
}

function readWhen(when: When, text: string, reader: MeaningReader): Schedule | undefined {
  switch (when.kind) {
    case 'cron': {
      const { schedule, mistakes } = readCronText(withoutComments(text))
      reader.mistakes.push(...mistakes)
      return schedule
    }
    case 'span':
      return readSpan(when, reader)
    case 'hour': {
      const minutes = when.minutes.map((minute) => {
        const number = Number(minute.text.slice(1))
        if (/^:\d\d$/.test(minute.text) && number < 60) return number
        reader.refuse('GT3206', minute, `an hour has no minute '${minute.text}'`, 'write :00 to :59')
        return undefined
      })
      const known = distinct(when.minutes, minutes, reader)
      if (!known) return undefined
      return { cron: [`${known.length === 0 ? '0' : known.join(',')} * * * *`] }
    }
    case 'days': {
      const days = readDays(when.days, reader)
      const times = readTimes(when.times, reader)
      return days !== undefined && times ? { cron: times.map((time) => `${time} * * ${days}`) } : undefined
    }
    case 'month': {
      const days = when.on.map((node) => {
        const day = reader.whole(node, 'a day of the month', { min: 1, max: 31 })
        return typeof day === 'number' ? day : undefined
      })
      const known = distinct(when.on, days, reader)
      const times = readTimes(when.times, reader)
      return known && times && { cron: times.map((time) => `${time} ${known.join(',')} * *`) }
    }
  }
}

function readSpan(
  { count, unit, start, end }: When & { kind: 'span' },
  reader: MeaningReader,
): Schedule | undefined {
  if (!count) return { cron: ['* * * * *'] }
  const word = unit.word.toLowerCase()
  const length = spanUnits[word.replace(/s$/, '')]
  if (length === undefined || unit.word !== word) {
    const isSeconds = /^s(?:ec(?:ond)?s?)?$/.test(word)
    const singular = nearest(word.replace(/s$/, ''), Object.keys(spanUnits))
    const guess = length !== undefined ? word : singular === undefined ? undefined : `${singular}s`
    reader.refuse(
      'GT3103',
      unit,
      `'${unit.word}' is no unit of a schedule: ${listed(unitNames)}`,
      isSeconds
        ? 'a schedule is to the minute'
        : guess === undefined
          ? undefined
          : `did you mean '${guess}'?`,
    )
    return undefined
  }
  const number = reader.whole(count, `the number of ${word.replace(/s?$/, 's')}`, { min: 1, max: 1_000_000 })
  if (typeof number !== 'number') return undefined
  if (number * length <= longestMs) return { everyMs: number * length }
  reader.refuse('GT3204', { start, end }, 'a schedule is due at least once a year')
  return undefined
}

function readDays(days: readonly WordNode[], reader: MeaningReader): string | undefined {
  const named = new Set<number>()
  let isKnown = true
  for (const day of days) {
    const numbers = Object.hasOwn(dayNumbers, day.word) ? dayNumbers[day.word] : undefined
    if (!numbers) {
      isKnown = false
      const words = [...Object.keys(dayNumbers), 'hour', 'month', 'minute']
      const guess =
        nearest(day.word, words) ??
        words.find((each) => day.word === `${each}s` || day.word === `every-${each}`)
      reader.refuse(
        'GT3103',
        day,
        `'${day.word}' is no day`,
        guess === undefined ? 'days are day, weekday, weekend, monday … sunday' : `did you mean '${guess}'?`,
      )
    } else if (numbers.every((each) => named.has(each)))
      reader.refuse('GT3205', day, `'${day.word}' is among the days before it`)
    for (const number of numbers ?? []) named.add(number)
  }
  if (!isKnown) return undefined
  const sorted = [...named].sort((a, b) => a - b)
  if (sorted.length === 7) return '*'
  return sorted.join(',') === '1,2,3,4,5' ? '1-5' : sorted.join(',')
}

/** The first two fields of cron, for each minute that occurs. */
function readTimes(clocks: readonly ClockNode[], reader: MeaningReader): string[] | undefined {
  const times = clocks.map((node) => {
    const written = node.kind === 'clock' ? node.text : reader.text(node)
    if (written === undefined || written === unknown) return undefined
    const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(written)
    if (match) return Number(match[1]) * 60 + Number(match[2])
    const loose = /^(\d):([0-5]\d)$/.exec(written)
    const isMidnight = /^24:0{1,2}$/.test(written)
    reader.refuse(
      'GT3206',
      node,
      `${quote(written)} is no time of day`,
      isMidnight
        ? 'did you mean 00:00?'
        : loose
          ? `did you mean 0${loose[1] ?? ''}:${loose[2] ?? ''}?`
          : 'write 00:00 to 23:59',
    )
    return undefined
  })
  const known = distinct(clocks, times, reader)
  if (!known) return undefined
  const byMinute = new Map<number, number[]>()
  for (const time of known) {
    const minute = time % 60
    byMinute.set(minute, [...(byMinute.get(minute) ?? []), Math.floor(time / 60)])
  }
  return [...byMinute].map(([minute, hours]) => `${minute} ${hours.join(',')}`)
}

/** In rising order; undefined when one is not known. What is said twice is refused. */
function distinct(
  nodes: readonly Extent[],
  numbers: readonly (number | undefined)[],
  reader: MeaningReader,
): number[] | undefined {
  const seen = new Set<number>()
  for (const [index, number] of numbers.entries()) {
    const node = nodes[index]
    if (number !== undefined && node && seen.has(number)) reader.refuse('GT3205', node, 'this is said twice')
    if (number !== undefined) seen.add(number)
  }
  return numbers.includes(undefined) ? undefined : [...seen].sort((a, b) => a - b)
}
