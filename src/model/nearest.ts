// "Did you mean": the nearest of a few names. Distances are Damerau's (optimal string alignment: a transposition counts
// once), and a name is only suggested when at least half of it is right.

/** The name nearest to `written`, if one is near enough. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    if (name === written) continue
    const distance = editDistance(written.toLowerCase(), name.toLowerCase())
    if (
      distance <= Math.max(1, Math.floor(Math.max(written.length, name.length) * 0.4)) &&
      distance < name.length
    )
      if (!best || distance < best.distance || (distance === best.distance && name < best.name))
        best = { name, distance }
  }
  return best?.name
}

function editDistance(a: string, b: string): number {
  // Names are short; what is longer is none.
  if (a.length > 64 || b.length > 64) return Math.max(a.length, b.length)
  let older: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (older[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    older = previous
    previous = row
  }
  return previous[b.length] ?? 0
}
