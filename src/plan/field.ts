// A field of what is declared, as a person would name it: `image`, `env LOG`, `port http`, with the value as it would be
// written; and how two lists of them differ. Invariant: what differs is shown so that it reads differently.

import { canonicalJson } from '../model/index.ts'

export interface Field {
  /** Keys below the thing in the stack document: `['template', 'env', 'LOG']`. */
  readonly path: readonly string[]
  readonly label: string
  readonly text: string
  /** What the text leaves out, for when nothing else differs: the numbers behind the names of ports. */
  readonly detail?: string
  /** What is compared; the text is for people. */
  readonly value: unknown
}

export interface FieldDifference {
  readonly path: readonly string[]
  readonly label: string
  readonly before: string | null
  readonly after: string | null
}

/** Fields in which two lists of one kind differ, in the order of their kind. */
export function differences(before: readonly Field[], after: readonly Field[]): FieldDifference[] {
  const keyOf = (field: Field) => canonicalJson(field.path)
  const old = new Map(before.map((field) => [keyOf(field), field]))
  const found: { readonly place: number; readonly difference: FieldDifference }[] = []
  for (const [place, field] of after.entries()) {
    const was = old.get(keyOf(field))
    old.delete(keyOf(field))
    if (was && canonicalJson(was.value) === canonicalJson(field.value)) continue
    const written = was === undefined || was.text !== field.text ? byText : tellingApart(was, field)
    found.push({
      place,
      difference: {
        path: field.path,
        label: field.label,
        before: was ? written(was) : null,
        after: written(field),
      },
    })
  }
  for (const field of old.values()) {
    // What went stands where its kind stands: behind the fields that begin like it.
    const place = after.findLastIndex((each) => isSibling(each.path, field.path))
    const { path, label, text } = field
    found.push({ place: place + 0.5, difference: { path, label, before: text, after: null } })
  }
  return found.toSorted((a, b) => a.place - b.place).map(({ difference }) => difference)
}

const byText = (field: Field) => field.text

/** How two values are written that differ and read alike. */
function tellingApart(a: Field, b: Field): (field: Field) => string {
  return a.detail === b.detail
    ? (field) => canonicalJson(field.value)
    : ({ text, detail }) => (detail === undefined ? text : `${text} ${detail}`)
}

function isSibling(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.slice(0, -1).every((key, index) => key === b[index])
}

export function field(path: readonly string[], label: string, text: string, value: unknown): Field {
  return { path, label, text, value }
}

export function optional<Value>(
  path: readonly string[],
  label: string,
  value: Value | undefined,
  text: (value: Value) => string,
): Field[] {
  return value === undefined ? [] : [field(path, label, text(value), value)]
}

/** 0 means that none is reserved, which is how a missing field reads. */
export function nonzero(
  path: readonly string[],
  label: string,
  value: number,
  text: (value: number) => string,
): Field[] {
  return value === 0 ? [] : [field(path, label, text(value), value)]
}

export function some<Value>(
  path: readonly string[],
  label: string,
  values: readonly Value[],
  text: (values: readonly Value[]) => string,
): Field[] {
  return values.length === 0 ? [] : [field(path, label, text(values), values)]
}

export function recordFields<Value>(
  path: readonly string[],
  label: string,
  record: Readonly<Record<string, Value>>,
  text: (value: Value) => string,
  detail: (value: Value) => string | undefined = () => undefined,
): Field[] {
  return Object.entries(record)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => {
      const more = detail(value)
      return {
        ...field([...path, key], `${label} ${written(key)}`, text(value), value),
        ...(more === undefined ? {} : { detail: more }),
      }
    })
}

/** A record that may be absent; an empty one is something else than none. */
export function optionalRecord<Value>(
  path: readonly string[],
  label: string,
  record: Readonly<Record<string, Value>> | undefined,
  text: (value: Value) => string,
): Field[] {
  if (record === undefined) return []
  return Object.keys(record).length === 0
    ? [field(path, label, 'none', {})]
    : recordFields(path, label, record, text)
}

export function list(words: readonly string[]): string {
  return words.length === 0 ? '[]' : words.map(written).join(' ')
}

/** Plain words stand as they are; everything else is quoted, so that no value can look like something else. */
export function written(text: string): string {
  return /^[\p{L}\p{N}_./:@%+=,?&~#*!^-]+$/u.test(text) ? text : JSON.stringify(text)
}

export function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
