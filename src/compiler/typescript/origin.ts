// Where a value inside a function comes from: which parameter of which function, and where in it. With the calls that
// were running, that leads from `memory` inside of a component back to `'512MB'` in the stack that calls it. Invariant: an
// origin is given only when the value is the parameter's, unchanged; what is computed has none.

import type ts from 'typescript'
import type { Origin } from '../sites.ts'
import { skipOuter } from './collect.ts'
import type { Collector } from './collect.ts'

/** How far constants are followed. */
const followLimit = 6

/** Numbers of functions, given when one is first asked for. */
export type FunctionNumbers = Map<ts.Node, number>

export function numberOf(functions: FunctionNumbers, node: ts.Node): number {
  const known = functions.get(node)
  if (known !== undefined) return known
  functions.set(node, functions.size)
  return functions.size - 1
}

/** Undefined when the expression is no parameter, and no part of one. */
export function originOf(
  collector: Collector,
  functions: FunctionNumbers,
  node: ts.Expression,
  follow = followLimit,
): Origin | undefined {
  const { ts } = collector
  const keys: string[] = []
  let at = skipOuter(collector, node)
  for (;;) {
    // A default stands beside what it stands in for.
    if (
      ts.isBinaryExpression(at) &&
      (at.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken ||
        at.operatorToken.kind === ts.SyntaxKind.BarBarToken)
    )
      at = skipOuter(collector, at.left)
    else if (ts.isPropertyAccessExpression(at)) {
      keys.unshift(at.name.text)
      at = skipOuter(collector, at.expression)
    } else if (ts.isElementAccessExpression(at) && ts.isStringLiteralLike(at.argumentExpression)) {
      keys.unshift(at.argumentExpression.text)
      at = skipOuter(collector, at.expression)
    } else break
  }
  if (!ts.isIdentifier(at) || follow === 0) return undefined
  const from = ofDeclaration(collector, functions, declarationOf(collector, at), follow)
  return from && { ...from, path: [...from.path, ...keys] }
}

function declarationOf({ ts, checker }: Collector, name: ts.Identifier): ts.Declaration | undefined {
  const symbol = ts.isShorthandPropertyAssignment(name.parent)
    ? checker.getShorthandAssignmentValueSymbol(name.parent)
    : checker.getSymbolAtLocation(name)
  return symbol?.valueDeclaration
}

function ofDeclaration(
  collector: Collector,
  functions: FunctionNumbers,
  declaration: ts.Declaration | undefined,
  follow: number,
): Origin | undefined {
  const { ts } = collector
  const keys: string[] = []
  let at = declaration
  while (at && ts.isBindingElement(at)) {
    const { parent } = at
    if (at.dotDotDotToken === undefined) {
      const key = ts.isArrayBindingPattern(parent)
        ? String(parent.elements.indexOf(at))
        : keyOf(collector, at.propertyName ?? at.name)
      if (key === undefined) return undefined
      keys.unshift(key)
    } else if (ts.isArrayBindingPattern(parent)) return undefined
    at = parent.parent
  }
  if (!at) return undefined
  if (ts.isParameter(at)) {
    if (at.dotDotDotToken !== undefined) return undefined
    const { parent } = at
    const index = parent.parameters.findIndex((each) => each === at)
    return { function: numberOf(functions, parent), path: [String(index), ...keys] }
  }
  if (!ts.isVariableDeclaration(at) || at.initializer === undefined) return undefined
  if ((ts.getCombinedNodeFlags(at) & ts.NodeFlags.Const) === 0) return undefined
  const from = originOf(collector, functions, at.initializer, follow - 1)
  return from && { ...from, path: [...from.path, ...keys] }
}

function keyOf({ ts }: Collector, name: ts.PropertyName | ts.BindingName): string | undefined {
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)
    ? name.text
    : undefined
}

/** The function of the program that a symbol stands for: declared, or held by a constant or by a member of an object. */
export function functionBehind(
  collector: Collector,
  functions: FunctionNumbers,
  symbol: ts.Symbol | undefined,
): number | undefined {
  const { ts } = collector
  const declaration = symbol?.valueDeclaration
  if (!declaration || collector.fileIndex(declaration.getSourceFile()) === undefined) return undefined
  if (ts.isFunctionLike(declaration)) {
    const implementation = symbol.declarations?.find(
      (each) => ts.isFunctionLike(each) && 'body' in each && each.body !== undefined,
    )
    return numberOf(functions, implementation ?? declaration)
  }
  const held =
    ts.isVariableDeclaration(declaration) || ts.isPropertyAssignment(declaration)
      ? declaration.initializer && skipOuter(collector, declaration.initializer)
      : undefined
  return held && ts.isFunctionLike(held) ? numberOf(functions, held) : undefined
}
