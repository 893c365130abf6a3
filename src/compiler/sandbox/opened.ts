// What a program declares, as it comes out of the sandbox. Invariant: values are what the program wrote, not yet judged.

/** JSON with references in it: `{ $: 'secret', at: 3 }`. Keys of the program that begin with `$` are doubled. */
export type Encoded =
  null | boolean | number | string | readonly Encoded[] | { readonly [key: string]: Encoded }

export interface Declared {
  readonly kind: 'service' | 'job' | 'cron' | 'volume' | 'secret' | 'config' | 'ingress'
  readonly name: Encoded
  readonly options: Encoded
  /** Calls that led to it, outermost first. */
  readonly calls: readonly number[]
  /** Of a secret that is declared as an input: the input's name. */
  readonly input?: string
}

export interface Made {
  readonly kind:
    'text' | 'listen' | 'build' | 'place' | 'scale' | 'every' | 'gate' | 'route' | 'output' | 'input'
  readonly values: Readonly<Record<string, Encoded>>
  readonly calls: readonly number[]
}

/** A warning that the program answers for. */
export interface Acknowledged {
  readonly code: Encoded
  readonly reason: Encoded
  /** What it is about; null: everything. */
  readonly of: Encoded
  readonly calls: readonly number[]
}

export interface OpenedStack {
  readonly name: Encoded
  readonly inputs: Encoded
  /** Of the inputs that are secrets: the name of the secret by that of the input. */
  readonly secrets: Readonly<Record<string, string>>
  readonly calls: readonly number[]
}

/** A program whose modules have been evaluated, the bodies of its stacks not yet. */
export interface Opened {
  readonly stacks: readonly OpenedStack[]
  readonly made: readonly Made[]
  readonly hasDefault: boolean
  /** Index in `stacks` of the default export; null when that is none. */
  readonly main: number | null
}

/** What a body declared. */
export interface Evaluated {
  readonly declared: readonly Declared[]
  readonly made: readonly Made[]
  readonly acknowledged: readonly Acknowledged[]
  /** What the body returned; an empty object when it returned nothing. */
  readonly outputs: Encoded
  /** The call of stack() whose body this is. */
  readonly stackCalls: readonly number[]
}

/** A reference in an encoded value. */
export interface Reference {
  readonly $: string
  readonly [key: string]: Encoded
}

/** The index that a reference leads to. */
export function indexIn(reference: Reference): number {
  return typeof reference['at'] === 'number' ? reference['at'] : -1
}

/** A text that is part of a reference. */
export function textIn(reference: Reference, name: string): string {
  const value = reference[name]
  return typeof value === 'string' ? value : ''
}

export function isReference(value: Encoded | undefined): value is Reference {
  return isObject(value) && typeof value['$'] === 'string'
}

export function isObject(value: Encoded | undefined): value is { readonly [key: string]: Encoded } {
  return typeof value === 'object' && value !== null && !isList(value)
}

export function isList(value: Encoded | undefined): value is readonly Encoded[] {
  return Array.isArray(value)
}

/** Members of an object that the program wrote, with its own keys. */
export function membersOf(value: { readonly [key: string]: Encoded }): [string, Encoded][] {
  return Object.entries(value).map(([key, member]) => [key.startsWith('$$') ? key.slice(1) : key, member])
}
