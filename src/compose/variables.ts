// Variables of the Compose file become typed inputs of the stack. Invariant: a variable is one input, whose kind and
// default fit all of its uses; what it stands for in each use is what Compose would have put there, where an input is
// not given, but that a variable without a default has to be given. A variable that looks secret is a secret input, its
// default and its value in `.env` written nowhere; where a use makes that impossible, the report refuses the use.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import type { Piece, Variable } from './interpolation.ts'
import { valueOfPieces, variablesIn } from './interpolation.ts'
import type { Ledger, Where } from './ledger.ts'
import type { Identifiers } from './names.ts'

/** Where a variable is used: in a text, in what is put together where the task runs (and may hold secrets), as a number. */
export type Use = 'text' | 'placed' | 'number'

interface Known {
  readonly name: string
  readonly identifier: string
  readonly uses: {
    readonly variable: Variable
    readonly as: Use
    readonly at: Where
    /** Inside the default of another. */
    readonly within: Variable | undefined
  }[]
  /** It is all of a variable of the environment that looks secret. */
  isForSecret: boolean
  settled?: { readonly uses: number; readonly as: Settled }
}

interface Settled {
  readonly kind: 'string' | 'number' | 'secret' | 'boolean'
  readonly default: string | undefined
  /** Defaults of single uses stand where they are used. */
  readonly isPerUse: boolean
}

const secretWords =
  /(?:^|_)(?:PASS|PASSWORD|PASSWD|PASSPHRASE|PW|PWD|SECRET|TOKEN|KEY|APIKEY|CREDENTIALS?|PRIVATE)(?:_|$)|PASSWORD|SECRET/i

const publicWords = /(?:_FILE|_PATH|_USER|_NAME|_ID|_HOST|_PORT|_URL|PUBLIC_KEY|_TTL)$/i

/** Whether a variable of that name probably holds a secret. Names of files and of users are none. */
export function looksSecret(name: string): boolean {
  return name !== 'PWD' && secretWords.test(name) && !publicWords.test(name)
}

/** Whether an address in the text has a password in it. */
export function holdsPassword(text: string): boolean {
  return /:\/\/[^/\s:@]*:[^/\s@$]+@/.test(text)
}

export class Variables {
  /** Of `.env`, without those that look secret. */
  readonly values: ReadonlyMap<string, string>
  readonly #secretValues: ReadonlySet<string>
  readonly #identifiers: Identifiers
  readonly #known = new Map<string, Known>()
  readonly #switches = new Map<string, { identifier: string; description: string }>()

  /** `values` are those of `.env`. */
  constructor(values: ReadonlyMap<string, string>, identifiers: Identifiers) {
    const isSecret = (name: string, value: string) => looksSecret(name) || holdsPassword(value)
    this.values = new Map([...values].filter(([name, value]) => !isSecret(name, value)))
    this.#secretValues = new Set([...values.keys()].filter((name) => !this.values.has(name)))
    this.#identifiers = identifiers
  }

  /** Has to be said of every use before anything is settled. `isForSecret`: what it stands in looks secret. */
  use(pieces: readonly Piece[], as: Use, at: Where, isForSecret = false): void {
    const [only] = pieces
    if (isForSecret && pieces.length === 1 && typeof only === 'object' && !isPublic(only.name))
      this.#knownOf(only.name).isForSecret = true
    this.#useAll(pieces, as, at, undefined)
  }

