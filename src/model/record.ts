// Records of the log. Invariant: each carries the digest of the one before it, so a store that lost, changed or
// reordered records is noticed by whoever reads them; and a format version, so that a server never leads what it
// cannot read. A record of a term that is over is void, wherever it came into the log. How records are stored and
// fetched is the log's business, not this file's.

import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { sha256 } from './canonical.ts'
import type { Instant } from './duration.ts'
import type { Change, Term } from './state.ts'

/** Grows when rows change their shape: 2 since documents hold the whole language. */
export const recordFormat = 2

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

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
  readonly parts: readonly CommitPart[]
}

export interface CommitPart {
  readonly cause: Cause
  readonly changes: readonly Change[]
}

/** Changes nothing: its append proves that whoever made it led when it was made. */
export interface ConfirmRecord {
  readonly format: number
  readonly prev: string
  readonly kind: 'confirm'
  readonly term: Term
  readonly at: Instant
}

/** A piece of a commit that is more than the log takes at once; the last makes it take effect. */
export interface PartRecord {
  readonly format: number
  readonly prev: string
  readonly kind: 'part'
  readonly term: Term
  readonly at: Instant
  /** From 1 to `of`. */
  readonly part: number
  readonly of: number
  /** Base64 of a piece of the compressed parts of the commit. */
  readonly data: string
}

export type LogRecord = TermRecord | CommitRecord | ConfirmRecord | PartRecord

const header = z.looseObject({
  format: z.int(),
  prev: z.string().length(64),
  kind: z.enum(['term', 'commit', 'confirm', 'part']),
  term: z.int().nonnegative(),
})

export type ParsedRecord =
  | { readonly ok: true; readonly record: LogRecord; readonly digest: string }
  | { readonly ok: false; readonly reason: string }

export function encodeRecord(record: LogRecord): { readonly bytes: Uint8Array; readonly digest: string } {
  const bytes = encoder.encode(JSON.stringify(record))
  return { bytes, digest: sha256(bytes) }
}

/**
 * Whether a record has no effect in a log whose newest term is `term`: a deposed leader brought it in. JetStream compares
 * numbers only, so a store that lost its end and grew again takes what follows a record that is not there any more.
 */
export function isVoid(record: Pick<LogRecord, 'kind' | 'term'>, term: Term): boolean {
  return record.term < term || (record.kind === 'term' && record.term === term)
}

/** What the parts of a commit say, compressed, in pieces of at most `limit` characters. */
export function encodeParts(parts: readonly CommitPart[], limit: number): string[] {
  const data = gzipSync(JSON.stringify(parts)).toString('base64')
  const pieces: string[] = []
  for (let at = 0; at < data.length; at += limit) pieces.push(data.slice(at, at + limit))
  return pieces
}

/** The way back; the rows are believed as those of a commit are. */
export function decodeParts(pieces: readonly string[]): CommitPart[] {
  const text = gunzipSync(Buffer.from(pieces.join(''), 'base64')).toString('utf8')
  return JSON.parse(text) as CommitPart[] // see parseRecord
}

/**
 * The rows of changes are not checked against a schema: only a leader may append, the chain proves that nobody else
 * did, and a million records must fold in seconds.
 */
export function parseRecord(bytes: Uint8Array): ParsedRecord {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
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
    const head = header.safeParse(JSON.parse(decoder.decode(bytes)))
    return head.success && otherFormat(head.data.format) !== null
  } catch {
    return false
  }
}
