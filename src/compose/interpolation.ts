// `${VAR}`, `${VAR:-default}`, `${VAR:?why}`, `${VAR:+other}`, `$VAR` and `$$` in the texts of a Compose file.
// Invariant: every text gives pieces or a sentence that says what is wrong; nothing is looked up here.

export type Piece = string | Variable

export interface Variable {
  readonly name: string
  /** The sign after the name: a default, an error, another text when it is set; none. `:` counts an empty value as unset. */
  readonly operator: '' | '-' | ':-' | '?' | ':?' | '+' | ':+'
  /** What stands behind the sign. */
  readonly other: readonly Piece[]
}

export type Interpolated =
  { readonly ok: true; readonly pieces: readonly Piece[] } | { readonly ok: false; readonly why: string }

const name = /[A-Za-z_][A-Za-z0-9_]*/y
const depthLimit = 16

class Malformed extends Error {}

/** Neighbouring texts are one piece; an empty text has none. */
export function interpolate(text: string): Interpolated {
  let at = 0

  const nameAt = (from: number): string => {
    name.lastIndex = from
    return name.exec(text)?.[0] ?? ''
  }

  const readVariable = (depth: number): Variable => {
    if (depth > depthLimit) throw new Malformed(`variables are nested more than ${depthLimit} deep`)
    const found = nameAt(at)
    if (found === '') throw new Malformed("'${' has to be followed by the name of a variable")
    at += found.length
    const sign = /^(?::?[-?+])?/.exec(text.slice(at, at + 2))?.[0] ?? ''
    const operator = signs.find((each) => each === sign) ?? ''
    at += operator.length
    if (operator === '') {
      if (text[at] !== '}')
        throw new Malformed(`'\${${found}${text[at] ?? ''}' is not a form that Compose knows`)
      at += 1
      return { name: found, operator: '', other: [] }
    }
    const other = readPieces(depth, true)
    return { name: found, operator, other }
  }

  const readPieces = (depth: number, isInside: boolean): Piece[] => {
    const pieces: Piece[] = []
    const add = (piece: string): void => {
      const last = pieces.at(-1)
      if (typeof last === 'string') pieces[pieces.length - 1] = last + piece
      else pieces.push(piece)
    }
    while (at < text.length) {
      const char = text[at] ?? ''
      if (isInside && char === '}') {
        at += 1
        return pieces
      }
      if (char !== '$') {
        const end = text.slice(at).search(isInside ? /[$}]/ : /\$/)
        const next = end < 0 ? text.length : at + end
        add(text.slice(at, next))
        at = next
      } else if (text[at + 1] === '$') {
        add('$')
        at += 2
      } else if (text[at + 1] === '{') {
        at += 2
        pieces.push(readVariable(depth + 1))
      } else {
        const found = nameAt(at + 1)
        at += 1 + found.length
        if (found === '') add('$')
        else pieces.push({ name: found, operator: '', other: [] })
      }
    }
    if (isInside) throw new Malformed("'${' is not closed by '}'")
    return pieces
  }

  try {
    return { ok: true, pieces: readPieces(0, false) }
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, why: error.message }
    throw error
  }
}

const signs = ['-', ':-', '?', ':?', '+', ':+'] as const

/** The text that a Compose run with these variables would see; undefined where one without a default is not set. */
export function valueOfPieces(
  pieces: readonly Piece[],
  values: ReadonlyMap<string, string>,
): string | undefined {
  let whole = ''
  for (const piece of pieces) {
    const text = typeof piece === 'string' ? piece : valueOfVariable(piece, values)
    if (text === undefined) return undefined
    whole += text
  }
  return whole
}

function valueOfVariable(variable: Variable, values: ReadonlyMap<string, string>): string | undefined {
  const value = values.get(variable.name)
  const isSet = value !== undefined && (!variable.operator.startsWith(':') || value !== '')
  switch (variable.operator) {
    case '':
    case '?':
    case ':?':
      return value
    case '-':
    case ':-':
      return isSet ? value : valueOfPieces(variable.other, values)
    case '+':
    case ':+':
      return isSet ? valueOfPieces(variable.other, values) : ''
  }
}

/** Every variable, those inside defaults too. */
export function* variablesIn(pieces: readonly Piece[]): Generator<Variable> {
  for (const piece of pieces)
    if (typeof piece !== 'string') {
      yield piece
      yield* variablesIn(piece.other)
    }
}

/** Some of the pieces as one text, with `$` doubled again: what a message shows. */
export function showPieces(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) =>
      typeof piece === 'string' ? piece : `\${${piece.name}${piece.operator}${showPieces(piece.other)}}`,
    )
    .join('')
}
