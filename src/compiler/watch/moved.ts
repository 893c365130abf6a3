// Places of a program of which a part was looked at again: those of the part are where they are now, those of the rest
// where an edit has moved them to. Invariant: a place in a statement that was kept keeps its distance from the
// statement's beginning.

import type { Span } from '../../model/index.ts'
import type { StaticMistake } from '../checker.ts'
import { offsetAt } from '../positions.ts'
import type { Positions } from '../positions.ts'
import { Places } from '../sites.ts'
import type { CallSite, ProgramText, Range, ValueSite } from '../sites.ts'
import type { Outline } from '../typescript/outline.ts'
import type { Alignment } from './align.ts'

/** The offset now of an offset before the edit. */
export type Move = (offset: number) => number

export function moveBetween(base: Outline, next: Outline, alignment: Alignment): Move {
  const successor = new Map<number, number>()
  for (const [index, old] of alignment.entries()) if (old !== null) successor.set(old, index)
  const baseEnd = base.statements.at(-1)?.end ?? 0
  const nextEnd = next.statements.at(-1)?.end ?? 0
  return (offset) => {
    if (offset >= baseEnd) return offset - baseEnd + nextEnd
    const index = statementAt(base, offset)
    const old = base.statements[index]
    if (!old) return offset
    const now = next.statements[successor.get(index) ?? -1]
    // Of a statement that is gone nothing is asked; its place is as good as any.
    return now ? now.start + offset - old.start : Math.min(offset, nextEnd)
  }
}

/** Index of the statement that an offset is in, or that begins last before it; -1 before the first. */
export function statementAt({ statements }: Outline, offset: number): number {
  let low = -1
  let high = statements.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((statements[middle]?.start ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

export interface Part {
  readonly files: readonly ProgramText[]
  readonly calls: readonly CallSite[]
}

/** Files and calls of the part stand behind those of the base; the stack file is the first of both. */
export class MovedPlaces extends Places {
  readonly #baseFiles: number
  readonly #move: Move

  /** `calls` are those of `callsOf`. */
  constructor(base: Part, part: Part, calls: readonly CallSite[], move: Move) {
    super([...base.files, ...part.files], calls)
    this.#baseFiles = base.files.length
    this.#move = move
  }

  override span(file: number, range: Range): Span {
    if (file !== 0) return super.span(file, range)
    return super.span(this.#baseFiles, [this.#move(range[0]), this.#move(range[1])])
  }
}

/** Functions are numbered from zero in every program; those of the part get numbers that the base has not. */
const functionsApart = 1_000_000

export function callsOf(base: Part, part: Part): CallSite[] {
  const shift = base.files.length
  const value = (site: ValueSite): ValueSite => ({
    ...site,
    ...(site.file === undefined ? {} : { file: site.file + shift }),
    ...(site.members
      ? {
          members: Object.fromEntries(
            Object.entries(site.members).map(([name, each]) => [name, value(each)]),
          ),
        }
      : {}),
    ...(site.items ? { items: site.items.map(value) } : {}),
    ...(site.from ? { from: { ...site.from, function: site.from.function + functionsApart } } : {}),
    ...(site.spreads
      ? {
          spreads: site.spreads.map(({ from, behind }) => ({
            from: { ...from, function: from.function + functionsApart },
            behind,
          })),
        }
      : {}),
  })
  return [
    ...base.calls,
    ...part.calls.map((call) => ({
      ...call,
      file: call.file + shift,
      ...(call.function === undefined ? {} : { function: call.function + functionsApart }),
      ...(call.arguments ? { arguments: call.arguments.map(value) } : {}),
    })),
  ]
}

/** The mistake with its spans in one file changed; spans in other files stay. */
export function moveMistake(
  { diagnostic, uses, ...rest }: StaticMistake,
  file: string,
  from: string,
  to: Positions,
  move: Move,
): StaticMistake {
  const moved = (span: Span): Span => {
    if (span.file !== file) return span
    const start = offsetAt(from, span.line, span.column)
    const end = offsetAt(from, span.endLine, span.endColumn)
    return to.spanOf(move(start), move(end))
  }
  const { span, related } = diagnostic
  return {
    ...rest,
    diagnostic: {
      ...diagnostic,
      ...(span ? { span: moved(span) } : {}),
      ...(related ? { related: related.map((each) => ({ ...each, span: moved(each.span) })) } : {}),
    },
    ...(uses ? { uses: uses.map(moved) } : {}),
  }
}
