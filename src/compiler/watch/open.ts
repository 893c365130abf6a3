// The session of `check --watch` and of the editor, as others see it. Invariant: the compiler is loaded when a session is
// opened, not before.

import type { CheckResult } from '../check.ts'

export interface SessionOptions {
  /** Absolute path of the stack file. */
  readonly file: string
  /** For the evaluation of one combination. Default: 10 s. */
  readonly deadlineMs?: number
}

export interface Answer {
  readonly result: CheckResult
  /** How many statements were looked at; null: everything. */
  readonly statements: number | null
  /** Absolute paths of the files and folders that it depends on, those that are not there included. */
  readonly places: readonly string[]
  /** Of all files of the program and their texts: the same for the same program. */
  readonly digest: string
}

export interface Asked {
  /** Texts that count instead of those on the disk, by absolute path. */
  readonly unsaved?: ReadonlyMap<string, string>
  /** Inputs that are fixed; all others that have few values are tried in every combination. */
  readonly inputs?: Readonly<Record<string, string>>
}

export interface Session {
  /** Checks the program as it is now. One at a time. Throws a Fault when the stack file cannot be read. */
  check(asked?: Asked): Promise<Answer>
  /**
   * To be called after an answer was shown: looks at everything, when that answer had not. The better answer when there is
   * one, else null; null too when the program was checked again meanwhile.
   */
  confirm(): Promise<Answer | null>
  /** Ends its threads. */
  close(): Promise<void>
}

/** Opens a session for one stack file. It loads the compiler, which takes some 200 ms. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { startSession } = await import('./session.ts')
  return startSession(options)
}
