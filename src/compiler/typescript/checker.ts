// TypeScript as the checker. It is loaded here and nowhere else, and only when the cache has no answer, because loading
// it takes longer than all the rest for a small program. Invariant: files come from `ProgramFiles`, from gantry's own
// declarations and from its standard library; nothing of the machine (node_modules, tsconfig, lib files) plays a part.

import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import type ts from 'typescript'
import type { Checker, OpenedProgram, ProgramModule, StaticMistake } from '../checker.ts'
import { readDeclarations } from '../dsl.ts'
import { applyEdits } from '../edits.ts'
import type { ProgramFiles, Resolution } from '../files.ts'
import { standardLibrary } from '../library/standard.generated.ts'
import type { ProgramText, Range } from '../sites.ts'
import { collectCalls } from './collect.ts'
import type { CollectedCalls, Collector } from './collect.ts'
import { seenFromTheStack } from './components.ts'
import { editsFor } from './emit.ts'
import { failureOfTypescript, mistakesOfFailure, unlessItFails } from './failure.ts'
import { forgetFlow } from './flow.ts'
import { importEdges, importMistakes } from './imports.ts'
import type { Import } from './imports.ts'
import { syntaxMistakes } from './syntax.ts'
import { typeMistakes } from './types.ts'

// Of a CommonJS module, `require` is twice as fast as `import`: it needs no scan of the 9 MB for exports.
const load = (): typeof ts => createRequire(import.meta.url)('typescript') as typeof ts // it is this package

const libraryName = '/gantry/library.d.ts'
const gantryName = '/gantry/index.ts'
const programRoot = '/program/'

/** More are a sign that one thing is wrong; the rest would not be read. */
const mistakeLimit = 200

/** Gantry's own two files, parsed and bound once in a process: they are the same for every program. */
const ownFiles = new Map<string, ts.SourceFile>()

export const typescriptChecker: Checker = {
  open: (files, entry) => {
    const open = () => new Run(load(), files, entry).open()
    return withoutLateOptimisation(() => unlessItFails(open, (why) => failed(files, entry, why)))
  },
}

/** What is said of a program that TypeScript cannot take. */
function failed(files: ProgramFiles, entry: string, why: string): OpenedProgram {
  const answer = files.read(entry)
  const text = answer.ok ? answer.text : ''
  const mistake: StaticMistake = { diagnostic: failureOfTypescript(entry, text, why) }
  return {
    files: [{ path: entry, text }],
    modules: [],
    calls: [],
    defaultExport: null,
    diagnose: () => [mistake],
    instantiations: () => 0,
  }
}

class Run {
  readonly #ts: typeof ts
  readonly #files: ProgramFiles
  readonly #entry: string
  readonly #options: ts.CompilerOptions
  readonly #imports: Import[] = []
  readonly #resolved = new Map<string, Record<string, string>>()

