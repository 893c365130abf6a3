// Which calls of the program are running, outermost first. The compiler's transformer puts a number around each call
// of the program's own functions and of the words of 'gantry' (spans.ts there), so that whatever is declared or goes
// wrong is known by its place in TypeScript. Invariant: numbers come from the compiler; positions are not known here.

type Callable = (...values: unknown[]) => unknown

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

/** `f(args)` is compiled to `callFunction(id, f)(args)`. Optional calls give undefined for a callee that is not there. */
export function callFunction(id: number, callee: unknown): unknown {
  return wrap(id, callee, undefined)
}

/** `o.m(args)` is compiled to `callMethod(id, o, 'm')(args)`; the method is looked up before the arguments, as always. */
export function callMethod(id: number, target: unknown, name: PropertyKey): unknown {
  const callee: unknown = Reflect.get(Object(target) as object, name, target) // Object() makes an object of anything but null and undefined, which the program itself has refused by then
  return wrap(id, callee, target)
}

function wrap(id: number, callee: unknown, target: unknown): unknown {
  if (callee === undefined || callee === null) return callee
  if (typeof callee !== 'function') return callee
  const called = callee as Callable // a function takes anything here: types are the checker's business
  return (...values: unknown[]): unknown => {
    running.push(id)
    try {
      return Reflect.apply(called, target, values)
    } catch (error) {
      if (!failed || !Object.is(failed.error, error)) failed = { error, calls: running.slice() }
      throw error
    } finally {
      running.pop()
    }
  }
}
