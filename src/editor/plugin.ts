// The plugin of TypeScript's language server: what gantry knows of a stack file, while it is being written. It is loaded by
// the line `"plugins": [{ "name": "gantry" }]` of a tsconfig.json, through the package's `main`, as one CommonJS file
// (scripts/build-plugin.ts), because that server loads plugins by require(). Invariant: it never throws into the server
// and never makes it wait; whatever goes wrong here is in the server's log, and TypeScript's own answers stand.

import { basename, dirname, join, sep } from 'node:path'
import type ts from 'typescript'
import { Checks, moveAll } from './checks.ts'
import { placeIn, toTypescript } from './diagnostics.ts'
import { completionDetails, completionsIn, hoverIn } from './languages.ts'
import type { Grammar } from './languages.ts'
import { findNode } from './node.ts'
import { openCheckProcess } from './process.ts'
import { templateAt } from './templates.ts'
import type { TemplateAt } from './templates.ts'

/** What TypeScript's server calls with itself; `create` makes a language service on top of a project's own. */
export function createPlugin({ typescript }: { readonly typescript: typeof ts }): ts.server.PluginModule {
  return { create: (info) => decorate(typescript, info) }
}

/** `stack.ts` or `NAME.stack.ts`, as the commands have it. */
function isStack(file: string): boolean {
  const name = basename(file)
  return name === 'stack.ts' || name.endsWith('.stack.ts')
}

/** How much of a file that does not parse is told: what stands behind the first is mostly its consequence. */
const syntaxErrorLimit = 3

/** Fixes of TypeScript that go with codes of gantry, by what TypeScript would have said. */
const sameFix: Readonly<Record<number, readonly number[]>> = {
  1002: [2561],
  1005: [2304, 2552],
  1007: [2724],
  1009: [2551],
}

