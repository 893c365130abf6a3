// Patterns that texts have to match as a whole: the part of JavaScript's regular expressions that describes a regular
// language. Invariant: a match takes time in proportion to pattern and text, whatever both are, because all ways through
// the pattern are followed at once (Thompson, "Regular Expression Search Algorithm", 1968) and none is taken back; so
// whoever has the pattern from a stranger may match with it. What would need more (references back, looking around) is
// refused, as is what JavaScript itself would refuse.

/** States that a pattern may come to; `{n,m}` counts as often as it repeats. */
const stateLimit = 2000
/** Groups within groups. */
const depthLimit = 50
const repeatLimit = 1000

type Ranges = readonly (readonly [from: number, to: number])[]

interface CharacterSet {
  readonly ranges: Ranges
  readonly isNegated: boolean
}

type Expression =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly of: Expression; readonly min: number; readonly max: number }

/** A state takes a character of its set and goes on, or goes on in up to two ways at once; -1 is the end. */
type State =
  | { readonly set: CharacterSet; readonly next: number }
  | { readonly set: null; readonly ways: readonly number[] }

export interface Pattern {
  readonly states: readonly State[]
  readonly start: number
}

export type ParsedPattern =
  | { readonly ok: true; readonly pattern: Pattern }
  /** `problem` is a sentence; `at` the offset in the pattern. */
  | { readonly ok: false; readonly problem: string; readonly at: number }

class PatternProblem extends Error {
  readonly at: number
  constructor(problem: string, at: number) {
    super(problem)
    this.at = at
  }
}

/** `^` and `$` may stand at the two ends, where they mean what is so anyway. */
export function parsePattern(text: string): ParsedPattern {
  try {
    return { ok: true, pattern: toStates(new PatternParser(text).parse()) }
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error
    return { ok: false, problem: error.message, at: error.at }
  }
}

const digits: Ranges = [[48, 57]]
const wordCharacters: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
/** What `\s` is in JavaScript. */
const spaces: Ranges = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const lineEnds: Ranges = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
]
const classes: Readonly<Record<string, CharacterSet>> = {
  d: { ranges: digits, isNegated: false },
  D: { ranges: digits, isNegated: true },
  w: { ranges: wordCharacters, isNegated: false },
  W: { ranges: wordCharacters, isNegated: true },
  s: { ranges: spaces, isNegated: false },
  S: { ranges: spaces, isNegated: true },
}
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 }

