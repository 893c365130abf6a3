// Reading values of the tree: texts with variables, amounts, lists, pairs. Invariant: a value of another shape than its
// key takes is refused with what the key takes, and gives undefined; a variable that cannot stay an input where it
// stands is replaced by its default, and the report says so.

import { cpusOf, durationOf, readWhole, sizeOf } from './amounts.ts'
import type { Amount } from './amounts.ts'
import * as code from './code.ts'
import type { Expr } from './code.ts'
import { interpolate, showPieces, valueOfPieces } from './interpolation.ts'
import type { Piece } from './interpolation.ts'
import type { Where } from './ledger.ts'
import type { Session } from './session.ts'
import { splitWords } from './shell.ts'
import type { Entry, ListNode, MapNode, Node } from './tree.ts'
import { entryOf } from './tree.ts'
import { isWhole } from './variables.ts'

/** The pieces of a scalar; numbers and truth values as they are written, null as an empty text. */
export function piecesOf(session: Session, node: Node): readonly Piece[] | undefined {
  if (node.kind !== 'scalar') {
    session.ledger.refused(node, 'it takes a text')
    return undefined
  }
  if (typeof node.value === 'string' && node.value.includes('\0')) {
    session.ledger.refused(node, 'it has a NUL character in it, which no program can be given')
    return undefined
  }
  if (typeof node.value !== 'string') return node.value === null ? [] : [node.source]
  const read = interpolate(node.value)
  if (read.ok) return read.pieces
  session.ledger.refused(node, read.why, "write '$$' for a dollar sign")
  return undefined
}

/** A string, with inputs in it where variables are. */
export function textOf(session: Session, node: Node | undefined): Expr | undefined {
  const pieces = node && piecesOf(session, node)
  return pieces && textOfPieces(session, pieces, node)
}

export function textOfPieces(session: Session, pieces: readonly Piece[], at: Where): Expr {
  session.variables.use(pieces, 'text', at)
  return code.later(() => session.variables.textOf(pieces))
}

/** A text that may hold secrets: what is put together where the task runs. */
export function placedText(session: Session, pieces: readonly Piece[], at: Where): Expr {
  session.variables.use(pieces, 'placed', at)
  return code.later(() => session.variables.placedText(pieces))
}

/** The text itself: a variable stands for its value in `.env` or its default. */
export function plainOf(session: Session, node: Node | undefined): string | undefined {
  const pieces = node && piecesOf(session, node)
  if (!node || !pieces) return undefined
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('')
  const value = valueOfPieces(pieces, session.variables.values)
  const shown = showPieces(pieces)
  if (session.variables.namesSecret(pieces)) {
    session.ledger.refused(
      node,
      `${shown} looks like a secret, and nothing but env and the content of a config can hold one`,
      'write a value that is no secret, or hand the secret over in env',
    )
    return undefined
  }
  if (value === undefined)
    session.ledger.refused(
      node,
      `${shown} has no default, and cannot be an input here`,
      'write the value, or a default into the Compose file',
    )
  else
    session.ledger.changed(
      node,
      `${shown} cannot be an input here: it is ${JSON.stringify(value)} now`,
      'make it an input by hand if it has to differ',
    )
  return value
}

/** One of a few words. */
export function wordOf<const W extends string>(
  session: Session,
  node: Node | undefined,
  words: readonly W[],
): W | undefined {
  const text = plainOf(session, node)
  const found = words.find((each) => each === text)
  if (node && text !== undefined && found === undefined)
    session.ledger.refused(node, `it takes ${words.join(', ')}, not ${JSON.stringify(text)}`)
  return found
}

export function truthOf(session: Session, node: Node | undefined): boolean | undefined {
  const text = plainOf(session, node)
  if (!node || text === undefined) return undefined
  if (/^(?:true|yes|on|y)$/i.test(text)) return true
  if (/^(?:false|no|off|n)$/i.test(text)) return false
  session.ledger.refused(node, `it takes true or false, not ${JSON.stringify(text)}`)
  return undefined
}

export interface Range {
  readonly min: number
  readonly max: number
}

export function wholeOf(session: Session, node: Node | undefined, range: Range): number | undefined {
  const text = plainOf(session, node)
  if (!node || text === undefined) return undefined
  const value = readWhole(text)
  if (value !== undefined && value >= range.min && value <= range.max) return value
  session.ledger.refused(
    node,
    `it takes a whole number from ${range.min} to ${range.max}, not ${JSON.stringify(text)}`,
  )
  return undefined
}

/** A number, or the input that a variable is. */
export function numberExpr(session: Session, node: Node | undefined, range: Range): Expr | undefined {
  if (!node) return undefined
  const pieces = piecesOf(session, node)
  const input = pieces && numberInput(session, pieces, node)
  if (input) return input
  const value = pieces && wholeOf(session, node, range)
  return value === undefined ? undefined : code.number(value)
}

/** The input of a variable that stands alone and whose values are numbers. */
export function numberInput(session: Session, pieces: readonly Piece[], at: Where): Expr | undefined {
  const [only] = pieces
  if (pieces.length !== 1 || only === undefined || typeof only === 'string' || only.operator.endsWith('+'))
    return undefined
  const isDefault = only.operator === '-' || only.operator === ':-'
  const standard =
    session.variables.values.get(only.name) ?? (isDefault ? valueOfPieces(only.other, new Map()) : '0')
  if (standard === undefined || !isWhole(standard)) return undefined
  session.variables.use(pieces, 'number', at)
  return code.name(session.variables.identifierOf(only.name))
}

