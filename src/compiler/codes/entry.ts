// What every code has: the words of `gantry explain`.

export interface CodeEntry {
  /** A few words, as a heading. */
  readonly title: string
  /** What it means and what to do, for `gantry explain`. */
  readonly text: string
  readonly wrong?: string
  readonly right?: string
}
