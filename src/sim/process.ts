// A process that can be killed between any two steps: whatever it waits for at that moment never comes. Invariant: what
// it had asked for before may still happen in the world, as with a real kill, but it never learns of it and asks for
// nothing more. The code under test has no part in this.

import type { Clock } from '../model/index.ts'

export class SimProcess {
  #isAlive = true

  get isAlive(): boolean {
    return this.#isAlive
  }

  kill(): void {
    this.#isAlive = false
  }

  /** The same port, through which nothing comes back once the process is dead. */
  hold<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          if (!this.#isAlive) return never()
          return this.#guard(Reflect.apply(member, target, args))
        }
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

function never(): Promise<never> {
  return new Promise(() => undefined)
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
