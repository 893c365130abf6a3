// The template of a small language that a place in a file stands in. Told from the syntax and the imports: it answers
// while somebody types, also in a file that does not parse. Invariant: offsets in holes are in no template.

import type ts from 'typescript'

export type Language = 'place' | 'scale' | 'every' | 'gate'

export interface TemplateAt {
  readonly language: Language
  /** Its text, with `holeMark` for each hole. */
  readonly text: string
  /** Of the place, in the text. */
  readonly offset: number
  /** The offset in the file of one in the text. */
  readonly inFile: (offset: number) => number
}

export const holeMark = '\uFFFC'

const languages: ReadonlySet<string> = new Set(['place', 'scale', 'every', 'gate'])

export function templateAt(
  typescript: typeof ts,
  source: ts.SourceFile,
  position: number,
): TemplateAt | undefined {
  const tagged = taggedAround(typescript, source, position)
  const language = tagged && languageOf(typescript, source, tagged.tag)
  if (!tagged || language === undefined) return undefined
  const pieces = piecesOf(typescript, source, tagged.template)
  let length = 0
  const placed = pieces.map(([start, end]) => {
    const at = length
    length += end - start + 1
    return { start, end, at }
  })
  const piece = placed.find(({ start, end }) => start <= position && position <= end)
  if (!piece) return undefined
  return {
    language,
    text: pieces.map(([start, end]) => source.text.slice(start, end)).join(holeMark),
    offset: piece.at + position - piece.start,
    inFile(offset) {
      const found = placed.findLast(({ at }) => at <= offset) ?? piece
      return Math.min(found.start + offset - found.at, found.end)
    },
  }
}

function taggedAround(
  typescript: typeof ts,
  source: ts.SourceFile,
  position: number,
): ts.TaggedTemplateExpression | undefined {
  let found: ts.TaggedTemplateExpression | undefined
  const visit = (node: ts.Node): void => {
    if (position < node.pos || position > node.end) return
    if (
      typescript.isTaggedTemplateExpression(node) &&
      position > node.template.getStart(source) &&
      position <= node.template.end
    )
      found = node
    typescript.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The literal parts between the holes; the last ends where the text does when it was never closed. */
function piecesOf(
  typescript: typeof ts,
  source: ts.SourceFile,
  template: ts.TemplateLiteral,
): (readonly [start: number, end: number])[] {
  const endOf = (node: ts.TemplateLiteralLikeNode, mark: number): number =>
    node.isUnterminated === true ? node.end : node.end - mark
  if (typescript.isNoSubstitutionTemplateLiteral(template))
    return [[template.getStart(source) + 1, endOf(template, 1)]]
  return [
    [template.head.getStart(source) + 1, template.head.end - 2],
    ...template.templateSpans.map(
      ({ literal }) =>
        [literal.getStart(source) + 1, endOf(literal, typescript.isTemplateTail(literal) ? 1 : 2)] as const,
    ),
  ]
}

/** `` place`…` ``, `` scale({ … })`…` ``, under whatever name the word was imported. */
function languageOf(typescript: typeof ts, source: ts.SourceFile, tag: ts.Expression): Language | undefined {
  const callee = typescript.isCallExpression(tag) ? tag.expression : tag
  if (!typescript.isIdentifier(callee)) return undefined
  for (const statement of source.statements) {
    if (!typescript.isImportDeclaration(statement)) continue
    const bindings = statement.importClause?.namedBindings
    const { moduleSpecifier } = statement
    if (!typescript.isStringLiteral(moduleSpecifier) || moduleSpecifier.text !== 'gantry') continue
    if (!bindings || !typescript.isNamedImports(bindings)) continue
    for (const { name, propertyName } of bindings.elements) {
      const word = (propertyName ?? name).text
      if (name.text === callee.text && isLanguage(word) && (word === 'scale') === (callee !== tag))
        return word
    }
  }
  return undefined
}

function isLanguage(word: string): word is Language {
  return languages.has(word)
}
