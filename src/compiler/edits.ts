// A text that was edited, and the way back from places in it to places in the original. Invariant: edits do not overlap,
// and those at one place are applied in the order in which they were made.

export interface Edit {
  /** Offsets in the original. */
  readonly start: number
  readonly end: number
  /** What stands there instead. */
  readonly text: string
}

export interface EditedText {
  readonly text: string
  /** Pairs of offsets, in the edited text and in the original, at which an unchanged piece begins. */
  readonly pieces: readonly number[]
}

export function applyEdits(original: string, edits: readonly Edit[]): EditedText {
  const ordered = [...edits].sort((a, b) => a.start - b.start)
  const out: string[] = []
  const pieces: number[] = []
  let at = 0
  let length = 0
  const add = (text: string): void => {
    out.push(text)
    length += text.length
  }
  for (const { start, end, text } of ordered) {
    if (start < at) throw new Error(`edits overlap at ${start}`)
    if (start > at) {
      pieces.push(length, at)
      add(original.slice(at, start))
    }
    add(text)
    at = end
  }
  pieces.push(length, at)
  add(original.slice(at))
  return { text: out.join(''), pieces }
}

/** The offset in the original of an offset in the edited text; in an inserted part it is where the next piece begins. */
export function originalOffset(pieces: readonly number[], offset: number): number {
  let low = 0
  let high = pieces.length / 2 - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((pieces[middle * 2] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  const from = pieces[low * 2] ?? 0
  const to = pieces[low * 2 + 1] ?? 0
  const next = pieces[low * 2 + 3]
  const moved = to + Math.max(0, offset - from)
  return next === undefined ? moved : Math.min(moved, next)
}
