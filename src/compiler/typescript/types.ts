// TypeScript's errors in gantry's words: what is known about the place (which call, which field, which handle) decides,
// not TypeScript's text, which is kept for --verbose. Invariant: every error of TypeScript comes out as exactly one
// mistake; one that is not known here keeps TypeScript's first sentence.

import type ts from 'typescript'
import type { Span } from '../../model/index.ts'
import type { StaticMistake } from '../checker.ts'
import { positionsIn } from '../positions.ts'
import { fieldNames, isWord, takesAt } from '../vocabulary.ts'
import { missingField, unknownField } from '../words.ts'
import type { CollectedCalls, Collector } from './collect.ts'
import { mismatchedArgument, pathTo, subjectOf } from './context.ts'
import { unlessItFails } from './failure.ts'
import { plain } from './finding.ts'
import type { Finding, Marked } from './finding.ts'
import {
  unknownExport,
  unknownInBrackets,
  unknownName,
  unknownProperty,
  usedTooEarly,
  usesOf,
} from './names.ts'
import { noSuchOption, unknownBeside } from './options.ts'
import { becomesText, inHole, mismatch, neverEqual, wrongHole } from './values.ts'

export function typeMistakes(
  collector: Collector,
  calls: CollectedCalls,
  diagnostics: readonly ts.Diagnostic[],
): StaticMistake[] {
  const found = diagnostics.flatMap((diagnostic): StaticMistake[] => {
    const { file: source, start, length } = diagnostic
    if (!source || start === undefined || length === undefined) return []
    const path = source.fileName.slice(source.fileName.indexOf('/', 1) + 1)
    const original = collector.ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
    const node = nodeAt(collector, source, start, start + length)
    const place = pathTo(collector, node)
    const [text = ''] = original.split('\n')
    const finding: Finding = { collector, source, code: diagnostic.code, text, node, place }
    const words = unlessItFails(
      () => translate(finding, original),
      () => plain(finding),
    )
    const positions = positionsIn(path, source.text)
    const id = place && calls.ids.get(place.call)
    const beside = place
      ? []
      : unlessItFails(
          () => unknownBeside(finding),
          () => [],
        )
    return [...(words === null ? [] : [words]), ...beside].map(({ node: marked, isThere, ...rest }) => {
      const span = marked
        ? positions.spanOf(marked.getStart(source), marked.end)
        : positions.spanOf(start, start + length)
      const uses = isUnknownName(rest.code) && !isThere ? usesOf(finding) : undefined
      return {
        ...(uses ? { uses: uses.map((each) => positions.spanOf(each.getStart(source), each.end)) } : {}),
        diagnostic: { severity: 'error', span, ...rest, original: `TS${diagnostic.code}: ${original}` },
        ...(place && id !== undefined ? { call: id, path: place.path } : {}),
      }
    })
  })
  return onePerPlace(withoutIndexesByNothing(found))
}

function isUnknownName(code: string): boolean {
  return code === 'GT1005' || code === 'GT1009'
}

/** What is looked up by a name that does not exist has no type either: that is the same mistake. */
function withoutIndexesByNothing(mistakes: readonly StaticMistake[]): StaticMistake[] {
  const isInside = (inner: Span | undefined, outer: Span | undefined): boolean =>
    inner?.file === outer?.file &&
    (inner?.start ?? 0) >= (outer?.start ?? 0) &&
    (inner?.end ?? 0) <= (outer?.end ?? 0)
  return mistakes.filter(
    ({ diagnostic }) =>
      diagnostic.original?.startsWith('TS7053: ') !== true ||
      isUnknownName(diagnostic.code) ||
      !mistakes.some(
        (each) => isUnknownName(each.diagnostic.code) && isInside(each.diagnostic.span, diagnostic.span),
      ),
  )
}

/** What TypeScript says twice of one place is one mistake; words of gantry's own are better than TypeScript's. */
function onePerPlace(mistakes: readonly StaticMistake[]): StaticMistake[] {
  const best = new Map<string, StaticMistake>()
  for (const mistake of mistakes) {
    const { span, code } = mistake.diagnostic
    const key = span ? `${span.file}:${span.start}:${span.end}` : JSON.stringify(mistake.diagnostic)
    const known = best.get(key)
    if (!known || (known.diagnostic.code === 'GT1000' && code !== 'GT1000')) best.set(key, mistake)
  }
  return [...best.values()]
}

