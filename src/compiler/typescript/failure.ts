// TypeScript itself gives up on some wrong programs: an assertion of its own, or calls too deep. Invariant: that is a mistake
// with a place like any other; what is thrown for another reason is a bug of ours and goes on.

import type ts from 'typescript'
import type { Diagnostic } from '../../model/index.ts'
import type { StaticMistake } from '../checker.ts'
import { positionsIn } from '../positions.ts'
import type { Collector } from './collect.ts'

/** `otherwise` is told why, in TypeScript's words. */
export function unlessItFails<Result>(ask: () => Result, otherwise: (why: string) => Result): Result {
  try {
    return ask()
  } catch (error) {
    if (error instanceof RangeError) return otherwise(error.message)
    if (error instanceof Error && error.message.startsWith('Debug Failure')) return otherwise(error.message)
    throw error
  }
}

/** At the file's first line that is not blank, because the place is not known. */
export function failureOfTypescript(path: string, text: string, why: string): Diagnostic {
  const start = Math.max(0, text.search(/\S/))
  const newline = text.indexOf('\n', start)
  const isTooDeep = why.includes('call stack')
  return {
    severity: 'error',
    code: 'GT1014',
    summary: isTooDeep
      ? 'this file is nested too deep to be checked'
      : 'TypeScript gives up on this file, mostly because of something else that is wrong in it',
    span: positionsIn(path, text).spanOf(start, newline === -1 ? text.length : newline),
    fix: isTooDeep
      ? 'take it apart into constants and functions'
      : 'mend what else is said of it; otherwise take out what was written last',
    original: why,
  }
}

/**
 * What is wrong with a file that TypeScript gives up on, as far as it can be told without it: constants that are used above
 * their declaration, or in it. Of those that are used in a circle it makes templates that it cannot follow.
 */
export function mistakesOfFailure(
  collector: Collector,
  source: ts.SourceFile,
  path: string,
  why: string,
): StaticMistake[] {
  const { ts, checker } = collector
  const positions = positionsIn(path, source.text)
  const found: StaticMistake[] = []
  const visit = (node: ts.Node, scope: ts.Node): void => {
    const inner = ts.isFunctionLike(node) ? node : scope
    if (ts.isIdentifier(node)) {
      const symbol = unlessItFails(
        () => checker.getSymbolAtLocation(node),
        () => undefined,
      )
      const declaration = symbol?.valueDeclaration
      if (declaration && isTooEarly(node, declaration, scope))
        found.push({
          diagnostic: {
            severity: 'error',
            code: 'GT1011',
            summary: `'${node.text}' is used before it is declared`,
            label: node.pos < declaration.pos ? 'declared further down' : 'this is its own declaration',
            span: positions.spanOf(node.getStart(source), node.end),
            original: why,
          },
        })
    }
    ts.forEachChild(node, (child) => visit(child, inner))
  }
  visit(source, source)
  return found.length > 0 ? found : [{ diagnostic: failureOfTypescript(path, source.text, why) }]

  /** Within one function: what a function does when it is called later is another matter. */
  function isTooEarly(use: ts.Identifier, declaration: ts.Declaration, scope: ts.Node): boolean {
    if (!ts.isVariableDeclaration(declaration) || declaration.getSourceFile() !== source) return false
    if ((ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.BlockScoped) === 0 || use === declaration.name)
      return false
    return use.pos < declaration.end && scopeOf(declaration) === scope
  }

  function scopeOf(node: ts.Node): ts.Node {
    let at = node.parent
    while (!ts.isFunctionLike(at) && !ts.isSourceFile(at)) at = at.parent
    return at
  }
}
