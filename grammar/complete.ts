// What may be written at a place of a text, and what stands there: for editors. Invariant: it answers for any text and any
// offset, right or wrong; what it offers is right in that place as far as the text before it is.

import type { IToken } from 'chevrotain'
import { findField, measurements, nodeFields, shortAttributes, typeWords } from './fields.ts'
import type { Field, FieldType } from './fields.ts'
import { firstTooDeep, isName, lengthLimit, ruleOf, splitRules } from './parse.ts'
import { possibleAfter } from './possible.ts'
import type { Possible } from './possible.ts'
import { readScheduleText } from './schedule.ts'
import type { Language } from './syntax.ts'
import {
  Amount,
  Arrow,
  AtLeast,
  AtMost,
  Clock,
  Close,
  endOf,
  Equal,
  Greater,
  Hole,
  HoleAmount,
  isKeyword,
  Less,
  MinuteOfHour,
  Name,
  NotEqual,
  Open,
  OpenText,
  readTokens,
  Semicolon,
  slips,
  spellingOf,
  Text,
} from './tokens.ts'
import { dayDetails, keywordDetails, languageDetails, signDetails, unitDetails } from './words.ts'

export interface Completion {
  readonly label: string
  /** A sentence without its full stop. */
  readonly detail: string
  readonly insert: string
  /** Offsets of what it replaces. */
  readonly replace: readonly [start: number, end: number]
}

export interface Hover {
  readonly start: number
  readonly end: number
  readonly text: string
}

const ruleNames: Readonly<Record<Language, string>> = {
  place: 'placementRule',
  scale: 'scalingRule',
  every: 'schedule',
  gate: 'gate',
  where: 'condition',
}

const operators: ReadonlySet<unknown> = new Set([Equal, NotEqual, Less, AtMost, Greater, AtLeast])
const signsOffered: ReadonlySet<string> = new Set(Object.keys(signDetails))

type Offer = Omit<Completion, 'replace'>

function fieldsOf(language: Language, fields: readonly Field[]): readonly Field[] {
  switch (language) {
    case 'place':
      return nodeFields
    case 'scale':
    case 'gate':
      return measurements
    case 'every':
      return []
    case 'where':
      return fields
  }
}

/** What may be written at an offset; `fields` are those of a filter. The text has `holeMark` for each hole. */
export function completionsAt(
  language: Language,
  text: string,
  offset: number,
  fields: readonly Field[] = [],
): readonly Completion[] {
  if (text.length > lengthLimit) return []
  const { tokens } = readTokens(text)
  const touched = tokens.find((token) => token.startOffset < offset && offset <= endOf(token))
  const isText = touched?.tokenType === Text || touched?.tokenType === OpenText
  // Behind its mark a text is over; before it, it is what is written.
  const isInText = isText && (touched.tokenType === OpenText || offset < endOf(touched))
  const word = touched && (isName(touched) || isInText) ? touched : undefined
  const isOther = touched && !word && [Amount, HoleAmount, Clock, MinuteOfHour].includes(touched.tokenType)
  if (isOther) return []
  const before = tokens.filter((token) => (word ? token !== word : true) && endOf(token) <= offset)
  const part = splitRules(before).at(-1)?.tokens ?? []
  if (firstTooDeep(part)) return []
  const replace: [number, number] = word ? [word.startOffset, endOf(word)] : [offset, offset]
  const known = fieldsOf(language, fields)
  const offers = isInText ? valuesAfter(part, known) : offersAfter(language, part, known)
  return offers.map((offer) => ({ ...offer, replace }))
}

function offersAfter(language: Language, part: readonly IToken[], fields: readonly Field[]): Offer[] {
  if (isBehindOperator(part)) return valuesAfter(part, fields)
  const { next } = possibleAfter(ruleOf(ruleNames[language]), part)
  const compared = fieldBefore(part, fields)
  const offers = new Map<string, Offer>()
  const add = (offer: Offer): void => {
    if (!offers.has(offer.label)) offers.set(offer.label, offer)
  }
  for (const possible of next) for (const offer of offersFor(possible, part, fields, compared)) add(offer)
  return [...offers.values()]
}

function offersFor(
  { token, rules }: Possible,
  part: readonly IToken[],
  fields: readonly Field[],
  compared: Field | undefined,
): Offer[] {
  if (slips.has(token)) return []
  const spelt = spellingOf(token)
  if (spelt !== undefined && isKeyword(token)) {
    if (spelt === 'in' || spelt === 'not')
      return compared && compared.type !== 'text'
        ? []
        : [plain(spelt === 'not' ? 'not in' : 'in', keywordDetails[spelt])]
    return [plain(spelt, keywordDetails[spelt])]
  }
  if (spelt !== undefined) {
    const isOrder = ['<', '<=', '>', '>='].includes(spelt)
    const hasOrder = !compared || (compared.type !== 'text' && compared.type !== 'boolean')
    return signsOffered.has(spelt) && (hasOrder || !isOrder) ? [plain(spelt, signDetails[spelt])] : []
  }
  if (token === Clock) return [plain('02:30', 'a time of day')]
  if (token === MinuteOfHour) return [plain(':05', 'a minute of every hour')]
  if (token === Hole && rules.at(-1) === 'placementRule')
    return [{ label: '${…}', detail: 'a service or a job', insert: '${}' }]
  if (token !== Name) return stepsFor(rules, part)
  if (rules.includes('when')) {
    const last = part.at(-1)
    const isUnit = last && [Amount, Hole, HoleAmount].includes(last.tokenType)
    return Object.entries(isUnit ? unitDetails : dayDetails).map(([name, detail]) => plain(name, detail))
  }
  const isSpread =
    rules.at(-1) === 'reference' && !rules.includes('comparison') && rules[0] === 'placementRule'
  if (isSpread)
    return [
      ...[...shortAttributes].map(([short, name]) => plain(short, findField(fields, name)?.detail)),
      ...fields.filter((field) => field.type === 'text').map(fieldOffer),
    ]
  return fields.map(fieldOffer)
}

