// Templates of the small languages as the grammar reads them: one text with a mark for each hole, and what stands in the
// holes. Invariant: an error in a template points into the template, at the characters that are wrong, whatever escapes and
// holes stand before them.

import { assert } from '../../model/index.ts'
import type { Span } from '../../model/index.ts'
import type { GrammarMistake, HoleValue } from '../../../grammar/index.ts'
import type * as grammar from '../../../grammar/index.ts'
import { isList, isReference } from '../sandbox/opened.ts'
import type { Encoded, Made } from '../sandbox/opened.ts'
import type { Places, Range } from '../sites.ts'
import { describeValue } from './references.ts'
import type { Where } from './report.ts'
import type { Scope } from './scope.ts'
import type { Words } from '../words.ts'

/** The same as grammar's `holeMark`, which is not loaded unless a program has a template. */
export const holeMark = '\uFFFC'

export type Grammar = typeof grammar

export interface Template {
  readonly text: string
  readonly holes: readonly HoleValue[]
  /** The call that made it. */
  readonly where: Where
  /** The place of a part of the text; undefined when the template is not written in the program. */
  span(start: number, end: number): Span | undefined
}

/** A template where it is written: its literal parts, and the expressions between them. */
export interface WrittenTemplate {
  readonly file: number
  readonly pieces: readonly Range[]
  readonly holes: readonly Range[]
}

/** Loaded before anything is lowered when there is a template (lower.ts). */
export function grammarOf({ grammar }: Scope): Grammar {
  assert(grammar !== null, () => 'a program has a template and the grammar was not loaded')
  return grammar
}

/** Whether a value needs the grammar to be read. */
export function isTemplate({ kind, values }: Made): boolean {
  return kind === 'place' || kind === 'scale' || kind === 'gate' || (kind === 'every' && 'strings' in values)
}

/**
 * The text is taken from the source where that is known, so that offsets in it are offsets there. Undefined when the word
 * was called like a function; that was said then.
 */
export function templateOf(scope: Scope, made: Made): Template | undefined {
  if (!isList(made.values['strings'])) {
    const written = made.kind === 'scale' ? 'scale({ … })' : made.kind
    const words = {
      code: 'GT3102',
      summary: `${made.kind} stands before a template: ${written}\`…\``,
    } as const
    scope.report.refuse({ calls: made.calls, path: [] }, words, 'callee')
    return undefined
  }
  const id = scope.places.wordOf(made.calls)
  const site = id === undefined ? undefined : scope.places.call(id)
  const { template } = site ?? {}
  if (id !== undefined) scope.templates.add(id)
  const holes = (isList(made.values['holes']) ? made.values['holes'] : []).map((hole) =>
    holeValue(scope, hole),
  )
  const where: Where = { calls: made.calls, path: [] }
  if (!site || !template) {
    const strings = isList(made.values['strings']) ? made.values['strings'] : []
    const pieces = strings.filter((each) => typeof each === 'string')
    return { text: pieces.join(holeMark), holes, where, span: () => undefined }
  }
  const written = { file: site.file, pieces: template, holes: site.holes ?? [] }
  return { ...readWritten(scope.places, written), holes, where }
}

/** The text of a template as it stands in a file, and the way from places in it to those in the file. */
export function readWritten(
  places: Places,
  { file, pieces: template, holes: holeRanges }: WrittenTemplate,
): Pick<Template, 'text' | 'span'> {
  const pieces = template.map((range) => places.text(file, range))
  const starts: number[] = []
  let length = 0
  for (const piece of pieces) {
    starts.push(length)
    length += piece.length + 1
  }
  /** Where an offset of the text is in the file; an offset on a hole is the hole. */
  const rangeAt = (offset: number): Range => {
    const index = starts.findLastIndex((start) => start <= offset)
    const [from] = template[index] ?? [0, 0]
    const inPiece = offset - (starts[index] ?? 0)
    const hole = holeRanges[index]
    if (inPiece >= (pieces[index]?.length ?? 0) && hole) return hole
    return [from + inPiece, from + inPiece + 1]
  }
  return {
    text: pieces.join(holeMark),
    span(start, end) {
      const from = rangeAt(start)
      const to = end > start ? rangeAt(end - 1) : from
      return places.span(file, [from[0], end > start ? to[1] : from[0] + 1])
    },
  }
}

function holeValue({ references }: Scope, hole: Encoded): HoleValue {
  if (typeof hole === 'string') return { kind: 'text', text: hole }
  if (typeof hole === 'number') return { kind: 'number', number: hole }
  if (isReference(hole) && (hole.$ === 'service' || hole.$ === 'job'))
    return { kind: 'service', name: references.nameOf(hole), what: describeValue(hole, references) }
  return { kind: 'other', what: describeValue(hole, references) }
}

/** Tells what the grammar found; true when none of it is a mistake. */
export function tell(
  scope: Scope,
  { where, span }: Pick<Template, 'where' | 'span'>,
  {
    mistakes,
    warnings = [],
  }: { readonly mistakes: readonly GrammarMistake[]; readonly warnings?: readonly GrammarMistake[] },
): boolean {
  for (const mistake of mistakes)
    scope.report.refuseAt(span(mistake.start, mistake.end), where, wordsOf(mistake))
  for (const warning of warnings)
    scope.report.warnAt(span(warning.start, warning.end), where, wordsOf(warning))
  return mistakes.length === 0
}

export function wordsOf({ code, message, label, fix }: GrammarMistake): Words {
  return {
    code,
    summary: message,
    ...(label === undefined ? {} : { label }),
    ...(fix === undefined ? {} : { fix }),
  }
}
