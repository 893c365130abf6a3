// The mistakes of all runs as what is told: the same mistake of several combinations of inputs is one, and so is that of a
// value which several declarations share. Invariant: two different mistakes never become one, and what is said of the
// inputs holds for exactly the combinations that were tried.

import type { Diagnostic } from '../model/index.ts'
import type { InputPlan, InputValues } from './inputs.ts'
import type { RuleMistake } from './lower/report.ts'
import { onlyWhen, show } from './matrix.ts'

/** What one combination of inputs gave. */
export interface Tried {
  readonly inputs: InputValues
  readonly mistakes: readonly RuleMistake[]
  /** False when the program threw: what it would have declared afterwards is not known. */
  readonly isWhole: boolean
}

interface Gathered {
  readonly mistake: RuleMistake
  /** Its words without the values of inputs. */
  readonly words: string
  readonly runs: Set<number>
}

export function gather(tried: readonly Tried[], { samples }: Pick<InputPlan, 'samples'>): RuleMistake[] {
  const seen = new Map<string, Gathered[]>()
  for (const [index, { mistakes }] of tried.entries()) {
    const here = new Map<string, RuleMistake[]>()
    for (const mistake of mistakes) {
      const { code, span } = mistake.diagnostic
      const key = JSON.stringify([code, span ?? null, mistake.path, mistake.subject ?? null])
      const group = here.get(key)
      if (!group) here.set(key, [mistake])
      else if (!group.some((each) => isSame(each, mistake))) group.push(mistake)
    }
    for (const [key, group] of here) {
      const known = seen.get(key) ?? []
      seen.set(key, known)
      addRun(known, group, { run: index, inputs: tried[index]?.inputs ?? {} })
    }
  }
  const all = [...seen.values()].flat().map(({ mistake, runs }) => {
    const when = whenOf(tried, runs)
    const sampled = dependsOnSample(mistake.diagnostic, samples) ? [sampleNote(samples)] : []
    const notes = [...(mistake.diagnostic.notes ?? []), ...sampled]
    return {
      ...mistake,
      diagnostic: {
        ...mistake.diagnostic,
        ...(notes.length > 0 ? { notes } : {}),
        ...(when === undefined ? {} : { onlyWhen: when }),
      },
    }
  })
  return shareSubjects(all)
}

function isSame(one: RuleMistake, other: RuleMistake): boolean {
  return one.diagnostic.summary === other.diagnostic.summary
}

/** How many are told apart that are at one place and of one declaration; more differ by a value that was computed. */
const mostAtOnePlace = 4

/**
 * Of one place and declaration: by its words, but for the values of inputs in them, which do not make it another
 * mistake. What is left when there are many goes by its turn.
 */
function addRun(
  known: Gathered[],
  group: readonly RuleMistake[],
  { run, inputs }: { readonly run: number; readonly inputs: InputValues },
): void {
  const left = group.filter((mistake) => {
    const same = known.find((each) => isSame(each.mistake, mistake))
    same?.runs.add(run)
    return !same
  })
  const free = known.filter((each) => !each.runs.has(run))
  for (const mistake of left) {
    const words = withoutInputs(mistake.diagnostic.summary, inputs)
    const at = free.findIndex((each) => each.words === words || known.length >= mostAtOnePlace)
    const [same] = at < 0 ? [] : free.splice(at, 1)
    if (same) same.runs.add(run)
    else known.push({ mistake, words, runs: new Set([run]) })
  }
}

/** The texts that inputs have stand as their names; numbers do not vary from run to run. */
function withoutInputs(summary: string, inputs: InputValues): string {
  let words = summary
  for (const [name, value] of Object.entries(inputs))
    if (typeof value === 'string' && value !== '') words = words.replaceAll(value, `\0${name}\0`)
  return words
}

/** Runs that did not come to their end count where they have the mistake; they do not say that others lack it. */
function whenOf(tried: readonly Tried[], runs: ReadonlySet<number>): string | undefined {
  const counted = tried.flatMap(({ isWhole }, index) => (isWhole || runs.has(index) ? [index] : []))
  const found = counted.flatMap((index, at) => (runs.has(index) ? [at] : []))
  return onlyWhen(
    counted.map((index) => tried[index]?.inputs ?? {}),
    new Set(found),
  )
}

/** How many are named of those that share a wrong value. */
const shownSubjects = 4

/** A value that several declarations share is wrong once; the first has the error, and the others stand below it. */
export function shareSubjects(mistakes: readonly RuleMistake[]): RuleMistake[] {
  const groups = new Map<string, { readonly first: RuleMistake; readonly others: string[] }>()
  for (const mistake of mistakes) {
    const { subject, diagnostic } = mistake
    const { code, span, summary } = diagnostic
    const words = subject === undefined ? summary : summary.replaceAll(subject, '\0')
    const key = JSON.stringify([code, span ?? null, words, diagnostic.onlyWhen ?? null])
    const known = groups.get(key)
    if (!known) groups.set(key, { first: mistake, others: [] })
    else if (subject !== undefined && subject !== known.first.subject) known.others.push(subject)
  }
  return [...groups.values()].map(({ first, others: all }) => {
    const distinct = [...new Set(all)]
    if (distinct.length === 0) return first
    const more = distinct.length - shownSubjects
    const named = distinct.slice(0, shownSubjects).join(', ')
    const others = `${named}${more > 0 ? ` and ${more} more` : ''}`
    const note = `the same of ${others}, which ${distinct.length === 1 ? 'shares' : 'share'} the value`
    const { diagnostic } = first
    return { ...first, diagnostic: { ...diagnostic, notes: [...(diagnostic.notes ?? []), note] } }
  })
}

/** What a program throws may depend on any input; a rule names the value that it refuses. */
function dependsOnSample({ code, summary }: Diagnostic, samples: InputValues): boolean {
  const values = Object.values(samples)
  return (
    values.length > 0 && (code.startsWith('GT5') || values.some((value) => summary.includes(String(value))))
  )
}

function sampleNote(samples: InputValues): string {
  return `checked with ${show(samples)}, because there is no default; --input gives another`
}
