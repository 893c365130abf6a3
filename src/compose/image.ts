// Where the image of a service comes from. Invariant: what is written has a version, since gantry takes no image without
// one; a build is a folder of the stack.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import { relativePath } from './configs.ts'
import type { Piece } from './interpolation.ts'
import { showPieces, valueOfPieces } from './interpolation.ts'
import { troubleWords } from './session.ts'
import type { Session } from './session.ts'
import type { MapNode, Node } from './tree.ts'
import { fieldOf, isNull, pairsOf, piecesOf, plainOf, textOfPieces } from './values.ts'
import type { ServiceFacts } from './world.ts'

/** undefined, with the service refused, when there is none. */
export function readImage(session: Session, { node, entry }: ServiceFacts): Expr | undefined {
  const build = fieldOf(node, 'build')
  const image = fieldOf(node, 'image')
  if (build && !isNull(build)) {
    if (image)
      session.ledger.changed(image, 'the image is built, and its tag is made from the content of the folder')
    return readBuild(session, build)
  }
  if (image && !isNull(image)) return imageExpr(session, image)
  session.ledger.refused(entry, 'a service has to have an image or a build')
  return undefined
}

export function imageExpr(session: Session, node: Node): Expr | undefined {
  const pieces = piecesOf(session, node)
  if (!pieces) return undefined
  const last = pieces.at(-1)
  const value = valueOfPieces(pieces, session.variables.values)
  if (pieces.every((piece) => typeof piece === 'string')) return plainImage(session, node, pieces.join(''))
  // The type of an image asks for a ':' that can be seen; a variable may hide it.
  if (hasVersion(pieces)) return textOfPieces(session, pieces, node)
  if (typeof last === 'string') return taggedLatest(session, node, pieces)
  if (value !== undefined && !/[:@][^/]*$/.test(value)) return taggedLatest(session, node, pieces)
  session.ledger.changed(
    node,
    `the version of ${showPieces(pieces)} is inside of the input: it is checked when the plan is made`,
  )
  return { kind: 'cast', value: textOfPieces(session, pieces, node), type: '`${string}:${string}`' }
}

/** Whether a ':' or '@' of the version stands in the text itself: one without a '/' behind it. */
function hasVersion(pieces: readonly Piece[]): boolean {
  const shown = pieces.map((piece) => (typeof piece === 'string' ? piece : 'x')).join('')
  return /[:@][^/]*$/.test(shown)
}

function taggedLatest(session: Session, node: Node, pieces: readonly Piece[]): Expr {
  session.ledger.changed(
    node,
    `an image has to have a version: it is ':latest' now, as it was`,
    'name a version',
  )
  return textOfPieces(session, [...pieces, ':latest'], node)
}

/** Registry, path in small letters, tag, digest. */
const reference =
  /^(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/

function plainImage(session: Session, node: Node, text: string): Expr | undefined {
  if (text.length > 512 || !reference.test(text)) {
    session.ledger.refused(node, `${JSON.stringify(text)} is not the name of an image`)
    return undefined
  }
  if (/[:@][^/]*$/.test(text)) return code.string(text)
  session.ledger.changed(
    node,
    "an image has to have a version: it is ':latest' now, as it was",
    'name a version',
  )
  return code.string(`${text}:latest`)
}

function readBuild(session: Session, node: Node): Expr | undefined {
  if (node.kind === 'list') session.ledger.refused(node, 'it takes a folder, or a mapping')
  const map: MapNode | undefined = node.kind === 'map' ? node : undefined
  const contextNode = node.kind === 'map' ? fieldOf(node, 'context') : node
  const written = contextNode ? plainOf(session, contextNode) : '.'
  if (written === undefined) return undefined
  const folder = relativePath(written)
  if (
    /^[a-z+]+:\/\/|^git@|^github\.com\//i.test(written) ||
    folder.startsWith('/') ||
    folder.startsWith('..')
  ) {
    session.ledger.refused(
      contextNode ?? node,
      'an image is built from a folder below the one of the stack file',
      'put its sources there, or name an image that was built elsewhere',
    )
    return undefined
  }
  const dockerfile = plainOf(session, fieldOf(map, 'dockerfile'))
  const args = pairsOf(session, fieldOf(map, 'args')).map(({ name, value, node: at }) => {
    if (!value && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      session.ledger.changed(at, `${name} is an input of the stack that has to be given`)
    return {
      key: name,
      value: textOfPieces(session, value ?? passed(name), at),
    }
  })
  const file = relativePath(`${folder === '' ? '.' : folder}/${dockerfile ?? 'Dockerfile'}`)
  const answer = session.files.read(file)
  if (!answer.ok)
    session.ledger.changed(
      node,
      `${file}: ${troubleWords[answer.trouble]}; the stack compiles when it is there`,
    )
  const target = stageOf(session, fieldOf(map, 'target'))
  const isSame = dockerfile === undefined || relativePath(dockerfile) === 'Dockerfile'
  return code.callWith(
    'build',
    [code.string(folder === '' ? '.' : `./${folder}`)],
    code.object({
      dockerfile: isSame ? undefined : code.string(relativePath(dockerfile)),
      target: target === undefined ? undefined : code.string(target),
      args: code.unlessEmpty(code.record(args)),
    }),
  )
}

/** The engine takes the number of a stage as well; build() takes its name. */
function stageOf(session: Session, node: Node | undefined): string | undefined {
  const target = plainOf(session, node)
  if (target === undefined || target === '') return undefined
  if (/^[A-Za-z][A-Za-z0-9_.-]{0,127}$/.test(target)) return target
  if (node)
    session.ledger.refused(node, 'build() takes the name of a stage', 'give the stage a name: FROM … AS name')
  return undefined
}

function passed(name: string): readonly Piece[] {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? [{ name, operator: '', other: [] }] : []
}
