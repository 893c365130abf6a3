// Variables of the Compose file become typed inputs of the stack. Invariant: a variable is one input, whose kind and
// default fit all of its uses; what it stands for in each use is what Compose would have put there, where an input is
// not given, but that a variable without a default has to be given. It never writes down a value that looks secret.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import type { Piece, Variable } from './interpolation.ts'
import { valueOfPieces, variablesIn } from './interpolation.ts'
import type { Identifiers } from './names.ts'

/** Where a variable is used: in a text, in a variable of the environment (where it may be a secret), as a number. */
export type Use = 'text' | 'environment' | 'number'

interface Known {
  readonly name: string
  readonly identifier: string
  readonly uses: { readonly variable: Variable; readonly as: Use; readonly isNested: boolean }[]
}

interface Settled {
  readonly kind: 'string' | 'number' | 'secret' | 'boolean'
  readonly default: string | undefined
  /** Defaults of single uses stand where they are used. */
  readonly isPerUse: boolean
}

const secretWords =
  /(?:^|_)(?:PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|KEY|APIKEY|CREDENTIALS?|PRIVATE)(?:_|$)|PASSWORD|SECRET/i

/** Whether a variable of that name probably holds a secret. Names of files and of users are none. */
export function looksSecret(name: string): boolean {
  return (
    secretWords.test(name) && !/(?:_FILE|_PATH|_USER|_NAME|_ID|_HOST|_PORT|_URL|PUBLIC_KEY|_TTL)$/i.test(name)
  )
}

export class Variables {
  readonly values: ReadonlyMap<string, string>
  readonly #identifiers: Identifiers
  readonly #known = new Map<string, Known>()
  readonly #switches = new Map<string, { identifier: string; description: string }>()

  /** `values` are those of `.env`. */
  constructor(values: ReadonlyMap<string, string>, identifiers: Identifiers) {
    this.values = values
    this.#identifiers = identifiers
  }

  /** Has to be said of every use before anything is settled. */
  use(pieces: readonly Piece[], as: Use): void {
    const top = new Set(pieces)
    for (const variable of variablesIn(pieces)) {
      const known = this.#knownOf(variable.name)
      known.uses.push({ variable, as, isNested: !top.has(variable) })
    }
  }

  #knownOf(name: string): Known {
    const before = this.#known.get(name)
    if (before) return before
    const made: Known = { name, identifier: this.#identifiers.take(name, 'input'), uses: [] }
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

  /** Whether it has to be given. */
  isRequired(name: string): boolean {
    const known = this.#known.get(name)
    return known !== undefined && this.#settle(known).default === undefined
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
        return { kind: 'binary', operator: '||', left: own, right: this.textOf(variable.other) }
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
          no: this.textOf(variable.other),
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

  #isNumber(piece: Piece | undefined): boolean {
    if (piece === undefined || typeof piece === 'string') return false
    const known = this.#known.get(piece.name)
    return known !== undefined && this.#settle(known).kind === 'number'
  }

  #settle({ name, uses }: Known): Settled {
    const given = this.values.get(name)
    const isSecretName = looksSecret(name)
    const plain = uses.filter(({ variable }) => ['', '?', ':?'].includes(variable.operator))
    if (
      isSecretName &&
      plain.length === uses.length &&
      uses.every(({ as, isNested }) => as === 'environment' && !isNested)
    )
      return { kind: 'secret', default: undefined, isPerUse: false }
    const kind = uses.some(({ as }) => as === 'number') ? 'number' : 'string'
    if (given !== undefined && !isSecretName && (kind === 'string' || isWhole(given)))
      return { kind, default: given, isPerUse: false }
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
    return [...[...this.#known.values()].map((known) => this.#inputOf(known)), ...switches]
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
      description: descriptionOf(known),
      env: code.string(known.name),
    })
    return { key: known.identifier, value: code.call(`input.${kind}`, options) }
  }
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
