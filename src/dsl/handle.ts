// Handles at run time: objects that stand for something without a value while the plan is made. Invariant: a handle
// never becomes text by any way JavaScript knows (templates, +, join, JSON, keys); it throws at the place where it is
// tried. Types forbid the same (see index.ts), for programs that are not cast.

import { Mistake } from './mistake.ts'

/** What a handle stands for, as the compiler reads it. `at` is the declaration's index. */
export type Target =
  | {
      readonly $: 'service' | 'job' | 'cron' | 'ingress' | 'secret' | 'file' | 'env' | 'config'
      readonly at: number
    }
  | { readonly $: 'volume'; readonly at: number; readonly readOnly: boolean }
  | { readonly $: 'port' | 'host' | 'number' | 'output'; readonly at: number; readonly name: string }
  | { readonly $: Made | 'stack'; readonly at: number }

/** What a call makes that has no name of its own (declare.ts). */
type Made = 'text' | 'listen' | 'build' | 'place' | 'scale' | 'every' | 'gate' | 'route' | 'input'

const targets = new WeakMap<object, Target>()

class Handle {
  /** "secret 'token'", for messages. */
  readonly #what: string
  constructor(what: string) {
    this.#what = what
  }
  [Symbol.toPrimitive](): never {
    return this.#refuse()
  }
  toString(): never {
    return this.#refuse()
  }
  toLocaleString(): never {
    return this.#refuse()
  }
  toJSON(): never {
    return this.#refuse()
  }
  #refuse(): never {
    throw new Mistake('GT1201', { what: this.#what })
  }
}
Object.freeze(Handle.prototype)

/** Makes a handle with the members that programs see. */
export function makeHandle(what: string, target: Target, members: object = {}): object {
  const handle = Object.freeze(Object.assign(new Handle(what), members))
  targets.set(handle, target)
  return handle
}

export function targetOf(value: object): Target | undefined {
  return targets.get(value)
}

/** The brands of index.ts exist in types only: what a program holds is one of the objects above. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says which brand it is
export function branded<Brand>(handle: object): Brand {
  return handle as Brand
}
