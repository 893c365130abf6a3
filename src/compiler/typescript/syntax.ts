// What is wrong with the form of a program, before any type: it does not parse, or it waits for something. Invariant:
// nothing that is found here depends on types.

import type ts from 'typescript'
import type { StaticMistake } from '../checker.ts'
import { positionsIn } from '../positions.ts'
import type { Collector } from './collect.ts'

/** The first of a file is what is wrong; those behind it are mostly its consequence. */
const syntaxErrorLimit = 3

export function syntaxMistakes(
  { ts }: Collector,
  program: ts.Program,
  source: ts.SourceFile,
): StaticMistake[] {
  if (source.fileName.endsWith('.json')) return []
  const path = source.fileName.slice(source.fileName.indexOf('/', 1) + 1)
  const positions = positionsIn(path, source.text)
  const parse = program.getSyntacticDiagnostics(source).slice(0, syntaxErrorLimit)
  if (parse.length > 0)
    return parse.map(({ start, length, messageText, code }) => ({
      diagnostic: {
        severity: 'error',
        code: 'GT1001',
        summary: `this is not TypeScript: ${sentence(ts.flattenDiagnosticMessageText(messageText, ' '))}`,
        span: positions.spanOf(start, start + Math.max(length, 1)),
        original: `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      },
    }))
  const mistakes: StaticMistake[] = []
  const refuse = (
    node: ts.Node,
    width: number | undefined,
    summary: string,
    code: 'GT1010' | 'GT1012' | 'GT0006',
  ): void => {
    const start = node.getStart(source)
    mistakes.push({
      diagnostic: {
        severity: 'error',
        code,
        summary,
        span: positions.spanOf(start, width === undefined ? node.end : start + width),
        ...(code === 'GT1010'
          ? { notes: ['the body of a stack runs to its end at once; there is nothing in it to wait for'] }
          : {}),
      },
    })
  }
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AsyncKeyword) refuse(node, undefined, 'a stack cannot be async', 'GT1010')
    else if (ts.isEnumDeclaration(node)) refuse(node, 4, 'a stack has no enums', 'GT1012')
    else if (ts.isModuleDeclaration(node)) refuse(node, 9, 'a stack has no namespaces', 'GT1012')
    else if (ts.isDecorator(node)) refuse(node, undefined, 'a stack has no decorators', 'GT1012')
    else if (
      ts.isImportEqualsDeclaration(node) ||
      (ts.isExportAssignment(node) && node.isExportEquals === true)
    )
      refuse(node, undefined, 'a stack imports and exports by import and export', 'GT1012')
    else if (ts.isParameterPropertyDeclaration(node, node.parent))
      refuse(node, undefined, 'a parameter of a constructor cannot be a member as well', 'GT1012')
    else if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.Using) !== 0)
      refuse(node, 5, 'a stack has nothing to dispose of', 'GT1012')
    else if (ts.isAwaitExpression(node) && !isInAsync(node)) refuse(node, 5, 'a stack cannot await', 'GT1010')
    else if (ts.isForOfStatement(node) && node.awaitModifier && !isInAsync(node))
      refuse(node.awaitModifier, undefined, 'a stack cannot await', 'GT1010')
    else if (node.kind === ts.SyntaxKind.ImportKeyword && ts.isCallExpression(node.parent))
      refuse(node, undefined, 'a stack imports at the top of a file, not by a call', 'GT0006')
    ts.forEachChild(node, visit)
  }
  visit(source)
  return mistakes

  /** The async function itself is refused already. */
  function isInAsync(node: ts.Node): boolean {
    for (let at: ts.Node = node.parent; !ts.isSourceFile(at); at = at.parent)
      if (ts.isFunctionLike(at))
        return (
          ts.canHaveModifiers(at) &&
          ts.getModifiers(at)?.some((each) => each.kind === ts.SyntaxKind.AsyncKeyword) === true
        )
    return false
  }
}

/** TypeScript's words as the end of a sentence of ours. */
export function sentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '')
  return /^[A-Z][a-z]/.test(trimmed) ? trimmed.slice(0, 1).toLowerCase() + trimmed.slice(1) : trimmed
}
