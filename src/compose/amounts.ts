// Compose's spellings of sizes, times and cores, and gantry's for the same amount. Invariant: the amount is the same to
// the byte, millisecond and thousandth of a core, or the function says that it was rounded, or gives undefined.

import { formatDuration } from '../model/index.ts'

export interface Amount {
  /** In gantry's spelling. */
  readonly text: string
  /** The amount that was meant was not a whole number of gantry's smallest unit. */
  readonly isRounded: boolean
}

const bytesOf: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
}

/** Bytes of `512m`, `1gb`, `1024`; undefined when it is not a size of Compose. */
function readBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text.trim())
  if (!match) return undefined
  const unit = bytesOf[(match[2] ?? '').toLowerCase()] ?? 1
  const bytes = Math.round(Number(match[1]) * unit)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** `Size` has no single bytes: what is no whole Ki is rounded up. */
export function sizeOf(text: string): Amount | undefined {
  const bytes = readBytes(text)
  if (bytes === undefined || bytes === 0) return undefined
  const kibi = Math.ceil(bytes / 1024)
  const isRounded = kibi * 1024 !== bytes
  for (const [unit, size] of [
    ['Ti', 1024 ** 3],
    ['Gi', 1024 ** 2],
    ['Mi', 1024],
  ] as const)
    if (kibi >= size && kibi % size === 0) return { text: `${kibi / size}${unit}`, isRounded }
  return { text: `${kibi}Ki`, isRounded }
}

const nanosOf: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1000,
  µs: 1000,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
}

/** Milliseconds of `1m30s`, `10ms`, `1.5h`; a number alone is undefined. */
export function readDuration(text: string): { readonly ms: number; readonly isRounded: boolean } | undefined {
  const trimmed = text.trim()
  if (trimmed === '0') return { ms: 0, isRounded: false }
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+$/.test(trimmed)) return undefined
  let nanos = 0
  for (const [, count, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g))
    nanos += Number(count) * (nanosOf[unit ?? ''] ?? 0)
  const ms = Math.round(nanos / 1e6)
  return Number.isSafeInteger(ms) ? { ms, isRounded: ms * 1e6 !== Math.round(nanos) } : undefined
}

export function durationOf(text: string): Amount | undefined {
  const read = readDuration(text)
  return read && { text: formatDuration(read.ms), isRounded: read.isRounded }
}

/** `0.5` → `500m`; `2` → `2`. */
export function cpusOf(text: string): Amount | undefined {
  if (!/^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text.trim())) return undefined
  return spellCpus(Number(text.trim()))
}

/** Cores; undefined for none. */
export function spellCpus(cores: number): Amount | undefined {
  const thousandths = Math.ceil(Math.round(cores * 1e6) / 1000)
  if (!Number.isSafeInteger(thousandths) || thousandths === 0) return undefined
  return {
    text: thousandths % 1000 === 0 ? String(thousandths / 1000) : `${thousandths}m`,
    isRounded: Math.round(cores * 1e6) !== thousandths * 1000,
  }
}

/** A whole number in decimal, nothing else. */
export function readWhole(text: string): number | undefined {
  const value = /^-?\d{1,15}$/.test(text.trim()) ? Number(text.trim()) : undefined
  return value
}
