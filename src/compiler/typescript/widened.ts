// Values that are right or wrong only once they are known: `const options = { restart: 'always' }` has lost its literals to
// TypeScript, which calls it wrong whatever is in it. The rules see the value itself, so they judge it. Invariant: what is
// judged by the rules alone has no other fault in its type; a fault beside it stays TypeScript's.

import type ts from 'typescript'
import type { Collector } from './collect.ts'

/** How deep values are compared; the options of gantry's words are less deep. */
const depthLimit = 12

/** Whether nothing is wrong with the type of a value but that it says less than the value: for an argument of a word. */
export function saysTooLittle(collector: Collector, value: ts.Expression): boolean {
  const { checker } = collector
  const target = checker.getContextualType(value)
  if (!target) return false
  const source = checker.getTypeAtLocation(value)
  // A text that is computed where it is used can say its form there.
  if (isWide(collector, source) && !isOpen(collector, target)) return false
  return mayFit(collector, source, target, value, depthLimit)
}

function mayFit(collector: Collector, source: ts.Type, target: ts.Type, at: ts.Node, depth: number): boolean {
  const { checker } = collector
  if (depth === 0) return false
  if (isOpen(collector, target) || checker.isTypeAssignableTo(source, target)) return true
  if (source.isUnion()) return source.types.every((each) => mayFit(collector, each, target, at, depth))
  if (target.isUnion()) return target.types.some((each) => mayFit(collector, source, each, at, depth))
  if (isWide(collector, source)) return isNarrowOf(collector, source, target)
  return isPlainObject(collector, source) && membersMayFit(collector, source, target, at, depth)
}

/** A type parameter, or what depends on one: it is not known before the function is called. */
function isOpen({ ts }: Collector, type: ts.Type): boolean {
  const open = ts.TypeFlags.InstantiableNonPrimitive | ts.TypeFlags.Index
  return (type.isUnion() ? type.types : [type]).some((each) => (each.flags & open) !== 0)
}

function isWide({ ts }: Collector, type: ts.Type): boolean {
  return (type.flags & (ts.TypeFlags.String | ts.TypeFlags.Number)) !== 0
}

/** Whether the wide type is that of the literals or templates that are wanted. */
function isNarrowOf({ ts }: Collector, wide: ts.Type, target: ts.Type): boolean {
  const { String, StringLiteral, TemplateLiteral, NumberLiteral } = ts.TypeFlags
  const narrow = wide.flags & String ? StringLiteral | TemplateLiteral : NumberLiteral
  return (target.flags & narrow) !== 0
}

/** Not a handle: that is a symbol, and never the right one by chance. */
function isPlainObject({ ts }: Collector, type: ts.Type): boolean {
  return (type.flags & ts.TypeFlags.Object) !== 0
}

function membersMayFit(
  collector: Collector,
  source: ts.Type,
  target: ts.Type,
  at: ts.Node,
  depth: number,
): boolean {
  const { ts, checker } = collector
  const item = checker.getIndexTypeOfType(source, ts.IndexKind.Number)
  if (checker.isArrayLikeType(source)) {
    const wanted = checker.isArrayLikeType(target)
      ? checker.getIndexTypeOfType(target, ts.IndexKind.Number)
      : undefined
    return item !== undefined && wanted !== undefined && mayFit(collector, item, wanted, at, depth - 1)
  }
  if (!isPlainObject(collector, target) && !target.isIntersection()) return false
  if (
    checker.isArrayLikeType(target) ||
    checker.getSignaturesOfType(source, ts.SignatureKind.Call).length > 0
  )
    return false
  const isComplete = checker.getPropertiesOfType(target).every((wanted) => {
    const given = checker.getPropertyOfType(source, wanted.name)
    if (given) {
      const type = checker.getTypeOfSymbolAtLocation(given, at)
      return mayFit(collector, type, checker.getTypeOfSymbolAtLocation(wanted, at), at, depth - 1)
    }
    return (wanted.flags & ts.SymbolFlags.Optional) !== 0
  })
  if (!isComplete) return false
  const wanted = checker.getIndexTypeOfType(target, ts.IndexKind.String)
  return (
    wanted === undefined ||
    checker
      .getPropertiesOfType(source)
      .every((given) =>
        mayFit(collector, checker.getTypeOfSymbolAtLocation(given, at), wanted, at, depth - 1),
      )
  )
}
