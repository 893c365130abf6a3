// The inside of the sandbox: prepares it before a program is loaded, and hands out what the program declared. Invariant:
// a program finds a world without clock and chance whose built-in objects it cannot change, so what it computes depends
// on its text and its inputs alone. It runs in QuickJS only, never in Node.

import { callFunction, callIfThere, callMethod, callMethodIfThere, callsOf, runningCalls } from './calls.ts'
import { allDeclared, runBody } from './declare.ts'
import { targetOf } from './handle.ts'
import { Mistake } from './mistake.ts'

/** Names under which compiled programs find the functions of calls.ts; no name a person would write. */
const callNames = {
  callFunction: '__gantry_call',
  callMethod: '__gantry_method',
  callIfThere: '__gantry_call_if',
  callMethodIfThere: '__gantry_method_if',
}

/**
 * Compiled `catch` clauses keep an error of this mark in the global of this name and throw it on: what the engine throws
 * when a program has used up its memory or the depth of calls is not the program's to catch, because how far it came
 * then depends on the engine.
 */
const fatalMark = '__gantry_fatal'
const overName = '__gantry_over'

/** What is not the same on every run, or reaches out, or makes code from text. */
const removed = [
  'Date',
  'Promise',
  'eval',
  'WeakRef',
  'FinalizationRegistry',
  'SharedArrayBuffer',
  'Atomics',
  'performance',
  'ArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'queueMicrotask',
  'escape',
  'unescape',
]

export interface SandboxDoor {
  /** JSON of what the modules declared: stacks and inputs, and which stack is the default export. */
  open(module: Readonly<Record<string, unknown>>): string
  /** Runs the body with the inputs (JSON) and gives JSON of what it declared. */
  run(at: number, inputs: string): string
  /** JSON of what the body declared before it ended by an error. */
  before(at: number): string
  /** JSON of what is known of an error that came out. */
  explain(error: unknown): string
  /** JSON of the calls that were running when the sandbox was stopped from outside. */
  stopped(): string
}

export function prepare(): SandboxDoor {
  const world: object = globalThis
  for (const [name, value] of [
    [callNames.callFunction, callFunction],
    [callNames.callMethod, callMethod],
    [callNames.callIfThere, callIfThere],
    [callNames.callMethodIfThere, callMethodIfThere],
  ] as const)
    Object.defineProperty(world, name, { value })
  Object.defineProperty(world, overName, { value: undefined, writable: true })
  const engineError: unknown = Reflect.get(world, 'InternalError')
  if (typeof engineError === 'function')
    Object.defineProperty(engineError.prototype, fatalMark, { value: true })
  for (const name of removed) Reflect.deleteProperty(world, name)
  Reflect.deleteProperty(Math, 'random')
  Reflect.deleteProperty(Symbol.prototype, 'description')
  freezeBuiltIns()
  const stringify = JSON.stringify
  const parse = JSON.parse
  const evaluated = (at: number): string => {
    const { declared, made, acknowledged, outputs, stacks } = allDeclared()
    return stringify({ declared, made, acknowledged, outputs, stackCalls: stacks[at]?.calls ?? [] })
  }
  return {
    open(module) {
      const value = module['default']
      const target = typeof value === 'object' && value !== null ? targetOf(value) : undefined
      return stringify({
        ...allDeclared(),
        hasDefault: value !== undefined,
        main: target?.$ === 'stack' ? target.at : null,
      })
    },
    run(at, inputs) {
      runBody(at, parse(inputs) as object) // written by the compiler as a JSON object
      return evaluated(at)
    },
    before: evaluated,
    explain(error) {
      const calls = callsOf(error)
      if (error instanceof Mistake)
        return stringify({
          kind: 'mistake',
          code: error.code,
          data: error.data,
          calls,
          stack: error.stack ?? '',
        })
      if (isError(error))
        return stringify({
          kind: 'error',
          name: textOf(() => error.name),
          message: textOf(() => error.message),
          calls,
          stack: textOf(() => error.stack),
        })
      return stringify({ kind: 'value', text: describe(error), calls })
    },
    stopped: () => stringify({ calls: runningCalls() }),
  }
}

/** What is thrown may be anything, also an object that throws when it is looked at. */
function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

function textOf(read: () => unknown): string {
  try {
    const value = read()
    return typeof value === 'string' ? value : ''
  } catch {
    return ''
  }
}

/** What a program threw that is no Error. */
function describe(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) return targetOf(value) ? 'a handle' : 'an object'
  if (typeof value === 'symbol' || typeof value === 'function') return `a ${typeof value}`
  return String(value)
}

/**
 * Everything reachable from the global object by properties and prototypes; a program's own objects do not exist yet.
 * A frozen prototype would forbid its heirs members of the same name by assignment (`this.name = …` in a class of
 * errors), so those of Object and of errors become accessors that let heirs have their own.
 */
function freezeBuiltIns(): void {
  letHeirsOverride(Object.prototype)
  for (const each of [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
  ])
    letHeirsOverride(each.prototype)
  const seen = new Set<object>()
  const queue: unknown[] = [globalThis, ...syntaxPrototypes()]
  for (let next = queue.length; next > 0; next = queue.length) {
    const value = queue.pop()
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      continue
    seen.add(value)
    queue.push(Object.getPrototypeOf(value))
    for (const key of Reflect.ownKeys(value)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(value, key)
      for (const part of descriptor ? ['value', 'get', 'set'] : [])
        queue.push(Reflect.get(descriptor ?? {}, part))
    }
    if (value !== globalThis) Object.freeze(value)
  }
}

function letHeirsOverride(prototype: object): void {
  for (const key of Reflect.ownKeys(prototype)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(prototype, key)
    if (!descriptor || !('value' in descriptor) || descriptor.configurable !== true) continue
    const value: unknown = descriptor.value
    Object.defineProperty(prototype, key, {
      configurable: false,
      enumerable: false,
      get: () => value,
      set(this: object, own: unknown) {
        if (this === prototype) throw new TypeError(`${String(key)} of a built-in object cannot be changed`)
        Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true })
      },
    })
  }
}

/** Built-in objects that only syntax leads to. */
function syntaxPrototypes(): unknown[] {
  return [
    function* () {
      yield 0
    },
    async () => undefined,
    async function* () {
      yield 0
    },
    [].values(),
    ''[Symbol.iterator](),
    new Map().entries(),
    'a'.matchAll(/a/g),
  ]
}
