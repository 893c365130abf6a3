// The statements of a stack's body, and of each what it declares and uses, told from the syntax alone: what the session of
// `check --watch` needs to know which of them an edit can have changed the meaning of. Invariant: a statement counts as
// plain only when it does nothing but declare (no assignment, no branch, no call but of gantry's words and of functions
// that keep no state), so that leaving it out changes nothing for those that do not name what it declares.

import { createRequire } from 'node:module'
import type ts from 'typescript'
import { commonEnds } from '../../model/index.ts'
import type { Range } from '../sites.ts'
import { changing, isStateless } from './stateless.ts'

/** One statement of the body, by offsets in the text. */
export interface OutlinedStatement {
  readonly start: number
  readonly end: number
  readonly text: string
  /** Looked at when it is asked for the first time, which is before the next outline is made. */
  form(): StatementForm
}

export interface StatementForm {
  readonly isPlain: boolean
  readonly declares: readonly string[]
  /** Every name in it, declared, used or a member's. */
  readonly names: ReadonlySet<string>
  /** Parts that a stand-in for it does without, by offsets from its start: options that the handle does not depend on. */
  readonly dispensable: readonly Range[]
  /** The names in what remains. */
  readonly faceNames: ReadonlySet<string>
  /** What remains, blanks aside: as long as it is the same, so is what the statement declares for others. */
  readonly face: string
}

export interface Outline {
  readonly text: string
  readonly statements: readonly OutlinedStatement[]
}

/** Options of the words whose handle depends on no others. */
const kept: Readonly<Record<string, readonly string[]>> = { service: ['image', 'ports'], job: ['image'] }

export class Outliner {
  readonly #ts: typeof ts = createRequire(import.meta.url)('typescript') as typeof ts // it is this package
  readonly #forms = new Map<string, StatementForm>()
  #last: ts.SourceFile | undefined
  /** Whether the program's own functions keep no state, so that calling one is like calling a word. */
  #isStateless = false

  /** To be told whenever the modules of the program may have changed; `rest` is the stack file without its body. */
  know(modules: readonly string[], rest: string): void {
    this.#forms.clear()
    this.#isStateless = [...modules, rest].every((text) => isStateless(this.#ts, text))
  }

