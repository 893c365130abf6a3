// What the compiler needs of a type checker. TypeScript stands behind it (typescript/), so that a faster one can take
// its place. Invariant: a checker reads files through `ProgramFiles` alone, and gives the same for the same files.

import type { Diagnostic, Span } from '../model/index.ts'
import type { ProgramFiles } from './files.ts'
import type { ArgumentPath, CallSite, ProgramText, Range } from './sites.ts'

export interface ProgramModule {
  /** Path of the file it was made from. */
  readonly path: string
  /** JavaScript of an ES module, with a number around each call; the number is the call's index in `calls`. */
  readonly code: string
  /** The way from places in `code` to those in the file (edits.ts). */
  readonly pieces: readonly number[]
  /** Specifiers of its imports and the modules they mean; 'gantry' means itself. */
  readonly imports: Readonly<Record<string, string>>
}

/** A mistake that was found without running the program. */
export interface StaticMistake {
  readonly diagnostic: Diagnostic
  /** Where in the arguments of which call it is, so that what the evaluated program says of the same place replaces it. */
  readonly call?: number
  readonly path?: ArgumentPath
  /** Of a name that there is none of: where else its value, which is missing, stands under the name of a constant. */
  readonly uses?: readonly Span[]
}

/** A program whose files were read and turned into modules. */
export interface ReadProgram {
  readonly files: readonly ProgramText[]
  /** The stack file's first. Empty when the program cannot be run: a file is missing, or not TypeScript. */
  readonly modules: readonly ProgramModule[]
  readonly calls: readonly CallSite[]
  /** The default export of the stack file, as it is written; null when there is none. */
  readonly defaultExport: Range | null
}

/** Its types are looked at when it is asked for. */
export interface OpenedProgram extends ReadProgram {
  /** All that is wrong with its files and with the types of them or of `only` one. Takes longer than all the rest. */
  diagnose(only?: string): readonly StaticMistake[]
  /** How many times a generic type was instantiated so far: what checking costs, on any machine. */
  instantiations(): number
}

export interface CheckedProgram extends ReadProgram {
  readonly mistakes: readonly StaticMistake[]
}

export interface Checker {
  open(files: ProgramFiles, entry: string): OpenedProgram
}
