// The YAML tree as the importer sees it: maps, lists and scalars, each with its place in a file and its path in the
// model. Invariant: after `locate` no node is shared, every map key has exactly one path, and the number of nodes is
// bounded, so that aliases cannot make a small file into a large model. It knows no key of Compose.

export interface Place {
  /** As the caller named it, relative to the folder of the main file. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
}

/** What is wrong with a file as a whole: nothing can be imported from it. */
export interface Problem extends Place {
  readonly what: string
  readonly fix?: string
}

/** Ends the import; caught by `importCompose`, which gives it out as a value. */
export class Unreadable extends Error {
  readonly problem: Problem
  constructor(place: Place, what: string, fix?: string) {
    super(what)
    this.problem = { ...place, what, ...(fix === undefined ? {} : { fix }) }
  }
}

export type Plain = string | number | boolean | null

/** As read: aliases are shared nodes. */
export type Raw = RawMap | RawList | RawScalar
export interface RawMap {
  readonly kind: 'map'
  readonly place: Place
  readonly tag: string | undefined
  readonly entries: ReadonlyMap<string, { readonly place: Place; readonly value: Raw }>
}
export interface RawList {
  readonly kind: 'list'
  readonly place: Place
  readonly tag: string | undefined
  readonly items: readonly Raw[]
}
export interface RawScalar {
  readonly kind: 'scalar'
  readonly place: Place
  readonly tag: string | undefined
  readonly value: Plain
  /** As it is written, for numbers whose spelling matters. */
  readonly source: string
}

interface Located {
  readonly place: Place
  /** `services.web.ports[0]`. */
  readonly path: string
  /** Path of the nearest map key: where remarks about the node are reported. */
  readonly owner: string
}
export type Node = MapNode | ListNode | ScalarNode
export interface MapNode extends Located {
  readonly kind: 'map'
  readonly entries: readonly Entry[]
}
export interface ListNode extends Located {
  readonly kind: 'list'
  readonly items: readonly Node[]
}
export interface ScalarNode extends Located {
  readonly kind: 'scalar'
  readonly value: Plain
  readonly source: string
}
export interface Entry {
  readonly key: string
  readonly path: string
  /** Of the key. */
  readonly place: Place
  readonly value: Node
}

const nodeLimit = 100_000

/** Copies the tree with paths. Throws Unreadable when aliases make it larger than any real file. */
export function locate(root: Raw): Node {
  let count = 0
  const visit = (raw: Raw, path: string, owner: string): Node => {
    count += 1
    if (count > nodeLimit)
      throw new Unreadable(
        raw.place,
        `the file has more than ${nodeLimit} values once its aliases are written out`,
        'use fewer aliases',
      )
    const place = raw.place
    switch (raw.kind) {
      case 'scalar':
        return { kind: 'scalar', place, path, owner, value: raw.value, source: raw.source }
      case 'list':
        return {
          kind: 'list',
          place,
          path,
          owner,
          items: raw.items.map((item, index) => visit(item, `${path}[${index}]`, owner)),
        }
      case 'map':
        return {
          kind: 'map',
          place,
          path,
          owner,
          entries: [...raw.entries].map(([key, entry]): Entry => {
            const inner = path === '' ? pathKey(key) : `${path}.${pathKey(key)}`
            return { key, path: inner, place: entry.place, value: visit(entry.value, inner, inner) }
          }),
        }
    }
  }
  return visit(root, '', '')
}

/** A key as a part of a path: quoted where it holds signs that paths use, so that two keys never have one path. */
export function pathKey(key: string): string {
  return /^[^.[\]"\s]+$/.test(key) ? key : JSON.stringify(key)
}

export function entryOf(node: Node | undefined, key: string): Entry | undefined {
  return node?.kind === 'map' ? node.entries.find((each) => each.key === key) : undefined
}

export function valueOf(node: Node | undefined, key: string): Node | undefined {
  return entryOf(node, key)?.value
}

export function* scalarsBelow(node: Node): Generator<ScalarNode> {
  if (node.kind === 'scalar') yield node
  if (node.kind === 'list') for (const item of node.items) yield* scalarsBelow(item)
  if (node.kind === 'map') for (const entry of node.entries) yield* scalarsBelow(entry.value)
}
