// Spans of time: how they are written ('30s', '1h') and what they mean (milliseconds). Invariant: one canonical
// spelling per value, parse(format(x)) = x. It has no clock: an instant is a number somebody else read.

/** Milliseconds since 1970-01-01 UTC, by the clock of whoever says so. */
export type Instant = number
/** Milliseconds. */
export type Duration = number

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
const pattern = /^(0|[1-9]\d*)(?:\.(\d{1,3}))?(ms|s|m|h|d)$/

/** Milliseconds from `'250ms'`, `'30s'`, `'5m'`, `'1.5h'`, `'2d'`; undefined when the text is not in that form. */
export function parseDuration(text: string): Duration | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const unit = units[match[3] as keyof typeof units] // the pattern admits these five only
  // The fraction in thousandths, because 1.001 * 1000 is not 1001 in floating point.
  const value = Number(match[1]) * unit + (Number((match[2] ?? '').padEnd(3, '0')) * unit) / 1000
  return Number.isSafeInteger(value) ? value : undefined
}

export function formatDuration(ms: Duration): string {
  if (ms === 0) return '0s'
  for (const [unit, size] of Object.entries(units))
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

/** For people: '3 s', '12 min', '4 h', '2 d'; rounded down. */
export function humanDuration(ms: Duration): string {
  if (ms < 60_000) return `${Math.floor(ms / 1000)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h`
  return `${Math.floor(ms / 86_400_000)} d`
}
