// A check of what an edit can have changed, on top of a check of everything before it. Invariant: what comes out is what
// a check of everything would say of the texts as they are now, as far as syntax can tell; the session looks at
// everything afterwards. Where it cannot tell, there is no answer.

import { folderOf } from '../files.ts'
import type { CheckResult } from '../check.ts'
import { concludeCheck } from '../check.ts'
import type { StaticMistake } from '../checker.ts'
import { offsetAt, positionsIn } from '../positions.ts'
import type { Outcome, Run } from '../sandbox/job.ts'
import type { Evaluated } from '../sandbox/opened.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { CallSite } from '../sites.ts'
import { typescriptChecker } from '../typescript/checker.ts'
import type { Outline, Outliner } from '../typescript/outline.ts'
import { align } from './align.ts'
import type { Alignment } from './align.ts'
import { merge } from './merge.ts'
import type { StatementOf } from './merge.ts'
import { callsOf, moveBetween, moveMistake, MovedPlaces, statementAt } from './moved.ts'
import type { Move } from './moved.ts'
import { reduce } from './reduce.ts'
import type { Reduction } from './reduce.ts'
import { TextFiles } from './texts.ts'
import type { Texts } from './texts.ts'
import { programOf, seenBeside, startEvaluation } from './whole.ts'
import type { Base, Subject } from './whole.ts'

/** A base that can be built on: its program ran to its end with every combination of inputs. */
export interface Ground {
  readonly base: Base
  readonly outline: Outline
  readonly outcome: Extract<Outcome, { kind: 'opened' }>
  /** By run: what it declared; those that declared the same share it. */
  readonly evaluated: readonly Evaluated[]
}

export interface PartAnswer {
  readonly result: CheckResult
  /** As in a base. */
  readonly others: readonly string[]
  /** How many statements were looked at. */
  readonly statements: number
}

/** Null when nothing can be built on it. */
export function groundOf(base: Base, outliner: Outliner): Ground | null {
  const { outcome, program } = base
  const [main, ...others] = program.files
  if (outcome?.kind !== 'opened' || outcome.runs.length === 0 || !main) return null
  const outline = outliner.outline(main.text)
  const [first] = outline?.statements ?? []
  const last = outline?.statements.at(-1)
  if (!outline || !first || !last) return null
  const evaluated: Evaluated[] = []
  for (const { result } of outcome.runs) {
    if ('failure' in result) return null
    const known = 'sameAs' in result ? evaluated[result.sameAs] : undefined
    if ('json' in result)
      evaluated.push(JSON.parse(result.json) as Evaluated) // written by our own side of the sandbox
    else if (known) evaluated.push(known)
    else return null
  }
  outliner.know(
    others.map((each) => each.text),
    main.text.slice(0, first.start) + main.text.slice(last.end),
  )
  // Now, because the next parse goes on from this tree and changes it.
  for (const each of outline.statements) each.form()
  return { base, outline, outcome, evaluated }
}

export interface PartRequest {
  readonly ground: Ground
  readonly outliner: Outliner
  readonly subject: Subject
  /** With the stack file's own text, under its name. */
  readonly texts: Texts
  readonly sandbox: () => Sandbox
  /** Looks at a statement as if it had changed, to have everything loaded for the first that does. */
  readonly isRehearsal: boolean
}

export async function checkPart(request: PartRequest): Promise<PartAnswer | null> {
  const { ground, outliner, subject, texts, sandbox, isRehearsal } = request
  const { base } = ground
  const text = texts.get(subject.entry)
  const next = text === undefined ? null : outliner.outline(text)
  if (text === undefined || !next) return null
  const aligned = align(ground.outline, next)
  const alignment = aligned && isRehearsal ? aligned.map((old, index) => (index === 0 ? null : old)) : aligned
  const reduction = alignment && reduce(ground.outline, next, alignment)
  if (!alignment || !reduction) return null

  const files = new TextFiles(folderOf(subject.file), new Map(texts).set(subject.entry, reduction.text))
  const opened = typescriptChecker.open(files, subject.entry)
  const isRunnable = opened.modules.length > 0
  const evaluating = startEvaluation(opened.modules, subject, sandbox)
  const move = moveBetween(ground.outline, next, alignment)
  const part = {
    files: opened.files.map((each) => (each.path === subject.entry ? { ...each, text } : each)),
    calls: opened.calls,
  }
  const calls = callsOf(base.program, part)
  const found = opened.diagnose(subject.entry)
  const mistakes = isRunnable
    ? mistakesOf(ground, subject.entry, { next, alignment, reduction, move, found, text })
    : found
  const outcome = await evaluating
  const merged = outcome && mergeRuns(ground, outcome, { next, alignment, reduction, calls: part.calls })
  if (isRunnable && !merged) return null
  const seen = seenBeside(folderOf(subject.file))
  const program = {
    files: [...base.program.files, ...part.files],
    modules: opened.modules,
    calls,
    defaultExport: base.program.defaultExport,
    mistakes,
  }
  const places = new MovedPlaces(base.program, part, calls, move)
  const result = await concludeCheck(programOf(program, places, base.digests, merged), {
    ...subject,
    ...seen,
    isCurrent: currentCalls(ground, { next, alignment, reduction, calls }),
  })
  return { result, others: [...seen.names], statements: reduction.whole.size }
}

