// Records of the log. Invariant: each carries the digest of the one before it, so a store that lost, changed or
// reordered records is noticed by whoever reads them; and a format version, so that a server never leads what it
// cannot read. How records are stored and fetched is the log's business, not this file's.

import { z } from 'zod'
import { sha256 } from './canonical.ts'
import type { Instant } from './duration.ts'
import type { Change, Term } from './state.ts'

/** Grows when rows change their shape: 2 since documents hold the whole language. */
export const recordFormat = 2

/** The digest before the first record. */
export const noRecord = '0'.repeat(64)

/** Who asked and why a set of changes was made. */
export interface Cause {
  /** `admin`, or `leader` when nobody asked but the state made it necessary. */
  readonly by: string
  /** In words: "apply hello (version 3)", "replace a task that failed". */
  readonly what: string
}

export interface TermRecord {
  readonly format: number
  readonly prev: string
  readonly kind: 'term'
  readonly term: Term
  readonly server: string
  readonly at: Instant
}

export interface CommitRecord {
  readonly format: number
  readonly prev: string
  readonly kind: 'commit'
  readonly term: Term
  readonly at: Instant
  /** Several causes share one commit when they came in the same round. */
  readonly parts: readonly { readonly cause: Cause; readonly changes: readonly Change[] }[]
}

export type LogRecord = TermRecord | CommitRecord

const header = z.looseObject({
  format: z.int(),
  prev: z.string().length(64),
  kind: z.enum(['term', 'commit']),
  term: z.int().nonnegative(),
})

export type ParsedRecord =
  | { readonly ok: true; readonly record: LogRecord; readonly digest: string }
  | { readonly ok: false; readonly reason: string }

export function encodeRecord(record: LogRecord): { readonly bytes: Uint8Array; readonly digest: string } {
  const bytes = new TextEncoder().encode(JSON.stringify(record))
  return { bytes, digest: sha256(bytes) }
}

/**
 * The rows of changes are not checked against a schema: only a leader may append, the chain proves that nobody else
 * did, and a million records must fold in seconds.
 */
export function parseRecord(bytes: Uint8Array): ParsedRecord {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return { ok: false, reason: 'not JSON' }
  }
  const head = header.safeParse(value)
  if (!head.success) return { ok: false, reason: 'not a record of the log' }
  const reason = otherFormat(head.data.format)
  if (reason !== null) return { ok: false, reason }
  return { ok: true, record: value as LogRecord, digest: sha256(bytes) } // see the comment above
}

/** Why a record that is whole cannot be read by this version; null when it can. */
function otherFormat(format: number): string | null {
  if (format === recordFormat) return null
  const order = format > recordFormat ? 'newer' : 'older'
  return `format ${format} is ${order} than this server reads (${recordFormat})`
}

/** Whether another version of gantry wrote it: that is no damage, and nothing of it may be thrown away. */
export function isOfOtherFormat(bytes: Uint8Array): boolean {
  try {
    const head = header.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
    return head.success && otherFormat(head.data.format) !== null
  } catch {
    return false
  }
}
