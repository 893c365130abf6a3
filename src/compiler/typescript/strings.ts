// What to do about a text that TypeScript knows nothing of but that it is one, where a text of a certain form is needed: the
// declaration it comes from has thrown the form away, and can keep it. It only reads; whether the text is wrong is not known.

import type ts from 'typescript'
import type { Span } from '../../model/index.ts'
import type { Amount } from '../amounts.ts'
import { positionsIn } from '../positions.ts'
import { skipOuter } from './collect.ts'
import type { Collector } from './collect.ts'

/** What the form is that is needed. */
export type Form = Amount | 'image'

export interface LostForm {
  readonly label: string
  readonly fix?: string
  readonly related?: readonly { readonly span: Span; readonly label: string }[]
}

const forms: Readonly<Record<Form, { readonly type: string; readonly example: string }>> = {
  size: { type: 'Size', example: '`${count}Mi`' },
  cores: { type: 'Cpu', example: '`${count}m`' },
  time: { type: 'Duration', example: '`${count}s`' },
  image: { type: 'Image', example: '`shop/api:${tag}`' },
}

const label = 'this may be any string'

/** `form` is undefined where one of a few texts is needed. */
export function lostForm(collector: Collector, value: ts.Node, form: Form | undefined): LostForm {
  const { ts } = collector
  const declaration = ts.isExpression(value) ? declarationOf(collector, value) : undefined
  const source = declaration?.getSourceFile()
  const fix = declaration && fixAt(collector, declaration, form)
  if (!declaration || !source || fix === undefined)
    // A text that is computed has lost its form; a template where it is used keeps it.
    return form === undefined
      ? { label }
      : { label, fix: `put it together where it is used: ${forms[form].example}` }
  const path = source.fileName.slice(source.fileName.indexOf('/', 1) + 1)
  const marked = declaration.name ?? declaration
  const span = positionsIn(path, source.text).spanOf(marked.getStart(source), marked.end)
  return { label, fix, related: [{ span, label: 'declared here' }] }
}

function declarationOf(collector: Collector, value: ts.Expression): ts.NamedDeclaration | undefined {
  const { ts, checker } = collector
  const written = skipOuter(collector, value)
  const found = ts.isShorthandPropertyAssignment(written.parent)
    ? checker.getShorthandAssignmentValueSymbol(written.parent)
    : checker.getSymbolAtLocation(ts.isPropertyAccessExpression(written) ? written.name : written)
  const symbol = found && found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found
  let declaration = symbol?.valueDeclaration
  if (declaration && ts.isBindingElement(declaration)) {
    const { parent: pattern, propertyName = declaration.name } = declaration
    const property = checker.getPropertyOfType(checker.getTypeAtLocation(pattern), propertyName.getText())
    declaration = property?.valueDeclaration
  }
  if (!declaration) return undefined
  const source = declaration.getSourceFile()
  const isOwn = collector.fileIndex(source) !== undefined && !source.fileName.endsWith('.json')
  return isOwn ? declaration : undefined
}

function fixAt({ ts }: Collector, declaration: ts.Declaration, form: Form | undefined): string | undefined {
  const isString = (type: ts.TypeNode | undefined): boolean => type?.kind === ts.SyntaxKind.StringKeyword
  if (ts.isVariableDeclaration(declaration)) {
    const { initializer, type } = declaration
    if (!initializer || !ts.isStringLiteralLike(initializer)) return undefined
    if (isString(type)) return "leave ': string' out of its declaration, so that its text is known"
    return 'declare it with const, so that its text is known'
  }
  if (ts.isPropertyAssignment(declaration) && ts.isStringLiteralLike(declaration.initializer))
    return "write 'as const' behind the object, so that its texts are known"
  const isDeclaredAsString =
    (ts.isParameter(declaration) ||
      ts.isPropertySignature(declaration) ||
      ts.isPropertyDeclaration(declaration)) &&
    isString(declaration.type)
  if (!isDeclaredAsString || form === undefined) return undefined
  const { type } = forms[form]
  return `declare it as ${type} instead of string, with import type { ${type} } from 'gantry'`
}
