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
  const within: string[] = []
  let outermost: ts.ObjectLiteralExpression = literal
  for (let at = literal.parent; ts.isPropertyAssignment(at); at = at.parent.parent) {
    if (ts.isComputedPropertyName(at.name)) return undefined
    within.unshift(at.name.text)
    outermost = at.parent
  }
  const call = outermost.parent
  if (!ts.isCallExpression(call) || !isNamed(collector, call.expression)) return undefined
  const wanted = objectIn(collector, checker.getContextualType(literal))
  if (!wanted || checker.getIndexInfosOfType(wanted).length > 0) return undefined
  const known = checker
    .getPropertiesOfType(wanted)
    .map((each) => each.name)
    .filter((each) => !each.startsWith('__@'))
  if (known.length === 0) return undefined
  const subject = `${call.expression.getText()}()`
  const unknown = literal.properties.flatMap(({ name }): Marked[] =>
    !name || ts.isComputedPropertyName(name) || ts.isPrivateIdentifier(name) || known.includes(name.text)
      ? []
      : [{ ...unknownField(subject, name.text, within, known), node: name }],
  )
  return { unknown }
}

/** The one shape of an object that is wanted; undefined where there are several or none. */
function objectIn({ ts, checker }: Collector, type: ts.Type | undefined): ts.Type | undefined {
  const wanted = type && checker.getNonNullableType(type)
  if (!wanted?.isUnion()) return wanted
  const objects = wanted.types.filter((each) => (each.flags & ts.TypeFlags.Object) !== 0)
  return objects.length === 1 ? objects[0] : undefined
}

/** `postgres`, or `std.postgres`. */
function isNamed(collector: Collector, callee: ts.Expression): boolean {
  const { ts } = collector
  return (
    ts.isIdentifier(callee) ||
    (ts.isPropertyAccessExpression(callee) && isNamed(collector, callee.expression))
  )
}
