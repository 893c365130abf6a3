// Whether the error that ended a program is told beside what its types say: one mistake is one error. Invariant: when
// nothing else is said of a program that ended by an error, that error is.

import type { Diagnostic, Span } from '../model/index.ts'
import type { StaticMistake } from './checker.ts'
import type { RuleMistake } from './lower/report.ts'
import type { Program } from './program.ts'
import type { Failure } from './sandbox/job.ts'
import { describeFailure } from './thrown.ts'

/** The error as a mistake; nothing when it may be what becomes of one that was found in the types. */
export function failureBeside(
  found: readonly StaticMistake[],
  failure: Failure,
  program: Program,
  limits: Parameters<typeof describeFailure>[3],
): RuleMistake[] {
  const diagnostic = describeFailure(failure, program, program.places, limits)
  const isConsequence = found.some((each) => mayFollow(diagnostic, failure, each.diagnostic))
  return isConsequence ? [] : [{ diagnostic, call: undefined, path: [] }]
}

function mayFollow(thrown: Diagnostic, failure: Failure, found: Diagnostic): boolean {
  // What the engine throws (a member of undefined) follows from a value of a wrong type anywhere before it; a limit may.
  if (!isOwnWords(failure)) return true
  if (thrown.summary === found.summary) return true
  const lines = [thrown.span, ...(thrown.related ?? []).map((each) => each.span)]
  return lines.some((span) => span !== undefined && isOnLineOf(span, found.span))
}

/** A rule of gantry's, or what the program itself throws. */
function isOwnWords(failure: Failure): boolean {
  return (
    failure.kind === 'mistake' ||
    failure.kind === 'value' ||
    (failure.kind === 'error' && failure.name === 'Error')
  )
}

function isOnLineOf(one: Span, other: Span | undefined): boolean {
  return (
    other !== undefined && one.file === other.file && one.line <= other.endLine && other.line <= one.endLine
  )
}
