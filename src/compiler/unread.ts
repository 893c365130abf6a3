// Templates of the small languages that no run of the program came to, or used: those of a service that is not declared
// because the program ends before, of a function that nothing calls. Their text is known, so what is wrong with it is said.
// Invariant: each is judged once; what stands in its holes is not known, and nothing is said that depends on it.

import type { Diagnostic } from '../model/index.ts'
import type { RuleMistake } from './lower/report.ts'
import { readWritten, wordsOf } from './lower/template.ts'
import type { Grammar } from './lower/template.ts'
import type { Program } from './program.ts'
import type { CallSite } from './sites.ts'
import { kindOfTemplate } from './templates.ts'
import type { TemplateKind } from './templates.ts'

/** `read` are the calls whose templates were judged by the rules; `isCurrent` tells calls that the program has no more. */
export async function judgeUnread(
  { calls, places }: Program,
  read: ReadonlySet<number>,
  isCurrent: (call: number) => boolean = () => true,
): Promise<RuleMistake[]> {
  const unread = calls.flatMap((site, call): UnreadTemplate[] => {
    const { template: pieces, holes = [], file } = site
    const kind = kindOfTemplate(site)
    if (kind === undefined || !pieces || read.has(call) || !isCurrent(call)) return []
    if (places.componentOf(file) !== null) return []
    return [{ call, kind, written: { file, pieces, holes } }]
  })
  if (unread.length === 0) return []
  // After an edit a call may have two numbers; its place is one.
  const placeOf = (site: CallSite | undefined): string => {
    const span = site && places.span(site.file, site.callee)
    return span ? `${span.file}:${span.start}` : ''
  }
  const judged = new Set([...read].map((call) => placeOf(calls[call])))
  const grammar = await import('../../grammar/index.ts')
  return unread.flatMap(({ call, kind, written }) => {
    const place = placeOf(calls[call])
    if (judged.has(place)) return []
    judged.add(place)
    const { text, span } = readWritten(places, written)
    return mistakesIn(grammar, kind, text).map((mistake): RuleMistake => {
      const diagnostic: Diagnostic = {
        severity: 'error',
        ...wordsOf(mistake),
        span: span(mistake.start, mistake.end) ?? places.span(written.file, [0, 0]),
      }
      // No argument of the call has this path: what the types say of a hole is said beside it.
      return { diagnostic, call, path: ['template'] }
    })
  })
}

interface UnreadTemplate {
  readonly call: number
  readonly kind: TemplateKind
  readonly written: Parameters<typeof readWritten>[1]
}

function mistakesIn(grammar: Grammar, kind: TemplateKind, text: string) {
  switch (kind) {
    case 'place':
      return grammar.readPlacementText(text).mistakes
    case 'scale':
      return grammar.readScalingText(text).mistakes
    case 'every':
      return grammar.readScheduleText(text).mistakes
    case 'gate':
      return grammar.readGateText(text).mistakes
  }
}
