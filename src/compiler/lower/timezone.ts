// Time zones by their IANA names.

import { nearest } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'

/** An IANA name, aliases such as `US/Eastern` among them; undefined when none is given or it is refused. */
export function readTimezone(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
): string | undefined {
  const zone = reader.string(value, path)
  if (zone === undefined || isTimezone(zone)) return zone
  const known = Intl.supportedValuesOf('timeZone')
  const lower = zone.toLowerCase().replaceAll(' ', '_')
  // People write the city alone, or the whole in lower case.
  const guess =
    known.find((each) => each.toLowerCase() === lower || each.toLowerCase().endsWith(`/${lower}`)) ??
    nearest(zone, known)
  reader.refuse(path, {
    code: 'GT2169',
    summary: `there is no time zone '${zone}'`,
    label: guess === undefined ? "such as 'Europe/Amsterdam' or 'UTC'" : `did you mean '${guess}'?`,
  })
  return undefined
}

function isTimezone(zone: string): boolean {
  // Offsets ('+01:00') and abbreviations ('CET' is a zone, 'CEST' none) are told apart by the library below.
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/.test(zone)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone.length > 0
  } catch {
    // What it throws says that there is no such zone.
    return false
  }
}