/** The innermost node that is exactly the marked text; the one around it when there is none. */
function nodeAt({ ts }: Collector, source: ts.SourceFile, start: number, end: number): ts.Node {
  let found: ts.Node = source
  for (;;) {
    const inner: ts.Node | undefined = ts.forEachChild(found, (child) =>
      child.getStart(source) <= start && child.end >= end ? child : undefined,
    )
    if (!inner) return found
    found = inner
  }
}

function translate(finding: Finding, original: string): Marked | null {
  switch (finding.code) {
    case 2304: // Cannot find name
    case 2552: // … did you mean
    case 2503: // Cannot find namespace
    case 2580: // … @types/node
    case 2581:
    case 2582:
    case 2583: // … change lib
    case 2584: // … include dom
    case 2585: // only refers to a type, change lib
    case 2591:
    case 2592:
    case 2593:
    case 2693: // only refers to a type
    case 18004: // no value in scope for the shorthand property
      return unknownName(finding)
    case 2448: // used before its declaration
    case 2449:
    case 2454: // … before being assigned
      return usedTooEarly(finding)
    case 7022: // implicitly any, because of its own initializer: the consequence of the former
    case 7023:
    case 7024:
    case 2307: // Cannot find module: said of the import already
    case 2732:
    case 2792:
      return null
    case 2305: // no exported member
    case 2614:
    case 2724:
    case 1192: // no default export
    case 2613:
      return unknownExport(finding)
    case 2339: // no property
    case 2550: // … change lib
    case 2551: // … did you mean
      return unknownProperty(finding)
    case 7053: // no property by a name in brackets
      return unknownInBrackets(finding.collector, finding.node) ?? plain(finding)
    case 2469: // + on a symbol
    case 2731: // a symbol in a template
    case 2365:
    case 2362:
      return inHole(finding) === undefined ? (becomesText(finding) ?? plain(finding)) : wrongHole(finding)
    case 2353: // unknown property in a literal
    case 2561:
      return noSuchField(finding) ?? noSuchOption(finding) ?? plain(finding)
    case 2739: // properties missing
    case 2740:
    case 2741:
      return noField(finding, original) ?? mismatch(finding, original)
    case 2554: // count of arguments
    case 2555:
      return wrongCount(finding) ?? plain(finding)
    case 2367: // a comparison that is never true
      return neverEqual(finding) ?? plain(finding)
    case 2322: // not assignable
    case 2820: // … did you mean
    case 2559: // nothing in common
    case 2344:
    case 2345:
    case 2769: // no overload
      return noField(finding, original) ?? mismatch(finding, original)
    default:
      return plain(finding)
  }
}

function noSuchField({ node, source, place }: Finding): Marked | undefined {
  if (!place || !isWord(place.word)) return undefined
  const name = place.path.at(-1) ?? node.getText(source)
  const within = place.path.slice(1, -1)
  return unknownField(subjectOf(place), name, within, fieldNames(place.word, within))
}

function noField(finding: Finding, original: string): Marked | undefined {
  const { place } = finding
  const name =
    /Property '([^']+)' is missing in type/.exec(original)?.[1] ??
    /missing the following properties from type .*?: ([^\s,]+)/.exec(original)?.[1]
  if (name === undefined || name.startsWith('[') || !place || !isWord(place.word)) return undefined
  const within = place.path.slice(1)
  const takes = takesAt(place.word, [...place.path, name])
  if (takes === undefined) return undefined
  const node = mismatchedArgument(finding.collector, finding.node)
  // A list where an object is needed lacks no field.
  if (finding.collector.ts.isArrayLiteralExpression(node)) return undefined
  return { ...missingField(subjectOf(place), name, within, takes), node }
}

function wrongCount({ place, collector, node }: Finding): Marked | undefined {
  const { ts } = collector
  let at: ts.Node = node
  while (!ts.isCallExpression(at) && !ts.isSourceFile(at)) at = at.parent
  if (!ts.isCallExpression(at) || !place || place.call !== at) return undefined
  return {
    code: 'GT1008',
    summary: `${subjectOf(place)} is called with ${at.arguments.length} ${at.arguments.length === 1 ? 'argument' : 'arguments'}`,
  }
}