  constructor(typescript: typeof ts, files: ProgramFiles, entry: string) {
    this.#ts = typescript
    this.#files = files
    this.#entry = entry
    const { ScriptTarget, ModuleKind, ModuleResolutionKind } = typescript
    this.#options = {
      noLib: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      target: ScriptTarget.ES2024,
      module: ModuleKind.ESNext,
      moduleResolution: ModuleResolutionKind.Bundler,
      moduleDetection: typescript.ModuleDetectionKind.Force,
      resolveJsonModule: true,
      allowImportingTsExtensions: true,
      allowSyntheticDefaultImports: true,
      types: [],
    }
  }

  open(): OpenedProgram {
    const ts = this.#ts
    const program = ts.createProgram({
      rootNames: [libraryName, programRoot + this.#entry],
      options: this.#options,
      host: this.#host(),
    })
    const sources = program.getSourceFiles().filter((each) => each.fileName.startsWith(programRoot))
    const isEntry = (source: ts.SourceFile): boolean => source.fileName === programRoot + this.#entry
    // The stack file first: it is the one that is run.
    sources.sort((a, b) => Number(isEntry(b)) - Number(isEntry(a)))
    const files = sources.map((each): ProgramText => ({
      path: each.fileName.slice(programRoot.length),
      text: each.text,
    }))
    const collector = this.#collector(program, sources)
    const fatal = seenFromTheStack(
      [
        ...importMistakes(collector, this.#imports, sources),
        ...sources.flatMap((each) => syntaxMistakes(collector, program, each)),
      ],
      importEdges(this.#imports, sources),
    )
    if (program.getSyntacticDiagnostics().length > 0)
      return {
        files,
        modules: [],
        calls: [],
        defaultExport: null,
        diagnose: () => fatal,
        instantiations: () => 0,
      }
    const calls: CollectedCalls = { sites: [], ids: new Map(), functions: new Map() }
    for (const each of sources) collectCalls(collector, each, calls)
    const [main] = sources
    return {
      files,
      modules: fatal.length > 0 ? [] : this.#emit(collector, calls, sources),
      calls: calls.sites,
      defaultExport: main ? defaultExportOf(collector, main) : null,
      instantiations: () => program.getInstantiationCount(),
      diagnose: (only) => {
        const judged = sources.filter((_, at) => only === undefined || files[at]?.path === only)
        return withoutLateOptimisation(() => this.#diagnose(program, collector, calls, judged, fatal))
      },
    }
  }

  #diagnose(
    program: ts.Program,
    collector: Collector,
    calls: CollectedCalls,
    sources: readonly ts.SourceFile[],
    fatal: readonly StaticMistake[],
  ): StaticMistake[] {
    forgetFlow(collector, sources)
    const crashes: StaticMistake[] = []
    const diagnostics = sources.flatMap((each) =>
      unlessItFails(
        () => program.getSemanticDiagnostics(each),
        (why) => {
          const path = each.fileName.slice(programRoot.length)
          crashes.push(...mistakesOfFailure(collector, each, path, why))
          return []
        },
      ),
    )
    // What is refused for its form has a type error as well, mostly.
    const isSaid = ({ diagnostic: { span } }: StaticMistake): boolean =>
      fatal.some(
        ({ diagnostic }) => diagnostic.span?.file === span?.file && diagnostic.span?.start === span?.start,
      )
    const types = seenFromTheStack(
      typeMistakes(collector, calls, diagnostics),
      importEdges(this.#imports, sources),
    ).filter((each) => !isSaid(each))
    return withoutDoubles([...fatal, ...types, ...crashes].slice(0, mistakeLimit))
  }

  #collector(program: ts.Program, sources: readonly ts.SourceFile[]): Collector {
    const indexes = new Map(sources.map((each, index) => [each, index]))
    return {
      ts: this.#ts,
      checker: program.getTypeChecker(),
      fileIndex: (file) => indexes.get(file),
      isGantry: (file) => file.fileName === gantryName,
      isLibrary: (file) => file.fileName === libraryName,
      mayHaveMembers: memberKinds(this.#ts),
    }
  }

  #emit(collector: Collector, calls: CollectedCalls, sources: readonly ts.SourceFile[]): ProgramModule[] {
    return sources.map((source) => {
      const path = source.fileName.slice(programRoot.length)
      if (path.endsWith('.json'))
        return {
          path,
          code: `export default ${JSON.stringify(JSON.parse(source.text))}`,
          pieces: [],
          imports: {},
        }
      const { text, pieces } = applyEdits(source.text, editsFor(collector, source, calls.ids))
      return { path, code: text, pieces, imports: this.#resolved.get(path) ?? {} }
    })
  }

  #host(): ts.CompilerHost {
    const ts = this.#ts
    const textOf = (name: string): string | undefined => {
      if (name === libraryName) return standardLibrary
      if (name === gantryName) return readDeclarations()
      if (!name.startsWith(programRoot)) return undefined
      const answer = this.#files.read(name.slice(programRoot.length))
      return answer.ok ? answer.text : undefined
    }
    return {
      getSourceFile: (name, options) => {
        const text = textOf(name)
        if (text === undefined) return undefined
        const known = ownFiles.get(name)
        if (known?.text === text) return known
        const version = typeof options === 'object' ? options : { languageVersion: options }
        const source = ts.createSourceFile(name, text, {
          ...version,
          jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
        })
        hearEverything(source)
        if (name === libraryName || name === gantryName) ownFiles.set(name, source)
        return source
      },
      writeFile: () => undefined,
      getDefaultLibFileName: () => libraryName,
      getCurrentDirectory: () => programRoot,
      getCanonicalFileName: (name) => name,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => '\n',
      fileExists: (name) => textOf(name) !== undefined,
      readFile: textOf,
      resolveModuleNameLiterals: (literals, containing) =>
        literals.map((literal) => ({ resolvedModule: this.#resolve(literal, containing) })),
    }
  }

  #resolve(literal: ts.StringLiteralLike, containing: string): ts.ResolvedModuleFull | undefined {
    const extension = this.#ts.Extension
    if (!containing.startsWith(programRoot)) return undefined
    const from = containing.slice(programRoot.length)
    const resolution: Resolution = this.#files.resolve(from, literal.text)
    this.#imports.push({ from, literal, resolution })
    const imports = this.#resolved.get(from) ?? {}
    this.#resolved.set(from, imports)
    if (resolution.kind === 'gantry') {
      imports[literal.text] = 'gantry'
      return { resolvedFileName: gantryName, extension: extension.Ts }
    }
    if (resolution.kind !== 'file') return undefined
    imports[literal.text] = resolution.path
    return {
      resolvedFileName: programRoot + resolution.path,
      extension: resolution.path.endsWith('.json')
        ? extension.Json
        : resolution.path.endsWith('.mts')
          ? extension.Mts
          : extension.Ts,
    }
  }
}

/**
 * `@ts-ignore`, `@ts-expect-error` and `@ts-nocheck` are comments like any other: what is wrong with a stack cannot be waved
 * through. The two members are not part of TypeScript's public API.
 */
function hearEverything(source: ts.SourceFile): void {
  if ('commentDirectives' in source) source.commentDirectives = undefined
  if ('checkJsDirective' in source) source.checkJsDirective = undefined
}

/** One mistake, one error: what TypeScript says twice of the same place is said once. */
function withoutDoubles(mistakes: readonly StaticMistake[]): StaticMistake[] {
  const seen = new Set<string>()
  return mistakes.filter(({ diagnostic: { code, summary, span } }) => {
    const key = `${span?.file ?? ''}:${span?.start ?? ''}:${code}:${summary}`
    return !seen.has(key) && seen.add(key)
  })
}

function defaultExportOf({ ts }: Collector, source: ts.SourceFile): Range | null {
  for (const statement of source.statements) {
    const isDefault =
      (ts.isExportAssignment(statement) && statement.isExportEquals !== true) ||
      (ts.canHaveModifiers(statement) &&
        ts.getModifiers(statement)?.some((each) => each.kind === ts.SyntaxKind.DefaultKeyword) === true)
    if (isDefault) return [statement.getStart(source), statement.end]
  }
  return null
}

function memberKinds({ SyntaxKind }: typeof ts): ReadonlySet<ts.SyntaxKind> {
  return new Set([
    SyntaxKind.ObjectLiteralExpression,
    SyntaxKind.ArrayLiteralExpression,
    SyntaxKind.Identifier,
    SyntaxKind.ConditionalExpression,
    SyntaxKind.BinaryExpression,
    SyntaxKind.ParenthesizedExpression,
    SyntaxKind.AsExpression,
    SyntaxKind.SatisfiesExpression,
    SyntaxKind.NonNullExpression,
    SyntaxKind.TypeAssertionExpression,
  ])
}

/**
 * TypeScript runs for about a second, too short for the highest level of V8's optimisation to pay: without it, checking
 * 1,000 services takes 30% less of the processor, at no cost in time. It is put back afterwards.
 */
function withoutLateOptimisation<Result>(action: () => Result): Result {
  setFlagsFromString('--no-opt')
  try {
    return action()
  } finally {
    setFlagsFromString('--opt')
  }
}