interface Edited {
  readonly next: Outline
  readonly alignment: Alignment
  readonly reduction: Reduction
}

/** Which of the calls of base and part are those of the program as it is now: each of its calls once. */
function currentCalls(
  { base, outline }: Ground,
  { next, alignment, reduction, calls }: Edited & { readonly calls: readonly CallSite[] },
): (call: number) => boolean {
  const kept = new Set(alignment.filter((old, index) => old !== null && !reduction.whole.has(index)))
  return (id) => {
    const site = calls[id]
    const isOfBase = id < base.program.calls.length
    if (!site) return false
    // Files of the part stand behind those of the base.
    const isMain = site.file === (isOfBase ? 0 : base.program.files.length)
    if (!isMain) return isOfBase
    const [start] = site.call
    const of = isOfBase ? outline : next
    const statement = statementAt(of, start)
    if (statement === -1 || !isWithin(of, statement, start)) return isOfBase
    return isOfBase ? kept.has(statement) : reduction.whole.has(statement)
  }
}

/** What was said of the statements that were kept, where they are now, and what is said of the others. */
function mistakesOf(
  { base, outline }: Ground,
  entry: string,
  edit: Edited & { readonly move: Move; readonly found: readonly StaticMistake[]; readonly text: string },
): StaticMistake[] {
  const { next, alignment, reduction, move, found, text } = edit
  const kept = new Set(alignment.filter((old, index) => old !== null && !reduction.whole.has(index)))
  const positions = positionsIn(entry, text)
  const before = base.program.mistakes.flatMap((mistake): StaticMistake[] => {
    const { span } = mistake.diagnostic
    if (!span) return []
    if (span.file !== entry) return [mistake]
    const offset = offsetAt(outline.text, span.line, span.column)
    const statement = statementAt(outline, offset)
    const isKept = kept.has(statement) && isWithin(outline, statement, offset)
    return isKept || (statement === -1 && isAtImport(outline.text, offset))
      ? [moveMistake(mistake, entry, outline.text, positions, move)]
      : []
  })
  const shift = base.program.calls.length
  const now = found.flatMap((mistake): StaticMistake[] => {
    const { span } = mistake.diagnostic
    if (span && span.file !== entry) return []
    // The reduced text has the same lines; bytes are those of the real one.
    const offset = span ? offsetAt(text, span.line, span.column) : -1
    const statement = statementAt(next, offset)
    const isOutside = statement === -1 || offset >= (next.statements.at(-1)?.end ?? 0)
    if (!isOutside && !(reduction.whole.has(statement) && isWithin(next, statement, offset))) return []
    const { call } = mistake
    return [
      {
        ...moveMistake(mistake, entry, text, positions, (each) => each),
        ...(call === undefined ? {} : { call: call + shift }),
      },
    ]
  })
  const isNew = ({ diagnostic: { code, span } }: StaticMistake): boolean =>
    !before.some(({ diagnostic }) => diagnostic.code === code && diagnostic.span?.start === span?.start)
  return [...before, ...now.filter(isNew)]
}

/** What is wrong in a module or a package is told at the import, and only the stack file's own types are looked at. */
function isAtImport(text: string, offset: number): boolean {
  return /^(?:import\b|export\b.*\bfrom\b)/.test(text.slice(text.lastIndexOf('\n', offset - 1) + 1))
}

function isWithin({ statements }: Outline, index: number, offset: number): boolean {
  return offset <= (statements[index]?.end ?? 0)
}

/** Null when the part did not run to its end, or not with the same inputs. */
function mergeRuns(
  { base, outline, outcome, evaluated }: Ground,
  part: Outcome,
  { next, alignment, reduction, calls }: Edited & { readonly calls: readonly CallSite[] },
): Outcome | null {
  if (part.kind !== 'opened' || part.runs.length !== outcome.runs.length) return null
  const parsed: Evaluated[] = []
  const runs: Run[] = []
  const firstWith = new Map<string, number>()
  const baseStatement = statementFinder(outline, base.program.calls)
  const partStatement = statementFinder(next, calls)
  for (const [index, { inputs, result }] of part.runs.entries()) {
    const before = evaluated[index]
    if ('failure' in result || !before) return null
    if (JSON.stringify(inputs) !== JSON.stringify(outcome.runs[index]?.inputs)) return null
    const now = 'sameAs' in result ? parsed[result.sameAs] : (JSON.parse(result.json) as Evaluated) // as in groundOf
    if (!now) return null
    parsed.push(now)
    const key = `${evaluated.indexOf(before)}/${parsed.indexOf(now)}`
    const sameAs = firstWith.get(key)
    if (sameAs !== undefined) {
      runs.push({ inputs, result: { sameAs } })
      continue
    }
    firstWith.set(key, index)
    const whole = merge({
      base: before,
      baseStatement,
      part: now,
      partStatement,
      alignment,
      reduction,
      baseCalls: base.program.calls.length,
    })
    if (!whole) return null
    runs.push({ inputs, result: { json: JSON.stringify(whole) } })
  }
  return { kind: 'opened', opened: outcome.opened, runs }
}

function statementFinder(outline: Outline, calls: readonly CallSite[]): StatementOf {
  const end = outline.statements.at(-1)?.end ?? 0
  return (id) => {
    const site = calls[id]
    if (site?.file !== 0 || site.call[0] >= end) return -1
    return statementAt(outline, site.call[0])
  }
}
