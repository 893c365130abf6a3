// What a `.dockerignore` file says: which paths of a build context are left out. The rules are Docker's: patterns of
// Go's filepath.Match with `**`, matched against a path and all folders above it, and the last match wins. Invariant:
// matching takes at most (tokens × characters) steps, whatever a stranger wrote in the file: no backtracking. No I/O.

import { posix } from 'node:path'

type Token =
  | { readonly kind: 'character'; readonly character: string }
  | {
      readonly kind: 'class'
      readonly negated: boolean
      readonly ranges: readonly (readonly [string, string])[]
    }
  /** `?`: one character of a name. */
  | { readonly kind: 'any' }
  /** `*`: any characters of one name. */
  | { readonly kind: 'star' }
  /** `**` with more behind it: nothing, or whole folders. */
  | { readonly kind: 'folders' }
  /** `**` at the end: everything; also at the start of plain text, where it means "ends with". */
  | { readonly kind: 'everything' }

export interface IgnoreRule {
  /** As it was written, for messages. */
  readonly pattern: string
  /** True for `!pattern`: what it matches is part of the context after all. */
  readonly keeps: boolean
  readonly tokens: readonly Token[]
  /** Set when it is plain text, anywhere or at its place: most are, and comparing is quicker than simulating. */
  readonly plain: { readonly text: string; readonly anywhere: boolean } | null
}

/** Steps of matching that are left; a file of patterns from a stranger cannot hold the compiler up. */
export interface StepBudget {
  left: number
}

export class TooManySteps extends Error {}

export type IgnoreFile =
  | { readonly ok: true; readonly rules: readonly IgnoreRule[] }
  | { readonly ok: false; readonly line: number; readonly message: string }

/** Which rules match a folder, so that what is in it need not ask again. */
export type FolderMatches = readonly boolean[]

export const ignoreLimits = { patterns: 1000, patternLength: 1024, steps: 200_000_000 } as const

export function parseIgnoreFile(text: string): IgnoreFile {
  const rules: IgnoreRule[] = []
  for (const [index, written] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (written.startsWith('#')) continue
    const pattern = written.trim()
    if (pattern === '') continue
    const refuse = (message: string): IgnoreFile => ({ ok: false, line: index + 1, message })
    if (rules.length === ignoreLimits.patterns) return refuse(`more than ${ignoreLimits.patterns} patterns`)
    if (pattern.length > ignoreLimits.patternLength)
      return refuse(`the pattern is longer than ${ignoreLimits.patternLength} characters`)
    const keeps = pattern.startsWith('!')
    const bare = keeps ? pattern.slice(1).trim() : pattern
    if (bare === '') return refuse('a "!" without a pattern')
    const cleaned = cleanPattern(bare)
    if (cleaned === '.') continue
    const tokens = tokenize(Array.from(cleaned))
    if (typeof tokens === 'string') return refuse(tokens)
    rules.push({ pattern, keeps, tokens, plain: plainText(tokens) })
  }
  return { ok: true, rules }
}

/**
 * Which rules match `path` (names joined by `/`), given which match the folder it is in; `[]` for the context itself.
 * Throws `TooManySteps`.
 */
export function matchRules(
  rules: readonly IgnoreRule[],
  path: string,
  above: FolderMatches,
  budget: StepBudget,
): FolderMatches {
  return rules.map((rule, index) => above[index] === true || isMatch(rule, path, budget))
}

/** Whether the last rule that matches leaves the path out. */
export function isIgnored(rules: readonly IgnoreRule[], matches: FolderMatches): boolean {
  return rules[matches.lastIndexOf(true)]?.keeps === false
}

/** Whether a `!` rule could bring back something inside an ignored folder; if not, nobody need look inside. */
export function mayKeepInside(rules: readonly IgnoreRule[], folder: string, budget: StepBudget): boolean {
  return rules.some((rule) => rule.keeps && statesAfter(rule.tokens, `${folder}/`, budget).size > 0)
}

function isMatch({ tokens, plain }: IgnoreRule, path: string, budget: StepBudget): boolean {
  if (plain === null) return statesAfter(tokens, path, budget).has(tokens.length)
  return path === plain.text || (plain.anywhere && path.endsWith(`/${plain.text}`))
}

