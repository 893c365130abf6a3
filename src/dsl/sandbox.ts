// The inside of the sandbox: prepares it before a program is loaded, and hands out what the program declared. Invariant:
// a program finds a world without clock and chance whose built-in objects it cannot change, so what it computes depends
// on its text and its inputs alone. It runs in QuickJS only, never in Node.

import { callFunction, callMethod, callsOf, runningCalls } from './calls.ts'
import { allDeclared, runBody } from './declare.ts'
import { targetOf } from './handle.ts'
import { Mistake } from './mistake.ts'

/** Names under which compiled programs find the functions of calls.ts; no name a person would write. */
const callNames = { callFunction: '__gantry_call', callMethod: '__gantry_method' }

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
  'queueMicrotask',
  'escape',
  'unescape',
]

export interface SandboxDoor {
  /** JSON of what the modules declared: stacks and inputs, and which stack is the default export. */
  open(module: Readonly<Record<string, unknown>>): string
  /** Runs the body with the inputs (JSON) and gives JSON of what it declared. */
  run(at: number, inputs: string): string
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
  ] as const)
    Object.defineProperty(world, name, { value })
  for (const name of removed) Reflect.deleteProperty(world, name)
  Reflect.deleteProperty(Math, 'random')
  Reflect.deleteProperty(Symbol.prototype, 'description')
  freezeBuiltIns()
  const stringify = JSON.stringify
  const parse = JSON.parse
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
      const { declared, made } = allDeclared()
      return stringify({ declared, made })
    },
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
      if (error instanceof Error)
        return stringify({
          kind: 'error',
          name: String(error.name),
          message: String(error.message),
          calls,
          stack: String(error.stack ?? ''),
        })
      return stringify({ kind: 'value', text: describe(error), calls })
    },
    stopped: () => stringify({ calls: runningCalls() }),
  }
}

/** What a program threw that is no Error. */
function describe(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) return targetOf(value) ? 'a handle' : 'an object'
  if (typeof value === 'symbol' || typeof value === 'function') return `a ${typeof value}`
  return String(value)
}

/** Everything reachable from the global object by properties and prototypes; a program's own objects do not exist yet. */
function freezeBuiltIns(): void {
  const seen = new Set<object>()
  const queue: unknown[] = [globalThis, ...syntaxPrototypes()]
  for (let value = queue.pop(); value !== undefined || queue.length > 0; value = queue.pop()) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      continue
    seen.add(value)
    queue.push(Object.getPrototypeOf(value))
    for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value)))
      queue.push(descriptor.value, descriptor.get, descriptor.set)
    for (const key of Object.getOwnPropertySymbols(value)) {
      const descriptor = Object.getOwnPropertyDescriptor(value, key)
      queue.push(descriptor?.value, descriptor?.get)
    }
    if (value !== globalThis) Object.freeze(value)
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
    [][Symbol.iterator](),
    ''[Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    'a'.matchAll(/a/g),
  ]
}
