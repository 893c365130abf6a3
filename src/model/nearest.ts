// "Did you mean": the nearest of a few names. Distances are Damerau's (optimal string alignment: a transposition counts
// once), and a name is only suggested when most of it is right, or when one is the beginning of the other.

/** The name nearest to `written`, if one is near enough; of equally near ones the one in the same case. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
  let best: { name: string; distance: number; exact: number } | undefined
  for (const name of names) {
    if (name === written || !isNear(written.toLowerCase(), name.toLowerCase())) continue
    const distance = editDistance(written.toLowerCase(), name.toLowerCase())
    const exact = editDistance(written, name)
    if (
      !best ||
      distance < best.distance ||
      (distance === best.distance && (exact < best.exact || (exact === best.exact && name < best.name)))
    )
      best = { name, distance, exact }
  }
  return best?.name
}

function isNear(written: string, name: string): boolean {
  const [short, long] = written.length < name.length ? [written, name] : [name, written]
  if (short.length >= 2 && long.startsWith(short)) return true
  const distance = editDistance(written, name)
  return distance <= Math.max(1, Math.floor(long.length * 0.4)) && distance < name.length
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
