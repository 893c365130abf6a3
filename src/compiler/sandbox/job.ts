// What goes into the sandbox's thread and what comes out of it: plain data, because it crosses threads.

import type { ProgramModule } from '../checker.ts'
import type { InputValues } from '../inputs.ts'
import type { Opened } from './opened.ts'

export interface Limits {
  /** Loops and calls of one run, in units of 10,000; the same on every machine. */
  readonly steps: number
  /** Bytes. */
  readonly memory: number
}

export interface Job {
  readonly modules: readonly Pick<ProgramModule, 'path' | 'code' | 'imports'>[]
  /** As written on the command line. */
  readonly inputs: Readonly<Record<string, string>>
  /** Every combination of the inputs that have few values, instead of one. */
  readonly all: boolean
  readonly limits: Limits
}

/** Why a run ended before its end. `calls` are indices of the program's call sites, outermost first. */
export type Failure = { readonly calls: readonly number[]; readonly stack: string } & (
  | { readonly kind: 'mistake'; readonly code: string; readonly data: Readonly<Record<string, string>> }
  | { readonly kind: 'error'; readonly name: string; readonly message: string }
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'steps' | 'deadline' | 'recursion' | 'memory' }
)

export interface FailedRun {
  readonly failure: Failure
  /** JSON of `Evaluated`: what was declared before. Undefined where a limit ended the run, so that it is half of anything. */
  readonly before?: string
}

export interface Run {
  readonly inputs: InputValues
  /** JSON of `Evaluated`; the index of an earlier run that gave the same. */
  readonly result: { readonly json: string } | { readonly sameAs: number } | FailedRun
}

export type Outcome =
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** `runs` is empty when the inputs cannot be read or do not fit; `inputs.ts` says why from `opened`. */
  | { readonly kind: 'opened'; readonly opened: Opened; readonly runs: readonly Run[] }

/** From the thread: `running` before each run, so that the deadline is one run's. */
export type Message =
  | { readonly type: 'ready' }
  | { readonly type: 'running' }
  | { readonly type: 'done'; readonly outcome: Outcome }
