// The loss report in its two faces: for people and as JSON. Invariant: both say the same; what was refused comes first
// and can be allowed by the key that is shown.

import { nearest } from '../model/index.ts'
import type { ReportEntry } from './ledger.ts'
import type { Verdict } from './rule.ts'

export interface Allowed {
  /** Everything. */
  readonly all: boolean
  /** Keys as the report shows them; `*` stands for any part, and what is below an allowed key is allowed. */
  readonly keys: readonly string[]
}

/** Whether what was refused here is agreed to. */
function isAllowed(key: string, { all, keys }: Allowed): boolean {
  return all || keys.some((each) => covers(each, key))
}

function covers(pattern: string, key: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^.]*')
  return new RegExp(`^${source}(?:[.[].*)?$`, 's').test(key)
}

/** Refused, and not agreed to. */
export function lossesOf(report: readonly ReportEntry[], allowed: Allowed): ReportEntry[] {
  return report.filter(({ key, verdict }) => verdict === 'refused' && !isAllowed(key, allowed))
}

/** Keys that were allowed and that nothing refused bears, each with the nearest that was refused. */
export function uselessAllowances(
  report: readonly ReportEntry[],
  { keys }: Allowed,
): { readonly key: string; readonly guess: string | undefined }[] {
  const refused = report.filter(({ verdict }) => verdict === 'refused').map(({ key }) => key)
  return keys
    .filter((each) => !refused.some((key) => covers(each, key)))
    .map((key) => ({ key, guess: nearest(key, refused) }))
}

export type Counts = Readonly<Record<Verdict, number>>

function countVerdicts(report: readonly ReportEntry[]): Counts {
  const counts = { mapped: 0, changed: 0, refused: 0 }
  for (const { verdict } of report) counts[verdict] += 1
  return counts
}

/** The shape of `--json`, beside `format_version`. */
export function reportJson(report: readonly ReportEntry[], allowed: Allowed) {
  return {
    counts: countVerdicts(report),
    keys: report.map(({ key, file, line, verdict, remarks }) => ({
      key,
      file,
      line,
      verdict,
      ...(verdict === 'refused' ? { allowed: isAllowed(key, allowed) } : {}),
      remarks: remarks.map((remark) => ({ ...remark })),
    })),
  }
}

/** Lines for people: refused, then changed, then how many are mapped; everything with `isFull`. */
export function renderReport(report: readonly ReportEntry[], allowed: Allowed, isFull = false): string {
  const counts = countVerdicts(report)
  const lines: string[] = []
  for (const verdict of ['refused', 'changed', 'mapped'] as const) {
    if (verdict === 'mapped' && !isFull) continue
    for (const entry of report)
      if (entry.verdict === verdict && (isFull || !entry.isWithin))
        lines.push(...renderEntry(entry, allowed, isFull))
  }
  const total = `${report.length} keys: ${counts.mapped} mapped, ${counts.changed} changed, ${counts.refused} refused`
  return [...lines, total].join('\n')
}

function renderEntry(entry: ReportEntry, allowed: Allowed, isFull: boolean): string[] {
  const { key, file, line, verdict, remarks } = entry
  const agreed = verdict === 'refused' && isAllowed(key, allowed) ? ' (allowed)' : ''
  const shown = isFull ? remarks : remarks.filter((remark) => remark.verdict === verdict)
  return [
    `${verdict.padEnd(8)} ${key}${agreed}  ${file}:${line}`,
    ...shown.map((remark) => {
      const at = remark.line === line && remark.file === file ? '' : ` (${remark.file}:${remark.line})`
      return `         ${remark.why}${at}${remark.instead === undefined ? '' : `; ${remark.instead}`}`
    }),
  ]
}
