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
  if (target) return { ...target }
  if (depth >= depthLimit) return { $: 'unfit', what: 'a value that is nested too deep, or within itself' }
  if (Array.isArray(value)) {
    const items: Encoded[] = []
    for (let index = 0; index < value.length; index += 1) items.push(encode(value[index], depth + 1))
    return items
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    return { $: 'unfit', what: 'an object of a class' }
  const members: [string, Encoded][] = []
  for (const [key, member] of Object.entries(value))
    if (member !== undefined) members.push([key.startsWith('$') ? `$${key}` : key, encode(member, depth + 1)])
  return Object.fromEntries(members)
}
