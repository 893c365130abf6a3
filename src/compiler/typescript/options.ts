// Options of the program's own functions and of components, in the sentences that gantry's words have for theirs. Invariant:
// a name that an object of options does not have is said whatever else is wrong beside it; TypeScript stops at the first.

import type ts from 'typescript'
import { unknownField } from '../words.ts'
import type { Collector } from './collect.ts'
import type { Finding, Marked } from './finding.ts'

/** The name that is marked, in an object of options. */
export function noSuchOption({ collector, node }: Finding): Marked | undefined {
  const given = optionsAround(collector, node)
  return given?.unknown.find((each) => each.node === node)
}

/** The names beside the value that is marked which its object of options does not have. */
export function unknownBeside({ collector, node }: Finding): Marked[] {
  return optionsAround(collector, node)?.unknown.filter((each) => each.node !== node) ?? []
}

/** Undefined when the node is no name or value of a literal that is given to a function. */
function optionsAround(collector: Collector, node: ts.Node): { readonly unknown: Marked[] } | undefined {
  const { ts, checker } = collector
  const literal = ts.isObjectLiteralElementLike(node.parent) ? node.parent.parent : undefined
  if (!literal || !ts.isObjectLiteralExpression(literal)) return undefined
  const call = literal.parent
  if (!ts.isCallExpression(call) || !isNamed(collector, call.expression)) return undefined
  const wanted = checker.getContextualType(literal)
  if (!wanted || checker.getIndexInfosOfType(wanted).length > 0) return undefined
  const known = checker.getPropertiesOfType(checker.getNonNullableType(wanted)).map((each) => each.name)
  if (known.length === 0) return undefined
  const subject = `${call.expression.getText()}()`
  const unknown = literal.properties.flatMap(({ name }): Marked[] =>
    !name || ts.isComputedPropertyName(name) || ts.isPrivateIdentifier(name) || known.includes(name.text)
      ? []
      : [{ ...unknownField(subject, name.text, [], known), node: name }],
  )
  return { unknown }
}

/** `postgres`, or `std.postgres`. */
function isNamed(collector: Collector, callee: ts.Expression): boolean {
  const { ts } = collector
  return (
    ts.isIdentifier(callee) ||
    (ts.isPropertyAccessExpression(callee) && isNamed(collector, callee.expression))
  )
}