  /** Null when the text has no stack whose body is a block of statements. */
  outline(text: string): Outline | null {
    const source = this.#parse(text)
    const body = bodyOf(this.#ts, source)
    if (!body || /@ts-|^\/\/\//m.test(text)) return null
    const words = importedWords(this.#ts, source)
    return {
      text,
      statements: body.statements.map((node) => {
        const start = node.getStart(source)
        const own = text.slice(start, node.end)
        let form: StatementForm | undefined
        return {
          start,
          end: node.end,
          text: own,
          form: () => (form ??= this.#formOf(own, node, source, words)),
        }
      }),
    }
  }

  #parse(text: string): ts.SourceFile {
    const { createSourceFile, updateSourceFile, ScriptTarget } = this.#ts
    const last = this.#last
    if (last?.text === text) return last
    const source = last
      ? updateSourceFile(last, text, changeBetween(last.text, text))
      : createSourceFile('stack.ts', text, ScriptTarget.ES2024)
    this.#last = source
    return source
  }

  #formOf(
    text: string,
    node: ts.Statement,
    source: ts.SourceFile,
    words: ReadonlySet<string>,
  ): StatementForm {
    const known = this.#forms.get(text)
    if (known) return known
    const form = describe(this.#ts, node, source, words, this.#isStateless)
    this.#forms.set(text, form)
    return form
  }
}

/** The part between what both begin and what both end with. */
function changeBetween(before: string, after: string): ts.TextChangeRange {
  const { head, tail } = commonEnds(before, after)
  return { span: { start: head, length: before.length - tail - head }, newLength: after.length - tail - head }
}

/** The block of the one call of `stack()` at the top level. */
function bodyOf(typescript: typeof ts, source: ts.SourceFile): ts.Block | undefined {
  const bodies = source.statements.flatMap((statement): ts.Block[] => {
    const expressions = typescript.isExportAssignment(statement)
      ? [statement.expression]
      : typescript.isVariableStatement(statement)
        ? statement.declarationList.declarations.map((each) => each.initializer)
        : []
    return expressions.flatMap((call) => {
      if (!call || !typescript.isCallExpression(call) || !typescript.isIdentifier(call.expression)) return []
      const body = call.expression.text === 'stack' ? call.arguments[2] : undefined
      return body && typescript.isArrowFunction(body) && typescript.isBlock(body.body) ? [body.body] : []
    })
  })
  return bodies.length === 1 ? bodies[0] : undefined
}

function importedWords(typescript: typeof ts, source: ts.SourceFile): ReadonlySet<string> {
  const words = new Set<string>()
  for (const statement of source.statements) {
    if (!typescript.isImportDeclaration(statement) || !typescript.isStringLiteral(statement.moduleSpecifier))
      continue
    const bindings = statement.importClause?.namedBindings
    if (statement.moduleSpecifier.text !== 'gantry' || !bindings || !typescript.isNamedImports(bindings))
      continue
    for (const each of bindings.elements) if (!each.propertyName) words.add(each.name.text)
  }
  return words
}

function describe(
  typescript: typeof ts,
  node: ts.Statement,
  source: ts.SourceFile,
  words: ReadonlySet<string>,
  isStateless: boolean,
): StatementForm {
  const origin = node.getStart(source)
  const declares: string[] = []
  const dispensable: Range[] = []
  let isPlain = isDeclaring(typescript, node)
  if (typescript.isVariableStatement(node))
    for (const { name, initializer } of node.declarationList.declarations) {
      if (typescript.isIdentifier(name)) declares.push(name.text)
      else declares.push(...boundNames(typescript, name))
      if (initializer) dispensable.push(...dispensableOf(typescript, initializer, source, words))
    }
  const names = new Set<string>()
  const faceNames = new Set<string>()
  const isDispensable = (at: number): boolean => dispensable.some(([start, end]) => start <= at && at < end)
  const visit = (each: ts.Node): void => {
    if (!isHarmless(typescript, each, words, isStateless)) isPlain = false
    if (typescript.isIdentifier(each)) {
      names.add(each.text)
      if (!isDispensable(each.getStart(source))) faceNames.add(each.text)
    }
    typescript.forEachChild(each, visit)
  }
  visit(node)
  let face = ''
  let at = origin
  for (const [start, end] of [...dispensable, [node.end, node.end] as const]) {
    face += source.text.slice(at, start)
    at = end
  }
  return {
    isPlain,
    declares,
    names,
    dispensable: dispensable.map(([start, end]) => [start - origin, end - origin]),
    faceNames,
    face: face.replaceAll(/\s+/g, ' '),
  }
}

function isDeclaring(typescript: typeof ts, node: ts.Statement): boolean {
  if (typescript.isVariableStatement(node))
    return (node.declarationList.flags & typescript.NodeFlags.Const) !== 0
  return typescript.isExpressionStatement(node) && typescript.isCallExpression(node.expression)
}

function boundNames(typescript: typeof ts, pattern: ts.BindingPattern): string[] {
  return pattern.elements.flatMap((element) => {
    if (!typescript.isBindingElement(element)) return []
    return typescript.isIdentifier(element.name) ? [element.name.text] : boundNames(typescript, element.name)
  })
}

/** Whether a node by itself does nothing that what stands elsewhere could notice. */
function isHarmless(
  typescript: typeof ts,
  node: ts.Node,
  words: ReadonlySet<string>,
  isStateless: boolean,
): boolean {
  const { SyntaxKind } = typescript
  if (typescript.isCallExpression(node) || typescript.isTaggedTemplateExpression(node)) {
    const callee = typescript.isCallExpression(node) ? node.expression : node.tag
    if (typescript.isIdentifier(callee)) return words.has(callee.text) || isStateless
    // scale({ … })`…`, volume.readOnly(), 'text'.trim()
    if (!typescript.isPropertyAccessExpression(callee)) return typescript.isCallExpression(callee)
    const method = callee.name.text
    return method === 'readOnly' || (isStateless && !changing.has(method))
  }
  if (typescript.isBinaryExpression(node))
    return (
      node.operatorToken.kind < SyntaxKind.FirstAssignment ||
      node.operatorToken.kind > SyntaxKind.LastAssignment
    )
  if (typescript.isPrefixUnaryExpression(node))
    return node.operator !== SyntaxKind.PlusPlusToken && node.operator !== SyntaxKind.MinusMinusToken
  return !(
    typescript.isPostfixUnaryExpression(node) ||
    typescript.isFunctionLike(node) ||
    typescript.isClassLike(node) ||
    typescript.isNewExpression(node) ||
    typescript.isDeleteExpression(node) ||
    typescript.isAwaitExpression(node) ||
    typescript.isYieldExpression(node)
  )
}

/** Options of `const x = service('x', { … })` that neither the type nor the handle of x depends on; absolute ranges. */
function dispensableOf(
  typescript: typeof ts,
  initializer: ts.Expression,
  source: ts.SourceFile,
  words: ReadonlySet<string>,
): Range[] {
  if (!typescript.isCallExpression(initializer) || !typescript.isIdentifier(initializer.expression)) return []
  const word = initializer.expression.text
  const needed = words.has(word) && Object.hasOwn(kept, word) ? kept[word] : undefined
  const options = initializer.arguments[1]
  if (!needed || !options || !typescript.isObjectLiteralExpression(options)) return []
  const { properties } = options
  if (properties.some((each) => typescript.isSpreadAssignment(each))) return []
  return properties.flatMap((each, index): Range[] => {
    const name = each.name
    if (!name || !typescript.isIdentifier(name) || needed.includes(name.text)) return []
    const next = properties[index + 1]
    return [[each.getStart(source), next ? next.pos : properties.end]]
  })
}
