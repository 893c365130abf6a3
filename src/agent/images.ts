// Images on this host: there, or pulled. Invariant: a registry is asked only for what is not here, once for all tasks
// that wait for the same image, and a few at a time; a built image is never looked for in a registry.

import type { Assignment } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { Gate } from './gate.ts'
import { RuntimeFailure } from './ports.ts'

interface Pull {
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
  readonly #pulls = new Map<string, Pull>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Resolves once the image is here. Throws `RuntimeFailure`; who is aborted stops waiting, and the last stops the pull. */
  async ensure({ image, built }: Pick<Assignment, 'image' | 'built'>, signal: AbortSignal): Promise<void> {
    const isHere = await this.#engine.call(`looking for the image ${image}`, lookLimitMs, signal, (runtime) =>
      runtime.hasImage(image),
    )
    if (isHere) return
    if (built)
      throw new RuntimeFailure(
        'image',
        `the image ${image} was built on another engine, or removed from this one; gantry apply builds it again`,
      )
    const pull = this.#pulls.get(image) ?? this.#begin(image)
    pull.waiters += 1
    try {
      await untilAborted(pull.done, signal)
    } finally {
      pull.waiters -= 1
      if (pull.waiters === 0) pull.over.abort()
    }
  }

  #begin(image: string): Pull {
    const over = new AbortController()
    const { signal } = over
    const done = this.#gate
      .run(signal, () =>
        this.#engine.within(`pulling ${image}`, pullLimitMs, signal, (runtime) =>
          runtime.pullImage(image, signal),
        ),
      )
      .finally(() => this.#pulls.delete(image))
    const pull = { done, over, waiters: 0 }
    this.#pulls.set(image, pull)
    return pull
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
