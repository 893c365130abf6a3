// The least that a check by TypeScript can cost: the same program, declarations and options, and nothing else. It is
// run as a process of its own: node typescript-alone.mjs PATH-OF-TYPESCRIPT PROGRAM GANTRY-DECLARATIONS LIBRARY

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type typescript from 'typescript'

const [path = '', program = '', gantry = '', library = ''] = process.argv.slice(2)
const ts = createRequire(import.meta.url)(path) as typeof typescript // it is this package
const host: typescript.CompilerHost = {
  getSourceFile: (name, version) => {
    const options = typeof version === 'object' ? version : { languageVersion: version }
    return ts.createSourceFile(name, readFileSync(name, 'utf8'), {
      ...options,
      jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
    })
  },
  writeFile: () => undefined,
  getDefaultLibFileName: () => library,
  getCurrentDirectory: () => '/',
  getCanonicalFileName: (name) => name,
  useCaseSensitiveFileNames: () => true,
  getNewLine: () => '\n',
  fileExists: (name) => name === gantry,
  readFile: () => undefined,
  resolveModuleNameLiterals: (literals) =>
    literals.map(() => ({ resolvedModule: { resolvedFileName: gantry, extension: ts.Extension.Dts } })),
}
const options: typescript.CompilerOptions = {
  noLib: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: [],
}
const checked = ts.createProgram({ rootNames: [library, program], options, host })
const diagnostics = checked.getSemanticDiagnostics(checked.getSourceFile(program))
if (diagnostics.length > 0)
  throw new Error(ts.flattenDiagnosticMessageText(diagnostics[0]?.messageText, '\n'))
