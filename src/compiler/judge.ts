// What is wrong with a program as a whole, once its modules were evaluated: that it declares one stack, under a good
// name, with inputs that fit. And how mistakes of different stages are told together: one mistake, one error.

import { isName, nameRule } from '../model/index.ts'
import type { Diagnostic, Span } from '../model/index.ts'
import type { StaticMistake } from './checker.ts'
import { describeProblem } from './input-words.ts'
import type { InputPlan } from './inputs.ts'
import type { RuleMistake } from './lower/report.ts'
import { toName } from './lower/rules.ts'
import type { Program } from './program.ts'
import type { Opened } from './sandbox/opened.ts'
import type { Places, Range } from './sites.ts'
import type { Words } from './words.ts'

/** What is wrong with the stack itself; empty when its body can be run. */
export function judgeStack(program: Program, opened: Opened): RuleMistake[] {
  const { places } = program
  const [first, second] = opened.stacks
  const at = (calls: readonly number[], path: readonly string[], words: Words): RuleMistake => {
    const call = places.wordOf(calls)
    const span = call === undefined ? undefined : places.nearestSpan(call, path)
    return { diagnostic: { severity: 'error', ...words, ...(span ? { span } : {}) }, call, path }
  }
  // The first line of what is exported is enough to mark.
  const [start, end] = program.defaultExport ?? [0, 0]
  const line = places.text(0, [start, end]).search(/\r?\n/)
  const exported: Range = [start, line === -1 ? end : start + line]
  const atTop = (words: Words): RuleMistake => ({
    diagnostic: { severity: 'error', ...words, span: places.span(0, exported) },
    call: undefined,
    path: [],
  })
  if (second && first) {
    const span = spanOf(places, first.calls)
    return [
      at(second.calls, [], {
        code: 'GT0010',
        summary: 'a stack file declares one stack, and this one two',
        label: 'declared again',
        ...(span ? { related: [{ span, label: 'declared first here' }] } : {}),
        fix: 'put the second into a file of its own',
      }),
    ]
  }
  if (opened.main === null || !first) {
    const words: Words = opened.hasDefault
      ? {
          code: 'GT0009',
          summary: 'the default export is not a stack',
          fix: "export default stack('name', {}, () => { … })",
        }
      : {
          code: 'GT0008',
          summary: 'the file has no default export',
          fix: first
            ? 'write export default in front of stack(…)'
            : "export default stack('name', {}, () => { … })",
        }
    return [first && !opened.hasDefault ? at(first.calls, [], words) : atTop(words)]
  }
  const { name } = first
  if (typeof name === 'string' && isName(name)) return []
  const better = typeof name === 'string' ? toName(name) : undefined
  return [
    at(first.calls, ['0'], {
      code: 'GT2004',
      summary: typeof name === 'string' ? `'${name}' cannot be the name of a stack` : 'a stack takes a name',
      ...(better === undefined ? {} : { label: `write '${better}'` }),
      notes: [`a name is ${nameRule}`],
    }),
  ]
}

export function judgeInputs(program: Program, plan: InputPlan): RuleMistake[] {
  const { places } = program
  return plan.problems.map((problem) => {
    const words = describeProblem(problem, plan.declared)
    const call = places.wordOf(problem.calls)
    const isStack = call !== undefined && places.call(call)?.word === 'stack'
    const path = isStack ? ['1', ...(problem.name === '' ? [] : [problem.name])] : (problem.path ?? [])
    const span = inputSpan(places, problem.calls, path, problem.mark)
    const other = problem.other && inputSpan(places, problem.other.calls, problem.other.path ?? [])
    const related = other && !isSameSpan(other, span) ? [{ span: other, label: 'declared here' }] : []
    return {
      diagnostic: {
        severity: 'error',
        ...words,
        ...(related.length > 0 ? { related } : {}),
        ...(span ? { span } : {}),
      },
      call,
      path,
    }
  })
}

/** Of what stands at a path in the call that declares an input, or of the call. */
function inputSpan(
  places: Places,
  calls: readonly number[],
  path: readonly string[],
  mark?: 'name',
): Span | undefined {
  const call = places.wordOf(calls)
  if (call === undefined) return undefined
  if (path.length === 0) return places.callSpan(call)
  if (places.call(call)?.word === 'stack') return places.nearestSpan(call, path)
  return (mark ? places.nameSpan(call, path) : places.valueSpan(call, path)) ?? places.callSpan(call)
}

function isSameSpan(one: Span, other: Span | undefined): boolean {
  return one.file === other?.file && one.start === other.start
}

function spanOf(places: Places, calls: readonly number[]): Span | undefined {
  const call = places.wordOf(calls)
  return call === undefined ? undefined : places.calleeSpan(call)
}

/**
 * Where the evaluated program says what is wrong with a value, what the checker said of the same is left out; but for names
 * that do not exist: of those the program can only say what became of them.
 */
export function tellTogether(found: readonly StaticMistake[], rules: readonly RuleMistake[]): Diagnostic[] {
  const told = rules.filter((rule) => !found.some((each) => isNameless(each) && isConsequence(rule, each)))
  const left = found.filter((each) => {
    const { diagnostic, call, path } = each
    const isSame = (rule: RuleMistake): boolean =>
      (call !== undefined &&
        path !== undefined &&
        rule.call === call &&
        (isWithin(rule.path, path) || isWithin(path, rule.path))) ||
      // A value that a function was given is wrong where it was written, whoever finds it.
      (isOfTypes(diagnostic) && overlaps(diagnostic.span, rule.diagnostic.span))
    return isNameless(each) || !told.some(isSame)
  })
  return inOrder([...left, ...told].map((each) => each.diagnostic))
}

/** A variable, a member or an input that there is none of. */
function isNameless({ uses }: StaticMistake): boolean {
  return uses !== undefined
}

/** Whether a rule speaks of the value that a name would have had, or that it is missing. */
function isConsequence({ diagnostic, call, path }: RuleMistake, cause: StaticMistake): boolean {
  const { span } = diagnostic
  if ([cause.diagnostic.span, ...(cause.uses ?? [])].some((each) => overlaps(each, span))) return true
  if (call === undefined || call !== cause.call || !cause.path || cause.path.length === 0) return false
  const isMissing =
    diagnostic.code === 'GT1003' &&
    path.length === cause.path.length - 1 &&
    diagnostic.summary.endsWith(` has no ${cause.path.at(-1) ?? ''}`)
  return isWithin(path, cause.path) || (isMissing && isWithin(cause.path, path))
}

/** Imports and syntax are wrong whatever the values are. */
function isOfTypes({ code }: Diagnostic): boolean {
  return /^GT1(?!001|012)/.test(code)
}

function overlaps(a: Span | undefined, b: Span | undefined): boolean {
  if (!a || !b || a.file !== b.file) return false
  return (a.start <= b.start && b.end <= a.end) || (b.start <= a.start && a.end <= b.end)
}

function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return outer.every((key, index) => inner[index] === key)
}

export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const key = ({ span, code, summary }: Diagnostic): readonly (string | number)[] => [
    span?.file ?? '',
    span?.start ?? 0,
    code,
    summary,
  ]
  return [...diagnostics].sort((a, b) => {
    const left = key(a)
    const right = key(b)
    for (const [index, value] of left.entries()) {
      const other = right[index] ?? ''
      if (value !== other) return value < other ? -1 : 1
    }
    return 0
  })
}
