// A process that can be killed between any two steps: whatever it waits for at that moment never comes. Invariant: what
// it had asked for before may still happen in the world, as with a real kill, but it never learns of it and asks for
// nothing more. The code under test has no part in this.

import type { Clock } from '../model/index.ts'

export class SimProcess {
  #isAlive = true
  #fate: { calls: number; readonly isDone: boolean; readonly onDeath: () => void } | null = null

  get isAlive(): boolean {
    return this.#isAlive
  }

  kill(): void {
    this.#isAlive = false
  }

  /**
   * Kills it at the `calls`th call from now of anything it holds, which is still carried out (`isDone`) or is not, and
   * whose answer it never has.
   */
  killAt(calls: number, isDone: boolean, onDeath: () => void): void {
    this.#fate = { calls, isDone, onDeath }
  }

  /** Whatever was to kill it does not. */
  spare(): void {
    this.#fate = null
  }

  /** The same port, through which nothing comes back once the process is dead. */
  hold<Port extends object>(port: Port): Port {
    const held = new Map<string | symbol, unknown>()
    return new Proxy(port, {
      get: (target, key) => {
        const known = held.get(key)
        if (known !== undefined) return known
        const member: unknown = Reflect.get(target, key, target)
        if (typeof member !== 'function') return member
        const call = (...args: unknown[]): unknown => {
          if (!this.#isAlive) return never()
          if (this.#fate?.calls === 1 && !this.#fate.isDone && isAsync(member)) {
            this.#die()
            return never()
          }
          const result: unknown = Reflect.apply(member, target, args)
          if (this.#fate && result instanceof Promise) {
            this.#fate.calls -= 1
            if (this.#fate.calls <= 0) this.#die()
          }
          return this.#guard(result)
        }
        held.set(key, call)
        return call
      },
    })
  }

  /** Time is read without a promise, so a clock is held by hand. */
  holdClock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (ms, signal) => (this.#isAlive ? this.#later(clock.sleep(ms, signal)) : never()),
    }
  }

  #die(): void {
    const fate = this.#fate
    this.kill()
    this.#fate = null
    fate?.onDeath()
  }

  #guard(result: unknown): unknown {
    if (result instanceof Promise) return this.#later(result)
    if (isAsyncIterable(result)) return this.#iterate(result)
    return result
  }

  #later<Result>(promise: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      promise.then(
        (result) => {
          if (this.#isAlive) resolve(result)
        },
        (error: unknown) => {
          if (this.#isAlive) reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    })
  }

  #iterate(source: AsyncIterable<unknown>): AsyncIterable<unknown> {
    return {
      [Symbol.asyncIterator]: () => {
        const iterator = source[Symbol.asyncIterator]()
        return {
          next: () => this.#later(iterator.next()),
          return: () =>
            this.#later(iterator.return?.() ?? Promise.resolve({ done: true as const, value: undefined })),
        }
      },
    }
  }
}

/** Of what answers at once nobody can die while waiting. */
function isAsync(member: object): boolean {
  return member.constructor.name === 'AsyncFunction'
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
