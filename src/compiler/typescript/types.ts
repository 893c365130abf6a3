// TypeScript's errors in gantry's words: what is known about the place (which call, which field, which handle) decides,
// not TypeScript's text, which is kept for --verbose. Invariant: every error of TypeScript comes out as exactly one
// mistake; one that is not known here keeps TypeScript's first sentence.

import { nearest } from '../../model/index.ts'
import type ts from 'typescript'
import type { StaticMistake } from '../checker.ts'
import { absenceOf } from '../hermetic.ts'
import { notAnAmount, parseAmount } from '../amounts.ts'
import type { Amount } from '../amounts.ts'
import { positionsIn } from '../positions.ts'
import { listNames } from '../suggest.ts'
import { amountTaken, fieldNames, isWord, takesAt } from '../vocabulary.ts'
import {
  missingField,
  singleWriterFence,
  singleWriterOrder,
  singleWriterReplicas,
  unknownField,
  unknownPort,
  wouldBeText,
  wrongValue,
} from '../words.ts'
import type { Words } from '../words.ts'
import type { CollectedCalls, Collector } from './collect.ts'
import {
  circleThrough,
  describeHandle,
  mismatchedArgument,
  pathTo,
  portsBehind,
  subjectOf,
} from './context.ts'
import type { ArgumentPlace } from './context.ts'
import { unlessItFails } from './failure.ts'
import { sentence } from './syntax.ts'

interface Marked extends Words {
  /** What is marked; TypeScript's own choice when absent. */
  readonly node?: ts.Node
}

interface Finding {
  readonly collector: Collector
  readonly source: ts.SourceFile
  readonly code: number
  /** TypeScript's first line. */
  readonly text: string
  /** The node that TypeScript marks. */
  readonly node: ts.Node
  readonly place: ArgumentPlace | undefined
}

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
    if (words === null) return []
    const { node: marked, ...rest } = words
    const positions = positionsIn(path, source.text)
    const span = marked
      ? positions.spanOf(marked.getStart(source), marked.end)
      : positions.spanOf(start, start + length)
    const id = place && calls.ids.get(place.call)
    return [
      {
        diagnostic: { severity: 'error', span, ...rest, original: `TS${diagnostic.code}: ${original}` },
        ...(place && id !== undefined ? { call: id, path: place.path } : {}),
      },
    ]
  })
  return onePerPlace(found)
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
    case 2469: // + on a symbol
    case 2731: // a symbol in a template
    case 2365:
    case 2362:
      return inHole(finding) === undefined ? (becomesText(finding) ?? plain(finding)) : wrongHole(finding)
    case 2353: // unknown property in a literal
    case 2561:
      return noSuchField(finding) ?? plain(finding)
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

function plain({ text }: Finding): Marked {
  return { code: 'GT1000', summary: sentence(text) }
}

function usedTooEarly({ collector, node, source, place }: Finding): Marked {
  const name = node.getText(source)
  const circle = place?.path[1] === 'dependsOn' ? circleThrough(collector, node) : undefined
  if (circle && place)
    return {
      code: 'GT2005',
      summary: `${subjectOf(place)} and ${circle.subject} depend on each other`,
      label: `it waits for ${circle.subject}`,
      related: [{ span: circle.span, label: 'which waits for it' }],
      notes: ['neither would ever start'],
    }
  return {
    code: 'GT1011',
    summary: `'${name}' is used before it is declared`,
    label: 'declared further down',
  }
}

function unknownName({ collector, node, source }: Finding): Marked {
  const { ts, checker } = collector
  const name = node.getText(source)
  const absence = absenceOf(name)
  if (absence)
    return {
      code: 'GT1006',
      summary: `${absence.what}: there is no '${name}'`,
      fix: absence.fix,
      label: 'not in a stack',
    }
  const known = checker
    .getSymbolsInScope(node, ts.SymbolFlags.Value | ts.SymbolFlags.Alias)
    .filter((symbol) =>
      symbol.declarations?.some((each) => collector.fileIndex(each.getSourceFile()) !== undefined),
    )
    .map((symbol) => symbol.name)
  const guess = nearest(name, known)
  const isOfGantry = isWord(name) || name === 'input'
  return {
    code: 'GT1005',
    summary: `there is no '${name}' here`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
    ...(isOfGantry ? { fix: `add it to the import: import { ${name} } from 'gantry'` } : {}),
  }
}

