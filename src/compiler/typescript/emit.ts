// From a checked file to the JavaScript that the sandbox runs: types are cut out, and the number of each collected call
// is put around its callee (`f(x)` becomes `__gantry_call(7, f)(x)`, `o.m(x)` becomes `__gantry_method(8, o, 'm')(x)`; the
// functions, and those for calls of what may be missing, are in dsl/calls.ts). It edits the text by positions and prints
// nothing anew, which takes a tenth of the time of TypeScript's emitter and needs no source map. What ends a program for
// good (its memory, the depth of its calls) goes past each `catch` and `finally` of it, and is noted there
// (sandbox/worker.ts reads the note). Invariant: what remains of the text stands in the order in which it was written, and
// means what it meant, `this` and the order of evaluation included. Syntax that is more than types (enums, namespaces,
// decorators) does not get here: syntax.ts refuses it.

import type ts from 'typescript'
import type { Edit } from '../edits.ts'
import { calleeOf, skipOuter } from './collect.ts'
import type { CallLike, Collector } from './collect.ts'

/** No name a person would write; the globals and the mark of such errors are made in dsl/sandbox.ts. */
const caughtName = '__gantry_caught'
/** Without a call, which could fail itself where the calls are too deep. Where there is no room for an error, null is thrown. */
const noteFatal = (name: string): string =>
  `if (${name} === null || ${name}?.__gantry_fatal) { __gantry_over = ${name}; throw ${name} }`

export function editsFor(
  collector: Collector,
  source: ts.SourceFile,
  ids: ReadonlyMap<ts.Node, number>,
): readonly Edit[] {
  const eraser = new Eraser(collector, source, ids)
  eraser.visit(source)
  return eraser.edits
}

class Eraser {
  readonly edits: Edit[] = []
  readonly #collector: Collector
  readonly #ts: typeof ts
  readonly #source: ts.SourceFile
  readonly #ids: ReadonlyMap<ts.Node, number>
  readonly #leaves: ReadonlySet<ts.SyntaxKind>
  readonly #transparent: ReadonlySet<ts.SyntaxKind>
  readonly #visitChild = (child: ts.Node): void => this.visit(child)

