// What is wrong with the imports of a program: what they lead to, and in what form they are written. Invariant: an
// import that the sandbox could not follow is refused here, so that running a program never fails on one.

import type ts from 'typescript'
import type { Diagnostic, Span } from '../../model/index.ts'
import type { StaticMistake } from '../checker.ts'
import type { Code } from '../codes.ts'
import type { Resolution } from '../files.ts'
import { positionsIn } from '../positions.ts'
import type { Collector } from './collect.ts'

export interface Import {
  readonly from: string
  readonly literal: ts.StringLiteralLike
  readonly resolution: Resolution
}

export function importMistakes(
  { ts }: Collector,
  imports: readonly Import[],
  sources: readonly ts.SourceFile[],
): StaticMistake[] {
  const mistakes: StaticMistake[] = []
  for (const { from, literal, resolution } of imports) {
    const source = sources.find((each) => each.fileName.endsWith(`/${from}`))
    if (!source) continue
    const positions = positionsIn(from, source.text)
    const span = positions.spanOf(literal.getStart(source), literal.end)
    const problem = describe(literal.text, resolution)
    if (problem) mistakes.push({ diagnostic: { severity: 'error', span, ...problem } })
    else if (resolution.kind === 'file' && resolution.path.endsWith('.json')) {
      const clause = ts.isImportDeclaration(literal.parent) ? literal.parent.importClause : undefined
      if (!clause?.name || clause.namedBindings)
        mistakes.push({
          diagnostic: {
            severity: 'error',
            code: 'GT0006',
            summary: `a JSON file is imported as a whole`,
            label: `write: import data from ${literal.getText(source)}`,
            span,
          },
        })
    }
  }
  for (const source of sources) if (source.fileName.endsWith('.json')) mistakes.push(...jsonMistakes(source))
  return mistakes
}

type Problem = Omit<Diagnostic, 'severity' | 'span'> & { readonly code: Code }

function describe(specifier: string, resolution: Resolution): Problem | undefined {
  switch (resolution.kind) {
    case 'file':
    case 'gantry':
      return undefined
    case 'node':
      return {
        code: 'GT0004',
        summary: `'${specifier}' is a module of Node, which a stack cannot use`,
        notes: ['a stack runs in a sandbox without files, network, processes or environment'],
        fix: 'take what differs from run to run as an input, or import a JSON file',
      }
    case 'package':
      return {
        code: 'GT0005',
        summary: `'${resolution.name}' is a package, and packages cannot be imported by a stack yet`,
        fix: "import files of the stack's own folder by a relative path: ./name.ts",
      }
    case 'testing':
      return {
        code: 'GT0005',
        summary: `'gantry/testing' is for tests of a stack, not for the stack itself`,
      }
    case 'url':
      return {
        code: 'GT0004',
        summary: `a stack cannot import from the network`,
        fix: "keep a copy of the file in the stack's folder and import it by a relative path",
      }
    case 'extension':
      return {
        code: 'GT0006',
        summary: `a stack imports .ts and .json files, not ${resolution.extension}`,
      }
    case 'problem':
      switch (resolution.problem.kind) {
        case 'missing':
          return {
            code: 'GT0003',
            summary: `there is no file '${resolution.path}'`,
            label: 'imported here',
            notes: ['paths are relative to the file that imports'],
          }
        case 'outside':
          return {
            code: 'GT0002',
            summary: `'${specifier}' leads out of the stack's folder`,
            label: 'imported here',
            notes: [
              'a stack consists of files from its own folder down, so that it is the same wherever it is copied to',
            ],
          }
        case 'unreadable':
          return {
            code: 'GT0001',
            summary: `'${resolution.path}' cannot be read: ${resolution.problem.why}`,
            label: 'imported here',
          }
      }
  }
}

function jsonMistakes(source: ts.SourceFile): StaticMistake[] {
  try {
    JSON.parse(source.text)
    return []
  } catch (error) {
    const path = source.fileName.slice(source.fileName.indexOf('/', 1) + 1)
    return [
      {
        diagnostic: {
          severity: 'error',
          code: 'GT0007',
          summary: `'${path}' is not JSON`,
          span: jsonErrorSpan(path, source.text, error),
          original: String(error),
        },
      },
    ]
  }
}

/** V8 names the position in its message; without one it is the whole first line. */
function jsonErrorSpan(path: string, text: string, error: unknown): Span {
  const at = /position (\d+)/.exec(String(error))?.[1]
  const start = at === undefined ? text.length : Number(at)
  return positionsIn(path, text).spanOf(start, start + 1)
}