function unknownExport({ collector, node, source }: Finding): Marked {
  const { ts, checker } = collector
  let at = node
  while (!ts.isImportDeclaration(at) && !ts.isExportDeclaration(at) && !ts.isSourceFile(at)) at = at.parent
  const specifier = ts.isSourceFile(at) ? undefined : at.moduleSpecifier
  const from = specifier && ts.isStringLiteral(specifier) ? specifier.text : ''
  const name = node.getText(source)
  const module = specifier && checker.getSymbolAtLocation(specifier)
  const exports = module ? checker.getExportsOfModule(module).map((symbol) => symbol.name) : []
  const guess = nearest(name, exports)
  return {
    code: from === 'gantry' ? 'GT1007' : 'GT1009',
    summary:
      ts.isImportClause(node.parent) && node.parent.name === node
        ? `'${from}' has no default export`
        : `'${from}' exports no '${name}'`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
  }
}

function unknownProperty({ collector, node, source, text }: Finding): Marked {
  const { ts, checker } = collector
  const name = node.getText(source)
  const access = node.parent
  if (!ts.isPropertyAccessExpression(access)) return { code: 'GT1009', summary: sentence(text) }
  const owner = access.expression
  const absence = absenceOf(`${owner.getText(source)}.${name}`)
  if (absence)
    return {
      code: 'GT1006',
      summary: `${absence.what}: there is no '${owner.getText(source)}.${name}'`,
      fix: absence.fix,
      label: 'not in a stack',
    }
  const ports = portsBehind(collector, owner)
  if (ports) return unknownPort(name, ports)
  const type = checker.getTypeAtLocation(owner)
  const handle = describeHandle(collector, owner)
  const known = checker.getPropertiesOfType(type).map((each) => each.name)
  const guess = nearest(
    name,
    known.filter((each) => !each.startsWith('__@')),
  )
  return {
    code: 'GT1009',
    summary: handle ? `${handle.what} has no '${name}'` : `${owner.getText(source)} has no '${name}'`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
  }
}

/** A handle where text is needed. */
function becomesText({ collector, node }: Finding): Marked | undefined {
  const { ts } = collector
  const operands = ts.isBinaryExpression(node) ? [node.left, node.right] : ts.isExpression(node) ? [node] : []
  for (const operand of operands) {
    const handle = describeHandle(collector, operand)
    if (handle) return { ...wouldBeText(handle), node: operand }
  }
  return undefined
}

/** A handle that is compared, or a value that is never the other. */
function neverEqual({ collector, node, source }: Finding): Marked | undefined {
  const { ts, checker } = collector
  if (!ts.isBinaryExpression(node)) return undefined
  for (const operand of [node.left, node.right]) {
    const handle = describeHandle(collector, operand)
    if (handle)
      return {
        code: handle.isSecret ? 'GT1201' : 'GT1202',
        summary: `${handle.what} cannot be compared`,
        notes: ['it has no value while the plan is made'],
        node: operand,
      }
  }
  const type = checker.getTypeAtLocation(node.left)
  const values = type.isUnion() ? type.types : [type]
  if (!ts.isStringLiteralLike(node.right) || !values.every((each) => each.isStringLiteral())) return undefined
  const names = values.map((each) => (each.isStringLiteral() ? each.value : ''))
  const guess = nearest(node.right.text, names)
  return {
    code: 'GT1013',
    summary: `${node.left.getText(source)} is ${listNames(names, 12)}, never '${node.right.text}'`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
    node: node.right,
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
  return {
    ...missingField(subjectOf(place), name, within, takes),
    node: mismatchedArgument(finding.collector, finding.node),
  }
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

function mismatch(finding: Finding, original: string): Marked {
  const { collector, node, place, source } = finding
  const rule = /"✗ ([^"]+)"/.exec(original)?.[1]
  const value = mismatchedArgument(collector, node)
  const handle = collector.ts.isExpression(value) ? describeHandle(collector, value) : undefined
  if (rule !== undefined && rule.startsWith('it has no text'))
    return handle ? { ...wouldBeText(handle), node: value } : plain(finding)
  if (rule !== undefined && place) return { ...ruleWords(rule, subjectOf(place)), node: value }
  if (inHole(finding)) return wrongHole(finding) ?? plain(finding)
  if (place && isWord(place.word)) {
    const takes = takesAt(place.word, place.path)
    if (handle?.isSecret && /^(?:env|command|args|labels)\b/.test(place.path[1] ?? ''))
      return { ...wouldBeText(handle), node: value }
    if (takes !== undefined) {
      const literal = literalOf(collector, value)
      const field = place.path.at(-1) ?? ''
      const amount = amountTaken(takes)
      if (amount && literal !== undefined && parseAmount(amount, String(literal)) === undefined)
        return { ...notAnAmount(amount, field, literal), node: value }
      const found = handle ? handle.what : shown(collector, value, source)
      const isString = !handle && literal === undefined && found === 'of type string'
      return {
        ...wrongValue(subjectOf(place), place.path.slice(1), takes, found),
        node: value,
        ...(isString && (amount || place.path[1] === 'image') ? { fix: templateFix(amount) } : {}),
      }
    }
  }
  if (handle && /to (?:type|parameter of type) 'string'/.test(finding.text))
    return { ...wouldBeText(handle), node: value }
  const literal = literalOf(collector, value)
  const amount = amountNamed(original)
  if (amount && literal !== undefined && parseAmount(amount, String(literal)) === undefined)
    return { ...notAnAmount(amount, memberName(collector, value), literal), node: value }
  return { ...plain(finding), node: value }
}

