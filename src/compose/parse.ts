// YAML text to a tree with places. Invariant: whatever the bytes are, this ends in a tree or in one Unreadable with a
// line; size and depth are bounded before anything recursive runs, aliases stay shared, and a key that stands twice is
// refused. It resolves `<<` and anchors and knows nothing of Compose but the tags !reset and !override.

import { Composer, isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, Parser } from 'yaml'
import type { CST, Document, ParsedNode } from 'yaml'
import { Unreadable } from './tree.ts'
import type { Place, Raw, RawMap } from './tree.ts'

const sizeLimit = 1024 * 1024
const depthLimit = 64
const mergeLimit = 200_000

/** Reads the text of one file. Throws Unreadable. */
export function parseYaml(text: string, file: string): Raw {
  const lines = new LineCounter()
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (text.length > sizeLimit)
    throw new Unreadable(
      { file, line: 1, column: 1 },
      `the file is larger than ${sizeLimit / 1024 / 1024} MiB`,
    )
  const tokens: CST.Token[] = []
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    refuseDepth(token, at)
    tokens.push(token)
  }
  const documents: Document.Parsed[] = []
  const composer = new Composer({ version: '1.2', schema: 'core', merge: false, uniqueKeys: true })
  for (const document of composer.compose(tokens, true, text.length)) documents.push(document)
  const [document, second] = documents
  if (!document) throw new Unreadable({ file, line: 1, column: 1 }, 'the file is empty')
  const [error] = document.errors
  if (error) {
    const what = error.code === 'DUPLICATE_KEY' ? 'this key stands twice in one mapping' : error.message
    throw new Unreadable(
      at(error.pos[0]),
      what,
      error.code === 'DUPLICATE_KEY' ? 'leave one of them' : undefined,
    )
  }
  const warning = document.warnings.find((each) => each.code !== 'TAG_RESOLVE_FAILED')
  if (warning) throw new Unreadable(at(warning.pos[0]), warning.message)
  if (second)
    throw new Unreadable(
      at(second.range[0]),
      'the file holds more than one document',
      'import each from a file of its own',
    )
  if (document.contents === null) throw new Unreadable({ file, line: 1, column: 1 }, 'the file is empty')
  return new Reader(at).read(document.contents)
}

/** With a list of its own, because the tokens may nest deeper than the stack is. */
function refuseDepth(root: CST.Token, at: (offset: number) => Place): void {
  const open: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, depth } = next
    if (depth > depthLimit) throw new Unreadable(at(token.offset), `nested more than ${depthLimit} deep`)
    if (token.type === 'document' && token.value) open.push({ token: token.value, depth: depth + 1 })
    if ('items' in token)
      for (const item of token.items) {
        if (item.key) open.push({ token: item.key, depth: depth + 1 })
        if (item.value) open.push({ token: item.value, depth: depth + 1 })
      }
  }
}

/** Those of the core schema. */
const coreTags: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

class Reader {
  readonly #at: (offset: number) => Place
  readonly #anchors = new Map<string, Raw | 'open'>()
  #merged = 0

  constructor(at: (offset: number) => Place) {
    this.#at = at
  }

  read(node: ParsedNode): Raw {
    const place = this.#at(node.range[0])
    if (isAlias(node)) {
      const found = this.#anchors.get(node.source)
      if (found === undefined) throw new Unreadable(place, `there is no anchor '${node.source}' before this`)
      if (found === 'open') throw new Unreadable(place, `the alias '${node.source}' stands inside itself`)
      return found
    }
    const anchor = isScalar(node) || isCollection(node) ? node.anchor : undefined
    if (anchor !== undefined) this.#anchors.set(anchor, 'open')
    const raw = this.#readValue(node, place)
    if (anchor !== undefined) this.#anchors.set(anchor, raw)
    return raw
  }

  #readValue(node: ParsedNode, place: Place): Raw {
    const tag = this.#tagOf(node, place)
    if (isMap(node)) return this.#readMap(node.items, place, tag)
    if (isSeq(node)) {
      const items = node.items.map((item): Raw => this.read(item))
      return { kind: 'list', place, tag, items }
    }
    if (!isScalar(node)) throw new Unreadable(place, 'this is no value')
    const { value } = node
    const isPlain =
      value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    if (!isPlain) throw new Unreadable(place, 'this is no text, number, true, false or null')
    return { kind: 'scalar', place, tag, value, source: node.source }
  }

  #tagOf(node: ParsedNode, place: Place): string | undefined {
    const { tag } = node
    if (tag === undefined || coreTags.has(tag)) return undefined
    if (tag === '!reset' || tag === '!override' || tag === '!') return tag
    throw new Unreadable(place, `unknown tag ${tag}`, 'leave it out')
  }

  #readMap(
    items: readonly { readonly key: ParsedNode; readonly value: ParsedNode | null }[],
    place: Place,
    tag: string | undefined,
  ): RawMap {
    const entries = new Map<string, { place: Place; value: Raw }>()
    const merges: { place: Place; value: Raw }[] = []
    for (const { key, value } of items) {
      const keyPlace = this.#at(key.range[0])
      if (!isScalar(key)) throw new Unreadable(keyPlace, 'a key has to be a text')
      const read: Raw = value
        ? this.read(value)
        : { kind: 'scalar', place: keyPlace, tag: undefined, value: null, source: '' }
      const name = typeof key.value === 'string' ? key.value : key.source
      if (name === '<<' && key.type === 'PLAIN') merges.push({ place: keyPlace, value: read })
      else if (entries.has(name))
        throw new Unreadable(keyPlace, 'this key stands twice in one mapping', 'leave one of them')
      else entries.set(name, { place: keyPlace, value: read })
    }
    for (const merge of merges) this.#merge(entries, merge.value, merge.place)
    return { kind: 'map', place, tag, entries }
  }

  /** What stands in the map itself wins, then the first of the list. */
  #merge(into: Map<string, { place: Place; value: Raw }>, from: Raw, place: Place): void {
    const sources = from.kind === 'list' ? from.items : [from]
    for (const source of sources) {
      if (source.kind !== 'map') throw new Unreadable(place, "'<<' takes a mapping or a list of mappings")
      this.#merged += source.entries.size
      if (this.#merged > mergeLimit) throw new Unreadable(place, "there is too much to merge by '<<'")
      for (const [key, entry] of source.entries) if (!into.has(key)) into.set(key, entry)
    }
  }
}
