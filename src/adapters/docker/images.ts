// Names of images, and having the engine fetch one. Invariant: a name from a stack is never part of a path of the
// engine's API unless it is the name of an image. It knows no credentials yet: registries that ask for some refuse.

import { setTimeout as sleep } from 'node:timers/promises'
import { RuntimeFailure } from '../../agent/index.ts'
import type { Duration } from '../../model/index.ts'
import { progressAnswer } from './answers.ts'
import { EngineError } from './engine-error.ts'
import { inQuery, parseAnswer } from './engine.ts'
import type { Engine } from './engine.ts'
import { cleanMessage, failureOf } from './failure.ts'
import { jsonLines } from './lines.ts'

/** `[registry[:port]/]name[/name…][:tag][@algorithm:digest]`, or the id of an image. */
const reference =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,128})?$/
const imageId = /^sha256:[0-9a-f]{64}$/

export function isImageReference(image: string): boolean {
  return image.length <= 512 && (imageId.test(image) || reference.test(image))
}

/** Without a tag the engine would fetch every one there is. */
export function withTag(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1)
  return name.includes(':') || name.includes('@') ? image : `${image}:latest`
}

/** Throws `RuntimeFailure`, or the signal's reason; `unavailable` after `idleMs` without progress. */
export async function pullImage(
  engine: Engine,
  image: string,
  idleMs: Duration,
  signal: AbortSignal,
): Promise<void> {
  const doing = `get the image ${image}`
  const idle = new IdleLimit(idleMs, signal)
  try {
    const stream = await engine.open({ limitMs: idleMs, signal: idle.signal }, (docker) =>
      docker.createImage(inQuery({ fromImage: withTag(image) })),
    )
    try {
      for await (const line of jsonLines(stream)) {
        idle.progress()
        const { error, errorDetail } = parseAnswer(progressAnswer, line)
        const why = errorDetail?.message ?? error
        if (why !== undefined) throw new RuntimeFailure('image', `cannot ${doing}: ${cleanMessage(why)}`)
      }
    } finally {
      stream.destroy()
    }
  } catch (error) {
    signal.throwIfAborted()
    if (idle.signal.aborted)
      throw new RuntimeFailure(
        'unavailable',
        `${engine.name} made no progress with ${image} for ${idleMs / 1000} s`,
      )
    if (error instanceof RuntimeFailure) throw error
    if (error instanceof EngineError) {
      // Here the engine's no is always about the image: unknown, private, or its registry is away.
      if (error.status !== null && error.status !== 503)
        throw new RuntimeFailure('image', `cannot ${doing}: ${cleanMessage(error.message)}`, { cause: error })
      throw failureOf(error, engine, doing)
    }
    throw failureOf(engine.broken(error), engine, doing)
  } finally {
    idle.end()
  }
}

/** A signal that aborts when nothing was heard for a while, or with another signal. */
class IdleLimit {
  readonly #over = new AbortController()
  readonly #outer: AbortSignal
  readonly #limitMs: Duration
  #heardAt = performance.now()
  readonly #abort = (): void => this.#over.abort()

  constructor(limitMs: Duration, outer: AbortSignal) {
    this.#limitMs = limitMs
    this.#outer = outer
    if (outer.aborted) this.#abort()
    outer.addEventListener('abort', this.#abort, { once: true })
    void this.#watch()
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  progress(): void {
    this.#heardAt = performance.now()
  }

  end(): void {
    this.#outer.removeEventListener('abort', this.#abort)
    this.#abort()
  }

  async #watch(): Promise<void> {
    for (;;) {
      const left = this.#heardAt + this.#limitMs - performance.now()
      if (left <= 0) break
      try {
        await sleep(left, undefined, { signal: this.#over.signal })
      } catch {
        return // it has ended
      }
    }
    this.#abort()
  }
}
