// Images on this host: there, or pulled. Invariant: the engine is asked once for all tasks that wait for the same image, a
// registry only for what is not here, and a few at a time; a built image is never looked for in a registry.

import type { Assignment } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { Gate } from './gate.ts'
import { RuntimeFailure } from './ports.ts'

type Wanted = Pick<Assignment, 'image' | 'built'>

/** One image on its way, for all who wait for it. */
interface Fetch {
  readonly done: Promise<void>
  readonly over: AbortController
  waiters: number
}

const pullsAtOnce = 3
const pullLimitMs = 900_000
const lookLimitMs = 30_000

export class Images {
  readonly #engine: Engine
  readonly #gate = new Gate(pullsAtOnce)
  readonly #fetches = new Map<string, Fetch>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Resolves once the image is here. Throws `RuntimeFailure`; who is aborted stops waiting, and the last stops the pull. */
  async ensure(wanted: Wanted, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const key = `${wanted.built ? 'built' : 'pulled'} ${wanted.image}`
    const fetch = this.#fetches.get(key) ?? this.#begin(key, wanted)
    fetch.waiters += 1
    try {
      await untilAborted(fetch.done, signal)
    } finally {
      fetch.waiters -= 1
      if (fetch.waiters === 0) {
        // Whoever comes now does not wait for what is being given up.
        this.#forget(key, fetch)
        fetch.over.abort()
      }
    }
  }

  #begin(key: string, wanted: Wanted): Fetch {
    const over = new AbortController()
    const fetch = { done: this.#fetch(wanted, over.signal), over, waiters: 0 }
    this.#fetches.set(key, fetch)
    return fetch
  }

  #forget(key: string, fetch: Fetch): void {
    if (this.#fetches.get(key) === fetch) this.#fetches.delete(key)
  }

  async #fetch({ image, built }: Wanted, signal: AbortSignal): Promise<void> {
    const isHere = await this.#engine.call(`looking for the image ${image}`, lookLimitMs, signal, (runtime) =>
      runtime.hasImage(image),
    )
    if (isHere) return
    if (built)
      throw new RuntimeFailure(
        'image',
        `the image ${image} was built on another engine, or removed from this one; gantry apply builds it again`,
      )
    await this.#gate.run(signal, () =>
      this.#engine.within(`pulling ${image}`, pullLimitMs, signal, (runtime) =>
        runtime.pullImage(image, signal),
      ),
    )
  }
}

function untilAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason as Error)
    signal.addEventListener('abort', leave, { once: true })
    done.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
