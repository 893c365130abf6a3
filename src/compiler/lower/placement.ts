// Where tasks may run: the small language in place`…`, parsed by grammar/. Invariant: an error in a template points into
// the template, at the characters that are wrong, whatever escapes and holes stand before them.

import { assert } from '../../model/index.ts'
import type { Comparison, Placement, Span } from '../../model/index.ts'
import { isList } from '../sandbox/opened.ts'
import type { Made } from '../sandbox/opened.ts'
import type { Range } from '../sites.ts'
import { wrongValue } from '../words.ts'
import { describeValue } from './references.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

/** The same as grammar's `holeMark`, which is not loaded unless something is placed. */
const holeMark = '\uFFFC'

export function readPlacement(scope: Scope, { reader, fields }: Declaration, keys: DocumentKeys): Placement {
  const made = reader.made(fields.get('placement'), ['1', 'placement'], 'place')
  if (!made) return scope.sources.orDefault([...keys, 'placement'], undefined, { require: [] })
  scope.sources.written([...keys, 'placement'], reader.at(['1', 'placement']))
  const template = templateOf(scope, made)
  const { parsePlacement } = scope
  assert(parsePlacement !== null, () => 'a program places something and the grammar was not loaded')
  const { require, mistakes } = parsePlacement(template.text)
  for (const { code, message, start, end, label, fix } of mistakes)
    scope.report.refuseAt(
      template.span(start, end),
      { calls: made.calls, path: [] },
      {
        code,
        summary: message,
        ...(label === undefined ? {} : { label }),
        ...(fix === undefined ? {} : { fix }),
      },
    )
  const holes = isList(made.values['holes']) ? made.values['holes'] : []
  const constraints = require.flatMap(({ attribute, operator, value }): Comparison[] => {
    const pieces = value.map((piece) => {
      if (typeof piece === 'string') return piece
      const hole = holes[piece.hole]
      if (typeof hole === 'string') return hole
      const found = hole === undefined ? 'nothing' : describeValue(hole, scope.references)
      const words = wrongValue('place`…`', [], 'a string in a hole', found)
      scope.report.refuse({ calls: made.calls, path: ['holes', String(piece.hole)] }, words)
      return ''
    })
    return [{ attribute, operator, value: pieces.join('') }]
  })
  return { require: constraints }
}

interface Template {
  readonly text: string
  /** The place of a part of the text; undefined when the template is not written in the program. */
  span(start: number, end: number): Span | undefined
}

/** The text is taken from the source where that is known, so that offsets in it are offsets there. */
function templateOf(scope: Scope, made: Made): Template {
  const id = scope.places.wordOf(made.calls)
  const site = id === undefined ? undefined : scope.places.call(id)
  const { template, holes = [] } = site ?? {}
  if (!site || !template) {
    const strings = isList(made.values['strings']) ? made.values['strings'] : []
    const pieces = strings.filter((each) => typeof each === 'string')
    return { text: pieces.join(holeMark), span: () => undefined }
  }
  const pieces = template.map((range) => scope.places.text(site.file, range))
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
    const hole = holes[index]
    if (inPiece >= (pieces[index]?.length ?? 0) && hole) return hole
    return [from + inPiece, from + inPiece + 1]
  }
  return {
    text: pieces.join(holeMark),
    span(start, end) {
      const from = rangeAt(start)
      const to = end > start ? rangeAt(end - 1) : from
      return scope.places.span(site.file, [from[0], end > start ? to[1] : from[0] + 1])
    },
  }
}
