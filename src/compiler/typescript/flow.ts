// Saves TypeScript a walk that leads nowhere. For each use of an imported name or a constant it goes back over the
// statements before it, to see whether the type was narrowed: in a body of 3,000 statements that is half of the time.
// Words of 'gantry' and the handles that they return have nothing to narrow, so the way back is taken from their uses.
// Invariant: only names whose type is the same everywhere are touched; what is declared otherwise, or shadows one of
// them, is not. `flowNode` is not part of TypeScript's public API: where it is absent nothing happens, but slower.

import type ts from 'typescript'
import type { Collector } from './collect.ts'

export function forgetFlow(collector: Collector, sources: readonly ts.SourceFile[]): void {
  for (const source of sources) {
    const words = importedWords(collector, source)
    if (words.size > 0) forgetIn(collector, source, words)
  }
}

/** Names under which a file imports the words of 'gantry'. */
function importedWords({ ts }: Collector, source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>()
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const bindings = statement.importClause?.namedBindings
    if (statement.moduleSpecifier.text === 'gantry' && bindings && ts.isNamedImports(bindings))
      for (const each of bindings.elements) names.add(each.name.text)
  }
  return names
}

function forgetIn({ ts, checker }: Collector, source: ts.SourceFile, words: ReadonlySet<string>): void {
  const isWord = (node: ts.Expression): boolean =>
    ts.isIdentifier(node) &&
    words.has(node.text) &&
    ((checker.getSymbolAtLocation(node)?.flags ?? 0) & ts.SymbolFlags.Alias) !== 0
  const handles = new Map<string, Set<ts.Node>>()
  const uses: ts.Identifier[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node)) {
      const callee = ts.isCallExpression(node) ? node.expression : node.tag
      if (isWord(callee)) forget(callee)
    }
    if (isHandle(node)) {
      const name = node.name.text
      handles.set(name, (handles.get(name) ?? new Set()).add(node))
    } else if (ts.isIdentifier(node)) uses.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  for (const use of uses) {
    const declarations = handles.get(use.text)
    if (!declarations || !('flowNode' in use)) continue
    const declaration = checker.getSymbolAtLocation(use)?.valueDeclaration
    if (!declaration || !declarations.has(declaration)) continue
    forget(use)
    // `db.ports.pg` is looked at as a whole, and so are its parts.
    for (let at: ts.Node = use; ts.isPropertyAccessExpression(at.parent); at = at.parent) forget(at.parent)
  }

  /** `const db = service(…)`, without a type of its own that could be narrowed. */
  function isHandle(node: ts.Node): node is ts.VariableDeclaration & { readonly name: ts.Identifier } {
    return (
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      node.type === undefined &&
      node.initializer !== undefined &&
      ts.isCallExpression(node.initializer) &&
      (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0 &&
      isWord(node.initializer.expression)
    )
  }
}

function forget(node: ts.Node): void {
  if ('flowNode' in node) node.flowNode = undefined
}
