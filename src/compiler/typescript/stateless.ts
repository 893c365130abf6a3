// Whether the functions of a module give the same for the same arguments, however often they are called and in whatever
// order: told from the syntax, on the safe side. Invariant: a module with anything that could remember a call (a variable
// of the module that is not constant, a collection that is changed, an assignment to what is not the function's own)
// does not count as stateless.

import type ts from 'typescript'

/** Methods that change what they are called on. */
export const changing: ReadonlySet<string> = new Set([
  ...['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin'],
  ...['set', 'add', 'delete', 'clear', 'assign', 'defineProperty', 'next', 'exec', 'test'],
])

export function isStateless(typescript: typeof ts, text: string): boolean {
  if (text.startsWith('{') || text.startsWith('[')) return true // imported JSON
  const source = typescript.createSourceFile('module.ts', text, typescript.ScriptTarget.ES2024)
  let isClean = true
  const locals: Set<string>[] = []
  const isLocal = (name: string): boolean => locals.some((names) => names.has(name))
  const visit = (node: ts.Node): void => {
    if (!isClean) return
    const isFunction = typescript.isFunctionLike(node)
    if (isFunction) locals.push(declaredIn(typescript, node))
    if (typescript.isVariableDeclarationList(node) && locals.length === 0)
      isClean &&= (node.flags & typescript.NodeFlags.Const) !== 0
    const target = changedBy(typescript, node)
    if (target !== undefined) isClean &&= target !== null && isLocal(target)
    if (typescript.isClassLike(node) || typescript.isYieldExpression(node)) isClean = false
    typescript.forEachChild(node, visit)
    if (isFunction) locals.pop()
  }
  visit(source)
  return isClean
}

/** Names that are bound in a function, its parameters included: objects handed in count as its own. */
function declaredIn(typescript: typeof ts, node: ts.Node): Set<string> {
  const names = new Set<string>()
  const visit = (each: ts.Node): void => {
    if (
      (typescript.isVariableDeclaration(each) || typescript.isBindingElement(each)) &&
      typescript.isIdentifier(each.name)
    )
      names.add(each.name.text)
    typescript.forEachChild(each, visit)
  }
  visit(node)
  return names
}

/** The name of what an expression changes, null when it has none that is known; undefined when it changes nothing. */
function changedBy(typescript: typeof ts, node: ts.Node): string | null | undefined {
  const { SyntaxKind } = typescript
  if (typescript.isBinaryExpression(node)) {
    const { kind } = node.operatorToken
    return kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment
      ? rootOf(typescript, node.left)
      : undefined
  }
  if (typescript.isPostfixUnaryExpression(node)) return rootOf(typescript, node.operand)
  if (typescript.isPrefixUnaryExpression(node))
    return node.operator === SyntaxKind.PlusPlusToken || node.operator === SyntaxKind.MinusMinusToken
      ? rootOf(typescript, node.operand)
      : undefined
  if (typescript.isDeleteExpression(node)) return rootOf(typescript, node.expression)
  if (typescript.isCallExpression(node) && typescript.isPropertyAccessExpression(node.expression))
    return changing.has(node.expression.name.text)
      ? rootOf(typescript, node.expression.expression)
      : undefined
  return undefined
}

function rootOf(typescript: typeof ts, node: ts.Expression): string | null {
  if (typescript.isIdentifier(node)) return node.text
  if (typescript.isPropertyAccessExpression(node) || typescript.isElementAccessExpression(node))
    return rootOf(typescript, node.expression)
  return typescript.isParenthesizedExpression(node) ? rootOf(typescript, node.expression) : null
}
