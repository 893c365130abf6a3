// Words for values that do not fit their place: of a wrong type, in a wrong form, handles where text is needed, comparisons
// that are never true. Names that do not exist are names.ts.

import { nearest } from '../../model/values.ts'
import type ts from 'typescript'
import { notAnAmount, parseAmount } from '../amounts.ts'
import type { Amount } from '../amounts.ts'
import { listNames } from '../suggest.ts'
import { amountTaken, takesAmount } from '../fields.ts'
import { fieldNames, isWord, takesAt } from '../vocabulary.ts'
import {
  singleWriterFence,
  singleWriterOrder,
  singleWriterReplicas,
  unknownField,
  wouldBeText,
  wrongValue,
} from '../words.ts'
import type { Words } from '../words.ts'
import type { Collector } from './collect.ts'
import { describeHandle, isTemplateWord, mismatchedArgument, subjectOf, typeInWords } from './context.ts'
import { plain, withoutRules } from './finding.ts'
import type { Finding, Marked } from './finding.ts'
import { lostForm } from './strings.ts'
import { saysTooLittle } from './widened.ts'

/** A handle where text is needed. */
export function becomesText({ collector, node }: Finding): Marked | undefined {
  const { ts } = collector
  const operands = ts.isBinaryExpression(node) ? [node.left, node.right] : ts.isExpression(node) ? [node] : []
  for (const operand of operands) {
    const handle = describeHandle(collector, operand)
    if (handle) return { ...wouldBeText(handle), node: operand }
  }
  return undefined
}

/** A handle that is compared, or a value that is never the other. */
export function neverEqual({ collector, node, source }: Finding): Marked | undefined {
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

/** null: only the rules can tell, which know the value. */
export function mismatch(finding: Finding, original: string): Marked | null {
  const { collector, node, place, source } = finding
  const rule = /"✗ ([^"]+)"/.exec(original)?.[1]
  const value = mismatchedArgument(collector, node)
  if (place && isWord(place.word) && collector.ts.isExpression(value) && saysTooLittle(collector, value))
    return null
  if (isOfWrongInput(collector, value)) return null
  const misspelt = misspeltField(finding)
  if (misspelt) return misspelt
  const handle = collector.ts.isExpression(value) ? describeHandle(collector, value) : undefined
  if (rule !== undefined && rule.startsWith('it has no text'))
    return handle ? { ...wouldBeText(handle), node: value } : plain(finding)
  if (rule !== undefined) return { ...ruleWords(rule, place ? subjectOf(place) : 'a service'), node: value }
  if (place && collector.ts.isCallExpression(place.call) && isTemplateWord(place.word))
    return {
      code: 'GT1004',
      summary: `${place.word} stands before a template: ${subjectOf(place)}`,
      node: collector.ts.isCallExpression(place.call) ? place.call.expression : value,
    }
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
      const isString = !handle && literal === undefined && found === anyString
      const form = amount ?? (place.path[1] === 'image' ? 'image' : undefined)
      return {
        ...wrongValue(subjectOf(place), place.path.slice(1), takes, found),
        node: value,
        ...(isString ? lostForm(collector, value, form) : {}),
      }
    }
  }
  if (handle && /to (?:type|parameter of type) 'string'/.test(finding.text))
    return { ...wouldBeText(handle), node: value }
  const literal = literalOf(collector, value)
  const amount = amountNamed(original)
  if (amount && literal !== undefined && parseAmount(amount, String(literal)) === undefined)
    return { ...notAnAmount(amount, memberName(collector, value), literal), node: value }
  const taken = takenByType(collector, value) ?? (amount && takesAmount(amount))
  if (taken !== undefined) {
    const found = handle ? handle.what : shown(collector, value, source)
    return {
      code: 'GT1004',
      summary: `${takerOf(collector, value)} takes ${taken}`,
      label: `this is ${found}`,
      node: value,
      ...(found === anyString ? lostForm(collector, value, amount) : {}),
    }
  }
  return { ...plain(finding), node: value }
}

