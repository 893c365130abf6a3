// Finds the calls of a program that get a number, and where their arguments stand. What is called is asked of the type
// checker, not guessed by name: everything but the standard library's own functions is numbered. Invariant: it only
// reads the tree; wrap.ts writes the numbers.

import type ts from 'typescript'
import type { CallSite, Range, ValueSite } from '../sites.ts'

export interface Collector {
  readonly ts: typeof ts
  readonly checker: ts.TypeChecker
  /** Index of a file of the program; undefined for the library's and gantry's own. */
  fileIndex(file: ts.SourceFile): number | undefined
  /** Whether a file declares the words of 'gantry'. */
  isGantry(file: ts.SourceFile): boolean
  isLibrary(file: ts.SourceFile): boolean
  /** Kinds of expressions that lead to an object or a list that is written; asked of every value, so by number. */
  readonly mayHaveMembers: ReadonlySet<ts.SyntaxKind>
}

export interface CollectedCalls {
  readonly sites: CallSite[]
  readonly ids: Map<ts.Node, number>
}

export type CallLike = ts.CallExpression | ts.TaggedTemplateExpression

/** How far constants and spreads are followed to the object that is written. */
const followLimit = 6

export function collectCalls(collector: Collector, file: ts.SourceFile, calls: CollectedCalls): void {
  const { ts } = collector
  const index = collector.fileIndex(file)
  if (index === undefined) return
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node)) {
      const word = wordOf(collector, node)
      if (word !== undefined) {
        calls.ids.set(node, calls.sites.length)
        calls.sites.push(siteOf(collector, node, word, index, file))
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
}

export function calleeOf(node: CallLike): ts.Expression {
  return 'tag' in node ? node.tag : node.expression
}

/** The word of 'gantry' that is called, null for a function that is the program's, undefined when it gets no number. */
function wordOf(collector: Collector, node: CallLike): string | null | undefined {
  const { ts } = collector
  if (ts.isOptionalChain(node)) return undefined
  const callee = skipOuter(collector, calleeOf(node))
  if (callee.kind === ts.SyntaxKind.SuperKeyword || callee.kind === ts.SyntaxKind.ImportKeyword)
    return undefined
  if (ts.isPropertyAccessExpression(callee) || ts.isElementAccessExpression(callee)) {
    if (callee.expression.kind === ts.SyntaxKind.SuperKeyword || ts.isOptionalChain(callee)) return undefined
    if (ts.isPropertyAccessExpression(callee) && ts.isPrivateIdentifier(callee.name)) return undefined
  }
  const symbol = symbolOf(collector, callee)
  const declarations = symbol?.declarations ?? []
  if (declarations.length > 0 && declarations.every((each) => collector.isLibrary(each.getSourceFile())))
    return undefined
  return (symbol && gantryWord(collector, symbol)) ?? aliasedWord(collector, callee)
}

/** The word behind a constant of the program's own: `const web = service`. */
function aliasedWord(collector: Collector, callee: ts.Expression): string | null {
  const { symbol } = collector.checker.getTypeAtLocation(callee) as { symbol?: ts.Symbol } // declared as always there, which it is not
  return symbol ? gantryWord(collector, symbol) : null
}

/** Looks through parentheses and what exists in types only. */
export function skipOuter({ ts }: Collector, node: ts.Expression): ts.Expression {
  let inner = node
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isTypeAssertionExpression(inner)
  )
    inner = inner.expression
  return inner
}

