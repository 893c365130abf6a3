// What of a stack file has to be looked at again after an edit: the statements that changed, those that depend on them,
// and of what these use as much as declares it. Everything else becomes blanks, so that what remains is a program of its
// own with every character where it was. Invariant: a statement that is left out means the same as before the edit.

import type { Outline, StatementForm } from '../typescript/outline.ts'
import type { Alignment } from './align.ts'

export interface Reduction {
  /** As long as the whole text, line by line. */
  readonly text: string
  /** Statements that are looked at again. */
  readonly whole: ReadonlySet<number>
  /** Statements that are there for their names alone. */
  readonly faces: ReadonlySet<number>
  /** By statement: the old one whose place it takes for all that refers to it. */
  readonly successors: ReadonlyMap<number, number>
}

/** More than these, and looking at everything takes no longer. */
const wholeLimit = 60
const faceLimit = 240

/** Null when the edit may change the meaning of everything. */
export function reduce(base: Outline, next: Outline, alignment: Alignment): Reduction | null {
  const { statements } = next
  const forms = statements.map((each, index) => {
    const old = alignment[index]
    return ((typeof old === 'number' ? base.statements[old] : undefined) ?? each).form()
  })
  const declaring = new Map<string, number>()
  for (const [index, { declares }] of forms.entries())
    for (const name of declares) {
      if (declaring.has(name)) return null
      declaring.set(name, index)
    }
  const edit = compareForms(base, forms, alignment)
  if (!edit) return null
  const { names, successors } = edit
  const whole = new Set(edit.changed)
  for (const [index, form] of forms.entries()) if (!form.isPlain) whole.add(index)
  followDependents(forms, names, whole)
  const faces = facesFor(forms, declaring, whole)
  if (whole.size > wholeLimit || faces.size > faceLimit) return null
  for (const index of whole) {
    const old = alignment[index]
    if (typeof old === 'number') successors.set(index, old)
  }
  return { text: blankOut(next, forms, whole, faces), whole, faces, successors }
}

interface Edit {
  /** Statements that are new, or have another text. */
  readonly changed: readonly number[]
  /** What means something else than before, or did not or does not exist. */
  readonly names: Set<string>
  readonly successors: Map<number, number>
}

function compareForms(base: Outline, forms: readonly StatementForm[], alignment: Alignment): Edit | null {
  const changed: number[] = []
  const names = new Set<string>()
  const successors = new Map<number, number>()
  const used = new Set(alignment)
  const left = new Map<string, { readonly form: StatementForm; readonly index: number }>()
  for (const [index, statement] of base.statements.entries()) {
    if (used.has(index)) continue
    const form = statement.form()
    if (!form.isPlain) return null
    for (const name of form.declares) {
      names.add(name)
      left.set(name, { form, index })
    }
  }
  for (const [index, form] of forms.entries()) {
    if (alignment[index] !== null) continue
    if (!form.isPlain) return null
    changed.push(index)
    const [first] = form.declares
    const old = first === undefined ? undefined : left.get(first)
    if (old?.form.face === form.face) {
      // What it is for others stayed as it was.
      for (const name of form.declares) names.delete(name)
      successors.set(index, old.index)
    } else for (const name of form.declares) names.add(name)
  }
  return { changed, names, successors }
}

/** Adds what names something that changed, and what names that, as far as it matters to its own declaration. */
function followDependents(forms: readonly StatementForm[], names: Set<string>, whole: Set<number>): void {
  const pending = [...names]
  for (let name = pending.pop(); name !== undefined; name = pending.pop())
    for (const [index, form] of forms.entries()) {
      if (!form.names.has(name)) continue
      whole.add(index)
      if (!form.faceNames.has(name)) continue
      for (const each of form.declares)
        if (!names.has(each)) {
          names.add(each)
          pending.push(each)
        }
    }
}

function facesFor(
  forms: readonly StatementForm[],
  declaring: ReadonlyMap<string, number>,
  whole: ReadonlySet<number>,
): Set<number> {
  const faces = new Set<number>()
  const pending: ReadonlySet<string>[] = [...whole].map((index) => forms[index]?.names ?? new Set())
  for (let names = pending.pop(); names; names = pending.pop())
    for (const name of names) {
      const index = declaring.get(name)
      if (index === undefined || whole.has(index) || faces.has(index)) continue
      faces.add(index)
      const form = forms[index]
      if (form) pending.push(form.faceNames)
    }
  return faces
}

function blankOut(
  { text, statements }: Outline,
  forms: readonly StatementForm[],
  whole: ReadonlySet<number>,
  faces: ReadonlySet<number>,
): string {
  const out: string[] = []
  let at = 0
  const blank = (start: number, end: number): void => {
    out.push(text.slice(at, start), text.slice(start, end).replaceAll(/[^\r\n]/g, ' '))
    at = end
  }
  for (const [index, { start, end }] of statements.entries()) {
    if (whole.has(index)) continue
    if (faces.has(index)) {
      for (const [from, to] of forms[index]?.dispensable ?? []) blank(start + from, start + to)
      continue
    }
    // The mark keeps what stands before it from going on behind it.
    out.push(text.slice(at, start), ';')
    at = start + 1
    blank(start + 1, end)
  }
  return [...out, text.slice(at)].join('')
}