function amountExpr(
  session: Session,
  node: Node | undefined,
  read: (text: string) => Amount | undefined,
  takes: string,
): Expr | undefined {
  const text = plainOf(session, node)
  if (!node || text === undefined) return undefined
  const amount = read(text)
  if (!amount) {
    session.ledger.refused(node, `it takes ${takes}, not ${JSON.stringify(text)}`)
    return undefined
  }
  if (amount.isRounded) session.ledger.changed(node, `${text} is rounded to ${amount.text}`)
  return code.string(amount.text)
}

export const sizeExpr = (session: Session, node: Node | undefined): Expr | undefined =>
  amountExpr(session, node, sizeOf, "a size of at least one byte such as '512m'")

export const durationExpr = (session: Session, node: Node | undefined): Expr | undefined =>
  amountExpr(session, node, durationOf, "a time such as '1m30s'")

export const cpuExpr = (session: Session, node: Node | undefined): Expr | undefined =>
  amountExpr(session, node, cpusOf, "a number of cores such as '0.5'")

/** The items of a list; a single value counts as a list of one where `isSingle` says so. */
export function itemsOf(session: Session, node: Node | undefined, isSingle = false): readonly Node[] {
  if (!node || isNull(node)) return []
  if (node.kind === 'list') return node.items
  if (isSingle && node.kind === 'scalar') return [node]
  session.ledger.refused(node, 'it takes a list')
  return []
}

export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** A mapping; null counts as an empty one. */
export function mapOf(session: Session, node: Node | undefined): MapNode | undefined {
  if (!node || isNull(node)) return undefined
  if (node.kind === 'map') return node
  session.ledger.refused(node, 'it takes a mapping')
  return undefined
}

export function fieldOf(node: MapNode | undefined, key: string): Node | undefined {
  return entryOf(node, key)?.value
}

export interface Pair {
  readonly name: string
  /** undefined: a name alone. */
  readonly value: readonly Piece[] | undefined
  readonly node: Node
}

/** `KEY: value` or `- KEY=value`; names that cannot be keys of an object are refused. */
export function pairsOf(session: Session, node: Node | undefined, separator = '='): Pair[] {
  if (!node || isNull(node)) return []
  if (node.kind === 'scalar') {
    session.ledger.refused(node, 'it takes a mapping or a list')
    return []
  }
  const pairs = node.kind === 'map' ? pairsOfMap(session, node) : pairsOfList(session, node, separator)
  // The last of several with one name counts, as in Compose.
  return [...new Map(pairs.map((pair) => [pair.name, pair])).values()]
}

function pairsOfMap(session: Session, node: MapNode): Pair[] {
  return node.entries.flatMap(({ key, value }: Entry): Pair[] => {
    if (key.includes('\0')) {
      session.ledger.refused(value, 'its name has a NUL character in it')
      return []
    }
    if (isNull(value)) return [{ name: key, value: undefined, node: value }]
    const pieces = piecesOf(session, value)
    return pieces ? [{ name: key, value: pieces, node: value }] : []
  })
}

function pairsOfList(session: Session, node: ListNode, separator: string): Pair[] {
  return node.items.flatMap((item): Pair[] => {
    const pieces = piecesOf(session, item)
    if (!pieces) return []
    const [first = '', ...rest] = pieces
    const at = typeof first === 'string' ? first.search(separator === '=' ? /=/ : /[:=]/) : -1
    if (typeof first === 'string' && at > 0) {
      const tail = first.slice(at + 1)
      return [{ name: first.slice(0, at), value: tail === '' ? rest : [tail, ...rest], node: item }]
    }
    if (typeof first === 'string' && rest.length === 0 && first !== '')
      return [{ name: first, value: undefined, node: item }]
    session.ledger.refused(item, `it takes NAME${separator}value, and the name has to be written out`)
    return []
  })
}

/** Labels, options and the like: each value a string. */
export function recordOf(session: Session, node: Node | undefined): Expr & { kind: 'object' } {
  return code.record(
    pairsOf(session, node).map(({ name, value, node: at }) => ({
      key: name,
      value: textOfPieces(session, value ?? [], at),
    })),
  )
}

/** A command as words: a list as it is, a text split as a shell would. */
export function wordsOf(session: Session, node: Node): readonly (readonly Piece[])[] | undefined {
  if (node.kind === 'list') {
    const words = node.items.flatMap((item) => {
      const pieces = piecesOf(session, item)
      return pieces ? [pieces] : []
    })
    // A command without one of its words is another command.
    return words.length === node.items.length ? words : undefined
  }
  const pieces = piecesOf(session, node)
  if (!pieces) return undefined
  const split = splitWords(pieces)
  if (split.ok) return split.words
  session.ledger.refused(node, split.why)
  return undefined
}

/** A list of strings. */
export function stringsOf(session: Session, node: Node | undefined, isSingle = false): Expr {
  return code.array(itemsOf(session, node, isSingle).flatMap((item) => textOf(session, item) ?? []))
}
