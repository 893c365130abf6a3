// Collects what a host's disk need not keep: now and then, and sooner when the disk fills up. Invariant: what is to go is
// said by collect.ts; the engine refuses to remove what a container uses, and that is no failure. When images were
// needed last is remembered over restarts; forgetting it keeps them longer.

import { z } from 'zod'
import { messageOf } from '../model/index.ts'
import type { Duration } from '../model/index.ts'
import { containersToRemove, diskTrouble, imagesToRemove, isUnderPressure, noteUses } from './collect.ts'
import type { ImageUses } from './collect.ts'
import { RuntimeFailure } from './ports.ts'
import type { AgentStore, Shelf } from './ports.ts'
import type { Shop } from './shop.ts'

const lookAgainMs: Duration = 5 * 60 * 1000
const limits = { look: 30_000, remove: 60_000 } as const
const stored = z.record(z.string(), z.number())

type Surroundings = Pick<Shop, 'clock' | 'engine' | 'inventory' | 'ledger' | 'logger'>

export class Collector {
  readonly #shop: Surroundings
  readonly #shelf: Shelf
  readonly #store: AgentStore
  #uses: ImageUses = {}
  #trouble: string | undefined

  constructor(shop: Surroundings, shelf: Shelf, store: AgentStore) {
    this.#shop = shop
    this.#shelf = shelf
    this.#store = store
  }

  /** What is wrong with the disk; undefined: nothing. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#shop
    await this.#load()
    for (;;) {
      signal.throwIfAborted()
      try {
        await this.#collect(signal)
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error
        logger.debug({ reason: error.message }, 'collecting did not come off; tried again later')
      }
      await clock.sleep(lookAgainMs, signal)
    }
  }

  async #load(): Promise<void> {
    const { logger } = this.#shop
    try {
      this.#uses = stored.catch({}).parse((await this.#store.load('images')) ?? {})
    } catch (error) {
      logger.warn(
        { reason: messageOf(error) },
        'when images were needed last is not known; all count from now',
      )
    }
  }

  async #collect(signal: AbortSignal): Promise<void> {
    const { clock, engine, inventory, ledger } = this.#shop
    const { current } = ledger
    if (!current) return
    const disk = await engine.within('looking at its disk', limits.look, signal, () => this.#shelf.disk())
    this.#trouble = diskTrouble(disk)
    const isPressed = isUnderPressure(disk)
    const now = clock.now()
    const containers = [...inventory.tasks()].flatMap((task) => [...inventory.of(task)])
    for (const { info } of containersToRemove(containers, current, now, isPressed)) {
      await this.#remove(`the dead container ${info.name}`, signal, () =>
        engine.call('removing a dead container', limits.remove, signal, (runtime) => runtime.remove(info.id)),
      )
      inventory.drop(info.id)
    }
    const uses = noteUses(this.#uses, current.tasks.values(), now)
    const left: Record<string, number> = { ...uses }
    for (const image of imagesToRemove(uses, current.tasks.values(), now, isPressed)) {
      const isGone = await this.#remove(`the image ${image}`, signal, () =>
        engine.within('removing an image', limits.remove, signal, () => this.#shelf.removeImage(image)),
      )
      if (isGone) Reflect.deleteProperty(left, image)
    }
    await this.#keep(left)
  }

  /** False when the engine keeps it. */
  async #remove(what: string, signal: AbortSignal, act: () => Promise<void>): Promise<boolean> {
    const { logger } = this.#shop
    try {
      await act()
      logger.info({ what }, 'removed what nobody needs')
      return true
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof RuntimeFailure) || error.kind === 'unavailable') throw error
      if (error.kind === 'gone' || error.kind === 'image') return true
      logger.debug({ what, reason: error.message }, 'what nobody needs is kept by the engine')
      return false
    }
  }

  async #keep(uses: ImageUses): Promise<void> {
    const { logger } = this.#shop
    const isSame = JSON.stringify(uses) === JSON.stringify(this.#uses)
    this.#uses = uses
    if (isSame) return
    try {
      await this.#store.save('images', uses)
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'when images were needed last could not be written down')
    }
  }
}
