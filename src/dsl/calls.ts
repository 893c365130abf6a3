// Which calls of the program are running, outermost first. The compiler's transformer puts a number around each call
// of the program's own functions and of the words of 'gantry' (spans.ts there), so that whatever is declared or goes
// wrong is known by its place in TypeScript. Invariant: numbers come from the compiler; positions are not known here.

// State of one evaluation: the sandbox is made anew for each, so nothing outlives it.
const running: number[] = []
let failed: { readonly error: unknown; readonly calls: readonly number[] } | undefined

export function runningCalls(): readonly number[] {
  return running.slice()
}

/** The calls that were running when `error` was thrown; those of now when it was thrown outside of any. */
export function callsOf(error: unknown): readonly number[] {
  return failed && Object.is(failed.error, error) ? failed.calls : runningCalls()
}

/** `f(args)` is compiled to `callFunction(id, f)(args)`. */
export function callFunction(id: number, callee: unknown): unknown {
  return wrap(id, callee, undefined, 'what is called here')
}

/** `o.m(args)` is compiled to `callMethod(id, o, 'm')(args)`; the method is looked up before the arguments, as always. */
export function callMethod(id: number, target: unknown, name: PropertyKey): unknown {
  if (target === undefined || target === null)
    throw new TypeError(`cannot read property '${String(name)}' of ${String(target)}`)
  const callee: unknown = Reflect.get(Object(target) as object, name, target) // Object() makes an object of all that is left
  return wrap(id, callee, target, `'${String(name)}'`)
}

/** `f?.(args)` is compiled to `callIfThere(id, f)?.(args)`. */
export function callIfThere(id: number, callee: unknown): unknown {
  return callee === undefined || callee === null ? undefined : callFunction(id, callee)
}

/** What a call does without: `o?.m(args)` is compiled to `callMethodIfThere(id, "target", o, "m")?.(args)`. */
export type Optional = 'target' | 'method' | 'both'

export function callMethodIfThere(
  id: number,
  optional: Optional,
  target: unknown,
  name: PropertyKey,
): unknown {
  const isAbsent = target === undefined || target === null
  if (isAbsent) return optional === 'method' ? callMethod(id, target, name) : undefined
  const callee: unknown = Reflect.get(Object(target) as object, name, target) // as in callMethod
  if (optional !== 'target' && (callee === undefined || callee === null)) return undefined
  return wrap(id, callee, target, `'${String(name)}'`)
}

function wrap(id: number, callee: unknown, target: unknown, name: string): unknown {
  return (...values: unknown[]): unknown => {
    running.push(id)
    try {
      if (typeof callee !== 'function') throw new TypeError(`${name} is not a function`)
      return Reflect.apply(callee, target, values)
    } catch (error) {
      if (!failed || !Object.is(failed.error, error)) failed = { error, calls: running.slice() }
      throw error
    } finally {
      running.pop()
    }
  }
}
