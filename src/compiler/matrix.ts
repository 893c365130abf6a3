// Which inputs a mistake depends on, told as briefly as it can be: not at all, one input's value, two inputs' values,
// else how many combinations. Invariant: what is said holds for exactly the combinations that were tried.

import type { InputValues } from './inputs.ts'

/**
 * "stage = prod" for the combinations with the given indices among all that were tried; undefined when it is all of them.
 */
export function onlyWhen(tried: readonly InputValues[], found: ReadonlySet<number>): string | undefined {
  if (found.size === tried.length) return undefined
  const names = Object.keys(tried[0] ?? {})
  const holdsFor = (fixed: InputValues): boolean =>
    tried.every(
      (inputs, index) =>
        found.has(index) === Object.entries(fixed).every(([name, value]) => inputs[name] === value),
    )
  const first = tried[[...found][0] ?? 0] ?? {}
  const pick = (...chosen: readonly string[]): InputValues =>
    Object.fromEntries(
      chosen.flatMap((name) => (first[name] === undefined ? [] : [[name, first[name]] as const])),
    )
  for (const name of names) if (holdsFor(pick(name))) return show(pick(name))
  for (const [index, name] of names.entries())
    for (const other of names.slice(index + 1))
      if (holdsFor(pick(name, other))) return show(pick(name, other))
  for (const name of names) {
    const without = first[name]
    // The other side of one value: "stage = dev" is missing from three.
    const values = new Set([...found].map((index) => tried[index]?.[name]))
    if (
      values.size > 1 &&
      without !== undefined &&
      tried.every((inputs, index) => found.has(index) === values.has(inputs[name]))
    )
      return `${name} = ${[...values].join(' or ')}`
  }
  return found.size === 1
    ? show(first)
    : `${found.size} of ${tried.length} combinations of inputs, such as ${show(first)}`
}

export function show(inputs: InputValues): string {
  return Object.entries(inputs)
    .map(([name, value]) => `${name} = ${value}`)
    .join(' and ')
}