function stepsFor(rules: readonly string[], part: readonly IToken[]): Offer[] {
  if (!rules.includes('step') || part.at(-1)?.tokenType !== Arrow) return []
  return [plain('+1', 'one task more'), plain('-1', 'one task fewer'), plain('+50%', 'half as many again')]
}

function plain(label: string, detail = ''): Offer {
  return { label, detail, insert: label }
}

function fieldOffer(field: Field): Offer {
  const { name, detail, argument } = field
  if (argument !== undefined) return { label: `${name}("…")`, detail, insert: `${name}("")` }
  return name.endsWith('.*')
    ? { label: name.replace('*', '<name>'), detail, insert: name.slice(0, -1) }
    : plain(name, detail)
}

const examples: Readonly<Record<FieldType, readonly string[]>> = {
  text: [],
  boolean: ['true', 'false'],
  number: ['50'],
  percent: ['70%'],
  time: ['300ms'],
  size: ['4Gi'],
  cores: ['4'],
}

/** Values for the field that is compared. */
function valuesAfter(part: readonly IToken[], fields: readonly Field[]): Offer[] {
  const field = fieldBefore(part, fields)
  if (!field) return []
  if (field.values) return field.values.map((value) => plain(`"${value}"`, field.detail))
  return examples[field.type].map((value) => plain(value, field.detail))
}

function isBehindOperator(part: readonly IToken[]): boolean {
  const last = part.at(-1)
  if (!last) return false
  if (operators.has(last.tokenType)) return true
  // Inside the list of `in`.
  for (const token of part.toReversed()) {
    const { name } = token.tokenType
    if (name === 'Open') {
      const previous = part[part.indexOf(token) - 1]
      return previous?.tokenType.name === 'In' && (last === token || last.tokenType.name === 'Comma')
    }
    if (name !== 'Comma' && name !== 'Text' && name !== 'Hole') return false
  }
  return false
}

/** The field that stands last in the text before. */
function fieldBefore(part: readonly IToken[], fields: readonly Field[]): Field | undefined {
  const at = part.findLastIndex((token) => isName(token) && findField(fields, token.image) !== undefined)
  const name = part[at]
  if (!name) return undefined
  // What is joined by && or || begins anew.
  const between = part.slice(at + 1).map((token) => token.tokenType.name)
  return between.some((each) => ['And', 'Or', 'For', 'Weight', 'Arrow'].includes(each))
    ? undefined
    : findField(fields, name.image)
}

/** What stands at an offset; undefined where there is nothing to say. `fields` are those of a filter. */
export function hoverAt(
  language: Language,
  text: string,
  offset: number,
  fields: readonly Field[] = [],
): Hover | undefined {
  if (text.length > lengthLimit) return undefined
  const { tokens } = readTokens(text)
  const token =
    tokens.find((each) => each.startOffset <= offset && offset < endOf(each)) ??
    tokens.find((each) => endOf(each) === offset)
  if (!token || token.tokenType === Semicolon || token.tokenType === Open || token.tokenType === Close)
    return undefined
  const said = meaningOf(language, token, fieldsOf(language, fields))
  const due = language === 'every' ? dueWords(text) : undefined
  const parts = [said, due].filter((each) => each !== undefined)
  return parts.length === 0
    ? undefined
    : { start: token.startOffset, end: endOf(token), text: parts.join('\n\n') }
}

function meaningOf(language: Language, token: IToken, fields: readonly Field[]): string | undefined {
  const word = token.image
  if (isName(token)) {
    const name = language === 'place' ? (shortAttributes.get(word) ?? word) : word
    const field = keywordStandsFor(language, token) ? undefined : findField(fields, name)
    if (field) return fieldWords(field, name)
    if (language === 'every') {
      const unit = unitDetails[word.replace(/s?$/, 's')]
      const detail = dayDetails[word] ?? unit
      if (detail !== undefined) return `${word}: ${detail}`
    }
    if (isKeyword(token.tokenType)) return `${word}: ${keywordDetails[word] ?? languageDetails[language]}`
    return undefined
  }
  const detail = Object.hasOwn(signDetails, word) ? signDetails[word] : undefined
  return detail === undefined ? undefined : `${word}: ${detail}`
}

/** `node` of `max 2 per node` is no attribute. */
function keywordStandsFor(language: Language, token: IToken): boolean {
  return language === 'place' && isKeyword(token.tokenType)
}

function fieldWords(field: Field, name: string): string {
  const { type, detail, values, argument } = field
  const shown = argument === undefined ? name : `${name}("…")`
  const kind =
    type === 'text'
      ? 'a text'
      : type === 'boolean'
        ? 'true or false'
        : `${typeWords[type].is}: ${typeWords[type].write.replace(/^.*such as /, '')}`
  const one = values ? `\n\nOne of ${values.map((value) => `"${value}"`).join(', ')}` : ''
  return `${shown}: ${kind}\n\n${detail}${one}`
}

/** The schedule as it is understood. */
function dueWords(text: string): string | undefined {
  const { schedule, mistakes } = readScheduleText(text)
  if (!schedule || mistakes.length > 0 || !('cron' in schedule)) return undefined
  return `cron ${schedule.cron.join(' and ')}`
}
