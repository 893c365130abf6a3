// Files of variables: `.env`, `env_file`, `label_file`. Invariant: each line gives a variable, nothing, or a sentence
// that says why not; values keep their `$` for the interpolation that follows, unless they stand in single quotes.

export interface EnvLine {
  readonly name: string
  /** undefined: a name alone, which takes its value from outside. */
  readonly value: string | undefined
  readonly line: number
  /** In single quotes, or in a file of the format `raw`: `$` is a plain sign. */
  readonly isRaw: boolean
}

export interface EnvFile {
  readonly lines: readonly EnvLine[]
  readonly problems: readonly { readonly line: number; readonly why: string }[]
}

const lineLimit = 10_000

export function parseEnvFile(text: string, format: 'compose' | 'raw' = 'compose'): EnvFile {
  const lines: EnvLine[] = []
  const problems: { line: number; why: string }[] = []
  const rows = text.replace(/^\ufeff/, '').split(/\r?\n/)
  for (let at = 0; at < rows.length && at < lineLimit; at += 1) {
    const row = rows[at] ?? ''
    const line = at + 1
    if (/^\s*(?:#|$)/.test(row)) continue
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(?:[=:](.*))?$/.exec(row)
    if (!match) {
      problems.push({ line, why: 'is not NAME=value' })
      continue
    }
    const name = match[1] ?? ''
    const rest = match[2]
    if (rest === undefined) lines.push({ name, value: undefined, line, isRaw: true })
    else if (format === 'raw') lines.push({ name, value: rest, line, isRaw: true })
    else {
      const quoted = readQuoted(rows, at, rest.trimStart())
      if (quoted === 'open') problems.push({ line, why: 'has a quote that is not closed' })
      else if (quoted) {
        lines.push({ name, value: quoted.value, line, isRaw: quoted.isRaw })
        at = quoted.lastRow
      } else lines.push({ name, value: rest.replace(/\s#.*$/, '').trim(), line, isRaw: false })
    }
  }
  if (rows.length > lineLimit) problems.push({ line: lineLimit, why: 'is the last that is read' })
  return { lines, problems }
}

/** A quoted value may go over several lines. */
function readQuoted(
  rows: readonly string[],
  row: number,
  rest: string,
): { value: string; isRaw: boolean; lastRow: number } | 'open' | undefined {
  const quote = rest[0]
  if (quote !== '"' && quote !== "'") return undefined
  let value = ''
  for (let at = row, text = rest.slice(1); ; at += 1, text = rows[at] ?? '', value += '\n') {
    for (let index = 0; index < text.length; index += 1) {
      const char = text[index] ?? ''
      if (char === quote) return { value, isRaw: quote === "'", lastRow: at }
      if (char === '\\' && quote === '"' && index + 1 < text.length) {
        index += 1
        value += unescapeChar(text[index] ?? '')
      } else value += char
    }
    if (at + 1 >= rows.length) return 'open'
  }
}

function unescapeChar(char: string): string {
  return { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$$' }[char] ?? `\\${char}`
}
