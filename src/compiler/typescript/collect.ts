// Finds the calls of a program that get a number, and where their arguments stand. What is called is asked of the type
// checker, not guessed by name: everything but the standard library's own functions is numbered. Invariant: it only
// reads the tree; wrap.ts writes the numbers.

import type ts from 'typescript'
import type { CallSite, Origin, Range, ValueSite } from '../sites.ts'
import { unlessItFails } from './failure.ts'
import { functionBehind, originOf } from './origin.ts'
import type { FunctionNumbers } from './origin.ts'

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
  readonly functions: FunctionNumbers
}

export type CallLike = ts.CallExpression | ts.TaggedTemplateExpression

/** How far constants and spreads are followed to the object that is written. */
const followLimit = 6

export function collectCalls(collector: Collector, file: ts.SourceFile, calls: CollectedCalls): void {
  const { ts } = collector
  const index = collector.fileIndex(file)
  if (index === undefined) return
  const outside: Finder = {
    ...collector,
    numberOf: (symbol) => functionBehind(collector, calls.functions, symbol),
    origin: null,
  }
  const inside: Finder = { ...outside, origin: (node) => originOf(collector, calls.functions, node) }
  /** `isInFunction`: a value may be a parameter. The body of a stack has inputs, which are written in no program. */
  const visit = (node: ts.Node, isInFunction: boolean): void => {
    let isStack = false
    if (ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node)) {
      const callee = unlessItFails(
        () => calleeIn(collector, node),
        (): Callee => ({ word: null, symbol: undefined }),
      )
      if (callee) {
        isStack = callee.word === 'stack'
        calls.ids.set(node, calls.sites.length)
        calls.sites.push(siteOf(isInFunction ? inside : outside, node, callee, index, file))
      }
    }
    ts.forEachChild(node, (child) => visit(child, isInFunction || (!isStack && ts.isFunctionLike(child))))
  }
  visit(file, false)
}

export function calleeOf(node: CallLike): ts.Expression {
  return 'tag' in node ? node.tag : node.expression
}

interface Finder extends Collector {
  /** The number of the function behind a symbol. */
  readonly numberOf: (symbol: ts.Symbol | undefined) => number | undefined
  /** null outside of the program's functions, where nothing is a parameter. */
  readonly origin: ((node: ts.Expression) => Origin | undefined) | null
}

interface Callee {
  /** The word of 'gantry' that is called; null for a function that is the program's; '' where it may be either. */
  readonly word: string | null
  readonly symbol: ts.Symbol | undefined
}

/** Undefined when the call gets no number. */
function calleeIn(collector: Collector, node: CallLike): Callee | undefined {
  const { ts } = collector
  const callee = skipOuter(collector, calleeOf(node))
  if (callee.kind === ts.SyntaxKind.SuperKeyword || callee.kind === ts.SyntaxKind.ImportKeyword)
    return undefined
  if (ts.isPropertyAccessExpression(callee) || ts.isElementAccessExpression(callee)) {
    if (callee.expression.kind === ts.SyntaxKind.SuperKeyword) return undefined
    if (ts.isOptionalChain(callee) && !isLastLink(collector, node, callee)) return undefined
    if (ts.isPropertyAccessExpression(callee) && ts.isPrivateIdentifier(callee.name)) return undefined
  } else if (ts.isOptionalChain(node) && !node.questionDotToken) return undefined
  const symbol = symbolOf(collector, callee)
  const declarations = symbol?.declarations ?? []
  if (declarations.length > 0 && declarations.every((each) => collector.isLibrary(each.getSourceFile())))
    return handsOn(symbol) ? { symbol, word: '' } : undefined
  return { symbol, word: (symbol && gantryWord(collector, symbol)) ?? aliasedWord(collector, callee) }
}

/**
 * Whether it is this access that may find nothing to look in, as in `o?.m(…)`: then that call is left out. In `o?.p.m(…)`
 * the same would hide a `p` that is missing.
 */
function isLastLink(
  { ts }: Collector,
  node: CallLike,
  callee: ts.PropertyAccessExpression | ts.ElementAccessExpression,
): boolean {
  if (!callee.questionDotToken || !ts.isOptionalChain(node)) return false
  // What is in brackets is evaluated only when there is something to look in.
  return ts.isPropertyAccessExpression(callee) || ts.isStringLiteralLike(callee.argumentExpression)
}

/** `f.call(…)` and `f.apply(…)`: the call of `f` has no other place. */
function handsOn(symbol: ts.Symbol | undefined): boolean {
  return symbol?.name === 'call' || symbol?.name === 'apply'
}