/**
 * Of options with a name that does not exist TypeScript infers too little (no ports, no mounts), and calls wrong what is
 * right; the name is what is wrong. Whatever else is, the rules say.
 */
function misspeltField({ collector, place }: Finding): Marked | undefined {
  const { ts } = collector
  if (!place || !isWord(place.word) || !ts.isCallExpression(place.call) || place.path.length < 2)
    return undefined
  const options = place.call.arguments[Number(place.path[0])]
  const known = fieldNames(place.word)
  if (!options || !ts.isObjectLiteralExpression(options) || known.length === 0) return undefined
  for (const { name } of options.properties)
    if (name && (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) && !known.includes(name.text))
      return { ...unknownField(subjectOf(place), name.text, [], known), node: name }
  return undefined
}

/** The value of an input that is declared wrongly has no type; what is said of the declaration is enough. */
function isOfWrongInput(collector: Collector, value: ts.Node): boolean {
  const { ts, checker } = collector
  if ((checker.getTypeAtLocation(value).flags & ts.TypeFlags.Unknown) === 0) return false
  const declaration = ts.isIdentifier(value)
    ? checker.getSymbolAtLocation(value)?.valueDeclaration
    : undefined
  const owner = ts.isPropertyAccessExpression(value)
    ? value.expression
    : declaration && ts.isBindingElement(declaration)
      ? declaration.parent
      : undefined
  const alias = owner && checker.getTypeAtLocation(owner).aliasSymbol
  return (
    alias?.name === 'InputValues' &&
    alias.declarations?.some((each) => collector.isGantry(each.getSourceFile())) === true
  )
}

/** What is wanted of a value of the program's own, when that is a type of gantry's. */
function takenByType({ ts, checker, ...rest }: Collector, value: ts.Node): string | undefined {
  const type = ts.isExpression(value) ? checker.getContextualType(value) : undefined
  return type && typeInWords({ ts, checker, ...rest }, checker.getNonNullableType(type))
}

/** The function or the member that a value is given to. */
function takerOf({ ts }: Collector, value: ts.Node): string {
  const { parent } = value
  if (
    ts.isCallExpression(parent) &&
    (ts.isIdentifier(parent.expression) || ts.isPropertyAccessExpression(parent.expression))
  )
    return `${parent.expression.getText()}()`
  const named = ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent) ? parent.name : undefined
  return named && ts.isIdentifier(named) ? named.text : 'this'
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
    kinds: ['Text', 'PortRef', 'PortHost', 'PortNumber', 'Secret', 'SecretFile'],
  },
  place: { takes: 'a text, a number, a service or a job', kinds: ['Service', 'Job'] },
  every: { takes: 'a text or a number', kinds: [] },
  gate: { takes: 'a text or a number', kinds: [] },
}

/** The word in whose hole the node stands, as a whole. */
export function inHole({ place }: Finding): string | undefined {
  return place?.path.length === 2 && place.path[0] === 'holes' && Object.hasOwn(holes, place.word)
    ? place.word
    : undefined
}

/** null: TypeScript calls all holes wrong when one is. */
export function wrongHole({ collector, node, place, source }: Finding): Marked | null {
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

/** What a text is of which no more is known. */
const anyString = 'of type string'

function literalOf({ ts }: Collector, value: ts.Node): string | number | undefined {
  if (ts.isStringLiteralLike(value)) return value.text
  return ts.isNumericLiteral(value) ? Number(value.text) : undefined
}

/** What stands there: the literal itself, else its type. */
function shown({ ts, checker, ...rest }: Collector, value: ts.Node, source: ts.SourceFile): string {
  if (ts.isStringLiteralLike(value) || ts.isNumericLiteral(value)) return value.getText(source)
  const words = typeInWords({ ts, checker, ...rest }, checker.getTypeAtLocation(value))
  if (words !== undefined) return words
  return `of type ${withoutRules(checker.typeToString(checker.getTypeAtLocation(value)))}`
}
