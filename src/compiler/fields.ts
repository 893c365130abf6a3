// What a field may take, in the words of messages: the kinds that many fields have in common. Which word has which fields
// is vocabulary.ts.

import type { Amount } from './amounts.ts'

/** What one field takes. */
export interface Field {
  /** Completes "… takes". */
  readonly takes: string
  /** Of an object with fields of its own. */
  readonly fields?: Fields
  /** What each item of a list takes, or each member of an object whose names are the program's. */
  readonly each?: Field
}

export type Fields = Readonly<Record<string, Field>>

export const duration: Field = { takes: "a time such as '30s' or '5m'" }
export const cores: Field = { takes: "cores such as '250m' or '2'" }
export const size: Field = { takes: "a size such as '512Mi' or '1.5Gi'" }
export const string: Field = { takes: 'a string' }
export const whole: Field = { takes: 'a whole number' }
export const boolean: Field = { takes: 'true or false' }
export const share: Field = { takes: "a whole number, or a share such as '25%'" }
export const strings: Field = { takes: 'a list of strings', each: string }
export const exitCodes: Field = {
  takes: 'a list of exit codes from 1 to 255',
  each: { takes: 'an exit code from 1 to 255' },
}
export const stringsByName: Field = { takes: 'an object of strings', each: string }
export const gate: Field = { takes: 'gate`…`' }
export const pause: Field = { takes: "a time such as '30s' or '5m', or 'promote'" }
export const schedule: Field = { takes: "every`…`, or five fields of cron such as '30 2 * * 1-5'" }
export const timezone: Field = { takes: "a time zone such as 'Europe/Amsterdam'" }
export const onChange: Field = {
  takes: "'restart', 'update' or { signal: 'SIGHUP' }",
  fields: { signal: { takes: "a signal such as 'SIGHUP'" } },
}

/** One of several shapes: what is not written by a field is written by its name. */
export function object(takes: string, fields: Fields): Field {
  return { takes, fields }
}

export function each(takes: string, field: Field): Field {
  return { takes, each: field }
}

/** The kind of amount that is taken, by what `takesAt` says. */
export function amountTaken(takes: string): Amount | undefined {
  switch (takes) {
    case size.takes:
      return 'size'
    case cores.takes:
      return 'cores'
    case duration.takes:
      return 'time'
    default:
      return undefined
  }
}

/** The same, from the amount. */
export function takesAmount(amount: Amount): string {
  return { size, cores, time: duration }[amount].takes
}
