// Values of the program as JSON that the compiler reads: handles become references, and what JSON cannot carry is
// named instead of dropped. Invariant: every value has an encoding, and two different values have two. Keys that begin
// with `$` are doubled, so that no program can write a reference by hand.

import { targetOf } from './handle.ts'

export type Encoded =
  null | boolean | number | string | readonly Encoded[] | { readonly [key: string]: Encoded }

const depthLimit = 32

/** Undefined members of objects are left out: they are what an option that is not given looks like. */
export function encode(value: unknown, depth = 0): Encoded {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : { $: 'unfit', what: `the number ${value}` }
    case 'undefined':
      return { $: 'unfit', what: 'undefined' }
    case 'function':
      return { $: 'unfit', what: 'a function' }
    case 'symbol':
      return { $: 'unfit', what: 'a symbol' }
    case 'bigint':
      return { $: 'unfit', what: 'a bigint' }
    case 'object':
      if (value === null) return null
      return encodeObject(value, depth)
  }
}

function encodeObject(value: object, depth: number): Encoded {
  const target = targetOf(value)
  if (target) return target
  if (depth >= depthLimit) return { $: 'unfit', what: 'a value that is nested too deep, or within itself' }
  if (Array.isArray(value)) {
    const items: Encoded[] = []
    for (let index = 0; index < value.length; index += 1) items.push(encode(value[index], depth + 1))
    return items
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    return { $: 'unfit', what: 'an object of a class' }
  // Built-in prototypes have no members that are found here, and a loop is three times as fast as entries.
  const members = value as Readonly<Record<string, unknown>> // a plain object
  const encoded: Record<string, Encoded> = {}
  for (const key in members) {
    const member = members[key]
    if (member !== undefined) put(encoded, key.startsWith('$') ? `$${key}` : key, encode(member, depth + 1))
  }
  return encoded
}

/** `__proto__` is a name like any other here. */
function put(into: Record<string, Encoded>, key: string, value: Encoded): void {
  if (key === '__proto__') Object.defineProperty(into, key, { value, enumerable: true })
  else into[key] = value
}