/** The word behind a constant of the program's own: `const web = service`. */
export function aliasedWord(collector: Collector, callee: ts.Expression): string | null {
  const { checker } = collector
  const type = checker.getNonNullableType(checker.getTypeAtLocation(callee))
  const { symbol } = type as { symbol?: ts.Symbol } // declared as always there, which it is not
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
  collector: Finder,
  node: CallLike,
  { word, symbol }: Callee,
  file: number,
  source: ts.SourceFile,
): CallSite {
  const { ts } = collector
  const range = (each: ts.Node): Range => [each.getStart(source), each.end]
  const callee = skipOuter(collector, calleeOf(node))
  const called = word === null ? collector.numberOf(symbol) : undefined
  const isUnknown = word === '' || (word === null && called === undefined)
  const site: CallSite = {
    file,
    call: range(node),
    callee: range(ts.isPropertyAccessExpression(callee) ? callee.name : callee),
    word: isUnknown ? '' : word,
    ...(called === undefined ? {} : { function: called }),
  }
  // What `call` and `apply` hand on stands at other places than where it arrives.
  if (word === '') return site
  if (isUnknown && !ts.isCallExpression(node)) return site
  if (ts.isCallExpression(node))
    return {
      ...site,
      arguments: writtenInOrder(collector, node).map((each, index) =>
        valueSite(
          collector,
          (word === 'stack' && index === 2 && returnedBy(collector, each)) || each,
          file,
          followLimit,
        ),
      ),
    }
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

/** The arguments up to the first that are spread: those behind it stand at places that are not known. */
function writtenInOrder({ ts }: Finder, { arguments: given }: ts.CallExpression): readonly ts.Expression[] {
  const spread = given.findIndex((each) => ts.isSpreadElement(each))
  return spread === -1 ? given : given.slice(0, spread)
}

/** What the body of a stack returns, its outputs: the last of what it returns, when that is written there. */
function returnedBy({ ts }: Finder, body: ts.Expression): ts.Expression | undefined {
  if (!ts.isArrowFunction(body) && !ts.isFunctionExpression(body)) return undefined
  if (!ts.isBlock(body.body)) return body.body
  const last = body.body.statements.findLast((each) => ts.isReturnStatement(each))
  return last?.expression
}

/** `from` is the index of the file that `file` is left out for. */
function valueSite(collector: Finder, node: ts.Expression, from: number, follow: number): ValueSite {
  const { ts } = collector
  const source = node.getSourceFile()
  const index = collector.fileIndex(source) ?? from
  const value: Range = [node.getStart(source), node.end]
  const origin = collector.origin?.(node)
  const site: ValueSite = {
    value,
    ...(index === from ? {} : { file: index }),
    ...(origin === undefined ? {} : { from: origin }),
  }
  if (!collector.mayHaveMembers.has(node.kind)) return site
  const written = skipOuter(collector, node)
  if (ts.isArrayLiteralExpression(written))
    return { ...site, items: written.elements.map((each) => valueSite(collector, each, index, follow)) }
  const found = membersOf(collector, written, index, follow)
  return found ? { ...site, ...found } : site
}

interface Members {
  readonly members: Record<string, ValueSite>
  readonly spreads: { readonly from: Origin; readonly behind: string[] }[]
}

/** Undefined when there are none, as with most values. */
function membersOf(
  collector: Finder,
  node: ts.Expression,
  from: number,
  follow: number,
): Partial<Members> | undefined {
  // Without a prototype every name is a name like any other.
  const into: Members = { members: Object.create(null) as Members['members'], spreads: [] } // empty
  addMembers(collector, node, from, follow, into)
  const spreads = into.spreads.length > 0 ? { spreads: into.spreads } : {}
  for (const _ in into.members) return { members: into.members, ...spreads }
  return into.spreads.length > 0 ? spreads : undefined
}

/** Members of the objects that an expression is made of: literals, spreads, both sides of `?:`, constants. */
function addMembers(
  collector: Finder,
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
  collector: Finder,
  member: ts.ObjectLiteralElementLike,
  from: number,
  follow: number,
  into: Members,
): void {
  const { ts } = collector
  if (ts.isSpreadAssignment(member)) {
    const origin = collector.origin?.(member.expression)
    if (origin) into.spreads.push({ from: origin, behind: [] })
    else addMembers(collector, member.expression, from, follow, into)
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
    const found = follow > 0 ? membersOf(collector, member.name, file, follow) : undefined
    const origin = collector.origin?.(member.name)
    site = { value: nameRange, ...place, ...found, ...(origin === undefined ? {} : { from: origin }) }
  } else site = { value: [member.getStart(source), member.end], ...place }
  into.members[name] = site
  for (const spread of into.spreads) spread.behind.push(name)
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
