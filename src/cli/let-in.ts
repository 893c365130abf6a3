// What the lists of tokens and of users have in common: whoever or whatever was let in by somebody, for a time or for ever.

import { exitCodes, humanDuration } from '../model/index.ts'
import type { ExitCode, Instant } from '../model/index.ts'
import type { Terminal } from './terminal.ts'
import { renderTable } from './table.ts'
import type { Column } from './table.ts'

interface Grant {
  readonly createdAt: Instant
  readonly createdBy: string
  /** Null: never. */
  readonly expiresAt: Instant | null
  readonly revokedAt: Instant | null
}

/** "revoked", "expired", "good for 50m", "good" */
export function standingText(
  { revokedAt, expiresAt }: Pick<Grant, 'expiresAt' | 'revokedAt'>,
  now: Instant,
): string {
  if (revokedAt !== null) return 'revoked'
  if (expiresAt === null) return 'good'
  return expiresAt <= now ? 'expired' : `good for ${humanDuration(expiresAt - now)}`
}

/** "3m ago by admin" */
export function madeColumn(now: Instant): Column<Grant> {
  return {
    title: 'MADE',
    cell: ({ createdAt, createdBy }) => `${humanDuration(Math.max(0, now - createdAt))} ago by ${createdBy}`,
  }
}

/** Writes a list of a cluster's rows as a table, or as JSON under its name. */
export function outList<Row>(
  terminal: Terminal,
  {
    name,
    rows,
    columns,
    json,
  }: {
    readonly name: string
    readonly rows: readonly Row[]
    readonly columns: readonly Column<Row>[]
    readonly json: boolean
  },
): ExitCode {
  if (json) terminal.out(JSON.stringify({ format_version: 1, [name]: rows }, null, 2))
  else if (rows.length === 0) terminal.out(`no ${name}`)
  else terminal.out(renderTable(rows, columns, terminal.width, terminal.color.dim))
  return exitCodes.ok
}
