// `gantry explain [CODE]`: the long form of a diagnostic, or the list of all codes in groups.

import { codeGroups } from '../../compiler/index.ts'
import type { CodeEntry } from '../../compiler/index.ts'
import { exitCodes, Fault, nearest, wrapWords } from '../../model/index.ts'
import { allCodes as all, explainCode } from '../codes.ts'
import type { Command } from '../context.ts'

export interface ExplainArgs {
  readonly code: string | undefined
  readonly json: boolean
}

export const runExplain: Command<ExplainArgs> = async ({ terminal }, { code, json }) => {
  if (code === undefined) {
    if (json)
      terminal.out(JSON.stringify({ format_version: 1, codes: Object.entries(all).map(asJson) }, null, 2))
    else terminal.out(listCodes(terminal.width))
    return exitCodes.ok
  }
  const known = knownCode(code)
  if (json) terminal.out(JSON.stringify({ format_version: 1, ...asJson([known, entryOf(known)]) }, null, 2))
  else terminal.out(explainCode(known, Math.min(80, terminal.width)) ?? '')
  return exitCodes.ok
}

function asJson([code, { title, text, wrong, right }]: readonly [string, CodeEntry]): object {
  return { code, title, text, wrong: wrong ?? null, right: right ?? null }
}

function entryOf(code: string): CodeEntry {
  return all[code] ?? { title: '', text: '' }
}

/** `gt2001` and `2001` are GT2001. Throws a Fault with exit 64 for a code that does not exist. */
function knownCode(written: string): string {
  const upper = written.toUpperCase()
  const code = /^\d{4}$/.test(upper) ? `GT${upper}` : upper
  if (Object.hasOwn(all, code)) return code
  const guess = nearest(code, Object.keys(all))
  throw new Fault({
    what: `there is no diagnostic ${JSON.stringify(written)}`,
    fix: `${guess === undefined ? '' : `did you mean ${guess}? `}gantry explain lists all`,
    exit: exitCodes.usage,
  })
}

const groups = [...codeGroups, ['GT6', 'The cluster'] as const]

function listCodes(width: number): string {
  const lines = groups.flatMap(([prefix, title]) => {
    const members = Object.entries(all)
      .filter(([code]) => code.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return members.length === 0
      ? []
      : [`${title}:`, ...members.flatMap(([code, entry]) => indented(code, entry.title, width)), '']
  })
  return [...lines, 'gantry explain CODE says more of one.'].join('\n')
}

function indented(code: string, title: string, width: number): string[] {
  const lines = wrapWords(title, width - code.length - 4).split('\n')
  return lines.map((line, index) => `  ${index === 0 ? code : ' '.repeat(code.length)}  ${line}`)
}
