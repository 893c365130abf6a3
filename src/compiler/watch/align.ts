// Which statements of a text are those of an earlier one. Invariant: statements that are told to be the same have the
// same text, and stand in the same order in both.

import type { Outline } from '../typescript/outline.ts'

/** For each statement of `next`, the index of the same in `base`; null for one that is new or changed. */
export type Alignment = readonly (number | null)[]

/** Null when anything outside of the statements differs. */
export function align(base: Outline, next: Outline): Alignment | null {
  const [baseFirst] = base.statements
  const [nextFirst] = next.statements
  const baseLast = base.statements.at(-1)
  const nextLast = next.statements.at(-1)
  if (!baseFirst || !nextFirst || !baseLast || !nextLast) return null
  if (base.text.slice(0, baseFirst.start).trimEnd() !== next.text.slice(0, nextFirst.start).trimEnd())
    return null
  if (base.text.slice(baseLast.end).trimStart() !== next.text.slice(nextLast.end).trimStart()) return null
  const before = base.statements.map((each) => each.text)
  const after = next.statements.map((each) => each.text)
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1
  let tail = 0
  const most = Math.min(before.length, after.length) - head
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1
  const places = new Map<string, number[]>()
  for (let index = before.length - tail - 1; index >= head; index -= 1) {
    const text = before[index] ?? ''
    const known = places.get(text)
    if (known) known.push(index)
    else places.set(text, [index])
  }
  let last = head - 1
  return after.map((text, index): number | null => {
    if (index < head) return index
    if (index >= after.length - tail) return before.length - (after.length - index)
    // From the end of the list: the first that is left.
    const candidates = places.get(text)
    let found = candidates?.pop()
    while (found !== undefined && found < last) found = candidates?.pop()
    if (found === undefined) return null
    last = found
    return found
  })
}