class PatternParser {
  readonly #characters: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#characters = Array.from(text)
  }

  parse(): Expression {
    if (this.#peek() === '^') this.#at += 1
    const whole = this.#choice(0)
    const end = this.#at
    this.#take('$')
    const rest = this.#peek()
    if (rest === ')') this.#refuse("a ')' without '('")
    if (rest !== undefined) this.#refuse("'$' may only stand at the end", end)
    return whole
  }

  #peek(): string | undefined {
    return this.#characters[this.#at]
  }

  #take(expected: string): boolean {
    if (this.#peek() !== expected) return false
    this.#at += 1
    return true
  }

  /** Offsets count in UTF-16 units, as everywhere. */
  #refuse(problem: string, at = this.#at): never {
    throw new PatternProblem(problem, this.#characters.slice(0, at).join('').length)
  }

  #choice(depth: number): Expression {
    if (depth > depthLimit) this.#refuse(`groups are nested more than ${depthLimit} deep`)
    const of = [this.#sequence(depth)]
    while (this.#take('|')) of.push(this.#sequence(depth))
    return of.length === 1 && of[0] ? of[0] : { kind: 'choice', of }
  }

  #sequence(depth: number): Expression {
    const of: Expression[] = []
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (next === '|' || next === ')' || next === '$') break
      of.push(this.#repeated(this.#one(next, depth)))
    }
    return { kind: 'sequence', of }
  }

  #one(next: string, depth: number): Expression {
    const start = this.#at
    this.#at += 1
    switch (next) {
      case '(': {
        if (this.#take('?') && !this.#take(':'))
          this.#refuse('groups are written ( ) or (?: ): nothing looks ahead or back, or has a name', start)
        const inner = this.#choice(depth + 1)
        if (!this.#take(')')) this.#refuse("a '(' without ')'", start)
        return inner
      }
      case '[':
        return { kind: 'set', set: this.#class(start) }
      case '.':
        return { kind: 'set', set: { ranges: lineEnds, isNegated: true } }
      case '\\':
        return { kind: 'set', set: this.#escape(start, /^[\^$\\.*+?()[\]{}|/]$/) }
      case '^':
        return this.#refuse("'^' may only stand at the beginning", start)
      case '*':
      case '+':
      case '?':
      case '{':
        return this.#refuse(`there is nothing that '${next}' could repeat`, start)
      case '}':
      case ']':
        return this.#refuse(`a '${next}' that closes nothing; as a character it is '\\${next}'`, start)
      default:
        return { kind: 'set', set: only(codeOf(next)) }
    }
  }

  #repeated(of: Expression): Expression {
    const start = this.#at
    let bounds: readonly [number, number]
    if (this.#take('*')) bounds = [0, Infinity]
    else if (this.#take('+')) bounds = [1, Infinity]
    else if (this.#take('?')) bounds = [0, 1]
    else if (this.#take('{')) bounds = this.#counts(start)
    else return of
    this.#take('?') // as few as possible: no difference to whether all of a text matches
    return { kind: 'repeat', of, min: bounds[0], max: bounds[1] }
  }

  #counts(start: number): readonly [number, number] {
    const min = this.#number()
    const max = this.#take(',') ? (this.#number() ?? Infinity) : min
    if (min === undefined || max === undefined || !this.#take('}'))
      return this.#refuse('a count is written {2}, {2,} or {2,5}', start)
    if (max < min) this.#refuse(`{${min},${max}} counts backwards`, start)
    if (min > repeatLimit || (max !== Infinity && max > repeatLimit))
      this.#refuse(`nothing is repeated more than ${repeatLimit} times`, start)
    return [min, max]
  }

  #number(): number | undefined {
    let text = ''
    for (let next = this.#peek(); next !== undefined && /^[0-9]$/.test(next); next = this.#peek()) {
      text += next
      this.#at += 1
    }
    return text === '' ? undefined : Number(text)
  }

  /** `plain`: what a backslash makes the character that it is. */
  #escape(start: number, plain: RegExp): CharacterSet {
    const next = this.#peek()
    if (next === undefined) return this.#refuse("a '\\' with nothing behind it", start)
    this.#at += 1
    const known = Object.hasOwn(classes, next) ? classes[next] : undefined
    if (known) return known
    const control = Object.hasOwn(controls, next) ? controls[next] : undefined
    if (control !== undefined) return only(control)
    if (plain.test(next)) return only(codeOf(next))
    return this.#refuse(`'\\${next}' is not part of a pattern`, start)
  }

  #class(start: number): CharacterSet {
    const plain = /^[\^$\\.*+?()[\]{}|/-]$/
    const isNegated = this.#take('^')
    const ranges: (readonly [number, number])[] = []
    for (;;) {
      const at = this.#at
      const next = this.#peek()
      if (next === undefined) return this.#refuse("a '[' without ']'", start)
      this.#at += 1
      if (next === ']') return { ranges, isNegated }
      const from = next === '\\' ? this.#escape(at, plain) : only(codeOf(next))
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']'
      if (!isRange) {
        ranges.push(...(from.isNegated ? complement(from.ranges) : from.ranges))
        continue
      }
      this.#at += 1
      const end = this.#peek()
      if (end === undefined) return this.#refuse("a '[' without ']'", start)
      const endAt = this.#at
      this.#at += 1
      const to = end === '\\' ? this.#escape(endAt, plain) : only(codeOf(end))
      const [first, last] = [single(from), single(to)]
      if (first === undefined || last === undefined)
        return this.#refuse('a range goes from one character to another', at)
      if (last < first) this.#refuse('a range that goes backwards', at)
      ranges.push([first, last])
    }
  }
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}

function only(code: number): CharacterSet {
  return { ranges: [[code, code]], isNegated: false }
}

function single({ ranges, isNegated }: CharacterSet): number | undefined {
  const [range, ...others] = ranges
  return range && others.length === 0 && !isNegated && range[0] === range[1] ? range[0] : undefined
}

/** `ranges` rise. */
function complement(ranges: Ranges): Ranges {
  const gaps: (readonly [number, number])[] = []
  let from = 0
  for (const [start, end] of ranges) {
    if (start > from) gaps.push([from, start - 1])
    from = end + 1
  }
  return [...gaps, [from, 0x10ffff]]
}

function holds({ ranges, isNegated }: CharacterSet, code: number): boolean {
  return ranges.some(([from, to]) => from <= code && code <= to) !== isNegated
}

/** Built from its end, so that each state knows where it leads. */
function toStates(expression: Expression): Pattern {
  const states: State[] = []
  const add = (state: State): number => {
    if (states.length >= stateLimit)
      throw new PatternProblem(
        `it is too large: with all that is repeated it has more than ${stateLimit} parts`,
        0,
      )
    return states.push(state) - 1
  }
  const build = (each: Expression, next: number): number => {
    switch (each.kind) {
      case 'set':
        return add({ set: each.set, next })
      case 'sequence':
        return each.of.reduceRight((rest, part) => build(part, rest), next)
      case 'choice':
        return add({ set: null, ways: each.of.map((part) => build(part, next)) })
      case 'repeat':
        return buildRepeat(each, next)
    }
  }
  const buildRepeat = ({ of, min, max }: Extract<Expression, { kind: 'repeat' }>, next: number): number => {
    let rest = next
    if (max === Infinity) {
      const ways = [next]
      const loop = add({ set: null, ways })
      ways.push(build(of, loop))
      rest = loop
    } else
      for (let count = min; count < max; count += 1) rest = add({ set: null, ways: [next, build(of, rest)] })
    for (let count = 0; count < min; count += 1) rest = build(of, rest)
    return rest
  }
  return { start: build(expression, -1), states }
}

/** All states that are reached from the given ones without a character, that take one; -1 among them is the end. */
function reach({ states }: Pattern, from: readonly number[]): number[] {
  const seen = new Set<number>()
  const queue = [...from]
  const found: number[] = []
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    const state = states[at]
    if (state?.set === null) queue.push(...state.ways)
    else found.push(at)
  }
  return found
}

/** Whether all of the text matches. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  let current = reach(pattern, [pattern.start])
  for (const character of text) {
    current = reach(pattern, step(pattern, current, codeOf(character)))
    if (current.length === 0) return false
  }
  return current.includes(-1)
}

function step({ states }: Pattern, current: readonly number[], code: number): number[] {
  return current.flatMap((at) => {
    const state = states[at]
    return state?.set && holds(state.set, code) ? [state.next] : []
  })
}

/** Sets of states that are looked at for a sample at each length. */
const sampleWidth = 200

/** A short text that matches, of at least `min` and at most `max` characters; undefined when none was found. */
export function samplePattern(pattern: Pattern, min: number, max: number): string | undefined {
  let level = new Map<string, { readonly text: string; readonly states: readonly number[] }>()
  const start = reach(pattern, [pattern.start])
  level.set(start.join(), { text: '', states: start })
  for (let length = 0; length <= Math.min(max, stateLimit); length += 1) {
    if (length >= min) for (const { text, states } of level.values()) if (states.includes(-1)) return text
    const next: typeof level = new Map()
    for (const { text, states } of level.values())
      for (const at of states) {
        const state = pattern.states[at]
        const code = state?.set ? someOf(state.set) : undefined
        if (code === undefined || next.size >= sampleWidth) continue
        const reached = reach(pattern, step(pattern, states, code)).sort((a, b) => a - b)
        const key = reached.join()
        if (!next.has(key)) next.set(key, { text: text + String.fromCodePoint(code), states: reached })
      }
    level = next
  }
  return undefined
}

/** A letter or a digit where the set has one. */
function someOf(set: CharacterSet): number | undefined {
  for (const code of [97, 98, 48, 49, 65, 45, 95, 46, 47]) if (holds(set, code)) return code
  const [from] = set.isNegated ? (complement(set.ranges)[0] ?? []) : (set.ranges[0] ?? [])
  return from
}
