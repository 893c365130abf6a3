// Sizes, cores and times that are not written the way they must be: what to write instead. Invariant: what is suggested
// is accepted by model/'s parsers, and means what was written as far as that can be known.

import { parseCpu, parseDuration, parseMemory } from '../model/values.ts'
import type { Words } from './words.ts'

export type Amount = 'size' | 'cores' | 'time'

const parsers = { size: parseMemory, cores: parseCpu, time: parseDuration } as const

const kinds = {
  size: { code: 'GT1102', is: 'a size', examples: "'512Mi' or '1.5Gi'" },
  cores: { code: 'GT1101', is: 'an amount of cores', examples: "'250m' or '2'" },
  time: { code: 'GT1103', is: 'a time', examples: "'30s' or '5m'" },
} as const

/** Bytes, thousandths of a core or milliseconds; undefined when the text is not in the form. */
export function parseAmount(kind: Amount, text: string): number | undefined {
  return parsers[kind](text)
}

/** `field` is the name of what takes it: `memory`. */
export function notAnAmount(kind: Amount, field: string, written: string | number): Words {
  const { code, is, examples } = kinds[kind]
  const shown = typeof written === 'number' ? String(written) : `'${written}'`
  const better = suggest(kind, String(written))
  return {
    code,
    summary: `${field} ${shown} is not ${is}: write ${better ?? examples}`,
    ...(typeof written === 'string' && /^\s*-/.test(written) ? { notes: [`${is} is never negative`] } : {}),
  }
}

function suggest(kind: Amount, written: string): string | undefined {
  const match = /^\s*\+?(0x[0-9a-f]+|\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-zA-Zµ]*)\s*$/.exec(written)
  const number = Number(match?.[1])
  if (!match || !Number.isFinite(number)) return undefined
  const unit = (match[2] ?? '').toLowerCase()
  switch (kind) {
    case 'size':
      return suggestSize(number, unit)
    case 'cores': {
      if (unit === 'm' || unit.startsWith('milli')) return accepted('cores', `${decimal(number)}m`)
      return unit === '' || unit.startsWith('c') ? accepted('cores', decimal(number)) : undefined
    }
    case 'time': {
      const known = timeUnits.find(([, pattern]) => pattern.test(unit))
      return known && accepted('time', `${decimal(number)}${known[0]}`)
    }
  }
}

const timeUnits = [
  ['ms', /^(?:ms|msecs?|millis?|milliseconds?)$/],
  ['s', /^(?:|s|secs?|seconds?)$/],
  ['m', /^(?:m|mins?|minutes?)$/],
  ['h', /^(?:h|hrs?|hours?)$/],
  ['d', /^(?:d|days?)$/],
] as const

const powers = { k: 1, m: 2, g: 3, t: 4 } as const

function suggestSize(number: number, unit: string): string | undefined {
  const match = /^([kmgt])(i?)b?$/.exec(unit)
  const letter = match?.[1]
  if (letter !== 'k' && letter !== 'm' && letter !== 'g' && letter !== 't')
    // Without a unit nobody knows what was meant; a number of bytes is mostly a whole number of Mi.
    return (unit === '' || unit === 'b') && number >= 1024 ** 2 && number % 1024 ** 2 === 0
      ? accepted('size', `${number / 1024 ** 2}Mi`)
      : undefined
  const binary = accepted('size', `${decimal(number)}${letter.toUpperCase()}i`)
  if (binary === undefined || match?.[2] === 'i' || unit.length === 1) return binary
  // "512MB" is read as half a GiB by some and as 512,000,000 bytes by others.
  const mebi = Math.ceil((number * 1000 ** powers[letter]) / 1024 ** 2)
  const exact = mebi > 0 ? accepted('size', `${mebi}Mi`) : undefined
  return exact === undefined || exact === binary
    ? binary
    : `${binary}, or ${exact} for ${decimal(number)} ${unit.toUpperCase()}`
}

/** Without exponent, with at most three decimals. */
function decimal(number: number): string {
  return String(Number(number.toFixed(3)))
}

function accepted(kind: Amount, text: string): string | undefined {
  return parseAmount(kind, text) === undefined ? undefined : `'${text}'`
}
