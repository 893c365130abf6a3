// Which of the diagnostics end a check, and in what words one is told where there is no code frame.

import type { Diagnostic } from '../../model/index.ts'

export interface Tally {
  readonly errors: number
  readonly warnings: number
}

export function tallyOf(diagnostics: readonly Diagnostic[]): Tally {
  const errors = diagnostics.filter((each) => each.severity === 'error').length
  return { errors, warnings: diagnostics.length - errors }
}

/** The sentence, and below it what would stand in the frame: the label, the notes, what to write instead. */
export function messageLines(diagnostic: Diagnostic): string[] {
  const { summary, onlyWhen, label, notes = [], fix } = diagnostic
  return [
    onlyWhen === undefined ? summary : `${summary} (only when ${onlyWhen})`,
    ...(label === undefined ? [] : [label]),
    ...notes,
    ...(fix === undefined ? [] : [`fix: ${fix}`]),
  ]
}