function decorate(typescript: typeof ts, info: ts.server.PluginCreateInfo): ts.LanguageService {
  const { languageService: original, project } = info
  const log = (line: string): void => project.projectService.logger.info(`gantry: ${line}`)
  // The file stands in dist/editor/ of the package.
  const root = join(__dirname, '../..')
  const node = findNode(root)
  if (node === undefined) log('no Node of 22.13 or newer was found; npm install --save-dev node brings one')
  const process = openCheckProcess({
    node,
    server: join(root, 'dist/src/editor/server.js'),
    log,
    onTell: (tell) => checks.tell(tell),
    onEnd: () => checks.forget(),
  })
  const checks = new Checks(process, log, () => {
    // Editors ask for the diagnostics of open files again then.
    if (!project.isClosed()) project.refreshDiagnostics()
  })
  let grammar: Grammar | undefined
  import('../../grammar/index.ts').then(
    (loaded) => (grammar = loaded),
    (error: unknown) => log(`the small languages could not be loaded: ${String(error)}`),
  )

  /** Ours, and TypeScript's when ours fails or has nothing to say. */
  const guarded = <Result>(what: string, ours: () => Result | undefined, theirs: () => Result): Result => {
    try {
      const result = ours()
      if (result !== undefined) return result
    } catch (error) {
      log(`${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
    return theirs()
  }

  const sourceOf = (file: string): ts.SourceFile | undefined =>
    isStack(file) ? original.getProgram()?.getSourceFile(file) : undefined

  const saidOf = (file: string): ts.Diagnostic[] | undefined => {
    const source = sourceOf(file)
    if (!source) return undefined
    const known = checks.of(file, source.text, unsavedBeside(typescript, project, file))
    if (!known) return undefined
    const context = { folder: dirname(file), program: original.getProgram() }
    // What does not parse is told by the syntactic diagnostics, at once.
    const diagnostics = known.diagnostics.filter(({ code }) => code !== 'GT1001')
    return moveAll(placeIn(diagnostics, basename(file), known.text), known.text, source.text).map((each) =>
      toTypescript(typescript, each, source, context),
    )
  }

  const templateIn = (file: string, position: number): TemplateAt | undefined => {
    const source = sourceOf(file)
    return source && templateAt(typescript, source, position)
  }

  const ours: Partial<ts.LanguageService> = {
    getSemanticDiagnostics: (file) =>
      guarded(
        'diagnostics',
        () => saidOf(file),
        () => original.getSemanticDiagnostics(file),
      ),
    getSyntacticDiagnostics: (file) =>
      guarded(
        'diagnostics',
        () =>
          isStack(file)
            ? original
                .getSyntacticDiagnostics(file)
                .slice(0, syntaxErrorLimit)
                .map((each) => notTypescript(typescript, each))
            : undefined,
        () => original.getSyntacticDiagnostics(file),
      ),
    getCompletionsAtPosition: (file, position, ...more) =>
      guarded(
        'completion',
        () => {
          const template = grammar && templateIn(file, position)
          return grammar && template && completionsIn(typescript, grammar, template)
        },
        () => original.getCompletionsAtPosition(file, position, ...more),
      ),
    getCompletionEntryDetails: (file, position, name, ...more) =>
      guarded(
        'completion',
        () => {
          const template = grammar && templateIn(file, position)
          return grammar && template && completionDetails(typescript, grammar, template, name)
        },
        () => original.getCompletionEntryDetails(file, position, name, ...more),
      ),
    getQuickInfoAtPosition: (file, position, ...more) =>
      guarded(
        'hover',
        () => {
          const template = grammar && templateIn(file, position)
          return grammar && template && hoverIn(typescript, grammar, template)
        },
        () => original.getQuickInfoAtPosition(file, position, ...more),
      ),
    getCodeFixesAtPosition: (file, start, end, codes, ...more) =>
      guarded(
        'fixes',
        () =>
          isStack(file)
            ? original.getCodeFixesAtPosition(
                file,
                start,
                end,
                codes.flatMap((code) => sameFix[code] ?? (code < 7000 ? [] : [code])),
                ...more,
              )
            : undefined,
        () => original.getCodeFixesAtPosition(file, start, end, codes, ...more),
      ),
    dispose: () => {
      process.close()
      original.dispose()
    },
  }
  return withRegions({ ...bound(original), ...ours }, original, isStack)
}

/** The original's methods, as members of a new object. */
function bound(original: ts.LanguageService): ts.LanguageService {
  const copy = Object.create(null) as ts.LanguageService // filled below with all that the original has
  for (const key of Object.keys(original)) {
    const method: unknown = Reflect.get(original, key)
    Object.defineProperty(copy, key, {
      value:
        typeof method === 'function'
          ? (...given: readonly unknown[]): unknown => Reflect.apply(method, original, given)
          : method,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return copy
}

/**
 * In long files TypeScript 5.6 and newer look at the part in sight first, by a method that is not public. For a stack there
 * is nothing to gain by it, and its words would be TypeScript's.
 */
function withRegions(
  service: ts.LanguageService,
  original: ts.LanguageService,
  isOurs: (file: string) => boolean,
): ts.LanguageService {
  const name = 'getRegionSemanticDiagnostics'
  const method: unknown = Reflect.get(original, name)
  if (typeof method !== 'function') return service
  return Object.assign(service, {
    [name]: (file: string, ...more: readonly unknown[]): unknown =>
      isOurs(file) ? undefined : Reflect.apply(method, original, [file, ...more]),
  })
}

function notTypescript(
  typescript: typeof ts,
  diagnostic: ts.DiagnosticWithLocation,
): ts.DiagnosticWithLocation {
  const text = typescript.flattenDiagnosticMessageText(diagnostic.messageText, ' ').replace(/\.$/, '')
  return { ...diagnostic, code: 1001, source: 'gantry', messageText: `this is not TypeScript: ${text}` }
}

/** Texts of the open files from the stack's folder down, the stack's own included. */
function unsavedBeside(
  typescript: typeof ts,
  project: ts.server.Project,
  file: string,
): ReadonlyMap<string, string> {
  const folder = dirname(file)
  const texts = new Map<string, string>()
  for (const name of project.getFileNames()) {
    if (name !== typescript.server.toNormalizedPath(file) && !isBelow(name, folder)) continue
    const script = project.getScriptInfo(name)
    if (!script?.isScriptOpen()) continue
    const snapshot = script.getSnapshot()
    texts.set(name, snapshot.getText(0, snapshot.getLength()))
  }
  return texts
}

function isBelow(name: string, folder: string): boolean {
  return name.startsWith(`${folder.split(sep).join('/')}/`) && !name.includes('/node_modules/')
}
