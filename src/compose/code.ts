// TypeScript as data: the few kinds of expression that a stack file needs. Invariant: every text that comes from a
// Compose file is the value of a `string`, a key or a piece of a template, never source text; only `name` holds
// identifiers, and those are made by names.ts or stand in this project.

export type Expr =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly of: Expr; readonly name: string }
  | { readonly kind: 'object'; readonly fields: readonly Field[]; readonly isOpen: boolean }
  | { readonly kind: 'array'; readonly items: readonly Expr[] }
  | { readonly kind: 'call'; readonly callee: Expr; readonly args: readonly Expr[] }
  /** `` `…` ``, or with a tag `` text`…` ``. */
  | {
      readonly kind: 'template'
      readonly tag: string | undefined
      readonly pieces: readonly (string | Expr)[]
    }
  | { readonly kind: 'choice'; readonly test: Expr; readonly yes: Expr; readonly no: Expr }
  | { readonly kind: 'binary'; readonly operator: '||' | '==='; readonly left: Expr; readonly right: Expr }
  /** For what no type can follow: an image whose name is all in one input. */
  | { readonly kind: 'cast'; readonly value: Expr; readonly type: string }
  /** Known once the whole file was read; undefined: the field or item is left out. */
  | { readonly kind: 'later'; readonly make: () => Expr | undefined }

export interface Field {
  readonly key: string
  readonly value: Expr
}

export const string = (value: string): Expr => ({ kind: 'string', value })
export const number = (value: number): Expr => ({ kind: 'number', value })
export const boolean = (value: boolean): Expr => ({ kind: 'boolean', value })
export const name = (text: string): Expr => ({ kind: 'name', name: text })
export const array = (items: readonly Expr[]): Expr => ({ kind: 'array', items })
export const member = (of: Expr, key: string): Expr => ({ kind: 'member', of, name: key })
/** `callee` may have one dot in it: `input.string`. */
export const call = (callee: string, ...args: readonly Expr[]): Expr => {
  const [word = '', method] = callee.split('.')
  return { kind: 'call', callee: method === undefined ? name(word) : member(name(word), method), args }
}

/** Fields without a value are left out. */
export function object(fields: Readonly<Record<string, Expr | undefined>>): Expr & { kind: 'object' } {
  return record(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
  )
}

/** Keys that come from outside: a record made from them could not hold every name. */
export function record(fields: readonly Field[], isOpen = false): Expr & { kind: 'object' } {
  return { kind: 'object', fields, isOpen }
}

export function isEmpty(expr: Expr): boolean {
  return (
    (expr.kind === 'object' && expr.fields.length === 0) || (expr.kind === 'array' && expr.items.length === 0)
  )
}

/** undefined for an empty object or array: what is empty is not written. */
export function unlessEmpty(expr: Expr): Expr | undefined {
  return isEmpty(expr) ? undefined : expr
}

/** A call with an options object that is left out when empty. */
export function callWith(callee: string, args: readonly Expr[], options: Expr): Expr {
  return isEmpty(options) ? call(callee, ...args) : call(callee, ...args, options)
}

/** A text with expressions in it: a plain string when there are none, `` `…` `` otherwise, with the tag if one is given. */
export function template(pieces: readonly (string | Expr)[], tag?: string): Expr {
  if (tag === undefined && pieces.every((piece) => typeof piece === 'string')) return string(pieces.join(''))
  return { kind: 'template', tag, pieces }
}

export const later = (make: () => Expr | undefined): Expr => ({ kind: 'later', make })

/** The expression with everything known that was not. */
export function settle(expr: Expr): Expr | undefined {
  switch (expr.kind) {
    case 'later': {
      const made = expr.make()
      return made && settle(made)
    }
    case 'object':
      return {
        ...expr,
        fields: expr.fields.flatMap(({ key, value }) => {
          const settled = settle(value)
          return settled ? [{ key, value: settled }] : []
        }),
      }
    case 'array':
      return array(settleAll(expr.items))
    case 'call':
      return { ...expr, args: settleAll(expr.args) }
    case 'template':
      return template(
        expr.pieces.flatMap((piece): (string | Expr)[] =>
          typeof piece === 'string' ? [piece] : settleAll([piece]),
        ),
        expr.tag,
      )
    case 'choice':
      return {
        ...expr,
        test: settle(expr.test) ?? boolean(false),
        yes: settle(expr.yes) ?? name('undefined'),
        no: settle(expr.no) ?? name('undefined'),
      }
    case 'string':
    case 'number':
    case 'boolean':
    case 'name':
    case 'member':
    case 'binary':
      return expr
    case 'cast': {
      const value = settle(expr.value)
      return value && { ...expr, value }
    }
  }
}

function settleAll(exprs: readonly Expr[]): Expr[] {
  return exprs.flatMap((each) => settle(each) ?? [])
}
