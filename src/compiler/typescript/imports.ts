// What is wrong with the imports of a program: what they lead to, and in what form they are written. Invariant: an
// import that the sandbox could not follow is refused here, so that running a program never fails on one.

import type ts from 'typescript'
import { nearest } from '../../model/values.ts'
import type { Diagnostic, Span } from '../../model/index.ts'
import type { StaticMistake } from '../checker.ts'
import type { Code } from '../codes.ts'
import type { Resolution } from '../files.ts'
import type { PackageProblem } from '../packages.ts'
import { positionsIn } from '../positions.ts'
import { listNames } from '../suggest.ts'
import type { Collector } from './collect.ts'
import type { ImportEdge } from './components.ts'

export interface Import {
  readonly from: string
  readonly literal: ts.StringLiteralLike
  readonly resolution: Resolution
}

export function importMistakes(
  collector: Collector,
  imports: readonly Import[],
  sources: readonly ts.SourceFile[],
): StaticMistake[] {
  const { ts } = collector
  const mistakes: StaticMistake[] = []
  const byName = new Map(sources.map((each) => [pathOf(each), each]))
  for (const { from, literal, resolution } of imports) {
    const source = byName.get(from)
    if (!source) continue
    const positions = positionsIn(from, source.text)
    const span = positions.spanOf(literal.getStart(source), literal.end)
    const problem = describe(literal.text, resolution)
    if (problem) mistakes.push({ diagnostic: { severity: 'error', span, ...problem } })
    else if (
      resolution.kind === 'file' &&
      declaresStack(collector, byName.get(resolution.path)) &&
      importsValues(collector, literal.parent)
    )
      mistakes.push({ diagnostic: { severity: 'error', span, ...ofStack(collector, literal, source) } })
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

/** A file of another stack: of the name, and with a default export. */
function declaresStack({ ts }: Collector, source: ts.SourceFile | undefined): boolean {
  return source?.fileName.endsWith('.stack.ts') === true && source.statements.some(ts.isExportAssignment)
}

/** Whether the other file would be run for it. */
function importsValues({ ts, checker }: Collector, node: ts.Node): boolean {
  if (!ts.isImportDeclaration(node)) return false
  const clause = node.importClause
  if (!clause) return true
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return false
  const named = clause.namedBindings
  if (clause.name || !named || ts.isNamespaceImport(named)) return true
  return named.elements.some((each) => {
    if (each.isTypeOnly) return false
    const symbol = checker.getSymbolAtLocation(each.name)
    const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return target !== undefined && (target.flags & ts.SymbolFlags.Value) !== 0
  })
}

function ofStack({ ts }: Collector, literal: ts.StringLiteralLike, source: ts.SourceFile): Problem {
  const clause = ts.isImportDeclaration(literal.parent) ? literal.parent.importClause : undefined
  const name = clause?.name?.text
  return {
    code: 'GT0010',
    summary: 'the file of another stack is imported, which would declare a second stack here',
    fix:
      name === undefined
        ? 'put what both use into a module of its own'
        : `import type ${name} from ${literal.getText(source)}, and read outputs<typeof ${name}>('…')`,
  }
}

/** Which file imports which, and where. */
export function importEdges(imports: readonly Import[], sources: readonly ts.SourceFile[]): ImportEdge[] {
  const byName = new Map(sources.map((each) => [pathOf(each), each]))
  return imports.flatMap(({ from, literal, resolution }) => {
    const source = byName.get(from)
    if (!source) return []
    const span = positionsIn(from, source.text).spanOf(literal.getStart(source), literal.end)
    return [{ from, to: resolution.kind === 'file' ? resolution.path : undefined, span }]
  })
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
      return { code: 'GT0005', ...ofPackage(specifier, resolution.name, resolution.problem) }
    case 'component': {
      const guess = nearest(resolution.name, resolution.known)
      return {
        code: 'GT0005',
        summary: `gantry has no component '${resolution.name}'`,
        ...(guess === undefined
          ? resolution.known.length > 0
            ? { notes: [`there are ${listNames(resolution.known, 30)}`] }
            : {}
          : { label: `did you mean 'gantry/std/${guess}'?` }),
      }
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

/** What is refused, why, and what to do. */
function ofPackage(specifier: string, name: string, problem: PackageProblem): Omit<Problem, 'code'> {
  const byPath = "import files of the stack's own folder by a relative path: ./name.ts"
  switch (problem.kind) {
    case 'missing':
      return {
        summary: `there is no package '${name}'`,
        notes: ["packages are looked for in node_modules of the stack's folder and of those around it"],
        fix: `install it: npm install ${name}; ${byPath}`,
      }
    case 'outside':
      return {
        summary: `the package '${name}' is a link out of the project`,
        notes: ['a stack has to be the same wherever the project is checked out'],
        fix: 'install the package, or make it a workspace of the project',
      }
    case 'manifest':
      return { summary: `the package '${name}' cannot be used: ${problem.why}` }
    case 'no export':
      return {
        summary: `the package '${name}' has no '${specifier}'`,
        notes: ['the exports of its package.json do not lead there'],
      }
    case 'not source': {
      const isDeclared = /\.d\.[cm]?ts$/.test(problem.entry)
      return {
        summary: isDeclared
          ? `the package '${name}' has types without source in TypeScript`
          : `the package '${name}' is not written in TypeScript`,
        label: `it leads to ${problem.entry}`,
        notes: [
          'a stack is checked and run from source, in a sandbox without Node: only packages that ship it can be part of one',
        ],
        fix: 'use a package whose exports lead to .ts files, or write what you need into a file beside the stack',
      }
    }
    case 'by path':
      return {
        summary: 'a package is imported by its name, not by the path of its folder',
        fix: `write what stands behind node_modules/: import … from 'name'`,
      }
  }
}

function pathOf({ fileName }: ts.SourceFile): string {
  return fileName.slice(fileName.indexOf('/', 1) + 1)
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
