// The networks of the stacks that run on this host: one each, made before the first task and removed after the last.
// Invariant: of one stack, making and removing never overlap, and a network is not removed while a task of its stack
// is on this host.

import type { Engine } from './engine.ts'
import { labels, networkName } from './naming.ts'

const limitMs = 30_000

export class Networks {
  readonly #engine: Engine
  readonly #cluster: string
  /** Stacks whose network is known to be there. */
  readonly #ready = new Set<string>()
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(engine: Engine, cluster: string) {
    this.#engine = engine
    this.#cluster = cluster
  }

  /** Throws `RuntimeFailure`. */
  async ensure(stack: string, signal: AbortSignal): Promise<void> {
    if (this.#ready.has(stack) && !this.#turns.has(stack)) return
    await this.#inTurn(stack, async () => {
      if (this.#ready.has(stack)) return
      await this.#engine.call(`making the network of ${stack}`, limitMs, signal, (runtime) =>
        runtime.ensureNetwork(networkName(this.#cluster, stack), {
          [labels.cluster]: this.#cluster,
          [labels.stack]: stack,
        }),
      )
      this.#ready.add(stack)
    })
  }

  /** Somebody else may have removed it: look again before it is used. */
  doubt(stack?: string): void {
    if (stack === undefined) this.#ready.clear()
    else this.#ready.delete(stack)
  }

  /** Removes the networks of stacks that are not here; whether one is still held by something. Throws `RuntimeFailure`. */
  async removeUnused(isUsed: (stack: string) => boolean, signal: AbortSignal): Promise<boolean> {
    const found = await this.#engine.call('listing networks', limitMs, signal, (runtime) =>
      runtime.listNetworks(this.#cluster),
    )
    const idle = found.filter(({ stack }) => !isUsed(stack))
    for (const { name, stack, inUse } of idle) {
      if (inUse) continue
      await this.#inTurn(stack, async () => {
        if (isUsed(stack)) return
        this.#ready.delete(stack)
        await this.#engine.call(`removing the network of ${stack}`, limitMs, signal, (runtime) =>
          runtime.removeNetwork(name),
        )
      })
    }
    return idle.some(({ inUse }) => inUse)
  }

  async #inTurn(stack: string, act: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(stack) ?? Promise.resolve()
    const turn = before.then(act, act)
    const settled = turn.catch(() => undefined)
    this.#turns.set(stack, settled)
    try {
      await turn
    } finally {
      if (this.#turns.get(stack) === settled) this.#turns.delete(stack)
    }
  }
}