function plainText(tokens: readonly Token[]): IgnoreRule['plain'] {
  const anywhere = tokens[0]?.kind === 'folders'
  const rest = anywhere ? tokens.slice(1) : tokens
  const characters = rest.map((token) => (token.kind === 'character' ? token.character : null))
  return characters.includes(null) ? null : { text: characters.join(''), anywhere }
}

function cleanPattern(pattern: string): string {
  const cleaned = posix.normalize(pattern).replace(/^\/+/, '').replace(/\/$/, '')
  return cleaned === '' ? '.' : cleaned
}

/** The tokens, or what is wrong. */
function tokenize(pattern: readonly string[]): Token[] | string {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? ''
    if (character === '*' && pattern[at + 1] === '*') {
      at += pattern[at + 2] === '/' ? 2 : 1
      const rest = pattern.slice(at + 1)
      const endsWith =
        tokens.length === 0 && pattern[at] !== '/' && !rest.some((each) => '*?[]\\'.includes(each))
      tokens.push({ kind: rest.length === 0 || endsWith ? 'everything' : 'folders' })
    } else if (character === '*') tokens.push({ kind: 'star' })
    else if (character === '?') tokens.push({ kind: 'any' })
    else if (character === '\\') {
      const escaped = pattern[++at]
      if (escaped === undefined) return 'a "\\" with nothing behind it'
      tokens.push({ kind: 'character', character: escaped })
    } else if (character === '[') {
      const parsed = parseClass(pattern, at + 1)
      if (typeof parsed === 'string') return parsed
      tokens.push(parsed.token)
      at = parsed.end
    } else tokens.push({ kind: 'character', character })
  }
  return tokens
}

/** `[a-z]`, `[^x]`; `start` is behind the bracket, `end` on the closing one. */
function parseClass(pattern: readonly string[], start: number): { token: Token; end: number } | string {
  const negated = pattern[start] === '^'
  const ranges: [string, string][] = []
  let at = negated ? start + 1 : start
  const next = (): string | undefined => (pattern[at] === '\\' ? pattern[(at += 2) - 1] : pattern[at++])
  while (pattern[at] !== ']' || ranges.length === 0) {
    const low = next()
    if (low === undefined || (low === ']' && ranges.length === 0))
      return 'a "[" that is not closed, or is empty'
    let high: string | undefined = low
    if (pattern[at] === '-') {
      at += 1
      high = next()
    }
    if (high === undefined) return 'a "[" that is not closed'
    if (high < low) return `a range that runs backwards: ${low}-${high}`
    ranges.push([low, high])
  }
  return { token: { kind: 'class', negated, ranges }, end: at }
}

/** Thompson's simulation: the positions in `tokens` that are possible after reading `path`; all read is their number. */
function statesAfter(tokens: readonly Token[], path: string, budget: StepBudget): ReadonlySet<number> {
  let states = new Set<number>()
  enter(tokens, 0, states)
  for (const character of path) {
    const next = new Set<number>()
    budget.left -= states.size
    if (budget.left < 0) throw new TooManySteps('the patterns take too many steps')
    for (const state of states) {
      const token = tokens[state]
      if (token === undefined) continue
      switch (token.kind) {
        case 'character':
          if (token.character === character) enter(tokens, state + 1, next)
          break
        case 'class':
          if (character !== '/' && isInClass(token, character)) enter(tokens, state + 1, next)
          break
        case 'any':
          if (character !== '/') enter(tokens, state + 1, next)
          break
        case 'star':
          if (character !== '/') enter(tokens, state, next)
          break
        case 'folders':
          // Inside a folder's name it stays (without the way out that `enter` opens), behind its slash it may be left.
          next.add(state)
          if (character === '/') enter(tokens, state + 1, next)
          break
        case 'everything':
          enter(tokens, state, next)
          break
      }
    }
    if (next.size === 0) return next
    states = next
  }
  return states
}

/** Adds a position, and those behind it that need no character to be reached. */
function enter(tokens: readonly Token[], from: number, states: Set<number>): void {
  for (let state = from; ; state += 1) {
    states.add(state)
    const kind = tokens[state]?.kind
    if (kind !== 'star' && kind !== 'folders' && kind !== 'everything') return
  }
}

function isInClass(token: Token & { readonly kind: 'class' }, character: string): boolean {
  return token.ranges.some(([low, high]) => low <= character && character <= high) !== token.negated
}