/** The sentence of an error-literal type, in the words that the rule's twin has for it. */
function ruleWords(rule: string, subject: string): Words {
  if (rule.includes('one replica')) return singleWriterReplicas(subject)
  if (rule.includes('start-first')) return singleWriterOrder(subject)
  if (rule.includes("needs 'fence'")) return singleWriterFence(subject)
  return { code: 'GT1004', summary: `${subject}: ${rule}` }
}

/** What stands in the holes of the tagged templates: in words, and the kinds of handles among it. */
const holes: Readonly<Record<string, { readonly takes: string; readonly kinds: readonly string[] }>> = {
  text: {
    takes: 'a string, a number, a boolean, text`…`, the port of a service, a secret or its .file',
    kinds: ['Text', 'PortRef', 'Secret', 'SecretFile'],
  },
  place: { takes: 'a text, a number, a service or a job', kinds: ['Service', 'Job'] },
  every: { takes: 'a text or a number', kinds: [] },
  gate: { takes: 'a text or a number', kinds: [] },
}

/** The word in whose hole the node stands, as a whole. */
function inHole({ place }: Finding): string | undefined {
  return place?.path.length === 2 && place.path[0] === 'holes' && Object.hasOwn(holes, place.word)
    ? place.word
    : undefined
}

/** null: TypeScript calls all holes wrong when one is. */
function wrongHole({ collector, node, place, source }: Finding): Marked | null {
  const known = place && holes[place.word]
  const handle = collector.ts.isExpression(node) ? describeHandle(collector, node) : undefined
  if (!place || !known || (handle && known.kinds.includes(handle.kind))) return null
  return {
    code: 'GT1004',
    summary: `${subjectOf(place)} takes ${known.takes}`,
    label: `this is ${handle ? handle.what : shown(collector, node, source)}`,
  }
}

/** The amount that a function of the program's own wants, by the types in TypeScript's words. */
function amountNamed(original: string): Amount | undefined {
  if (original.includes('`${number}Ki`')) return 'size'
  if (original.includes('`${number}ms`')) return 'time'
  return /`\$\{number\}m`/.test(original) ? 'cores' : undefined
}

/** What a value is called where it stands. */
function memberName({ ts }: Collector, value: ts.Node): string {
  return ts.isPropertyAssignment(value.parent) && ts.isIdentifier(value.parent.name)
    ? value.parent.name.text
    : 'the value'
}

/** A string that is computed has lost its form; a template where it is used keeps it. */
function templateFix(amount: Amount | undefined): string {
  const example =
    amount === undefined
      ? '`shop/api:${tag}`'
      : { size: '`${count}Mi`', cores: '`${count}m`', time: '`${count}s`' }[amount]
  return `put it together where it is used: ${example}`
}

function literalOf({ ts }: Collector, value: ts.Node): string | number | undefined {
  if (ts.isStringLiteralLike(value)) return value.text
  return ts.isNumericLiteral(value) ? Number(value.text) : undefined
}

/** What stands there: the literal itself, else its type. */
function shown({ ts, checker }: Collector, value: ts.Node, source: ts.SourceFile): string {
  if (ts.isStringLiteralLike(value) || ts.isNumericLiteral(value)) return value.getText(source)
  return `of type ${checker.typeToString(checker.getTypeAtLocation(value))}`
}
