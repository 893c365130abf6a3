// Five fields of cron: minute, hour, day of the month, month, day of the week. How they are written and which numbers they
// stand for. Invariant: what is accepted is due some day; it has no clock and does not say when.

import { nearest } from './nearest.ts'

interface CronField {
  readonly name: string
  readonly min: number
  readonly max: number
  /** In the order of their numbers, from `min`. */
  readonly names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fields: readonly CronField[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'day of the week', min: 0, max: 7, names: weekdays },
]

const daysIn = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** Offsets are those in the text that was given. */
export interface CronMistake {
  readonly message: string
  readonly start: number
  readonly end: number
  readonly label?: string
  /** Right in each field, but no day fits all of them. */
  readonly isNeverDue?: true
}

/** The fields with one blank between them and numbers for names; or what is wrong with them. */
export function readCron(
  text: string,
): { readonly cron: string } | { readonly mistakes: readonly CronMistake[] } {
  const words = [...text.matchAll(/\S+/g)].map((match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }))
  const [first] = words
  const extent = { start: first?.start ?? 0, end: words.at(-1)?.end ?? 0 }
  const macro = Object.hasOwn(macros, text.trim()) ? macros[text.trim()] : undefined
  if (macro !== undefined)
    return {
      mistakes: [
        { message: `'${text.trim()}' is written in five fields`, ...extent, label: `write '${macro}'` },
      ],
    }
  if (words.length !== fields.length)
    return {
      mistakes: [
        {
          message: `a schedule of cron has five fields, not ${words.length}`,
          ...extent,
          label:
            words.length === 6
              ? 'seconds are not among them: a schedule is to the minute'
              : 'minute, hour, day of the month, month, day of the week',
        },
      ],
    }
  const mistakes: CronMistake[] = []
  const read = fields.map((field, index) =>
    readField(field, words[index] ?? { text: '', ...extent }, mistakes),
  )
  if (mistakes.length > 0) return { mistakes }
  const [, , days, monthsDue] = read
  if (days && monthsDue && read[4]?.isAny && !days.isAny && !existsDay(days.numbers, monthsDue))
    return {
      mistakes: [
        {
          message: 'this is never due: none of the months has such a day',
          start: words[2]?.start ?? extent.start,
          end: words[3]?.end ?? extent.end,
          isNeverDue: true,
        },
      ],
    }
  return { cron: read.map((each) => each.text).join(' ') }
}

interface ReadField {
  readonly text: string
  readonly isAny: boolean
  readonly numbers: ReadonlySet<number>
}

function existsDay(days: ReadonlySet<number>, due: ReadField): boolean {
  const earliest = Math.min(...days)
  return daysIn.some((length, index) => (due.isAny || due.numbers.has(index + 1)) && earliest <= length)
}

interface Word {
  readonly text: string
  readonly start: number
  readonly end: number
}

function readField(field: CronField, word: Word, mistakes: CronMistake[]): ReadField {
  const numbers = new Set<number>()
  const items: string[] = []
  let at = word.start
  for (const item of word.text.split(',')) {
    items.push(readItem(field, { text: item, start: at, end: at + item.length }, numbers, mistakes))
    at += item.length + 1
  }
  return { text: items.join(','), isAny: word.text === '*', numbers }
}

function readItem(
  field: CronField,
  { text, start, end }: Word,
  numbers: Set<number>,
  mistakes: CronMistake[],
): string {
  const refuse = (message: string, label?: string): string => {
    mistakes.push({
      message,
      start,
      end: Math.max(end, start + 1),
      ...(label === undefined ? {} : { label }),
    })
    return text
  }
  const { name, min, max } = field
  const match = /^(?:(\*)|([A-Za-z]+|\d+)(?:-([A-Za-z]+|\d+))?)(?:\/(\d+))?$/.exec(text)
  if (!match)
    return refuse(
      text === '' ? `the ${name} has an empty place in its list` : `'${text}' is no ${name}`,
      `a number from ${min} to ${max}, a range 1-5, a step */15, or a list of them`,
    )
  const [, star, from, to, step] = match
  const numberOf = (written: string): number | undefined => {
    if (/^\d+$/.test(written)) {
      const number = Number(written)
      if (number >= min && number <= max) return number
      refuse(`the ${name} goes from ${min} to ${max}, not to ${written}`)
      return undefined
    }
    const { names = [] } = field
    const index = names.indexOf(written.toLowerCase())
    if (index >= 0) return min + index
    const guess = nearest(written.toLowerCase(), names)
    refuse(
      `'${written}' is no ${name}`,
      guess === undefined
        ? names.length > 0
          ? `names are ${names.join(', ')}`
          : `a number from ${min} to ${max}`
        : `did you mean '${guess}'?`,
    )
    return undefined
  }
  let low = min
  let high = field.max === 7 ? 6 : max
  let written = '*'
  if (star === undefined) {
    const first = numberOf(from ?? '')
    let last = to === undefined ? first : numberOf(to)
    if (first === undefined || last === undefined) return text
    // Sunday ends a week as well as it begins one.
    if (field.max === 7 && to !== undefined && last === 0 && first > 0) last = 7
    if (last < first)
      return refuse(
        `the range '${text}' goes backwards`,
        `write ${first}-${field.max}${last > min ? `,${min === 0 && field.max === 7 ? 1 : min}-${last}` : `,${last}`}`,
      )
    low = first
    high = to === undefined && step !== undefined ? max : last
    // From there to the end, which not every reader of cron knows without being told the end.
    written = to === undefined && step === undefined ? String(first) : `${first}-${high}`
  }
  if (step !== undefined) {
    const width = Number(step)
    if (width < 1 || width > max) return refuse(`the step of the ${name} goes from 1 to ${max}, not ${step}`)
    written += `/${width}`
  }
  for (let number = low; number <= high; number += Number(step ?? 1)) numbers.add(number)
  return written
}