  constructor(collector: Collector, source: ts.SourceFile, ids: ReadonlyMap<ts.Node, number>) {
    this.#collector = collector
    this.#ts = collector.ts
    this.#source = source
    this.#ids = ids
    const { SyntaxKind } = this.#ts
    this.#leaves = new Set([
      SyntaxKind.Identifier,
      SyntaxKind.StringLiteral,
      SyntaxKind.NumericLiteral,
      SyntaxKind.TrueKeyword,
      SyntaxKind.FalseKeyword,
    ])
    this.#transparent = new Set([
      SyntaxKind.ObjectLiteralExpression,
      SyntaxKind.PropertyAssignment,
      SyntaxKind.PropertyAccessExpression,
      SyntaxKind.ArrayLiteralExpression,
      SyntaxKind.ExpressionStatement,
      SyntaxKind.VariableDeclarationList,
      SyntaxKind.Block,
    ])
  }

  visit(node: ts.Node): void {
    const ts = this.#ts
    // Most nodes, told by number: nothing to do, or nothing but to look inside.
    if (this.#leaves.has(node.kind)) return
    if (this.#transparent.has(node.kind)) {
      ts.forEachChild(node, this.#visitChild)
      return
    }
    if (this.#isTypesOnly(node)) {
      // What stands in front of it must not go on behind it.
      this.#replace(node.getStart(this.#source), node.end, ';')
      return
    }
    if (ts.isImportDeclaration(node)) this.#import(node)
    else if (ts.isExportDeclaration(node)) this.#export(node)
    else if (ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node)) this.#call(node)
    else if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) {
      this.visit(node.expression)
      this.#replace(node.expression.end, node.end, this.#separator(node.end))
    } else if (ts.isNonNullExpression(node)) {
      this.visit(node.expression)
      this.#replace(node.expression.end, node.end, '')
    } else if (ts.isTypeAssertionExpression(node)) {
      this.#replace(node.getStart(this.#source), node.expression.getStart(this.#source), '')
      this.visit(node.expression)
    } else if (ts.isNewExpression(node) || ts.isExpressionWithTypeArguments(node)) {
      this.visit(node.expression)
      this.#list(node.typeArguments)
      if (ts.isNewExpression(node)) for (const each of node.arguments ?? []) this.visit(each)
    } else if (ts.isFunctionLike(node)) this.#function(node)
    else if (ts.isVariableDeclaration(node)) this.#variable(node)
    else if (ts.isPropertyDeclaration(node)) this.#property(node)
    else if (ts.isClassLike(node)) this.#class(node)
    else if (ts.isTryStatement(node)) this.#try(node)
    else ts.forEachChild(node, this.#visitChild)
  }

  #replace(start: number, end: number, text: string): void {
    this.edits.push({ start, end, text })
  }

  /** Declarations that exist for the checker alone. */
  #isTypesOnly(node: ts.Node): boolean {
    const ts = this.#ts
    if (
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isIndexSignatureDeclaration(node)
    )
      return true
    if (ts.canHaveModifiers(node)) {
      const modifiers = ts.getModifiers(node) ?? []
      const has = (kind: ts.SyntaxKind): boolean => modifiers.some((each) => each.kind === kind)
      if (has(ts.SyntaxKind.DeclareKeyword)) return true
      if (has(ts.SyntaxKind.AbstractKeyword) && !ts.isClassDeclaration(node)) return true
    }
    // Overloads: heads without a body.
    return (
      (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node)) &&
      node.body === undefined
    )
  }

  /** `<A, B>` with its brackets. */
  #list(types: ts.NodeArray<ts.Node> | undefined): void {
    if (!types) return
    const close = this.#source.text.indexOf('>', types.end)
    this.#replace(types.pos - 1, close + 1, '')
  }

  /** `: Type`, with the `?` or `!` in front of it. */
  #annotation(node: { readonly type?: ts.TypeNode | undefined }, mark?: ts.Node): void {
    if (mark) this.#replace(mark.getStart(this.#source), mark.end, '')
    if (node.type) this.#replace(node.type.pos - 1, node.type.end, '')
  }

  #variable(node: ts.VariableDeclaration): void {
    this.visit(node.name)
    this.#annotation(node, node.exclamationToken)
    if (node.initializer) this.visit(node.initializer)
  }

  #function(node: ts.SignatureDeclaration): void {
    const ts = this.#ts
    this.#modifiers(node)
    if (node.name) this.visit(node.name)
    if ('questionToken' in node && node.questionToken) this.#annotation({}, node.questionToken)
    this.#list(node.typeParameters)
    for (const [index, parameter] of node.parameters.entries()) {
      if (ts.isIdentifier(parameter.name) && parameter.name.text === 'this') {
        const next = node.parameters[index + 1]
        this.#replace(parameter.pos, next ? next.pos : node.parameters.end, '')
        continue
      }
      this.visit(parameter.name)
      this.#annotation(parameter, parameter.questionToken)
      if (parameter.initializer) this.visit(parameter.initializer)
    }
    this.#annotation(node)
    if ('body' in node && node.body) this.visit(node.body)
  }

  #property(node: ts.PropertyDeclaration): void {
    this.#modifiers(node)
    this.visit(node.name)
    this.#annotation(node, node.questionToken ?? node.exclamationToken)
    if (node.initializer) this.visit(node.initializer)
  }

  #class(node: ts.ClassLikeDeclaration): void {
    const ts = this.#ts
    this.#modifiers(node)
    this.#list(node.typeParameters)
    for (const clause of node.heritageClauses ?? [])
      if (clause.token === ts.SyntaxKind.ImplementsKeyword)
        this.#replace(clause.getStart(this.#source), clause.end, '')
      else for (const each of clause.types) this.visit(each)
    for (const member of node.members) this.visit(member)
  }

  /**
   * `finally` can swallow an error too (by `return`, or by one of its own), also one of the `catch` in front of it: so what
   * it ends is put into a `try` of its own.
   */
  #try(node: ts.TryStatement): void {
    const { catchClause, finallyBlock } = node
    const begin = node.getStart(this.#source)
    if (finallyBlock && catchClause) this.#replace(begin, begin, 'try { ')
    this.visit(node.tryBlock)
    if (catchClause) this.#catch(catchClause)
    if (!finallyBlock) return
    const end = (catchClause ?? node.tryBlock).end
    const caught = `catch (${caughtName}) { ${noteFatal(caughtName)} throw ${caughtName} }`
    this.#replace(end, end, catchClause ? ` } ${caught}` : ` ${caught}`)
    this.visit(finallyBlock)
  }

  #catch({ variableDeclaration, block }: ts.CatchClause): void {
    const begin = block.getStart(this.#source)
    if (variableDeclaration && this.#ts.isIdentifier(variableDeclaration.name)) {
      this.visit(variableDeclaration)
      this.#replace(begin + 1, begin + 1, ` ${noteFatal(variableDeclaration.name.text)}`)
    } else if (variableDeclaration) {
      const { name } = variableDeclaration
      const open = variableDeclaration.getStart(this.#source)
      this.#replace(open, open, `${caughtName}) { ${noteFatal(caughtName)} let `)
      this.#replace(name.end, name.end, ` = ${caughtName}; `)
      this.visit(variableDeclaration)
      // The bracket that closed the parameter and the one that opened the block.
      this.#replace(variableDeclaration.end, begin + 1, '')
    } else this.#replace(begin, begin + 1, `(${caughtName}) { ${noteFatal(caughtName)}`)
    this.visit(block)
  }

  /** `public`, `readonly` and their like; a member that begins with one must not be read as going on from the last. */
  #modifiers(node: ts.Node): void {
    const ts = this.#ts
    if (!ts.canHaveModifiers(node)) return
    const erased: ReadonlySet<ts.SyntaxKind> = new Set([
      ts.SyntaxKind.PublicKeyword,
      ts.SyntaxKind.PrivateKeyword,
      ts.SyntaxKind.ProtectedKeyword,
      ts.SyntaxKind.ReadonlyKeyword,
      ts.SyntaxKind.OverrideKeyword,
      ts.SyntaxKind.AbstractKeyword,
    ])
    for (const [index, each] of (ts.getModifiers(node) ?? []).entries())
      if (erased.has(each.kind))
        this.#replace(
          each.getStart(this.#source),
          each.end,
          index === 0 && ts.isClassElement(node) ? ';' : '',
        )
  }

  #import(node: ts.ImportDeclaration): void {
    const ts = this.#ts
    const clause = node.importClause
    if (clause) {
      const named = clause.namedBindings
      const isNamed = named !== undefined && ts.isNamedImports(named)
      const kept = isNamed
        ? named.elements.filter((each) => !each.isTypeOnly && this.#isValue(each.name))
        : []
      const hasName = clause.name !== undefined && this.#isValue(clause.name)
      const isEmpty =
        !hasName && (isNamed ? kept.length === 0 && named.elements.length > 0 : named === undefined)
      if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword || isEmpty) {
        this.#replace(node.getStart(this.#source), node.end, ';')
        return
      }
      if (isNamed && kept.length < named.elements.length) this.#names(named, kept)
    }
    // What kind of file it is stands in the compiler's table; the sandbox knows no attributes.
    if (node.attributes) this.#replace(node.moduleSpecifier.end, node.attributes.end, '')
  }

  #export(node: ts.ExportDeclaration): void {
    const ts = this.#ts
    const clause = node.exportClause
    if (node.isTypeOnly) {
      this.#replace(node.getStart(this.#source), node.end, ';')
      return
    }
    if (!clause || !ts.isNamedExports(clause)) return
    const kept = clause.elements.filter((each) => !each.isTypeOnly && this.#isValue(each.name))
    if (kept.length < clause.elements.length) this.#names(clause, kept)
  }

  #names(
    list: ts.NamedImports | ts.NamedExports,
    kept: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
  ): void {
    const text = kept.map((each) => each.getText(this.#source)).join(', ')
    this.#replace(list.getStart(this.#source), list.end, `{ ${text} }`)
  }

  /** Whether a name that is imported or exported exists when the program runs. What cannot be resolved is left in. */
  #isValue(name: ts.ModuleExportName): boolean {
    const ts = this.#ts
    const { checker } = this.#collector
    const symbol = checker.getSymbolAtLocation(name)
    if (!symbol) return true
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    const isUnknown = target.declarations === undefined && target.name === 'unknown'
    return isUnknown || (target.flags & ts.SymbolFlags.Value) !== 0
  }

  #call(node: CallLike): void {
    const ts = this.#ts
    const callee = calleeOf(node)
    const id = this.#ids.get(node)
    const inner = skipOuter(this.#collector, callee)
    const start = callee.getStart(this.#source)
    const mayBeMissing = ts.isCallExpression(node) && node.questionDotToken !== undefined
    if (id === undefined) this.visit(callee)
    else if (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner)) {
      const target = inner.expression
      const optional = inner.questionDotToken
        ? mayBeMissing
          ? 'both'
          : 'target'
        : mayBeMissing
          ? 'method'
          : undefined
      const prefix =
        optional === undefined ? `__gantry_method(${id}, ` : `__gantry_method_if(${id}, "${optional}", `
      const close = optional === 'target' ? ')?.' : ')'
      this.#replace(start, target.getStart(this.#source), prefix)
      this.visit(target)
      if (ts.isPropertyAccessExpression(inner))
        this.#replace(target.end, callee.end, `, ${JSON.stringify(inner.name.text)}${close}`)
      else {
        this.#replace(target.end, inner.argumentExpression.getStart(this.#source), ', ')
        this.visit(inner.argumentExpression)
        this.#replace(inner.argumentExpression.end, callee.end, close)
      }
    } else {
      this.#replace(start, start, mayBeMissing ? `__gantry_call_if(${id}, ` : `__gantry_call(${id}, `)
      this.visit(callee)
      this.#replace(callee.end, callee.end, ')')
    }
    this.#list(node.typeArguments)
    if (ts.isCallExpression(node)) for (const each of node.arguments) this.visit(each)
    else this.visit(node.template)
  }

  /**
   * TypeScript ends a statement behind a type where the next line begins with a bracket or a template; without the type
   * JavaScript would read on.
   */
  #separator(end: number): string {
    return /^[^\S\n]*(?:\/\/[^\n]*)?\n\s*[([`]/.test(this.#source.text.slice(end, end + 500)) ? ';' : ''
  }
}