  #useAll(pieces: readonly Piece[], as: Use, at: Where, within: Variable | undefined): void {
    for (const piece of pieces)
      if (typeof piece !== 'string') {
        this.#knownOf(piece.name).uses.push({ variable: piece, as, at, within })
        this.#useAll(piece.other, as, at, piece)
      }
  }

  #knownOf(name: string): Known {
    const before = this.#known.get(name)
    if (before) return before
    const made: Known = {
      name,
      identifier: this.#identifiers.take(name, 'input'),
      uses: [],
      isForSecret: false,
    }
    this.#known.set(name, made)
    return made
  }

  /** An input of true and false, for a profile. */
  switchFor(profile: string): Expr {
    const known = this.#switches.get(profile)
    if (known) return code.name(known.identifier)
    const identifier = this.#identifiers.take(`with ${profile}`, 'input')
    this.#switches.set(profile, { identifier, description: `whether the profile ${profile} runs` })
    return code.name(identifier)
  }

  isSecret(name: string): boolean {
    const known = this.#known.get(name)
    return known !== undefined && this.#settle(known).kind === 'secret'
  }

  /** Whether there is a secret in what stands for the pieces. */
  holdsSecret(pieces: readonly Piece[]): boolean {
    return pieces.some(
      (piece) =>
        typeof piece !== 'string' &&
        (this.isSecret(piece.name) || (this.#usesOther(piece) && this.holdsSecret(piece.other))),
    )
  }

  /** Whether a variable among the pieces looks secret, whatever it becomes. */
  namesSecret(pieces: readonly Piece[]): boolean {
    return [...variablesIn(pieces)].some(({ name }) => looksSecret(name) || this.#secretValues.has(name))
  }

  /** Whether what stands behind the sign is written. */
  #usesOther(variable: Variable): boolean {
    const known = this.#known.get(variable.name)
    switch (variable.operator) {
      case '':
      case '?':
      case ':?':
        return false
      case '-':
      case ':-':
        return known !== undefined && this.#settle(known).isPerUse
      case '+':
      case ':+':
        return true
    }
  }

  /** Says what became of those that look secret. */
  tell(ledger: Ledger): void {
    for (const known of this.#known.values()) {
      if (!this.#looksSecret(known)) continue
      const shown = known.name
      if (this.#settle(known).kind !== 'secret') {
        for (const { variable, as, at } of known.uses)
          if (as !== 'placed' || variable.operator.endsWith('+'))
            ledger.refused(
              at,
              `\${${shown}} looks like a secret, and stands where no secret can: it is a plain input, and plans, print and the containers show its value`,
              'hand it over in env, where it can be a secret, and let the program read it there',
            )
        continue
      }
      for (const { variable, at } of known.uses)
        if (variable.operator.endsWith('-'))
          ledger.changed(
            at,
            `the default of \${${shown}} is not taken over: it is a secret input, and has to be given`,
            `give it by the variable ${shown}`,
          )
      if (this.#secretValues.has(known.name))
        for (const { at } of known.uses)
          ledger.changed(
            at,
            `the value of ${shown} in .env is not copied: it is a secret input`,
            `give it by the variable ${shown}`,
          )
    }
  }

  identifierOf(name: string): string {
    return this.#knownOf(name).identifier
  }

  /** What stands for it. A secret's is the secret itself. */
  exprOf(variable: Variable): Expr {
    const known = this.#knownOf(variable.name)
    const settled = this.#settle(known)
    const own = code.name(known.identifier)
    switch (variable.operator) {
      case '':
      case '?':
      case ':?':
        return own
      case '-':
      case ':-':
        if (!settled.isPerUse) return own
        return { kind: 'binary', operator: '||', left: own, right: this.placedText(variable.other) }
      case '+':
      case ':+':
        return {
          kind: 'choice',
          test: {
            kind: 'binary',
            operator: '===',
            left: settled.kind === 'number' ? code.template([own], '') : own,
            right: code.string(''),
          },
          yes: code.string(''),
          no: this.placedText(variable.other),
        }
    }
  }

  /** A text without secrets and addresses in it. */
  textOf(pieces: readonly Piece[]): Expr {
    const exprs = pieces.map((piece) => (typeof piece === 'string' ? piece : this.exprOf(piece)))
    const [only] = exprs
    // A number alone is no text yet.
    if (exprs.length === 1 && only !== undefined && typeof only !== 'string' && !this.#isNumber(pieces[0]))
      return only
    return code.template(exprs)
  }

  /** A text, which has secrets in it where there are any. */
  placedText(pieces: readonly Piece[]): Expr {
    if (!this.holdsSecret(pieces)) return this.textOf(pieces)
    return code.template(
      pieces.map((piece) => (typeof piece === 'string' ? piece : this.exprOf(piece))),
      'text',
    )
  }

  #isNumber(piece: Piece | undefined): boolean {
    if (piece === undefined || typeof piece === 'string') return false
    const known = this.#known.get(piece.name)
    return known !== undefined && this.#settle(known).kind === 'number'
  }

  #looksSecret({ name, isForSecret, uses }: Known): boolean {
    const isPassword = ({ variable }: Known['uses'][number]): boolean =>
      variable.operator.endsWith('-') && holdsPassword(literalOf(variable.other) ?? '')
    return isForSecret || looksSecret(name) || this.#secretValues.has(name) || uses.some(isPassword)
  }

  #settle(known: Known): Settled {
    const { settled, uses } = known
    if (settled?.uses === uses.length) return settled.as
    const as = this.#decide(known)
    known.settled = { uses: uses.length, as }
    return as
  }

  #decide(known: Known): Settled {
    const { name, uses } = known
    const isSecret = this.#looksSecret(known)
    if (isSecret && uses.every(({ variable, as }) => as === 'placed' && !variable.operator.endsWith('+')))
      return { kind: 'secret', default: undefined, isPerUse: false }
    const given = isSecret ? undefined : this.values.get(name)
    const plain = uses.filter(({ variable }) => ['', '?', ':?'].includes(variable.operator))
    const kind = uses.some(({ as }) => as === 'number') ? 'number' : 'string'
    // What has to be there, and not empty, is never made up.
    const isNeeded = uses.some(({ variable, within }) => !within && variable.operator.endsWith('?'))
    if (given !== undefined && (kind === 'string' ? !(given === '' && isNotEmpty(known)) : isWhole(given)))
      return { kind, default: given, isPerUse: false }
    if (isNeeded) return { kind, default: undefined, isPerUse: kind === 'string' && !isNotEmpty(known) }
    if (plain.length === uses.length) return { kind, default: undefined, isPerUse: false }
    const defaults = uses.map(({ variable }) =>
      variable.operator === '-' || variable.operator === ':-' ? literalOf(variable.other) : undefined,
    )
    const [first] = defaults
    if (kind === 'number') {
      const whole = defaults.find((each) => each !== undefined && isWhole(each))
      return { kind, default: whole, isPerUse: false }
    }
    if (first !== undefined && defaults.every((each) => each === first))
      return { kind, default: first, isPerUse: false }
    return { kind, default: '', isPerUse: true }
  }

  /** The inputs of the stack, in the order in which they were met. */
  inputs(): code.Field[] {
    const switches = [...this.#switches.values()].map(({ identifier, description }) => ({
      key: identifier,
      value: code.call(
        'input.boolean',
        code.object({ default: code.boolean(false), description: code.string(description) }),
      ),
    }))
    const isReached = ({ uses }: Known) => uses.some(({ within }) => !within || this.#usesOther(within))
    return [...[...this.#known.values()].filter(isReached).map((known) => this.#inputOf(known)), ...switches]
  }

  #inputOf(known: Known): code.Field {
    const { kind, default: standard } = this.#settle(known)
    const options = code.object({
      default:
        standard === undefined
          ? undefined
          : kind === 'number'
            ? code.number(Number(standard))
            : code.string(standard),
      whole: kind === 'number' ? code.boolean(true) : undefined,
      minLength: kind === 'string' && isNotEmpty(known) ? code.number(1) : undefined,
      description: descriptionOf(known),
      env: code.string(known.name),
    })
    return { key: known.identifier, value: code.call(`input.${kind}`, options) }
  }
}

/** `${VAR:?…}` refuses an empty value. */
function isNotEmpty({ uses }: Known): boolean {
  return uses.some(({ variable, within }) => !within && variable.operator === ':?')
}

/** Names of files, users and the like, which are no secrets where they stand alone either. */
function isPublic(name: string): boolean {
  return publicWords.test(name)
}

function descriptionOf({ uses }: Known): Expr | undefined {
  for (const { variable } of uses)
    if (variable.operator === '?' || variable.operator === ':?') {
      const text = literalOf(variable.other)
      if (text !== undefined && text !== '') return code.string(text)
    }
  return undefined
}

/** A default without variables in it. */
function literalOf(pieces: readonly Piece[]): string | undefined {
  return pieces.every((piece) => typeof piece === 'string') ? valueOfPieces(pieces, new Map()) : undefined
}

export function isWhole(text: string): boolean {
  return /^(?:0|[1-9]\d{0,14})$/.test(text)
}
