// Puts the number of each collected call around its callee: `f(x)` becomes `__gantry_call(7, f)(x)`, `o.m(x)` becomes
// `__gantry_method(8, o, 'm')(x)`. The functions are in dsl/calls.ts. Invariant: nothing else of the program changes,
// `this` and the order of evaluation included.

import type ts from 'typescript'
import { calleeOf, skipOuter } from './collect.ts'
import type { CallLike, Collector } from './collect.ts'

export function wrapCalls(
  collector: Collector,
  ids: ReadonlyMap<ts.Node, number>,
): ts.TransformerFactory<ts.SourceFile> {
  const { ts } = collector
  const { factory } = ts
  return (context) => {
    const visit = (node: ts.Node): ts.Node => {
      const visited = ts.visitEachChild(node, visit, context)
      // What kind of file an import is stands in the compiler's table; the sandbox knows no attributes.
      if (ts.isImportDeclaration(visited) && visited.attributes)
        return factory.updateImportDeclaration(
          visited,
          visited.modifiers,
          visited.importClause,
          visited.moduleSpecifier,
          undefined,
        )
      const id = ids.get(node)
      if (id === undefined) return visited
      if (ts.isCallExpression(visited))
        return factory.updateCallExpression(visited, numbered(visited, id), undefined, visited.arguments)
      if (ts.isTaggedTemplateExpression(visited))
        return factory.updateTaggedTemplateExpression(
          visited,
          numbered(visited, id),
          undefined,
          visited.template,
        )
      return visited
    }
    return (file) => ts.visitEachChild(file, visit, context)
  }

  function numbered(node: CallLike, id: number): ts.Expression {
    const callee = calleeOf(node)
    const inner = skipOuter(collector, callee)
    const number = factory.createNumericLiteral(id)
    const wrapped = ts.isPropertyAccessExpression(inner)
      ? call('__gantry_method', number, inner.expression, factory.createStringLiteral(inner.name.text))
      : ts.isElementAccessExpression(inner)
        ? call('__gantry_method', number, inner.expression, inner.argumentExpression)
        : call('__gantry_call', number, callee)
    return ts.setTextRange(wrapped, callee)
  }

  function call(name: string, ...values: readonly ts.Expression[]): ts.CallExpression {
    return factory.createCallExpression(factory.createIdentifier(name), undefined, values)
  }
}
