// What becomes of a key of Compose, as data. Invariant: there are three answers and no fourth; what is not in the tables
// is refused. The tables stand in vocabulary-*.ts, what is found while translating in ledger.ts.

import type { Plain } from './tree.ts'

export type Verdict = 'mapped' | 'changed' | 'refused'

export interface Rule {
  readonly verdict: Verdict
  /** One sentence without a full stop. Of a mapped key: what it becomes. */
  readonly why: string
  /** What to do instead. */
  readonly instead?: string
  /** Values with which the key asks for nothing: it is mapped then. Null, and what is empty, ask for nothing anyway. */
  readonly harmless?: readonly Plain[]
  /** Of a key that Compose does not know: no value makes it good. */
  readonly isUnknown?: true
  /** The keys below it are data, or share its fate: they have no rules of their own. */
  readonly isOpen?: true
}

/** Keys below a key: `''` is the key itself; `*` stands for any name, `[]` for an item of a list. */
export type Rules = Readonly<Record<string, Rule>>

/** What it becomes. */
export const mapped = (why: string): Rule => ({ verdict: 'mapped', why })
export const mappedData = (why: string): Rule => ({ verdict: 'mapped', why, isOpen: true })
export const changed = (why: string, instead?: string): Rule => ({
  verdict: 'changed',
  why,
  ...(instead === undefined ? {} : { instead }),
})
export const changedData = (why: string, instead?: string): Rule => ({
  ...changed(why, instead),
  isOpen: true,
})
/** With all that stands below it. */
export const refused = (why: string, instead?: string): Rule => ({
  verdict: 'refused',
  why,
  ...(instead === undefined ? {} : { instead }),
  isOpen: true,
})

/** With values that ask for nothing. */
export const refusedBut = (harmless: readonly Plain[], why: string, instead?: string): Rule => ({
  ...refused(why, instead),
  harmless,
})

/** The tables of what stands below a key, with the key before them. */
export function below(prefix: string, rules: Rules): Rules {
  return Object.fromEntries(
    Object.entries(rules).map(([key, rule]) => [key === '' ? prefix : `${prefix}.${key}`, rule]),
  )
}
