// Words for names that TypeScript does not find: variables, exports, members, and what is used before it is declared.
// Values of a wrong type are values.ts.

import { nearest } from '../../model/values.ts'
import type ts from 'typescript'
import { absenceOf } from '../hermetic.ts'
import { meantFields } from '../suggest.ts'
import { isWord } from '../vocabulary.ts'
import { unknownPort } from '../words.ts'
import { circleThrough, describeHandle, portsBehind, subjectOf } from './context.ts'
import type { Collector } from './collect.ts'
import type { Finding, Marked } from './finding.ts'
import { unknownOutput } from './outputs.ts'
import { sentence } from './syntax.ts'

export function usedTooEarly({ collector, node, source, place }: Finding): Marked {
  const name = node.getText(source)
  const circle = place?.path[1] === 'dependsOn' ? circleThrough(collector, node) : undefined
  if (circle && place)
    return {
      code: 'GT2005',
      summary: `${subjectOf(place)} and ${circle.subject} depend on each other`,
      label: `it waits for ${circle.subject}`,
      related: [{ span: circle.span, label: 'which waits for it' }],
      notes: ['neither would ever start'],
    }
  return {
    code: 'GT1011',
    summary: `'${name}' is used before it is declared`,
    label: 'declared further down',
  }
}

/** For what JavaScript has elsewhere and a stack has not: `Date`, `Math.random`. */
function absentFromStacks(name: string): Marked | undefined {
  const absence = absenceOf(name)
  return (
    absence && {
      code: 'GT1006',
      summary: `${absence.what}: there is no '${name}'`,
      fix: absence.fix,
      label: 'not in a stack',
    }
  )
}

export function unknownName({ collector, node, source }: Finding): Marked {
  const { ts, checker } = collector
  const name = node.getText(source)
  const absent = absentFromStacks(name)
  if (absent) return absent
  const known = checker
    .getSymbolsInScope(node, ts.SymbolFlags.Value | ts.SymbolFlags.Alias)
    .filter((symbol) =>
      symbol.declarations?.some((each) => collector.fileIndex(each.getSourceFile()) !== undefined),
    )
    .map((symbol) => symbol.name)
  const guess = nearest(name, known)
  const isOfGantry = isWord(name) || name === 'input'
  return {
    code: 'GT1005',
    summary: `there is no '${name}' here`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
    ...(isOfGantry ? { fix: `add it to the import: import { ${name} } from 'gantry'` } : {}),
  }
}

export function unknownExport({ collector, node, source }: Finding): Marked {
  const { ts, checker } = collector
  let at = node
  while (!ts.isImportDeclaration(at) && !ts.isExportDeclaration(at) && !ts.isSourceFile(at)) at = at.parent
  const specifier = ts.isSourceFile(at) ? undefined : at.moduleSpecifier
  const from = specifier && ts.isStringLiteral(specifier) ? specifier.text : ''
  const name = node.getText(source)
  const module = specifier && checker.getSymbolAtLocation(specifier)
  const exports = module ? checker.getExportsOfModule(module).map((symbol) => symbol.name) : []
  const guess = nearest(name, exports)
  return {
    code: from === 'gantry' ? 'GT1007' : 'GT1009',
    summary:
      ts.isImportClause(node.parent) && node.parent.name === node
        ? `'${from}' has no default export`
        : `'${from}' exports no '${name}'`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
  }
}

export function unknownProperty({ collector, node, source, text }: Finding): Marked {
  const { ts, checker } = collector
  const name = node.getText(source)
  const access = node.parent
  if (ts.isBindingElement(access)) {
    const wanted = (access.propertyName ?? access.name).getText(source)
    const { initializer } = ts.isVariableDeclaration(access.parent.parent) ? access.parent.parent : {}
    return (
      unknownInput(collector, checker.getTypeAtLocation(access.parent), wanted) ??
      (initializer && unknownOutput(collector, initializer, wanted)) ?? {
        code: 'GT1009',
        summary: sentence(text),
      }
    )
  }
  const inBrackets = unknownInBrackets(collector, node)
  if (inBrackets) return inBrackets
  if (!ts.isPropertyAccessExpression(access)) return { code: 'GT1009', summary: sentence(text) }
  const owner = access.expression
  const absent = absentFromStacks(`${owner.getText(source)}.${name}`)
  if (absent) return absent
  const ports = portsBehind(collector, owner)
  if (ports) return unknownPort(name, ports)
  const type = checker.getTypeAtLocation(owner)
  const input = unknownInput(collector, type, name)
  if (input) return input
  const output = unknownOutput(collector, owner, name)
  if (output) return output
  const handle = describeHandle(collector, owner)
  const known = checker.getPropertiesOfType(type).map((each) => each.name)
  const [guess] = meantFields(
    name,
    known.filter((each) => !each.startsWith('__@')),
  )
  return {
    code: 'GT1009',
    summary: handle ? `${handle.what} has no '${name}'` : `${owner.getText(source)} has no '${name}'`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
  }
}

/** `inputs['stge']`; TypeScript marks the name, or all of it. */
export function unknownInBrackets(collector: Collector, node: ts.Node): Marked | undefined {
  const { ts, checker } = collector
  const access = ts.isStringLiteralLike(node) ? node.parent : node
  if (!ts.isElementAccessExpression(access)) return undefined
  const { expression: owner, argumentExpression: name } = access
  if (!ts.isStringLiteralLike(name)) return undefined
  const words =
    unknownInput(collector, checker.getTypeAtLocation(owner), name.text) ??
    unknownOutput(collector, owner, name.text)
  return words && { node: name, ...words }
}

/** Undefined when what the name is looked for in are not the values of a stack's inputs. */
function unknownInput(collector: Collector, type: ts.Type, name: string): Marked | undefined {
  const alias = type.aliasSymbol
  if (
    alias?.name !== 'InputValues' ||
    !alias.declarations?.some((each) => collector.isGantry(each.getSourceFile()))
  )
    return undefined
  const known = collector.checker.getPropertiesOfType(type).map((each) => each.name)
  const guess = nearest(name, known)
  return {
    code: 'GT1009',
    summary: `the stack has no input '${name}'`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
  }
}

/** Where else the value of a name that does not exist stands: the constant that is declared with it, wherever it is used. */
export function usesOf({ collector, node, source }: Finding): ts.Node[] {
  const { ts, checker } = collector
  let at = node
  while (ts.isPropertyAccessExpression(at.parent) || ts.isElementAccessExpression(at.parent)) at = at.parent
  const { parent } = at
  const name =
    ts.isBindingElement(parent) || (ts.isVariableDeclaration(parent) && parent.initializer === at)
      ? parent.name
      : undefined
  const symbol = name && ts.isIdentifier(name) ? checker.getSymbolAtLocation(name) : undefined
  if (!symbol) return []
  const uses: ts.Node[] = []
  const visit = (each: ts.Node): void => {
    if (ts.isIdentifier(each) && each !== name && each.text === symbol.name) {
      const used = ts.isShorthandPropertyAssignment(each.parent)
        ? checker.getShorthandAssignmentValueSymbol(each.parent)
        : checker.getSymbolAtLocation(each)
      if (used === symbol) uses.push(each)
    }
    ts.forEachChild(each, visit)
  }
  visit(source)
  return uses
}
