// What a benchmark finds: a name, a unit, and the spread over its runs. Invariant: nothing is thrown away, neither the
// first run nor the slowest; a target is compared with the median and nothing fails because of it.

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export type Unit = 'ms' | 's' | '/s' | 'MB' | 'MB/s' | '×' | ''

export interface Figure {
  readonly name: string
  readonly unit: Unit
  readonly spread: Spread
  /** How many values the spread is of. */
  readonly runs: number
  /** What the median should be at most, in the same unit. */
  readonly atMost?: number
}

/** Of no values at all: not a number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? NaN
  const lower = sorted[Math.ceil(middle) - 1] ?? NaN
  return { min: sorted[0] ?? NaN, median: (lower + upper) / 2, max: sorted.at(-1) ?? NaN }
}

export function figureOf(
  name: string,
  unit: Unit,
  values: readonly number[],
  target: { readonly atMost?: number } = {},
): Figure {
  return { name, unit, spread: spreadOf(values), runs: values.length, ...target }
}

/** Values by name, in the order in which the names came up first. */
export class Series {
  readonly #values = new Map<string, number[]>()

  add(name: string, value: number): void {
    const values = this.#values.get(name)
    if (values) values.push(value)
    else this.#values.set(name, [value])
  }

  /** Of a run that was not meant to count. */
  forget(name: string): void {
    this.#values.delete(name)
  }

  of(name: string): readonly number[] {
    return this.#values.get(name) ?? []
  }

  figure(name: string, unit: Unit, target: { readonly atMost?: number } = {}): Figure {
    return figureOf(name, unit, this.of(name), target)
  }
}
