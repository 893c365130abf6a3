// What is wrong inside of a component (a package, gantry/std), told where the stack imports it: its author is somebody
// else, and its file no part of the stack. Invariant: a component that is wrong is one mistake for each import that leads
// to it, however much is wrong inside.

import type { Span } from '../../model/index.ts'
import type { StaticMistake } from '../checker.ts'
import { componentOf } from '../files.ts'

export interface ImportEdge {
  readonly from: string
  /** Undefined when it leads to no file. */
  readonly to: string | undefined
  readonly span: Span
}

export function seenFromTheStack(
  mistakes: readonly StaticMistake[],
  imports: readonly ImportEdge[],
): StaticMistake[] {
  const told = new Set<string>()
  return mistakes.flatMap((mistake) => {
    const { span } = mistake.diagnostic
    const component = span ? componentOf(span.file) : null
    const found = span && component !== null ? importOf(span.file, imports) : undefined
    if (!span || component === null || !found) return [mistake]
    const key = `${found.file}:${found.start}`
    if (told.has(key)) return []
    told.add(key)
    const { code, severity, summary, label, notes, original } = mistake.diagnostic
    return [
      {
        diagnostic: {
          severity,
          code,
          summary: `'${component}' cannot be used by a stack: ${summary}`,
          span: found,
          related: [{ span, label: label ?? 'here' }],
          ...(notes ? { notes } : {}),
          fix: 'its authors have to mend this; another version of it may do',
          ...(original === undefined ? {} : { original }),
        },
      },
    ]
  })
}

/** The import in one of the stack's own files that leads to a file of a component. */
function importOf(file: string, imports: readonly ImportEdge[]): Span | undefined {
  const seen = new Set([file])
  const queue = [file]
  for (let at = queue.shift(); at !== undefined; at = queue.shift())
    for (const { from, to, span } of imports) {
      if (to !== at) continue
      if (componentOf(from) === null) return span
      if (!seen.has(from)) {
        seen.add(from)
        queue.push(from)
      }
    }
  return undefined
}