/** The symbol a callee stands for, imports followed. */
export function symbolOf({ ts, checker }: Collector, callee: ts.Expression): ts.Symbol | undefined {
  const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee
  const symbol = checker.getSymbolAtLocation(name)
  return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** `service`, or `input.oneOf` for a member of an interface that gantry declares. */
export function gantryWord(collector: Collector, symbol: ts.Symbol): string | null {
  const { ts } = collector
  const declaration = symbol.declarations?.[0]
  if (!declaration || !collector.isGantry(declaration.getSourceFile())) return null
  if (!ts.isMethodSignature(declaration)) return symbol.name
  return ts.isInterfaceDeclaration(declaration.parent) && declaration.parent.name.text === 'InputKinds'
    ? `input.${symbol.name}`
    : symbol.name
}

function siteOf(
  collector: Collector,
  node: CallLike,
  word: string | null,
  file: number,
  source: ts.SourceFile,
): CallSite {
  const { ts } = collector
  const range = (each: ts.Node): Range => [each.getStart(source), each.end]
  const callee = skipOuter(collector, calleeOf(node))
  const site: CallSite = {
    file,
    call: range(node),
    callee: range(ts.isPropertyAccessExpression(callee) ? callee.name : callee),
    word,
  }
  if (word === null) return site
  if (ts.isCallExpression(node))
    return { ...site, arguments: node.arguments.map((each) => valueSite(collector, each, file, followLimit)) }
  const { template } = node
  if (ts.isNoSubstitutionTemplateLiteral(template))
    return { ...site, template: [[template.getStart(source) + 1, template.end - 1]] }
  return {
    ...site,
    template: [
      [template.head.getStart(source) + 1, template.head.end - 2],
      ...template.templateSpans.map(({ literal }): Range => [
        literal.getStart(source) + 1,
        literal.end - (ts.isTemplateTail(literal) ? 1 : 2),
      ]),
    ],
    holes: template.templateSpans.map((span) => range(span.expression)),
  }
}

/** `from` is the index of the file that `file` is left out for. */
function valueSite(collector: Collector, node: ts.Expression, from: number, follow: number): ValueSite {
  const { ts } = collector
  const source = node.getSourceFile()
  const index = collector.fileIndex(source) ?? from
  const value: Range = [node.getStart(source), node.end]
  const site = index === from ? { value } : { value, file: index }
  if (!collector.mayHaveMembers.has(node.kind)) return site
  const written = skipOuter(collector, node)
  if (ts.isArrayLiteralExpression(written))
    return { ...site, items: written.elements.map((each) => valueSite(collector, each, index, follow)) }
  const members = membersOf(collector, written, index, follow)
  return members ? { ...site, members } : site
}

type Members = Record<string, ValueSite>

/** Undefined when there are none, as with most values. */
function membersOf(
  collector: Collector,
  node: ts.Expression,
  from: number,
  follow: number,
): Members | undefined {
  // Without a prototype every name is a name like any other.
  const members = Object.create(null) as Members // empty
  addMembers(collector, node, from, follow, members)
  for (const _ in members) return members
  return undefined
}

/** Members of the objects that an expression is made of: literals, spreads, both sides of `?:`, constants. */
function addMembers(
  collector: Collector,
  node: ts.Expression,
  from: number,
  follow: number,
  into: Members,
): void {
  const { ts } = collector
  const written = skipOuter(collector, node)
  if (ts.isConditionalExpression(written)) {
    addMembers(collector, written.whenFalse, from, follow, into)
    addMembers(collector, written.whenTrue, from, follow, into)
  } else if (ts.isBinaryExpression(written)) {
    addMembers(collector, written.left, from, follow, into)
    addMembers(collector, written.right, from, follow, into)
  } else if (ts.isIdentifier(written) && follow > 0) {
    const initializer = constantOf(collector, written)
    if (initializer) addMembers(collector, initializer, from, follow - 1, into)
  } else if (ts.isObjectLiteralExpression(written))
    for (const member of written.properties) addMember(collector, member, from, follow, into)
}

function addMember(
  collector: Collector,
  member: ts.ObjectLiteralElementLike,
  from: number,
  follow: number,
  into: Members,
): void {
  const { ts } = collector
  if (ts.isSpreadAssignment(member)) {
    addMembers(collector, member.expression, from, follow, into)
    return
  }
  const name = literalName(collector, member.name)
  if (name === undefined) return
  const source = member.getSourceFile()
  const nameRange: Range = [member.name.getStart(source), member.name.end]
  const file = collector.fileIndex(source) ?? from
  const place = file === from ? { name: nameRange } : { name: nameRange, file }
  let site: ValueSite
  if (ts.isPropertyAssignment(member))
    site = { ...valueSite(collector, member.initializer, file, follow), ...place }
  else if (ts.isShorthandPropertyAssignment(member)) {
    const members = follow > 0 ? membersOf(collector, member.name, file, follow) : undefined
    site = { value: nameRange, ...place, ...(members ? { members } : {}) }
  } else site = { value: [member.getStart(source), member.end], ...place }
  into[name] = site
}

function literalName({ ts }: Collector, name: ts.PropertyName): string | undefined {
  if (ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)) return name.text
  return ts.isComputedPropertyName(name) && ts.isStringLiteralLike(name.expression)
    ? name.expression.text
    : undefined
}

/** What a constant of the program was declared with. */
export function constantOf(collector: Collector, name: ts.Identifier): ts.Expression | undefined {
  const { ts, checker } = collector
  const found = ts.isShorthandPropertyAssignment(name.parent)
    ? checker.getShorthandAssignmentValueSymbol(name.parent)
    : checker.getSymbolAtLocation(name)
  const symbol = found && found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found
  const declaration = symbol?.valueDeclaration
  if (!declaration || !ts.isVariableDeclaration(declaration) || !declaration.initializer) return undefined
  if (collector.fileIndex(declaration.getSourceFile()) === undefined) return undefined
  return ts.isVariableDeclarationList(declaration.parent) && declaration.parent.flags & ts.NodeFlags.Const
    ? declaration.initializer
    : undefined
}
