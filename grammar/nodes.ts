// From tokens to the leaves of the tree: what a text, a number or a hole stands for. The base of the grammar, which says
// where they may stand (expressions.ts, rules.ts, parser.ts). Invariant: a leaf says where it stands; a text has its escapes
// resolved.

import { EmbeddedActionsParser } from 'chevrotain'
import type { IParserErrorMessageProvider, IToken } from 'chevrotain'
import { quote } from './mistake.ts'
import type { Extent, GrammarMistake } from './mistake.ts'
import type { AmountNode, ClockNode, HoleNode, Operator, Piece, TextNode, WordNode } from './syntax.ts'
import { endOf, holeMark, tokens } from './tokens.ts'

/** Offsets of the holes in the text, by their index. */
export type Holes = readonly number[]

/** Begins a message for which the list of all that may stand there is better. */
export const inGeneral = 'rather: '

/** What was expected, in the words of the grammar; who tells the mistake says what was found. */
const ownWords: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => `${inGeneral}${expected.LABEL ?? expected.name}`,
  buildNotAllInputParsedMessage: () => inGeneral,
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? inGeneral,
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? inGeneral,
}

export class NodeParser extends EmbeddedActionsParser {
  /** What was understood although it is wrong; beside `errors`, which are chevrotain's. */
  slips: GrammarMistake[] = []
  #holes: Holes = []

  constructor() {
    super(tokens, { recoveryEnabled: true, maxLookahead: 1, errorMessageProvider: ownWords })
  }

  /** Makes ready to read these tokens with one of the rules. */
  begin(input: readonly IToken[], holes: Holes): void {
    this.input = [...input]
    this.slips = []
    this.#holes = holes
  }

  // A token that is invented, or left out, would be a guess: only whole comparisons are skipped.
  protected override canTokenTypeBeInsertedInRecovery(): boolean {
    return false
  }

  protected canRecoverWithSingleTokenDeletion(): boolean {
    return false
  }

  protected holeNode(token: IToken): HoleNode {
    return this.ACTION(() => this.holeNodeOf(token))
  }

  protected holeNodeOf(token: IToken): HoleNode {
    return { kind: 'hole', hole: this.#holes.indexOf(token.startOffset), ...extentOf(token) }
  }

  protected textNode(token: IToken): TextNode {
    return this.ACTION(() => this.textNodeOf(token, token.image.slice(1, -1)))
  }

  protected openTextNode(token: IToken): TextNode {
    return this.ACTION(() => {
      this.slips.push({
        code: 'GT3105',
        message: 'this text is never closed',
        ...extentOf(token),
        label: 'the mark is missing at its end',
      })
      return { kind: 'text', pieces: [], ...extentOf(token) }
    })
  }

  protected textNodeOf(token: IToken, inner: string): TextNode {
    const pieces: Piece[] = []
    let piece = ''
    const from = token.startOffset + 1
    for (let at = 0; at < inner.length; at += 1) {
      const character = inner.charAt(at)
      if (character === holeMark) {
        if (piece !== '') pieces.push(piece)
        piece = ''
        pieces.push({ hole: this.#holes.indexOf(from + at) })
      } else if (character !== '\\') piece += character
      else {
        at += 1
        const escaped = inner.charAt(at)
        const meant = escapes[escaped]
        if (meant === undefined)
          this.slips.push({
            code: 'GT3105',
            message: `${quote(`\\${escaped === holeMark ? '${…}' : escaped}`)} is no escape`,
            start: from + at - 1,
            end: from + at + 1,
            label: String.raw`write \\ for a backslash`,
          })
        else piece += meant
      }
    }
    if (piece !== '') pieces.push(piece)
    return { kind: 'text', pieces, ...extentOf(token) }
  }

  protected amountNode(token: IToken): AmountNode {
    return this.ACTION((): AmountNode => {
      const extent = extentOf(token)
      if (!token.image.startsWith(holeMark)) return { kind: 'amount', text: token.image, ...extent }
      const hole = this.#holes.indexOf(token.startOffset)
      return { kind: 'amount', text: token.image.slice(1), hole, ...extent }
    })
  }

  protected negativeNode(minus: IToken, token: IToken): AmountNode {
    return this.ACTION((): AmountNode => ({
      kind: 'amount',
      text: token.image,
      isNegative: true,
      start: minus.startOffset,
      end: endOf(token),
    }))
  }

  protected clockNode(token: IToken): ClockNode {
    return this.ACTION((): ClockNode => ({ kind: 'clock', text: token.image, ...extentOf(token) }))
  }

  protected operatorNode(
    operator: Operator,
    token: IToken,
  ): { readonly operator: Operator; readonly at: Extent } {
    return this.ACTION(() => ({ operator, at: extentOf(token) }))
  }

  /** What another language would say; understood as what is meant. */
  protected slipNode<Meant extends string>(
    operator: Meant,
    token: IToken,
    expected: string,
    isMeant = true,
  ): { readonly operator: Meant; readonly at: Extent } {
    return this.ACTION(() => {
      this.slips.push({
        code: 'GT3102',
        message: `expected ${expected}, found '${token.image}'`,
        ...extentOf(token),
        label: isMeant ? `did you mean '${operator}'?` : 'texts are compared as a whole',
      })
      return { operator, at: extentOf(token) }
    })
  }
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  '"': '"',
  "'": "'",
  '`': '`',
  $: '$',
  '{': '{',
  n: '\n',
  t: '\t',
}

export function extentOf(token: IToken): Extent {
  return { start: token.startOffset, end: endOf(token) }
}

export function from(token: IToken, to: Extent): Extent {
  return { start: token.startOffset, end: to.end }
}

export function last<Item>(items: readonly Item[]): Item {
  const item = items.at(-1)
  if (item === undefined) throw new Error('a list that has to have an item has none')
  return item
}

export function word(token: IToken): WordNode {
  return { kind: 'word', word: token.image, ...extentOf(token) }
}
